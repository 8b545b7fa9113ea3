"""Measuring explanations: a checkpoint and crops in, a long table of scores out."""
