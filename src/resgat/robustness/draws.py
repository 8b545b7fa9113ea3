"""What is random about a corrupted clip: the same at every level, and for a fake as its original.

A detector is compared with itself over levels, and a fake with its original. So a worse level is
more of the same, and no difference between the two videos of a pair is one of luck.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Draws:
    """The random numbers of one clip, and of each of its frames.

    Attributes:
        key: All that they follow from, beside the frame.
        frames: Number of each frame in its video. A fake may lack a frame of its original; those
            that both have get the same numbers.
    """

    key: str
    frames: Sequence[int]

    def of_clip(self) -> np.random.Generator:
        """Return what is drawn once for a clip; from its start, whenever it is asked for."""
        return _generator(self.key)

    def of_frames(self) -> Iterator[np.random.Generator]:
        """Yield what is drawn for each frame."""
        return (_generator(f"{self.key}/{frame}") for frame in self.frames)


def _generator(key: str) -> np.random.Generator:
    digest = hashlib.sha256(key.encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))
