"""What is known of the faces that are explained, for metrics to compare with."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from resgat.explain.groups import Groups
from resgat.explain.metrics.localisation import MaskPool


class Truth(NamedTuple):
    """The truth about a batch of faces; None where nothing is known of any of them.

    Attributes:
        groups: The identity group of each face.
        kinds: Of what kind each face is: faces are compared with others of their track, and of
            those that count or do not; None where all are of one.
        pool: The altered pixels of all faces that are explained, for what compares with others';
            None takes the batch's.

    Shape:
        mask: (B, H, W) bool, the altered pixels; empty where they are unknown
        region: (B,) int64, the altered region, -1 where it is unknown
        second: (B,) int64, a second one, -1 where there is none
        decoy: (B, H, W) bool, a visible change that both classes have; empty where there is none
        decoy_region: (B,) int64, the region that it lies in, -1 where there is none
    """

    groups: Groups
    mask: Tensor | None = None
    region: Tensor | None = None
    second: Tensor | None = None
    decoy: Tensor | None = None
    decoy_region: Tensor | None = None
    kinds: Groups | None = None
    pool: MaskPool | None = None
