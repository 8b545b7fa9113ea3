"""How sure one may be of an AUC."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resgat.checks import check_range
from resgat.metrics.inputs import as_binary

#: Row weights held at once: 2**21 of them take 16 MB.
_CHUNK = 2**21


class _Ranking(NamedTuple):
    """Fakes and reals by ascending logit; a fake beats ``below`` reals and ties up to ``upto``."""

    fake_group: NDArray[np.int64]
    real_group: NDArray[np.int64]
    below: NDArray[np.int64]
    upto: NDArray[np.int64]


def auc_interval(
    logit: ArrayLike,
    label: ArrayLike,
    group: ArrayLike,
    *,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Bootstrap an interval for the AUC over groups of rows that belong together.

    Frames of one video, and videos of one person, resemble each other; drawing rows would count
    them as independent and make the interval far too narrow. So whole groups are drawn, as many as
    there are, with replacement, and the percentiles of the AUCs of all draws are the interval. A
    draw without fakes or without reals has no AUC and is left out.

    Args:
        logit: One per row.
        label: 1 = fake.
        group: Identity group of each row, as numbers or names.
        draws: Resamplings.
        level: Share of the draws inside the interval.
        seed: The same seed gives the same interval.

    Returns:
        Lower and upper end; or ``None`` where fakes or reals lie in fewer than two groups, because
        then the spread between groups cannot be seen.

    Shape:
        logit, label, group: (N,)

    Raises:
        ConfigError: ``draws`` is below 1, or ``level`` outside [0, 1].
        ValueError: Logits are not finite, a label is neither 0 nor 1, or the lengths differ.

    Source:
        Percentile bootstrap of clusters: Davison and Hinkley 1997, "Bootstrap Methods and their
        Application", sections 3.8 and 5.3.
    """
    check_range("draws", draws, low=1)
    check_range("level", level, low=0, high=1)
    value, target = as_binary(logit, label)
    groups, group_idx = np.unique(np.asarray(group), return_inverse=True)
    if min(np.unique(group_idx[target == side]).size for side in (0, 1)) < 2:
        return None
    ranking = _rank(value, target, group_idx)
    rng = np.random.default_rng(seed)
    share = np.full(groups.size, 1 / groups.size)
    step = max(1, _CHUNK // target.size)
    aucs = np.concatenate(
        [
            _weighted_auc(rng.multinomial(groups.size, share, min(step, draws - start)), ranking)
            for start in range(0, draws, step)
        ]
    )
    aucs = aucs[~np.isnan(aucs)]
    if not aucs.size:
        return None
    low, high = np.quantile(aucs, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _rank(
    logit: NDArray[np.float64], label: NDArray[np.int64], group_idx: NDArray[np.int64]
) -> _Ranking:
    order = np.argsort(logit, kind="stable")
    logit, fake, group_idx = logit[order], label[order] == 1, group_idx[order]
    reals = logit[~fake]
    return _Ranking(
        fake_group=group_idx[fake],
        real_group=group_idx[~fake],
        below=np.searchsorted(reals, logit[fake], side="left"),
        upto=np.searchsorted(reals, logit[fake], side="right"),
    )


def _weighted_auc(counts: NDArray[np.int64], ranking: _Ranking) -> NDArray[np.float64]:
    """Return the AUC of each draw, nan where a class is missing; ``counts`` is (draws, groups)."""
    weight = counts.astype(np.float64)
    fake_weight = weight.take(ranking.fake_group, axis=1)
    reals = np.zeros((len(weight), ranking.real_group.size + 1))
    np.cumsum(weight.take(ranking.real_group, axis=1), axis=1, out=reals[:, 1:])
    beaten = reals.take(ranking.below, axis=1) + reals.take(ranking.upto, axis=1)
    wins = np.einsum("df,df->d", fake_weight, beaten) / 2
    pairs = fake_weight.sum(axis=1) * reals[:, -1]
    auc = np.full(len(pairs), np.nan)
    np.divide(wins, pairs, out=auc, where=pairs > 0)
    return auc
