"""What pages are made of: escaped markup, scales, numbers in words, one style, one frame."""
