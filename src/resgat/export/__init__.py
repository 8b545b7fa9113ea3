"""A trained detector as files that others can load without this code."""
