"""Each metric on maps says what its functions say, names its numbers, and names what it lacks."""

import pytest
import torch

from resgat.errors import ConfigError
from resgat.explain.metrics import complexity, localisation, on_maps, region
from resgat.explain.metrics.catalogue import MapMetric, Maps, ModelMetric
from resgat.explain.metrics.truth import Truth

SIZE_PX, NUM = 32, 3
MAP_METRICS: list[MapMetric] = [
    on_maps.Localisation(),
    on_maps.RegionNaming(),
    on_maps.DecoyNaming(),
    on_maps.Complexity(),
]


@pytest.fixture
def maps() -> Maps:
    generator = torch.Generator().manual_seed(0)
    return Maps(
        torch.rand(NUM, SIZE_PX, SIZE_PX, generator=generator),
        torch.rand(NUM, 8, generator=generator),
    )


@pytest.fixture
def truth() -> Truth:
    mask = torch.zeros(NUM, SIZE_PX, SIZE_PX, dtype=torch.bool)
    decoy = mask.clone()
    for place in range(NUM):
        mask[place, 4 * place : 4 * place + 6, :8] = True
        decoy[place, :5, 20:] = True
    return Truth(["a", "b", "c"], mask, torch.tensor([0, 3, 5]), torch.tensor([-1, 4, -1]), decoy)


@pytest.mark.parametrize("metric", MAP_METRICS, ids=lambda metric: type(metric).__name__)
def test_a_map_metric_names_all_of_its_numbers(metric: MapMetric, maps: Maps, truth: Truth) -> None:
    scores = metric.score(maps, truth)
    assert list(scores) == list(metric.better)
    assert all(values.shape == (NUM,) for values in scores.values())
    assert isinstance(metric, MapMetric)
    assert not isinstance(metric, ModelMetric)


def test_map_metrics_say_what_their_functions_say(maps: Maps, truth: Truth) -> None:
    assert truth.mask is not None
    assert truth.decoy is not None
    scores = on_maps.Localisation().score(maps, truth)
    heat, mask = maps.pixel, truth.mask
    torch.testing.assert_close(
        scores["shuffled_auroc"], localisation.shuffled_auroc(heat, mask, truth.groups)
    )
    for name in ("pixel_auroc", "pixel_ap", "pointing_game", "relevance_mass", "relevance_rank"):
        torch.testing.assert_close(scores[name], getattr(localisation, name)(heat, mask))
    described = on_maps.Complexity().score(maps, truth)
    for name in described:
        torch.testing.assert_close(described[name], getattr(complexity, name)(heat))
    fooled = on_maps.DecoyNaming().score(maps, truth)["fooled"]
    torch.testing.assert_close(fooled, region.fooled(heat, mask, truth.decoy))


def test_of_two_regions_both_are_asked_for_and_neither_alone(maps: Maps, truth: Truth) -> None:
    scores = on_maps.RegionNaming().score(maps, truth)
    is_two = torch.tensor([False, True, False])
    for name in ("region_hit", "reciprocal_rank"):
        assert scores[name].isnan().tolist() == is_two.tolist()
    assert scores["region_recall2"].isnan().tolist() == (~is_two).tolist()
    ranked = maps._replace(region=torch.tensor([[0.0, 0, 0, 3, 2, 0, 0, 1]] * NUM))
    assert on_maps.RegionNaming().score(ranked, truth)["region_recall2"][1] == 1


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (on_maps.Localisation(), "localisation needs masks of the altered pixels"),
        (on_maps.RegionNaming(), "region needs known altered regions"),
        (on_maps.DecoyNaming(), "decoy needs decoys"),
    ],
)
def test_what_is_unknown_is_named(metric: MapMetric, message: str, maps: Maps) -> None:
    with pytest.raises(ConfigError, match=message + ".*leave it out of explain.metrics"):
        metric.score(maps, Truth(["a", "b", "c"]))
