"""A picture with detail at every scale, moving a little from frame to frame."""

import cv2
import numpy as np
import pytest


@pytest.fixture
def clip() -> np.ndarray:
    """(4, 64, 64, 3): smooth shapes in colour under a fine texture."""
    rng = np.random.default_rng(0)
    layers = [(40, 8.0), (25, 2.0), (10, 0.5)]
    picture = np.full((72, 72, 3), 128.0)
    for height, sigma in layers:
        layer = cv2.GaussianBlur(rng.normal(size=(72, 72, 3)), (0, 0), sigma)
        picture = picture + height * layer / layer.std()
    frames = [picture[step : step + 64, step : step + 64] for step in range(4)]
    return np.clip(np.rint(frames), 0, 255).astype(np.uint8)
