"""Explainable deepfake detection with graph attention networks."""

__version__ = "0.1.0"
