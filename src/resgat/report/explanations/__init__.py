"""The page and the pictures that an explanation run leaves behind."""
