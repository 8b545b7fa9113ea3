"""How much of a detector is left when the videos are worse: corruptions, crops, curves."""
