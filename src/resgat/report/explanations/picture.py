"""One face and its maps, brought to one scale so that methods can be seen side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resgat.checks import check_range
from resgat.errors import ConfigError
from resgat.explain.blend import check_image, check_size, overlay, shared_scale
from resgat.report.explanations.content import GalleryRow
from resgat.types import REGIONS

Heat = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Picture:
    """A face and what methods say of it.

    Attributes:
        image: The crop, (H, W, 3) uint8 RGB.
        prob: P(fake).
        label: 1 = fake, 0 = real; None where it is not known.
        caption: Which face this is.
        maps: Method -> signed heat per pixel, (H, W); + speaks for "fake".
        regions: Method -> signed value of each region, (8,).
        mask: The truly altered pixels, (H, W) bool; or None.

    Raises:
        ShapeError: The image is no uint8 RGB image, or an array is of another size.
        ConfigError: ``prob`` is no probability, there is no map, or the methods of maps and regions
            differ.
    """

    image: NDArray[np.uint8]
    prob: float
    label: int | None
    caption: str
    maps: Mapping[str, Heat]
    regions: Mapping[str, Heat]
    mask: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        check_image(self.image)
        check_range("prob", float(self.prob), low=0, high=1)
        if not self.maps or list(self.maps) != list(self.regions):
            msg = (
                "picture: expected maps and regions of the same methods, "
                f"got {list(self.maps)} and {list(self.regions)}"
            )
            raise ConfigError(msg)
        for method, heat in self.maps.items():
            check_size(f"map of {method}", heat, self.image.shape[:2])
            check_size(f"regions of {method}", self.regions[method], (len(REGIONS),))
        if self.mask is not None:
            check_size("mask", self.mask, self.image.shape[:2])


def painted(picture: Picture) -> dict[str, NDArray[np.uint8]]:
    """Return each method's map over the face; one scale for all of them.

    The methods' units differ, so each map is divided by its mean absolute value first. What is left
    is how unevenly the evidence is spread: a spot is dark, evidence that is everywhere looks pale.
    """
    even = {method: without_unit(heat) for method, heat in picture.maps.items()}
    scale = shared_scale(list(even.values()), signed=True)
    return {
        method: overlay(picture.image, heat, signed=True, scale=scale)
        for method, heat in even.items()
    }


def without_unit(values: Heat) -> NDArray[np.float64]:
    """Return values divided by their mean absolute value; all zero where that is zero.

    Values that are not finite count as zero.
    """
    finite = np.nan_to_num(np.asarray(values, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    size = float(np.abs(finite).mean())
    return finite / size if size > 0 else finite


def page_row(picture: Picture) -> GalleryRow:
    """Return the picture as a row of the report page."""
    return GalleryRow(
        picture.image,
        painted(picture),
        f"{picture.caption}, P(fake) = {picture.prob:.2f}",
        picture.mask,
    )
