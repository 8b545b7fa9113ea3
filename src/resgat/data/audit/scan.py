"""One pass over the image files: each is read once for all checks that look at pixels."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resgat.data.audit.crops import Crops
from resgat.data.audit.fingerprints import Fingerprint, fingerprint
from resgat.errors import CropReadError
from resgat.progress import track

#: So many crops are handed to the threads at a time.
_BLOCK = 4096


class Look(NamedTuple):
    """What reading one crop and its mask showed.

    Attributes:
        size: Width and height such as ``"224x224"``; None where the crop cannot be read.
        image_format: None where the crop cannot be read.
        found: None where the crop cannot be read, or no fingerprint was asked for.
        problem: Path of the crop or the mask if it is broken, and what is wrong with it.
    """

    position: int
    size: str | None = None
    image_format: str | None = None
    found: Fingerprint | None = None
    problem: tuple[str, str] | None = None


@dataclass
class Scan:
    """What reading crops showed, in the order of the index.

    Attributes:
        num_read: Crops that were looked at.
        readable: Positions of the crops that can be read; ``sizes`` and ``formats`` are theirs.
        fingerprints: Positions with fingerprints.
        problems: Path of a broken file -> what is wrong with it.
    """

    num_read: int = 0
    readable: list[int] = field(default_factory=list)
    sizes: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    fingerprints: list[tuple[int, Fingerprint]] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)

    def add(self, look: Look) -> None:
        """Note what one crop showed."""
        self.num_read += 1
        if look.problem is not None:
            path, reason = look.problem
            self.problems[path] = reason
        if look.size is not None and look.image_format is not None:
            self.readable.append(look.position)
            self.sizes.append(sys.intern(look.size))  # one text for millions of crops
            self.formats.append(look.image_format)
        if look.found is not None:
            self.fingerprints.append((look.position, look.found))


def scan(
    crops: Crops,
    positions: NDArray[np.int64],
    hashed: NDArray[np.int64],
    num_threads: int | None = None,
) -> Scan:
    """Look at crops under a progress bar.

    Args:
        crops: The crops folder.
        positions: Whose crop and mask to read.
        hashed: Whose fingerprint to take; these are read too.
        num_threads: None is Python's own choice.
    """
    wanted = np.union1d(positions, hashed).tolist()
    look = partial(look_at, crops, hashed=set(hashed.tolist()))
    seen = Scan()
    with ThreadPoolExecutor(num_threads) as pool:
        for found in track(_in_blocks(pool, look, wanted), "reading crops", len(wanted)):
            seen.add(found)
    return seen


def _in_blocks(
    pool: ThreadPoolExecutor, look: partial[Look], positions: list[int]
) -> Iterator[Look]:
    for first in range(0, len(positions), _BLOCK):
        yield from pool.map(look, positions[first : first + _BLOCK])


def look_at(crops: Crops, position: int, hashed: set[int]) -> Look:
    """Read one crop with its mask."""
    try:
        picture = crops.crop(position)
    except CropReadError as error:
        path = str(crops.value(position, "path"))
        return Look(position, problem=(path, crops.reason(error, path)))
    height, width, _ = picture.pixels.shape
    found = fingerprint(picture.pixels) if position in hashed else None
    problem = _mask_problem(crops, position, (height, width))
    return Look(position, f"{width}x{height}", picture.image_format, found, problem)


def _mask_problem(crops: Crops, position: int, size_px: tuple[int, int]) -> tuple[str, str] | None:
    path = str(crops.value(position, "mask_path"))
    try:
        mask = crops.mask(position)
    except CropReadError as error:
        return path, crops.reason(error, path)
    if mask is None or mask.shape == size_px:
        return None
    (height, width), (high, wide) = mask.shape, size_px
    return path, f"is {width}x{height} px, and its crop {wide}x{high} px"
