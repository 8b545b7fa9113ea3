"""Crops and their index: corpora, splits, reading, augmentation, loading, preprocessing."""
