"""Faces with planted evidence: twins that differ inside one known region and nowhere else."""
