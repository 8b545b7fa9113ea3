"""The composition roots: from a configuration to built objects, and from these to results."""
