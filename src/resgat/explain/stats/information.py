"""How much a method's answers tell of the altered region, with an interval, by identity group.

Legend: K training seeds, n images, R regions.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import t

from resgat.checks import check_range
from resgat.errors import ShapeError
from resgat.explain.metrics.region import UNKNOWN, mutual_information
from resgat.explain.stats.bootstrap import Estimate, Values

#: With fewer images an interval of eight regions covers far less than it says, and a number
#: without one would look certain.
LEAST_IMAGES = 200


def estimate_information(
    answers: Values,
    true: NDArray[np.int64],
    groups: Sequence[Hashable],
    *,
    level: float = 0.95,
) -> Estimate:
    """Estimate the mutual information of named and altered region in bits, by the jackknife.

    The plain estimate is too high by about ``(R - 1)^2 / (2 n ln 2)``: 0.35 bits for eight regions
    and 100 images that are guessed. Leaving out each group in turn takes this away and gives the
    standard error; with several seeds, leaving out each seed adds theirs, as widely as Student's t
    allows for so few: of seeds that are right in 60 % of answers, give or take 10, intervals of
    two, three and five cover 95, 96 and 95 %. A bootstrap cannot be used: each of its draws is too
    high anew. What is left is a little too high where errors are rare: with 320 images of eight
    regions, intervals of one seed that say 95 % cover all of the guesses, 95 % where half of the
    answers are right, 89 % at 85 % right and 85 % at 95 % right (``coverage_of_seeds`` and
    ``coverage`` in this module's test).

    Args:
        answers: What each image's map names, see :func:`~resgat.explain.metrics.region.answers`;
            nan where an image does not count under a seed.
        true: The altered region of each image, -1 where none is known.
        groups: The identity group of each image.
        level: Share of such intervals that hold the truth.

    Returns:
        Bits between 0 and ``log2 R``; None with fewer images than :data:`LEAST_IMAGES`, or of one
        group.

    Shape:
        answers: (K, n, R)
        true: (n,)

    Raises:
        ShapeError: The shapes do not fit.
        ConfigError: ``level`` is out of range.

    Source:
        Efron and Stein 1981, "The Jackknife Estimate of Variance".
    """
    check_range("level", level, low=0, high=1)
    if answers.ndim != 3 or not answers.shape[1] == len(true) == len(groups):
        msg = (
            f"answers: expected (seeds, {len(true)} images, regions) and a group for each image, "
            f"got {answers.shape} and {len(groups)} groups"
        )
        raise ShapeError(msg)
    counts = np.isfinite(answers).all(2) & (true != UNKNOWN)
    num_images = int(counts.any(0).sum())
    tables = _tables(answers, true, groups, counts)
    num_groups = tables.shape[1]
    if num_images < LEAST_IMAGES or num_groups < 2:
        return Estimate(None, None, None, num_images, num_groups)
    most = math.log2(answers.shape[2])
    whole = tables.sum((0, 1))
    left_out = _bits(whole - tables.sum(0))
    plain = float(_bits(whole))
    mean = float(np.clip(num_groups * plain - (num_groups - 1) * left_out.mean(), 0, most))
    reach = _jackknife_reach(left_out, level)
    seeds = tables.sum(1)
    if (seeds.any(1)).sum() > 1:
        of_seeds = _jackknife_reach(_bits(whole - seeds[seeds.any(1)]), level)
        reach = math.hypot(reach, of_seeds)
    return Estimate(mean, max(0, mean - reach), min(most, mean + reach), num_images, num_groups)


def _jackknife_reach(left_out: Values, level: float) -> float:
    """Return how far an interval reaches: Student's t, for the units are few, times the error."""
    num = len(left_out)
    variance = (num - 1) / num * ((left_out - left_out.mean()) ** 2).sum()
    return float(t.ppf((1 + level) / 2, num - 1) * math.sqrt(variance))


def _tables(
    answers: Values,
    true: NDArray[np.int64],
    groups: Sequence[Hashable],
    counts: NDArray[np.bool_],
) -> Values:
    """Return the confusion of each seed and each group that has images, flat: (K, G, R * R)."""
    used = [groups[place] for place in np.flatnonzero(counts.any(0)).tolist()]
    codes = {name: code for code, name in enumerate(dict.fromkeys(used))}
    code = np.array([codes.get(name, -1) for name in groups], np.int64)
    num_seeds, _, num_regions = answers.shape
    tables = np.zeros((num_seeds, len(codes), num_regions, num_regions))
    for table, named, counted in zip(tables, answers, counts, strict=True):
        np.add.at(table, (code[counted], true[counted]), named[counted])
    return tables.reshape(num_seeds, len(codes), num_regions**2)


def _bits(tables: Values) -> Values:
    """Return the bits of flat tables (..., R * R); dust that subtraction leaves counts as 0."""
    num_regions = math.isqrt(tables.shape[-1])
    clean = np.where(tables < 1e-9, 0.0, tables)
    square = torch.from_numpy(clean.reshape(*tables.shape[:-1], num_regions, num_regions))
    return np.asarray(mutual_information(square).numpy())
