from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score
from torch import Tensor

from resgat.errors import ShapeError
from resgat.explain.controls import control_maps
from resgat.explain.localise import (
    beats_controls,
    chance_hit,
    hit,
    is_degenerate,
    localisation_summary,
    node_auroc,
    node_truth,
)

COVERAGE = torch.tensor([0.0, 0.4, 1.0, 0.0])
DEGENERATE = [torch.full((4,), 2.0), torch.tensor([0.0, float("nan"), 1.0, 2.0])]


def test_node_truth_by_hand() -> None:
    mask = torch.zeros(4, 4, dtype=torch.bool)
    mask[0, 0] = mask[2:, 2:] = True
    assert node_truth(mask, (2, 2)).tolist() == [0.25, 0.0, 0.0, 1.0]


def test_hit_by_hand() -> None:
    assert hit(torch.tensor([0.1, 0.9, 0.2, 0.3]), COVERAGE) == 1.0
    assert hit(torch.tensor([0.1, 0.2, 0.3, 0.9]), COVERAGE) == 0.0
    # Node 2 touches, nodes 0 and 3 do not.
    assert hit(torch.tensor([0.9, 0.2, 0.9, 0.9]), COVERAGE) == pytest.approx(1 / 3)


@pytest.mark.parametrize("values", DEGENERATE)
def test_a_degenerate_map_is_worth_chance(values: Tensor) -> None:
    assert is_degenerate(values)
    assert hit(values, COVERAGE) == chance_hit(COVERAGE) == 0.5
    assert node_auroc(values, COVERAGE > 0) == 0.5


def test_an_empty_mask_cannot_be_hit() -> None:
    empty = torch.zeros(4)
    assert hit(torch.arange(4.0), empty) == chance_hit(empty) == 0.0


def test_auroc_needs_nodes_on_both_sides() -> None:
    assert node_auroc(torch.arange(4.0), torch.zeros(4, dtype=torch.bool)) is None
    assert node_auroc(torch.arange(4.0), torch.ones(4, dtype=torch.bool)) is None


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2, max_size=30))
def test_auroc_agrees_with_sklearn_ties_and_all(pairs: list[tuple[int, bool]]) -> None:
    values = torch.tensor([float(value) for value, _ in pairs])
    touched = torch.tensor([flag for _, flag in pairs])
    auroc = node_auroc(values, touched)
    if touched.all() or not touched.any():
        assert auroc is None
    else:
        assert auroc is not None
        assert auroc == pytest.approx(roc_auc_score(touched.numpy(), values.numpy()), abs=1e-6)
        assert node_auroc(-values, touched) == pytest.approx(1 - auroc, abs=1e-6)
        assert node_auroc(values.exp(), touched) == pytest.approx(auroc, abs=1e-6)


