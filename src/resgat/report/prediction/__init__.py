"""Pictures and words about predictions."""
