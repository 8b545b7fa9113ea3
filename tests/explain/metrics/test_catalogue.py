"""Two kinds of metrics, told apart by what they answer, and what the one kind is given."""

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, get_args

import pytest
import torch
import yaml

from resgat.explain.metrics.catalogue import (
    Answer,
    Asked,
    MapMetric,
    Maps,
    ModelMetric,
    Scores,
)
from resgat.explain.metrics.robustness import max_sensitivity
from resgat.explain.metrics.truth import Truth
from resgat.explain.stats.scores import Better
from resgat.run.instantiate import build

CONF = Path(__file__).resolve().parents[3] / "conf" / "explain" / "base.yaml"
MEASURES: dict[str, dict[str, Any]] = yaml.safe_load(CONF.read_text())["measures"]


class Warmth:
    """A metric on maps that looks at nothing else."""

    better: ClassVar[Mapping[str, Better]] = {"warmth": "none"}

    def score(self, maps: Maps, truth: Truth) -> Scores:
        return {"warmth": maps.pixel.flatten(1).mean(1)}


class Certainty:
    """A metric that asks the network and looks at no map."""

    explains_again: ClassVar[bool] = False
    better: ClassVar[Mapping[str, Better]] = {"certainty": "higher"}

    def ask(self, asked: Asked) -> Answer:
        return Answer({"certainty": asked.probe.prob(asked.faces.pixels)})


class Direction:
    """No metric: it says which way is better and cannot be asked anything."""

    better: ClassVar[Mapping[str, Better]] = {"direction": "higher"}


def test_a_metric_is_of_the_kind_that_it_can_answer_as() -> None:
    on_maps: MapMetric = Warmth()
    on_model: ModelMetric = Certainty()
    found = [
        (isinstance(metric, MapMetric), isinstance(metric, ModelMetric))
        for metric in (on_maps, on_model, Direction())
    ]
    assert found == [(True, False), (False, True), (False, False)]


def test_a_metric_on_maps_scores_any_number_of_faces() -> None:
    maps = Maps(torch.tensor([[[1.0, 3.0]], [[0.0, 0.0]], [[-1.0, 2.0]]]), torch.zeros(3, 8))
    assert Warmth().score(maps, Truth(["a", "b", "c"]))["warmth"].tolist() == [2, 0, 0.5]
    assert Maps._fields == ("pixel", "region")


@pytest.mark.parametrize("name", MEASURES)
def test_every_metric_on_offer_is_of_one_kind_and_knows_its_directions(name: str) -> None:
    metric = build(MEASURES[name])
    assert isinstance(metric, MapMetric) != isinstance(metric, ModelMetric)
    assert metric.better
    assert set(metric.better.values()) <= set(get_args(Better))
    assert all(re.fullmatch(r"[a-z0-9_]+", number) for number in metric.better)
    if isinstance(metric, ModelMetric):
        assert metric.explains_again == (name in ("robustness", "max_sensitivity"))


def test_no_two_metrics_on_offer_share_the_name_of_a_number() -> None:
    names = [number for section in MEASURES.values() for number in build(section).better]
    assert len(names) == len(set(names))


def test_what_a_metric_is_given_comes_in_the_order_that_functions_take_it() -> None:
    assert Asked._fields == ("probe", "faces", "explanation", "again")
    taken = list(inspect.signature(max_sensitivity).parameters)[:4]
    assert taken == ["probe", "faces", "explanation", "explain_again"]


def test_an_answer_without_curves_has_none() -> None:
    answer = Answer({"certainty": torch.tensor([0.5])})
    assert dict(answer.curves) == {}
    assert Answer._fields == ("scores", "curves")
