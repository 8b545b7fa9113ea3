import math

import numpy as np
import pytest
import torch
from sklearn.metrics import mutual_info_score

from resgat.errors import ShapeError
from resgat.explain.metrics.region import (
    answers,
    confusion,
    fooled,
    mutual_information,
    reciprocal_rank,
    region_hit,
    region_recall,
)

TRUE = torch.tensor([0, 1, 2, -1])
SCORE = torch.tensor([[3.0, 1, 2], [5, 5, 1], [3, 2, 1], [1, 2, 3]])


def test_hits_by_hand() -> None:
    assert region_hit(SCORE, TRUE)[:3].tolist() == [1.0, 0.5, 0.0]
    assert region_hit(SCORE, TRUE)[3].isnan()


def test_reciprocal_ranks_by_hand() -> None:
    """The tied ones share the first two places: (1 + 1/2) / 2."""
    assert reciprocal_rank(SCORE, TRUE)[:3].tolist() == pytest.approx([1.0, 0.75, 1 / 3])
    assert reciprocal_rank(SCORE, TRUE)[3].isnan()


def test_a_map_that_says_nothing_is_at_chance_exactly() -> None:
    score, true = torch.zeros(8, 8), torch.arange(8)
    assert region_hit(score, true).tolist() == [1 / 8] * 8
    harmonic = sum(1 / rank for rank in range(1, 9))
    assert reciprocal_rank(score, true).tolist() == pytest.approx([harmonic / 8] * 8)
    assert float(mutual_information(confusion(score, true))) == pytest.approx(0, abs=1e-12)


def test_the_truth_is_best_and_its_opposite_worst() -> None:
    true = torch.arange(8).repeat(40)
    truth = torch.eye(8)[true]
    assert region_hit(truth, true).mean() == 1
    assert reciprocal_rank(truth, true).mean() == 1
    assert float(mutual_information(confusion(truth, true))) == pytest.approx(3.0)
    assert region_hit(-truth, true).mean() == 0


def test_always_naming_the_same_region_says_nothing() -> None:
    true = torch.tensor([2] * 90 + [0] * 10)
    score = torch.eye(3)[torch.full((100,), 2)]
    assert region_hit(score, true).mean() == pytest.approx(0.9)
    assert float(mutual_information(confusion(score, true))) == pytest.approx(0, abs=1e-12)


def test_answers_are_counted_by_truth_and_ties_are_shared() -> None:
    expected = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]
    assert confusion(SCORE, TRUE).tolist() == expected


def test_answers_are_whole_or_shared() -> None:
    assert answers(SCORE).tolist() == [[1, 0, 0], [0.5, 0.5, 0], [1, 0, 0], [0, 0, 1]]
    with pytest.raises(ShapeError, match="score"):
        answers(SCORE[0])


def test_the_information_of_many_tables_is_that_of_each() -> None:
    tables = torch.randint(0, 20, (2, 3, 4, 5), generator=torch.Generator().manual_seed(0))
    found = mutual_information(tables)
    assert found.shape == (2, 3)
    assert found[1, 2] == mutual_information(tables[1, 2])
    with pytest.raises(ShapeError, match="table: expected"):
        mutual_information(tables[0, 0, 0])


def test_the_information_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    true = rng.integers(0, 4, 500)
    named = np.where(rng.random(500) < 0.6, true, rng.integers(0, 4, 500))
    table = confusion(torch.eye(4)[torch.from_numpy(named)], torch.from_numpy(true))
    assert float(mutual_information(table)) == pytest.approx(
        mutual_info_score(true, named) / math.log(2)
    )
    assert math.isnan(mutual_information(torch.zeros(4, 4)))


def test_a_map_is_fooled_where_the_decoy_and_nothing_else_is_hottest() -> None:
    mask = torch.zeros(3, 2, 2, dtype=torch.bool)
    mask[:, 0, 0] = True
    decoy = torch.zeros_like(mask)
    decoy[:2, 0] = True  # also covers the altered pixel
    heat = torch.tensor([[[0.0, 9.0], [0.0, 0.0]], [[9.0, 9.0], [0.0, 0.0]], [[0.0, 9.0], [0, 0]]])
    found = fooled(heat, mask, decoy)
    assert found[:2].tolist() == [1.0, 0.5]
    assert found[2].isnan()
    assert fooled(torch.zeros(1, 2, 2), mask[:1], decoy[:1]).tolist() == [0.25]


def test_a_region_that_does_not_exist_is_refused() -> None:
    for metric in (region_hit, reciprocal_rank, confusion):
        with pytest.raises(ShapeError, match="true: expected a region below 3 for each of 1 imag"):
            metric(SCORE[:1], torch.tensor([3]))


def test_recall_of_two_regions_by_hand() -> None:
    score = torch.tensor([[0.9, 0.8, 0.1, 0.0], [0.9, 0.5, 0.5, 0.0], [0.0, 0.0, 0.0, 0.0]])
    true = torch.tensor([[0, 1], [0, 2], [1, 3]])
    assert region_recall(score, true).tolist() == [1.0, 0.75, 0.5]
    assert region_recall(score, torch.tensor([[2, 3], [1, 3], [0, -1]])).tolist()[:2] == [0.0, 0.25]
    assert region_recall(score, torch.tensor([[2, 3], [1, 3], [0, -1]]))[2].isnan()


def test_recall_of_one_region_is_a_hit() -> None:
    score = torch.rand(20, 8, generator=torch.Generator().manual_seed(0)).mul(4).round()
    true = torch.randint(8, (20,), generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(region_recall(score, true[:, None]), region_hit(score, true))
