"""Genuine drawn faces that networks of the study are asked about, beyond the benchmark's own."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from resgat.data.planted.drawn import DrawnPeople


def drawn_pixels(size_px: int, num: int, seed: int) -> Tensor:
    """Draw faces of the test people: (num, 3, size_px, size_px) in [0, 1]."""
    rng, people = np.random.default_rng(seed), DrawnPeople(size_px)
    faces = np.stack([people.subject("test", k, rng).image for k in range(num)])
    return torch.from_numpy(faces).permute(0, 3, 1, 2) / 255
