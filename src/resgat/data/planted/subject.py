"""The genuine face that a pair is made of, and another face in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from resgat.data.planted.operators import Image
from resgat.data.planted.regions import Landmarks


@dataclass(frozen=True)
class Subject:
    """A face, a donor brought to the same pose, and who they are.

    Attributes:
        image: The genuine crop.
        donor: Another face whose landmarks lie nearest to those of the genuine one.
        landmarks: Of the genuine face, crop px, the image's left first.
        target_id: Who it is.
        donor_id: Who the donor is.
        identity_group: Must not cross splits.
        bbox_xyxy: What of the source's picture the crop shows.

    Shape:
        image, donor: (S, S, 3) float32 RGB, 0-255
        landmarks: (5, 2) float32
    """

    image: Image
    donor: Image
    landmarks: Landmarks
    target_id: str | None
    donor_id: str | None
    identity_group: str
    bbox_xyxy: tuple[float, float, float, float]


class Source(Protocol):
    """Where genuine faces come from. Instances are sent to worker processes."""

    def subject(self, split: str, number: int, rng: np.random.Generator) -> Subject:
        """Return the face of one pair.

        Args:
            split: The split that it must belong to.
            number: Counts the pairs of the split.
            rng: Decides pose and noise.
        """
        ...
