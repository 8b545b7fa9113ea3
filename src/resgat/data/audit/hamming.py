"""All pairs of 64-bit hashes that differ in few bits, without comparing each with each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resgat.checks import check_range

BITS = 64

#: So many pairs are compared at a time: 100 MB.
_CHUNK = 2_000_000

Hashes = NDArray[np.uint64]
Positions = NDArray[np.int64]


class Close(NamedTuple):
    """Pairs of positions, one in each of two arrays of hashes, and in how many bits they differ."""

    left: Positions
    right: Positions
    distance: Positions


def close_pairs(left: Hashes, right: Hashes, radius: int) -> Iterator[Close]:
    """Find every pair that differs in at most ``radius`` bits; exact.

    The bits are cut into ``radius + 1`` bands. Two hashes that differ in no more bits than
    ``radius`` agree in at least one band (there are more bands than differences), so only hashes
    that share a band's value are compared. A pair is given once: in the first band it agrees in.

    Args:
        left: (n,) hashes.
        right: (m,) hashes.
        radius: Largest distance.

    Yields:
        Some of the pairs at a time, each with every pair in it only once overall.

    Raises:
        ConfigError: ``radius`` is not within 0 to 63.

    Source:
        Manku, Jain and Das Sarma 2007, "Detecting Near-Duplicates for Web Crawling".
    """
    check_range("radius", radius, low=0, high=BITS - 1)
    bands = _bands(radius + 1)
    for number, band in enumerate(bands):
        order = np.argsort(right & band, kind="stable")
        keys = (right & band)[order]
        first = np.searchsorted(keys, left & band, "left")
        counts = np.searchsorted(keys, left & band, "right") - first
        for start, stop in _chunks(counts):
            some = counts[start:stop]
            i = np.repeat(np.arange(start, stop), some)
            j = order[np.repeat(first[start:stop], some) + _ranges(some)]
            yield _keep(left, right, i, j, radius, bands[:number])


def _bands(number: int) -> list[np.uint64]:
    """Cut 64 bits into masks of about equally many neighbouring bits."""
    edges = [round(BITS * part / number) for part in range(number + 1)]
    return [np.uint64((1 << high) - (1 << low)) for low, high in pairwise(edges)]


def _chunks(counts: Positions) -> Iterator[tuple[int, int]]:
    """Cut the rows into runs of about :data:`_CHUNK` pairs, at least one row each."""
    ends = np.cumsum(counts)
    start = 0
    while start < len(counts):
        done = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + _CHUNK, "right")))
        yield start, stop
        start = stop


def _ranges(counts: Positions) -> Positions:
    """Count from zero for each entry: ``[2, 3]`` gives ``[0, 1, 0, 1, 2]``."""
    ends = np.cumsum(counts)
    return np.arange(int(counts.sum()), dtype=np.int64) - np.repeat(ends - counts, counts)


def _keep(
    left: Hashes,
    right: Hashes,
    i: Positions,
    j: Positions,
    radius: int,
    earlier: list[np.uint64],
) -> Close:
    difference = left[i] ^ right[j]
    distance = np.bitwise_count(difference).astype(np.int64)
    kept = np.flatnonzero(distance <= radius)
    for band in earlier:
        kept = kept[(difference[kept] & band) != 0]
    return Close(i[kept], j[kept], distance[kept])
