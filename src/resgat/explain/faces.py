"""The faces that are to be explained, and what is known of each of them."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Faces(NamedTuple):
    """A batch of faces.

    What a method draws at random for a face follows from its seed and from nothing else, so that
    a face's explanation does not depend on the batch that it came in.

    Shape:
        pixels: (B, 3, H, W) float32 in [0, 1], H = W
        regions: (B, 8, H, W) bool, disjoint, in the order of ``resgat.types.REGIONS``
        seed: (B,) int64
        mask: (B, H, W) bool, the truly altered pixels, for controls; or None where they are unknown
        twin: (B, 3, H, W) in [0, 1], the aligned original; or None where there is none
    """

    pixels: Tensor
    regions: Tensor
    seed: Tensor
    mask: Tensor | None = None
    twin: Tensor | None = None
