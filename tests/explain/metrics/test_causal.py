import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from resgat.errors import ConfigError, ShapeError
from resgat.explain.attribution import Attribution, Native
from resgat.explain.explanation import Cost, views
from resgat.explain.metrics.causal import causal_calibration, region_effects, region_totals
from resgat.explain.probe import Passes
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


@pytest.mark.parametrize("native", ["pixel", "region"])
def test_what_adds_up_exactly_is_perfectly_calibrated_whatever_the_regions_areas(
    native: Native,
) -> None:
    """The last region is the largest by far: its effect is the largest, its mean heat the least."""
    batch = faces(1, 16)
    regions = torch.zeros(1, 8, 16, 16, dtype=torch.bool)
    for region in range(8):
        regions[0, region, region : region + (9 if region == 7 else 1)] = True
    weight = torch.arange(16.0, 0, -1)[:, None].expand(16, 16) / 16
    twin = batch.pixels - 0.25
    batch = batch._replace(regions=regions, twin=twin)
    with probe(Linear(weight)).open() as opened:
        effect = region_effects(opened, batch)
    heat = ((batch.pixels - twin) * weight).sum(1)
    totals = torch.stack([heat[0][region].sum() for region in regions[0]])[None]
    found = Attribution(heat if native == "pixel" else totals, native, "additive")
    told = views(found, regions, (4, 4), Cost(Passes(), 0))
    assert int(effect.argmax()) == 7
    assert causal_calibration(region_totals(told, regions), effect).item() == pytest.approx(1)
    if native == "pixel":
        assert causal_calibration(told.region, effect).item() < 0.5


def test_naming_the_one_region_that_matters_scores_what_the_docstring_says() -> None:
    effect = torch.zeros(1, 8)
    effect[0, 3] = 1
    ranked = torch.tensor([[1.0, 2, 3, 9, 4, 5, 6, 7]])
    assert causal_calibration(ranked, effect).item() == pytest.approx(0.577, abs=1e-3)
    assert causal_calibration(effect, effect).item() == pytest.approx(1)


def test_refusals() -> None:
    with (
        probe(Linear(torch.ones(16, 16))).open() as opened,
        pytest.raises(ConfigError, match="causal gives regions back from the aligned original"),
    ):
        region_effects(opened, faces(1, 16))
    with pytest.raises(ShapeError, match="effect"):
        causal_calibration(torch.zeros(2, 8), torch.zeros(2, 7))
