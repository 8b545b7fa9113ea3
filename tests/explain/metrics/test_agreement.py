import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from torch import Tensor

from resgat.errors import ShapeError
from resgat.explain.metrics.agreement import kendall, pooled, ranked, spearman, top_iou

SIDE = 56


def maps(num: int = 3, seed: int = 0) -> Tensor:
    return torch.randn(num, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))


def from_cells(*hot: int) -> Tensor:
    """A map whose cells number ``hot`` hold 1, 2, ... and the others nothing."""
    cells = torch.zeros(28 * 28)
    cells[list(hot)] = torch.arange(1.0, len(hot) + 1)
    return cells.view(1, 28, 28).repeat_interleave(2, 1).repeat_interleave(2, 2)


def test_cells_are_the_means_of_their_pixels() -> None:
    expected = maps().view(3, 28, 2, 28, 2).double().mean((2, 4)).flatten(1)
    torch.testing.assert_close(pooled(maps()), expected)


def test_correlations_are_scipys_ties_and_all() -> None:
    first, second = maps().round(), (maps() + maps(seed=1)).round()
    expected = [
        stats.spearmanr(one, other).statistic
        for one, other in zip(pooled(first).numpy(), pooled(second).numpy(), strict=True)
    ]
    np.testing.assert_allclose(spearman(first, second).numpy(), expected, atol=1e-12)
    assert (spearman(first, second) > 0.5).all()


def test_the_same_is_best_the_opposite_worst_and_the_unrelated_at_chance() -> None:
    first, second = maps(200), maps(200, seed=1)
    torch.testing.assert_close(spearman(first, first), torch.ones(200, dtype=torch.float64))
    torch.testing.assert_close(spearman(first, -first), -torch.ones(200, dtype=torch.float64))
    assert spearman(first, second).mean().item() == pytest.approx(0, abs=0.01)
    assert top_iou(first, first).tolist() == [1.0] * 200
    assert top_iou(first, -first).tolist() == [0.0] * 200
    share = 78 / 784
    assert top_iou(first, second).mean().item() == pytest.approx(share / (2 - share), abs=0.005)


@given(seed=st.integers(0, 1000), scale=st.floats(0.01, 100))
def test_neither_order_nor_scale_of_the_maps_matters(seed: int, scale: float) -> None:
    first, second = maps(2, seed).double(), maps(2, seed + 1).double()
    for metric in (spearman, top_iou):
        torch.testing.assert_close(metric(second, first), metric(first, second))
        torch.testing.assert_close(metric(scale * first + 3, second), metric(first, second))
        torch.testing.assert_close(metric(first[1:], second[1:]), metric(first, second)[1:])


def test_overlaps_by_hand() -> None:
    assert top_iou(from_cells(0, 1, 2), from_cells(2, 1, 5)).item() == pytest.approx(2 / 4)
    assert top_iou(from_cells(0, 1), from_cells(700, 701)).item() == 0.0


def test_cells_tied_at_the_limit_are_left_out_together_unless_they_are_the_hottest() -> None:
    rows = torch.zeros(1, 28, 28)
    rows[:, :2], rows[:, 2:5] = 2.0, 1.0  # 56 and 84 cells: the latter do not fit into 78
    first = torch.zeros(1, 28, 28)
    first[:, :2] = 1.0
    assert top_iou(rows, first).item() == 1.0
    plateau = torch.zeros(1, 28, 28)
    plateau[:, :14] = 1.0  # half of the cells are the hottest
    assert top_iou(plateau, first).item() == pytest.approx(2 / 14)


def test_a_constant_map_has_no_order() -> None:
    flat, some = torch.zeros(1, SIDE, SIDE), maps(1)
    for first, second in ((flat, some), (some, flat), (flat, flat), (flat + 3, some)):
        assert spearman(first, second).isnan().all()
        assert top_iou(first, second).isnan().all()
    assert ranked(flat).isnan().all()
    assert kendall(torch.zeros(1, 8), torch.randn(1, 8)).isnan().all()


def test_regions_ranks_by_hand() -> None:
    """Of six pairs five agree; with a tie on one side, tau-b divides by the root of 5 x 6."""
    first = torch.tensor([[1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 2.0, 3.0]])
    second = torch.tensor([[1.0, 2.0, 4.0, 3.0], [1.0, 2.0, 3.0, 4.0]])
    assert kendall(first, second).tolist() == pytest.approx([4 / 6, 5 / 30**0.5])
    torch.testing.assert_close(kendall(first, -first), -torch.ones(2, dtype=torch.float64))


def test_maps_that_do_not_fit_are_refused() -> None:
    for metric in (spearman, top_iou):
        with pytest.raises(ShapeError, match=r"second: expected \(3, 56, 56\) as the first, got"):
            metric(maps(), maps(2))
        with pytest.raises(ShapeError, match=r"first: expected shape \(B, H, W\)"):
            metric(maps()[0], maps()[0])
    with pytest.raises(ShapeError, match=r"second: expected shape \(2, 8\), got \(2, 7\)"):
        kendall(torch.zeros(2, 8), torch.zeros(2, 7))