def test_summary_of_the_controls() -> None:
    generator = torch.Generator().manual_seed(1)
    coverage = (torch.rand(400, 49, generator=generator) < 0.2).float()
    coverage[:, 0] = 1.0
    groups = [row // 4 for row in range(400)]
    maps = control_maps(coverage, (7, 7), seed=2)
    table: dict[str, Any] = {
        name: localisation_summary(values, coverage, groups, draws=300)
        for name, values in maps.items()
    }
    assert table["oracle"]["hit"] == table["oracle"]["auroc"] == 1.0
    assert table["uniform"]["hit"] == pytest.approx(table["uniform"]["chance_hit"])
    assert table["uniform"]["auroc"] == 0.5
    assert table["uniform"]["n_degenerate"] == table["uniform"]["n"] == 400
    low, high = table["random"]["hit_ci"]
    assert low < table["random"]["chance_hit"] < high
    low, high = table["random"]["auroc_ci"]
    assert low < 0.5 < high


def test_summary_counts_what_it_leaves_out_and_keeps_what_is_degenerate() -> None:
    coverage = torch.stack((COVERAGE, torch.zeros(4), torch.ones(4), COVERAGE))
    values = torch.stack(
        (torch.tensor([0.0, 3.0, 2.0, 1.0]), *[torch.arange(4.0)] * 2, DEGENERATE[1])
    )
    summary = localisation_summary(values, coverage, ["a", "b", "c", "d"], draws=50)
    assert (summary["n"], summary["n_without_truth"], summary["n_degenerate"]) == (3, 1, 1)
    assert summary["hit"] == pytest.approx((1 + 1 + 0.5) / 3)
    assert summary["chance_hit"] == pytest.approx((0.5 + 1 + 0.5) / 3)
    assert summary["auroc"] == pytest.approx((1 + 0.5) / 2)


def test_summary_without_any_truth_is_null() -> None:
    summary = localisation_summary(torch.randn(2, 4), torch.zeros(2, 4), ["a", "b"])
    missing = [name for name, value in summary.items() if value is None]
    assert missing == ["hit", "hit_ci", "chance_hit", "auroc", "auroc_ci"]
    assert summary["n_without_truth"] == 2


def test_tensor_groups_are_taken_by_value() -> None:
    values, coverage = torch.rand(4, 4), COVERAGE.expand(4, 4)
    by_tensor = localisation_summary(values, coverage, torch.tensor([0, 0, 1, 1]), draws=50)
    assert by_tensor == localisation_summary(values, coverage, ["p", "p", "q", "q"], draws=50)


def test_refusals() -> None:
    with pytest.raises(ShapeError, match=r"expected the same shape.*node_truth"):
        hit(torch.zeros(4), torch.zeros(9))
    with pytest.raises(ShapeError, match="expected the same shape"):
        node_auroc(torch.zeros(4), torch.zeros(9, dtype=torch.bool))
    with pytest.raises(ShapeError, match="values: expected shape"):
        localisation_summary(torch.zeros(4), torch.zeros(4), ["a"])
    with pytest.raises(ShapeError, match="groups: expected one per image, 2 in all, got 1"):
        localisation_summary(torch.zeros(2, 4), torch.zeros(2, 4), ["a"])
    with pytest.raises(ShapeError, match="mask: expected shape"):
        node_truth(torch.zeros(1, 4, 4, dtype=torch.bool), (2, 2))


NUM = 60
#: Twelve persons, each altered in one of four cells.
PERSONS = [image // 5 for image in range(NUM)]
ONE_CELL = torch.eye(4)[torch.arange(NUM) % 4]


def right_in(share: float, seed: int) -> Tensor:
    """Maps of which so many point at the altered cell, and the others beside it."""
    drawn = torch.rand(NUM, generator=torch.Generator().manual_seed(seed))
    return torch.where((drawn < share)[:, None], ONE_CELL, ONE_CELL.roll(1, 1))


def test_a_method_beats_controls_if_it_hits_more_often_than_each() -> None:
    good, bad = right_in(0.9, 0), right_in(0.2, 1)
    assert beats_controls(good, [bad, right_in(0.3, 2)], ONE_CELL, PERSONS)
    assert not beats_controls(good, [bad, right_in(0.85, 2)], ONE_CELL, PERSONS)
    assert not beats_controls(bad, [good], ONE_CELL, PERSONS)
    assert not beats_controls(good, [good], ONE_CELL, PERSONS)


def test_a_gap_on_the_same_faces_counts_where_the_intervals_of_the_means_overlap() -> None:
    """Persons differ in how often they are hit; of each, one face in five more is hit."""
    wrong, right = [0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 0.0]
    hits = torch.tensor([wrong, right] * 6).flatten()
    more = torch.tensor([[1.0, *wrong[1:]], [*right[:4], 1.0]] * 6).flatten()
    worse, better = (
        torch.where(one[:, None] == 1, ONE_CELL, ONE_CELL.roll(1, 1)) for one in (hits, more)
    )
    own, other = (localisation_summary(one, ONE_CELL, PERSONS) for one in (better, worse))
    assert own["hit_ci"] is not None
    assert other["hit"] is not None
    assert own["hit_ci"][0] < other["hit"]
    assert beats_controls(better, [worse], ONE_CELL, PERSONS)


def test_without_a_truth_or_an_interval_nothing_is_beaten() -> None:
    good, bad = right_in(1.0, 0), right_in(0.0, 1)
    assert not beats_controls(good, [bad], torch.zeros_like(ONE_CELL), PERSONS)
    assert not beats_controls(good, [bad], ONE_CELL, ["one"] * NUM)
    assert not beats_controls(good, [], ONE_CELL, PERSONS)
    with pytest.raises(ShapeError, match="groups: expected one per image, 60 in all, got 1"):
        beats_controls(good, [bad], ONE_CELL, ["one"])
    with pytest.raises(ShapeError, match="values and truth: expected the same shape"):
        beats_controls(good, [bad[:9]], ONE_CELL, PERSONS)
