"""What one row of the gallery shows: NumPy arrays and a few words, no model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resgat.checks import check_range
from resgat.explain.blend import check_image, check_size
from resgat.types import REGIONS


@dataclass(frozen=True)
class GalleryItem:
    """One face and what was said about it. A map that the model does not have is None.

    Attributes:
        image: Face crop, (H, W, 3) uint8 RGB.
        label: 1 = fake, 0 = real.
        prob: P(fake).
        method: Manipulation method of the video, "original" for a real one.
        crop_id: Which crop this is.
        attention: Degree-corrected attention per pixel, (H, W); 0 is uniform, the sign no class.
        contribution: Signed contribution per pixel, (H, W); + pushes towards "fake".
        contrast: Contribution less that of the average real face, (H, W).
        mask: Truly altered pixels, (H, W) bool.
        region_density: Mean contribution in each of the eight regions, (8,).

    Raises:
        ShapeError: The image is no uint8 RGB image, or an array is not of its size.
        ConfigError: ``prob`` is no probability.
    """

    image: NDArray[np.uint8]
    label: int
    prob: float
    method: str
    crop_id: str
    attention: NDArray[np.floating[Any]] | None
    contribution: NDArray[np.floating[Any]] | None
    contrast: NDArray[np.floating[Any]] | None
    mask: NDArray[np.bool_] | None
    region_density: NDArray[np.floating[Any]]

    def __post_init__(self) -> None:
        check_image(self.image)
        for name in ("attention", "contribution", "contrast", "mask"):
            if getattr(self, name) is not None:
                check_size(name, getattr(self, name), self.image.shape[:2])
        check_size("region_density", self.region_density, (len(REGIONS),))
        check_range("prob", float(self.prob), low=0, high=1)
