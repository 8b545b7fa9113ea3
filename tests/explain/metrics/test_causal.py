import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from resgat.errors import ConfigError, ShapeError
from resgat.explain.metrics.causal import causal_calibration, region_effects
from tests.explain.methods.toys import Linear, faces, probe

#: Eight regions, the last two of equal effect.
EFFECT = torch.tensor([[5.0, 4, 3, 2, 1, 0.5, 0, 0]])


def test_by_hand() -> None:
    """Three regions: the first two change places, 1 - 6 (1 + 1) / (3 (9 - 1))."""
    said, effect = torch.tensor([[2.0, 3.0, 1.0]]), torch.tensor([[9.0, 4.0, 0.0]])
    assert causal_calibration(said, effect).item() == pytest.approx(0.5)


def test_the_effects_themselves_are_best_their_opposite_worst_and_nothing_is_chance() -> None:
    assert causal_calibration(3 * EFFECT**3, EFFECT).item() == pytest.approx(1)
    assert causal_calibration(-EFFECT, EFFECT).item() == pytest.approx(-1)
    assert causal_calibration(torch.full_like(EFFECT, 0.7), EFFECT).item() == 0
    assert causal_calibration(EFFECT, torch.zeros_like(EFFECT)).isnan().all()


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_it_is_spearman_s_correlation(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    said = torch.randint(0, 5, (3, 8), generator=generator).float()
    effect = torch.rand(3, 8, generator=generator)
    said[:, 0] = 9  # never constant
    found = causal_calibration(said, effect)
    expected = [spearmanr(one, other).statistic for one, other in zip(said, effect, strict=True)]
    assert found.tolist() == pytest.approx(expected)


def test_an_effect_is_what_the_logit_loses_once_a_region_is_repaired() -> None:
    batch = faces(2, 16)
    twin = batch.pixels.clone()
    twin[..., 2:4] -= 0.25  # region 1, but for the rim of one row
    weight = torch.ones(16, 16)
    with probe(Linear(weight)).open() as opened:
        found = region_effects(opened, batch._replace(twin=twin))
        assert opened.passes.forward == 2 * 9
    expected = torch.zeros(2, 8)
    expected[:, 1] = 0.25 * 3 * 15 * 2
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)


def test_refusals() -> None:
    with (
        probe(Linear(torch.ones(16, 16))).open() as opened,
        pytest.raises(ConfigError, match="causal gives regions back from the aligned original"),
    ):
        region_effects(opened, faces(1, 16))
    with pytest.raises(ShapeError, match="effect"):
        causal_calibration(torch.zeros(2, 8), torch.zeros(2, 7))
