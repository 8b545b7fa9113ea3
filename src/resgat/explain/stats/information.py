"""How much a method's answers tell of the altered region, with an interval, by identity group.

Legend: K training seeds, n images, R regions.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from resgat.checks import check_range
from resgat.errors import ShapeError
from resgat.explain.metrics.region import UNKNOWN, mutual_information
from resgat.explain.stats.bootstrap import Estimate, Values, bca_interval, draw_weights


def estimate_information(
    answers: Values,
    true: NDArray[np.int64],
    groups: Sequence[Hashable],
    *,
    draws: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """Estimate the mutual information of named and altered region in bits, with its BCa interval.

    Args:
        answers: What each image's map names, see :func:`~resgat.explain.metrics.region.answers`;
            nan where an image does not count under a seed.
        true: The altered region of each image, -1 where none is known.
        groups: The identity group of each image.
        draws: Resamplings of seeds and groups.
        level: Share of the draws inside the interval.
        seed: The same seed gives the same interval.

    Shape:
        answers: (K, n, R)
        true: (n,)

    Raises:
        ShapeError: The shapes do not fit.
        ConfigError: ``draws`` or ``level`` is out of range.
    """
    check_range("draws", draws, low=1)
    check_range("level", level, low=0, high=1)
    if answers.ndim != 3 or not answers.shape[1] == len(true) == len(groups):
        msg = (
            f"answers: expected (seeds, {len(true)} images, regions) and a group for each image, "
            f"got {answers.shape} and {len(groups)} groups"
        )
        raise ShapeError(msg)
    counts = np.isfinite(answers).all(2) & (true != UNKNOWN)
    tables, used = _tables_by_group(answers, true, groups, counts)
    num_images, num_groups = int(counts.any(0).sum()), int(used.sum())
    whole = tables.sum((0, 1))
    if not num_images:
        return Estimate(None, None, None, 0, 0)
    bits = float(_bits(whole))
    if num_groups < 2:
        return Estimate(bits, None, None, num_images, num_groups)
    num_seeds, all_groups = tables.shape[:2]
    drawn = np.concatenate(
        [
            _bits(sum(of_seed[:, [k]] * (of_group @ tables[k]) for k in range(num_seeds)))
            for of_seed, of_group in draw_weights(num_seeds, all_groups, draws, seed)
        ]
    )
    drawn = drawn[np.isfinite(drawn)]
    left_out = _bits(whole - tables[:, used].sum(0))
    low, high = bca_interval(bits, drawn, left_out[np.isfinite(left_out)], level)
    return Estimate(bits, low, high, num_images, num_groups)


def _tables_by_group(
    answers: Values,
    true: NDArray[np.int64],
    groups: Sequence[Hashable],
    counts: NDArray[np.bool_],
) -> tuple[Values, NDArray[np.bool_]]:
    """Return the confusion of each seed and group (K, G, R * R), and which groups have images."""
    codes = {name: code for code, name in enumerate(dict.fromkeys(groups))}
    code = np.array([codes[name] for name in groups], np.int64)
    num_seeds, _, num_regions = answers.shape
    tables = np.zeros((num_seeds, len(codes), num_regions, num_regions))
    for table, named, counted in zip(tables, answers, counts, strict=True):
        np.add.at(table, (code[counted], true[counted]), named[counted])
    used = np.bincount(code[counts.any(0)], minlength=len(codes)) > 0
    return tables.reshape(num_seeds, len(codes), -1), used


def _bits(tables: Values) -> Values:
    """Return the bits of flat tables (..., R * R)."""
    num_regions = math.isqrt(tables.shape[-1])
    square = torch.from_numpy(tables.reshape(*tables.shape[:-1], num_regions, num_regions))
    return np.asarray(mutual_information(square).numpy())
