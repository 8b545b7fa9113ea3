"""Metrics of resampled identity groups: of one detector, of its seeds, of two on the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resgat.checks import check_range
from resgat.metrics.tallies import NUM_CUTS, Tallies
from resgat.stats.interval import bca_interval, bca_p_value
from resgat.stats.seeds import seed_weights, with_seeds
from resgat.stats.student import student_scale

Values = NDArray[np.float64]

#: Resamples at once: their counts at every cut take 16 MB a class.
_CHUNK = 2**21 // NUM_CUTS
#: More groups than these are left out in blocks.
_MAX_LEFT_OUT = 200
#: An interval is of the resamples that have a value; most must.
_MIN_SHARE = 0.5


@dataclass(frozen=True)
class Resampled:
    """One metric, and what it is in every resample.

    Attributes:
        estimate: Of all rows; nan where it cannot be had.
        drawn: Of each resample; nan where it cannot be had.
        left_out: With each group, or each block of groups, left out in turn.

    Shape:
        drawn: (D,)
        left_out: (at most 200,)
    """

    estimate: float
    drawn: Values
    left_out: Values

    def __sub__(self, other: Resampled) -> Resampled:
        """Return the difference from another metric of the same resamples."""
        return Resampled(
            self.estimate - other.estimate,
            self.drawn - other.drawn,
            self.left_out - other.left_out,
        )

    def around(self, exact: float) -> Resampled:
        """Return it moved to the exact metric: resamples tell fewer logits apart than that does."""
        by = exact - self.estimate
        return Resampled(exact, self.drawn + by, self.left_out + by)

    def interval(self, level: float = 0.95) -> tuple[float, float] | None:
        """Return the BCa interval; None where fewer than half of the resamples have a value."""
        if (known := self._known()) is None:
            return None
        return bca_interval(self.estimate, *known, level)

    def p_value(self) -> float | None:
        """Return the two-sided p-value of "it is zero"; None without an interval."""
        if (known := self._known()) is None:
            return None
        return bca_p_value(self.estimate, *known)

    def _known(self) -> tuple[Values, Values] | None:
        drawn = self.drawn[np.isfinite(self.drawn)]
        left_out = self.left_out[np.isfinite(self.left_out)]
        if len(drawn) < max(1, _MIN_SHARE * len(self.drawn)) or not len(left_out):
            return None
        return drawn, left_out


def resample(
    *sides: Sequence[Tallies], draws: int = 1000, seed: int = 0
) -> tuple[dict[str, Resampled], ...]:
    """Resample what was tallied of the same groups, all sides by the same draws of groups.

    Frames of one video, and videos of one person, resemble each other: drawn as independent they
    would make every interval too narrow. So whole identity groups are drawn, as many as there are,
    with replacement. A side of several training seeds draws of its seeds, too, and a metric of it
    is the mean of its values under each seed (explanations' means are over all scores of all
    seeds, see :func:`~resgat.explain.stats.bootstrap.estimate_means`, for an explanation metric
    may have no value under one). Few groups and few seeds drawn as they are would show too little
    of how much they differ; both spread as Student's t allows for.

    Args:
        sides: The seeds of one detector each; groups are those of the same numbers.
        draws: D.
        seed: The same seed gives the same draws.

    Returns:
        For each side metric -> its resamples; without those that the groups cannot tell of, as
        fewer than two of them hold rows, or rows of either class.

    Raises:
        ConfigError: ``draws`` is below 1.

    Source:
        Davison and Hinkley 1997, "Bootstrap Methods and their Application", sections 3.8 and 5.3.
    """
    check_range("draws", draws, low=1)
    num_groups = sides[0][0].num_groups
    rng = np.random.default_rng(seed)
    wholes = [_by_seed(side, np.ones((1, num_groups))) for side in sides]
    parts: list[list[dict[str, Values]]] = [[] for _ in sides]
    for groups in _drawn_groups(rng, num_groups, draws):
        uniform = 1 - rng.random(len(groups))
        for side, whole, found in zip(sides, wholes, parts, strict=True):
            weights = seed_weights(rng, len(side), len(groups))
            scales = _scales(uniform, side[0].witnesses)
            found.append(_drawn(_means(_by_seed(side, groups)), whole, scales, weights))
    results = []
    for side, whole, found in zip(sides, wholes, parts, strict=True):
        jackknife = _means(_by_seed(side, _leaving_out(num_groups)))
        results.append(
            {
                name: Resampled(
                    float(value.mean()), np.concatenate([p[name] for p in found]), jackknife[name]
                )
                for name, value in whole.items()
                if name in found[0]
            }
        )
    return tuple(results)


def _drawn_groups(rng: np.random.Generator, num_groups: int, draws: int) -> Iterator[Values]:
    share = np.full(num_groups, 1 / num_groups)
    for start in range(0, draws, _CHUNK):
        yield rng.multinomial(num_groups, share, min(_CHUNK, draws - start)).astype(np.float64)


def _by_seed(side: Sequence[Tallies], weights: Values) -> dict[str, Values]:
    """Return the metrics under each seed, (S, D)."""
    by_seed = [tallies.metrics(weights) for tallies in side]
    # A seed without a threshold has no metric that needs one, and then the side has none.
    names = [name for name in by_seed[0] if all(name in one for one in by_seed)]
    return {name: np.stack([one[name] for one in by_seed]) for name in names}


def _means(by_seed: dict[str, Values]) -> dict[str, Values]:
    return {name: value.mean(0) for name, value in by_seed.items()}


def _scales(uniform: Values, witnesses: dict[str, int]) -> dict[str, Values]:
    """Return how far the draws of each metric are stretched: (D,)."""
    of_num = {num: student_scale(uniform, num) for num in set(witnesses.values())}
    return {name: of_num[num] for name, num in witnesses.items()}


def _drawn(
    means: dict[str, Values], whole: dict[str, Values], scales: dict[str, Values], weights: Values
) -> dict[str, Values]:
    """Return what groups and seeds make of the metrics of all rows that can be told: (D,)."""
    found = {}
    for name in means.keys() & scales:
        of_seed = whole[name][:, 0]
        mean = of_seed.mean()
        found[name] = with_seeds(mean, means[name], scales[name], of_seed - mean, weights)
    return found


def _leaving_out(num_groups: int) -> Values:
    block = np.arange(num_groups) * min(num_groups, _MAX_LEFT_OUT) // num_groups
    return np.asarray(block != np.arange(block[-1] + 1)[:, None], np.float64)
