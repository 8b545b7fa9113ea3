"""A local page around predictions: one upload in, one answer out, nothing kept."""
