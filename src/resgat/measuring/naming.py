"""Which region each method named, under every seed: what confusion and information are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from resgat.explain.metrics.region import answers
from resgat.measuring.table import Judged
from resgat.types import REGIONS


class Named(NamedTuple):
    """The answers of one method on one track.

    Attributes:
        answers: Share of each region in an image's answer; nan where it does not count.
        true: The altered region.
        groups: The identity group of each image.

    Shape:
        answers: (K seeds, n, 8)
        true: (n,) int64
    """

    answers: NDArray[np.float64]
    true: NDArray[np.int64]
    groups: tuple[str, ...]

    def table(self) -> NDArray[np.float64]:
        """Count how often each altered region (row) was answered by each region, (8, 8)."""
        counts = np.zeros((len(REGIONS), len(REGIONS)))
        for one in self.answers:
            known = np.isfinite(one).all(1)
            np.add.at(counts, self.true[known], one[known])
        return counts


def name_regions(
    asked: Sequence[tuple[Judged, NDArray[np.floating]]], track: str, *, only_verified: bool = True
) -> Named | None:
    """Collect the answers of one method on the subjects of a track.

    Args:
        asked: For each seed, whom the method was asked about, and the region view of its maps.
        track: Name of the track.
        only_verified: Leave out those that do not count.

    Returns:
        None if there is no such subject of a known region.

    Shape:
        region view: (n, 8)
    """
    chosen = [_on(judged, track, only_verified=only_verified) for judged, _ in asked]
    if not any(one.any() for one in chosen):
        return None
    places = [judged.subjects.position[c] for c, (judged, _) in zip(chosen, asked, strict=True)]
    positions = np.unique(np.concatenate(places))
    named = np.full((len(asked), len(positions), len(REGIONS)), np.nan)
    true = np.zeros(len(positions), np.int64)
    for row, at, mine, (judged, region) in zip(named, places, chosen, asked, strict=True):
        if not mine.any():
            continue  # a seed that is sure of nothing
        columns = np.searchsorted(positions, at)
        row[columns] = answers(torch.from_numpy(region[mine])).numpy()
        true[columns] = judged.subjects.region[mine]
    index = asked[0][0].subjects.index
    groups = index.take(["identity_group"], positions)["identity_group"].to_pylist()
    return Named(named, true, tuple(groups))


def _on(judged: Judged, track: str, *, only_verified: bool) -> NDArray[np.bool_]:
    subjects = judged.subjects
    known = (np.asarray(subjects.track) == track) & (subjects.region >= 0)
    return np.asarray(known & judged.verified.is_verified if only_verified else known, np.bool_)
