from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from resgat.errors import ConfigError
from resgat.metrics import bootstrap
from resgat.metrics.bootstrap import auc_interval


def clustered(
    rng: np.random.Generator, *, num_groups: int = 30, rows_per_group: int = 8, spread: float = 1.0
) -> Any:
    """Rows of one group share a shift; each group holds both classes."""
    group = np.repeat(np.arange(num_groups), rows_per_group)
    label = np.tile([0, 1], group.size // 2)
    shift = spread * rng.normal(size=(2, num_groups))
    logit = label + shift[label, group] + 0.3 * rng.normal(size=group.size)
    return logit, label, group


def interval(*args: Any, **kwargs: Any) -> tuple[float, float]:
    found = auc_interval(*args, **kwargs)
    assert found is not None
    return found


def naive_interval(
    logit: Any, label: Any, group: Any, *, draws: int, level: float, seed: int
) -> Any:
    """The same draws, row by row, by an AUC of another package."""
    names = np.unique(group)
    shares = np.full(names.size, 1 / names.size)
    aucs = []
    for counts in np.random.default_rng(seed).multinomial(names.size, shares, size=draws):
        rows = np.concatenate(
            [np.tile(np.flatnonzero(group == g), n) for g, n in zip(names, counts, strict=True)]
        ).astype(int)
        if 0 < label[rows].sum() < rows.size:
            aucs.append(roc_auc_score(label[rows], logit[rows]))
    return np.quantile(aucs, [(1 - level) / 2, (1 + level) / 2])


@pytest.mark.parametrize("decimals", [0, 8])
def test_agrees_with_resampling_row_by_row(
    rng: np.random.Generator, decimals: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    logit, label, group = clustered(rng, num_groups=6, rows_per_group=4)
    logit = logit.round(decimals)  # with and without ties
    monkeypatch.setattr(bootstrap, "_CHUNK", 5 * logit.size)  # several chunks, the last one short
    found = auc_interval(logit, label, group, draws=83, level=0.9, seed=3)
    assert found == pytest.approx(
        naive_interval(logit, label, group, draws=83, level=0.9, seed=3), abs=1e-12
    )


def test_draws_of_one_class_are_left_out() -> None:
    # Two groups per class: many draws miss a class, and none of the others is anything but 1.
    found = auc_interval([0.0, 1.0, 2.0, 3.0], [0, 0, 1, 1], ["a", "b", "c", "d"], draws=200)
    assert found == (1.0, 1.0)


def test_clustered_rows_are_less_sure_than_independent_ones(rng: np.random.Generator) -> None:
    logit, label, group = clustered(rng)
    low, high = interval(logit, label, group)
    row_low, row_high = interval(logit, label, np.arange(logit.size))
    assert high - low > 1.5 * (row_high - row_low)
    assert low < roc_auc_score(label, logit) < high


def test_a_higher_level_is_wider_and_a_seed_repeats(rng: np.random.Generator) -> None:
    data = clustered(rng)
    narrow, wide = interval(*data, level=0.5), interval(*data, level=0.99)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]
    assert auc_interval(*data, seed=5) == auc_interval(*data, seed=5)
    assert auc_interval(*data, seed=5) != auc_interval(*data, seed=6)


def test_names_of_groups_and_order_of_rows_do_not_matter(rng: np.random.Generator) -> None:
    logit, label, group = clustered(rng)
    order = rng.permutation(logit.size)
    named = np.array([f"group {g:03d}" for g in group])
    assert auc_interval(logit, label, group) == pytest.approx(
        auc_interval(logit[order], label[order], named[order]), abs=1e-12
    )


@pytest.mark.parametrize(
    ("label", "group"),
    [
        ([0, 0, 1, 1], [0, 0, 1, 2]),  # all reals in one group
        ([0, 0, 1, 1], [0, 1, 2, 2]),  # all fakes in one group
        ([1, 1, 1, 1], [0, 1, 2, 3]),
        ([], []),
    ],
)
def test_too_few_groups_have_no_interval(label: Any, group: Any) -> None:
    assert auc_interval(np.arange(float(len(label))), label, group) is None


def test_no_draw_with_both_classes_has_no_interval() -> None:
    logit, label, group = [0.0, 1.0, 2.0, 3.0], [0, 0, 1, 1], [0, 1, 2, 3]
    found = [auc_interval(logit, label, group, draws=1, seed=seed) for seed in range(30)]
    assert None in found


def test_refusals() -> None:
    with pytest.raises(ConfigError, match="draws: expected a number in"):
        auc_interval([0.0, 1.0], [0, 1], [0, 1], draws=0)
    with pytest.raises(ConfigError, match=r"level: expected a number in \[0, 1\]"):
        auc_interval([0.0, 1.0], [0, 1], [0, 1], level=95)
    with pytest.raises(ValueError, match="1 of 2 that are nan"):
        auc_interval([np.nan, 1.0], [0, 1], [0, 1])
