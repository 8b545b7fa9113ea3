from pathlib import Path

import numpy as np
import torch

from resgat.data.index import CropIndex
from resgat.measuring.known import known_from, mean_mask


def test_the_mean_mask_is_the_mean_of_the_training_fakes_masks(planted_crops: Path) -> None:
    train = CropIndex.read(planted_crops).select("train")
    masks = [train.read_mask(place) for place in range(len(train))]
    expected = np.mean([mask for mask in masks if mask is not None], axis=0)
    found = mean_mask(train, 64)
    assert found is not None
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)
    assert mean_mask(train, 32, num=3).shape == (32, 32)  # type: ignore[union-attr]


def test_nothing_is_known_without_training_crops_or_masks(planted_crops: Path) -> None:
    reference = torch.ones(4)
    assert known_from(reference, None, 64) == (reference, None)
    train = CropIndex.read(planted_crops).select("train")
    real = train.where(train.labels == 0)
    assert known_from(None, real, 64) == (None, None)
