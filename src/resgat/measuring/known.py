"""What is known from training: the average real face's evidence, and where fakes are altered."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from resgat.data.index import CropIndex
from resgat.data.spread import spread
from resgat.data.truth import load_mask
from resgat.explain.probe import Known

#: So many training masks are averaged.
NUM_MASKS = 500


def known_from(reference: Tensor | None, train: CropIndex | None, size_px: int) -> Known:
    """Collect what is known from training.

    Args:
        reference: From the checkpoint.
        train: The training crops; None where there are none.
        size_px: Side of the detector's input.
    """
    return Known(reference, None if train is None else mean_mask(train, size_px))


def mean_mask(train: CropIndex, size_px: int, num: int = NUM_MASKS) -> Tensor | None:
    """Return how often each pixel is altered in training fakes, evenly spread over the split.

    Returns:
        (size_px, size_px) in [0, 1], or None where no crop has a mask.
    """
    masked = train.where(train.column("mask_path").is_valid().to_numpy())
    total = np.zeros((size_px, size_px))
    chosen = spread(len(masked), num)
    for position in chosen.tolist():
        mask = load_mask(masked, position, size_px)
        total += 0 if mask is None else mask
    return torch.from_numpy(total / len(chosen)).float() if len(chosen) else None
