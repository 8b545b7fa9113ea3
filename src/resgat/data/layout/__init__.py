"""What corpora share: reading lists, walking folders, and the rules that split what has no list."""
