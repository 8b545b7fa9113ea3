import math

import numpy as np
import pytest
import torch
from scipy.stats import entropy as scipy_entropy

from resgat.errors import ShapeError
from resgat.explain.metrics.complexity import CELLS, entropy, gini, k80

NUM = CELLS * CELLS


def one_cell(cells: int = 1) -> torch.Tensor:
    heat = torch.zeros(1, 2 * CELLS, 2 * CELLS)
    for cell in range(cells):
        heat[0, :2, 2 * cell : 2 * cell + 2] = 1.0
    return heat


@pytest.mark.parametrize("value", [0.0, 0.3, -1.0])
def test_a_map_that_says_the_same_everywhere_is_spread_evenly(value: float) -> None:
    flat = torch.full((1, 56, 56), value)
    assert gini(flat).item() == pytest.approx(0.0, abs=1e-12)
    assert entropy(flat).item() == pytest.approx(1.0)
    assert k80(flat).item() == pytest.approx(math.ceil(0.8 * NUM) / NUM)


def test_all_heat_in_one_cell_is_most_concentrated() -> None:
    assert gini(one_cell()).item() == pytest.approx(1 - 1 / NUM)
    assert entropy(one_cell()).item() == 0.0
    assert k80(one_cell()).item() == pytest.approx(1 / NUM)


def test_ten_equal_cells_by_hand() -> None:
    assert gini(one_cell(10)).item() == pytest.approx(1 - 10 / NUM)
    assert entropy(one_cell(10)).item() == pytest.approx(math.log(10) / math.log(NUM))
    assert k80(one_cell(10)).item() == pytest.approx(8 / NUM)


def test_they_are_the_textbooks() -> None:
    cells = np.random.default_rng(0).random((CELLS, CELLS))
    heat = torch.from_numpy(cells).repeat_interleave(4, 0).repeat_interleave(4, 1)[None]
    values = cells.ravel()
    apart = np.abs(values[:, None] - values).sum() / (2 * NUM**2 * values.mean())
    assert gini(heat).item() == pytest.approx(apart)
    assert entropy(heat).item() == pytest.approx(scipy_entropy(values) / math.log(NUM))


def test_neither_scale_nor_negative_heat_nor_resolution_decides() -> None:
    heat = torch.randn(2, 56, 56, generator=torch.Generator().manual_seed(0))
    large = heat.repeat_interleave(2, 1).repeat_interleave(2, 2)
    for metric in (gini, entropy, k80):
        torch.testing.assert_close(metric(5 * heat), metric(heat))
        torch.testing.assert_close(metric(heat.clamp_min(0)), metric(heat))
        torch.testing.assert_close(metric(large), metric(heat))


def test_one_map_alone_is_refused() -> None:
    for metric in (gini, entropy, k80):
        with pytest.raises(ShapeError, match=r"heat: expected shape \(B, H, W\)"):
            metric(torch.zeros(4, 4))
