"""From a stored crop to a network's input: pipelines for training and for evaluation."""

from __future__ import annotations

import os
import random
from functools import cache
from typing import Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resgat.checks import check_choice, check_range
from resgat.data.images import MIN_SIDE_PX

# Its import asks the network for a newer version otherwise.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
import albumentations as A

#: Mean and standard deviation of ImageNet's RGB values in [0, 1], which the trunks were trained on.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)

#: How pixels in [0, 1] reach the network: as the ImageNet trunks expect them, or as they are, which
#: is what the paper's released weights were trained on.
NORMALISATIONS = {"imagenet": (MEAN, STD), "none": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))}
Normalise = Literal["imagenet", "none"]

MAX_STRENGTH = 1.5


class Augment:
    """A pipeline whose result depends on the image and a seed, and on nothing else.

    Neither the number of workers nor the order of the images matters, and a resumed run repeats.

    Args:
        pipeline: From ``image`` (H, W, 3) uint8 to one (size, size, 3) uint8.
        normalise: See :data:`NORMALISATIONS`.
    """

    def __init__(self, pipeline: A.Compose, normalise: Normalise = "imagenet") -> None:
        self.pipeline = pipeline
        self.normalise = normalise

    def __call__(self, image: NDArray[np.uint8], seed: int) -> Tensor:
        """Return the augmented image (3, size, size) float32."""
        return self._normalised(self._run(seed, image=image)["image"])

    def with_mask(
        self, image: NDArray[np.uint8], mask: NDArray[np.bool_], seed: int
    ) -> tuple[Tensor, Tensor]:
        """Return the image as :meth:`__call__` does, and its mask moved with it.

        Shape:
            mask: (H, W) bool
            returns: (3, size, size) float32 and (size, size) bool
        """
        result = self._run(seed, image=image, mask=mask.astype(np.uint8))
        return self._normalised(result["image"]), torch.from_numpy(result["mask"]).bool()

    def _run(self, seed: int, **targets: NDArray[np.uint8]) -> dict[str, NDArray[np.uint8]]:
        # Not set_random_seed: it gives every step a generator of the same seed, and all steps would
        # be applied together or not at all.
        self.pipeline.set_random_state(np.random.default_rng(seed), random.Random(seed))
        result: dict[str, NDArray[np.uint8]] = self.pipeline(**targets)
        return result

    def _normalised(self, image: NDArray[np.uint8]) -> Tensor:
        mean, factor = _row(self.normalise, image.shape[1])
        rows = torch.from_numpy(np.require(image, requirements=("C", "W"))).flatten(1).float()
        return rows.sub_(mean).mul_(factor).view(image.shape).permute(2, 0, 1)


@cache
def _row(normalise: Normalise, width: int) -> tuple[Tensor, Tensor]:
    """Return what is taken from, and what multiplies, the values of a row of pixels.

    As albumentations rounds them, so that images are the same bit by bit; and for a whole row, as
    three values at a time take several times as long.
    """
    mean, std = (np.array(values, np.float32) for values in NORMALISATIONS[normalise])
    factors = np.tile(255 * mean, width), np.tile(np.reciprocal(255 * std), width)
    return torch.from_numpy(factors[0]), torch.from_numpy(factors[1])


def train_transform(
    size_px: int, *, strength: float = 1.0, normalise: Normalise = "imagenet"
) -> Augment:
    """Build the training pipeline: flips, small moves, colours, and losses of quality.

    Moves are small so that a face stays a face in its place; losses of quality (blur, noise, JPEG)
    are what lies between a forgery and the videos in which it is met.

    Args:
        size_px: Side of the result.
        strength: Scales how far each step may go. 0 leaves only the flip.
        normalise: See :data:`NORMALISATIONS`.

    Raises:
        ConfigError: ``size_px`` is below 16 or ``strength`` outside [0, 1.5].
    """
    check_range("augment_strength", strength, low=0, high=MAX_STRENGTH)
    changes = [_move(strength), _colour(strength), *_quality(strength)] if strength else []
    return _compose(size_px, [A.HorizontalFlip(p=0.5), *changes], normalise)


def eval_transform(size_px: int, *, normalise: Normalise = "imagenet") -> Augment:
    """Build the evaluation pipeline: resize and normalise; the seed has no effect.

    Raises:
        ConfigError: ``size_px`` is below 16.
    """
    return _compose(size_px, [], normalise)


def _compose(
    size_px: int, changes: list[A.BasicTransform | A.BaseCompose], normalise: Normalise
) -> Augment:
    check_range("size_px", size_px, low=MIN_SIDE_PX)
    check_choice("normalise", normalise, NORMALISATIONS)
    return Augment(A.Compose([_resize(size_px), *changes]), normalise)


def _resize(size_px: int) -> A.BasicTransform:
    # It leaves an image that has the size already as it is.
    return A.Resize(size_px, size_px, area_for_downscale="image")


def resized(image: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """Return an image (H, W, 3) as both pipelines resize it, which is what they begin with."""
    result: NDArray[np.uint8] = _resize(size_px)(image=image)["image"]
    return result


def resized_mask(mask: NDArray[np.bool_], size_px: int) -> NDArray[np.bool_]:
    """Return a mask (H, W) as both pipelines resize it."""
    pixels = mask.astype(np.uint8)  # also as the image that a mask belongs to
    result: NDArray[np.uint8] = _resize(size_px)(image=pixels, mask=pixels)["mask"]
    return result.astype(np.bool_)


def _move(strength: float) -> A.BasicTransform:
    return A.Affine(
        scale=(1 - 0.08 * strength, 1 + 0.08 * strength),
        translate_percent=(-0.04 * strength, 0.04 * strength),
        rotate=(-8 * strength, 8 * strength),
        border_mode=cv2.BORDER_REFLECT_101,  # black corners would be a pattern of their own
        p=0.5,
    )


def _colour(strength: float) -> A.BasicTransform:
    around_one = (1 - 0.2 * strength, 1 + 0.2 * strength)
    return A.ColorJitter(
        brightness=around_one,
        contrast=around_one,
        saturation=around_one,
        hue=(-0.03 * strength, 0.03 * strength),
        p=0.5,
    )


def _quality(strength: float) -> list[A.BasicTransform | A.BaseCompose]:
    smooth = {"downscale": cv2.INTER_AREA, "upscale": cv2.INTER_LINEAR}
    blur = A.GaussianBlur(sigma_limit=(0.1, 0.1 + 1.2 * strength))
    downscale = A.Downscale(
        scale_range=(1 - 0.5 * strength, 1 - 0.1 * strength), interpolation_pair=smooth
    )
    return [
        A.OneOf([blur, downscale], p=0.2),
        A.GaussNoise(std_range=(0.0, 0.03 * strength), p=0.2),
        A.ImageCompression(quality_range=(round(95 - 45 * strength), 95), p=0.4),
    ]
