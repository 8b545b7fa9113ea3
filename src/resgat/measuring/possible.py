"""What can be done with a detector and its faces: each method and metric is tried on one.

A long run that would end in the refusal of its last method says so in its first seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, NamedTuple, TypeVar

import torch

from resgat.errors import ConfigError
from resgat.explain.attribution import Explainer
from resgat.explain.explanation import Explanation, explain
from resgat.explain.faces import Faces
from resgat.explain.methods.controls import CenterMap
from resgat.explain.metrics.catalogue import Asked, MapMetric, Maps, ModelMetric
from resgat.explain.metrics.truth import Truth
from resgat.explain.probe import Probe
from resgat.types import REGIONS

Thing = TypeVar("Thing")


class Possible(NamedTuple, Generic[Thing]):
    """What can be done, and why the rest cannot.

    Attributes:
        kept: By name.
        refused: Name -> reason, which names it.
    """

    kept: dict[str, Thing]
    refused: dict[str, str]


def try_methods(
    methods: Mapping[str, Explainer], probe: Probe, faces: Faces, grid: tuple[int, int]
) -> Possible[Explainer]:
    """Try methods on a face.

    Args:
        methods: By name.
        probe: The detector, held still.
        faces: A batch of one.
        grid: Of the node view.
    """
    return tried(methods, lambda method: explain(method, probe, faces, grid))


def try_map_metrics(
    metrics: Mapping[str, MapMetric], truth: Truth, size_px: int
) -> Possible[MapMetric]:
    """Try metrics that look at a map on what is known of the faces."""
    num = len(truth.groups)
    maps = Maps(torch.zeros(num, size_px, size_px), torch.zeros(num, len(REGIONS)))
    return tried(metrics, lambda metric: metric.score(maps, truth))


def try_model_metrics(
    metrics: Mapping[str, ModelMetric], probe: Probe, faces: Faces, grid: tuple[int, int]
) -> Possible[ModelMetric]:
    """Try metrics that ask the network on a face and its centre map."""

    def again(faces: Faces) -> Explanation:
        return explain(CenterMap(), probe, faces, grid)

    asked = Asked(probe, faces, again(faces), again)
    return tried(metrics, lambda metric: metric.ask(asked))


def tried(things: Mapping[str, Thing], attempt: Callable[[Thing], object]) -> Possible[Thing]:
    """Attempt something with each thing, and keep those that are not refused.

    Args:
        things: By name.
        attempt: Raises ConfigError on what cannot be done.
    """
    possible: Possible[Thing] = Possible({}, {})
    for name, thing in things.items():
        try:
            attempt(thing)
        except ConfigError as error:
            possible.refused[name] = _reason_of(name, str(error))
        else:
            possible.kept[name] = thing
    return possible


def _reason_of(name: str, reason: str) -> str:
    """Put the name before a reason that does not begin with it.

    Example:
        >>> _reason_of("ig", "ig needs captum"), _reason_of("mine", "ig needs captum")
        ('ig needs captum', 'mine: ig needs captum')
    """
    return reason if reason.startswith(name) else f"{name}: {reason}"
