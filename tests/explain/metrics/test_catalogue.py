"""Each metric says what its functions say, names its numbers, and names what it lacks."""

from collections.abc import Callable

import pytest
import torch

from resgat.errors import ConfigError
from resgat.explain.explanation import Explanation, explain
from resgat.explain.faces import Faces
from resgat.explain.methods.controls import CenterMap
from resgat.explain.metrics import (
    complexity,
    faithfulness,
    localisation,
    on_maps,
    on_model,
    region,
)
from resgat.explain.metrics.adversarial import adv_drop
from resgat.explain.metrics.catalogue import Asked, MapMetric, Maps, ModelMetric
from resgat.explain.metrics.corruptions import CORRUPTIONS
from resgat.explain.metrics.road import road
from resgat.explain.metrics.robustness import max_sensitivity, stability
from resgat.explain.metrics.truth import Truth
from resgat.explain.probe import Probe
from tests.explain.methods.toys import Convnet, faces, probe

SIZE_PX, NUM = 32, 3
MAP_METRICS: list[MapMetric] = [
    on_maps.Localisation(),
    on_maps.RegionNaming(),
    on_maps.DecoyNaming(),
    on_maps.Complexity(),
]
MODEL_METRICS: list[ModelMetric] = [
    on_model.Deletion(),
    on_model.Insertion(),
    on_model.Repair(),
    on_model.Transplant(),
    on_model.Rationale(),
    on_model.Road(),
    on_model.AdversarialDrop(steps=2),
    on_model.Robustness(),
    on_model.MaxSensitivity(draws=2),
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


@pytest.fixture
def asked() -> Asked:
    batch = faces(NUM, SIZE_PX)
    batch = batch._replace(twin=batch.pixels.flip(2))
    seen = probe(Convnet())

    def again(some: Faces) -> Explanation:
        return explain(CenterMap(), seen, some, (4, 4))

    return Asked(seen, batch, again(batch), again)


@pytest.mark.parametrize("metric", MAP_METRICS, ids=lambda metric: type(metric).__name__)
def test_a_map_metric_names_all_of_its_numbers(metric: MapMetric, maps: Maps, truth: Truth) -> None:
    scores = metric.score(maps, truth)
    assert list(scores) == list(metric.better)
    assert all(values.shape == (NUM,) for values in scores.values())
    assert isinstance(metric, MapMetric)
    assert not isinstance(metric, ModelMetric)


@pytest.mark.parametrize("metric", MODEL_METRICS, ids=lambda metric: type(metric).__name__)
def test_a_model_metric_names_all_of_its_numbers(metric: ModelMetric, asked: Asked) -> None:
    with asked.probe.open():
        answer = metric.ask(asked)
    assert list(answer.scores) == list(metric.better)
    assert all(values.shape == (NUM,) for values in answer.scores.values())
    assert all(curve.shape == (NUM, 21) for curve in answer.curves.values())
    assert isinstance(metric, ModelMetric)
    assert not isinstance(metric, MapMetric)


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


def faithful(asked: Asked) -> dict[str, Callable[[], torch.Tensor]]:
    given: tuple[Probe, Faces, torch.Tensor] = (asked.probe, asked.faces, asked.explanation.pixel)
    return {
        "deletion": lambda: faithfulness.deletion(faithfulness.deletion_curve(*given)),
        "insertion": lambda: faithfulness.insertion(faithfulness.insertion_curve(*given)),
        "repair": lambda: faithfulness.deletion(faithfulness.repair_curve(*given)),
        "transplant": lambda: faithfulness.insertion(faithfulness.transplant_curve(*given)),
        "comprehensiveness": lambda: faithfulness.comprehensiveness(*given),
        "sufficiency": lambda: faithfulness.sufficiency(*given),
        "road": lambda: road(*given),
        "adv_drop": lambda: adv_drop(*given, share=0.1, steps=2),
        "max_sensitivity": lambda: max_sensitivity(*asked, radius=0.02, draws=2),
        "jpeg70_rho": lambda: (
            stability(asked.faces, asked.explanation, asked.again, CORRUPTIONS["jpeg70"]).rho
        ),
    }


def test_model_metrics_say_what_their_functions_say(asked: Asked) -> None:
    with asked.probe.open():
        scores = {k: v for metric in MODEL_METRICS for k, v in metric.ask(asked).scores.items()}
        for name, expected in faithful(asked).items():
            torch.testing.assert_close(scores[name], expected(), equal_nan=True)


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


@pytest.mark.parametrize("metric", [on_model.Repair(), on_model.Transplant()])
def test_what_needs_an_original_says_so(metric: ModelMetric, asked: Asked) -> None:
    alone = asked._replace(faces=asked.faces._replace(twin=None))
    with asked.probe.open(), pytest.raises(ConfigError, match="these faces have none"):
        metric.ask(alone)


@pytest.mark.parametrize("kind", [on_model.Deletion, on_model.Insertion, on_model.Rationale])
def test_a_fill_that_cannot_fill_a_face_is_refused(kind: type) -> None:
    with pytest.raises(ConfigError, match="fill=inpaint paints from what is left"):
        kind(fill="inpaint")
