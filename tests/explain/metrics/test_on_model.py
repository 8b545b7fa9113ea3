"""Each metric that asks the network says what its functions say, and names what it lacks."""

from collections.abc import Callable

import pytest
import torch

from resgat.errors import ConfigError
from resgat.explain.explanation import Explanation, explain
from resgat.explain.faces import Faces
from resgat.explain.methods.controls import CenterMap
from resgat.explain.metrics import faithfulness, on_model
from resgat.explain.metrics.adversarial import adv_drop
from resgat.explain.metrics.catalogue import Asked, MapMetric, ModelMetric
from resgat.explain.metrics.causal import causal_calibration, region_effects, region_totals
from resgat.explain.metrics.corruptions import CORRUPTIONS
from resgat.explain.metrics.road import road
from resgat.explain.metrics.robustness import max_sensitivity, stability
from resgat.explain.probe import Probe
from tests.explain.methods.toys import Convnet, faces, probe

SIZE_PX, NUM = 32, 3
MODEL_METRICS: list[ModelMetric] = [
    on_model.Deletion(),
    on_model.Insertion(),
    on_model.Repair(),
    on_model.Transplant(),
    on_model.Causal(),
    on_model.Rationale(),
    on_model.Road(),
    on_model.AdversarialDrop(steps=2),
    on_model.Robustness(),
    on_model.MaxSensitivity(draws=2),
]


@pytest.fixture
def asked() -> Asked:
    batch = faces(NUM, SIZE_PX)
    batch = batch._replace(twin=batch.pixels.flip(2))
    seen = probe(Convnet())

    def again(some: Faces) -> Explanation:
        return explain(CenterMap(), seen, some, (4, 4))

    return Asked(seen, batch, again(batch), again)


@pytest.mark.parametrize("metric", MODEL_METRICS, ids=lambda metric: type(metric).__name__)
def test_a_model_metric_names_all_of_its_numbers(metric: ModelMetric, asked: Asked) -> None:
    with asked.probe.open():
        answer = metric.ask(asked)
    assert list(answer.scores) == list(metric.better)
    assert all(values.shape == (NUM,) for values in answer.scores.values())
    assert all(curve.shape == (NUM, 21) for curve in answer.curves.values())
    assert isinstance(metric, ModelMetric)
    assert not isinstance(metric, MapMetric)


def faithful(asked: Asked) -> dict[str, Callable[[], torch.Tensor]]:
    given: tuple[Probe, Faces, torch.Tensor] = (asked.probe, asked.faces, asked.explanation.pixel)
    return {
        "deletion": lambda: faithfulness.deletion(faithfulness.deletion_curve(*given)),
        "insertion": lambda: faithfulness.insertion(faithfulness.insertion_curve(*given)),
        "repair": lambda: faithfulness.deletion(faithfulness.repair_curve(*given)),
        "transplant": lambda: faithfulness.insertion(faithfulness.transplant_curve(*given)),
        "causal_rho": lambda: causal_calibration(
            region_totals(asked.explanation, asked.faces.regions),
            region_effects(asked.probe, asked.faces),
        ),
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


@pytest.mark.parametrize("metric", [on_model.Repair(), on_model.Transplant(), on_model.Causal()])
def test_what_needs_an_original_says_so(metric: ModelMetric, asked: Asked) -> None:
    alone = asked._replace(faces=asked.faces._replace(twin=None))
    with asked.probe.open(), pytest.raises(ConfigError, match="these faces have none"):
        metric.ask(alone)


@pytest.mark.parametrize("kind", [on_model.Deletion, on_model.Insertion, on_model.Rationale])
def test_a_fill_that_cannot_fill_a_face_is_refused(kind: type) -> None:
    with pytest.raises(ConfigError, match="fill=inpaint paints from what is left"):
        kind(fill="inpaint")


def test_every_number_of_a_second_explanation_has_the_level_of_unrelated_maps() -> None:
    """And no other: there a map that never moves is no rival."""
    again = {name for metric in MODEL_METRICS if metric.explains_again for name in metric.better}
    assert set(on_model.UNRELATED) == again
