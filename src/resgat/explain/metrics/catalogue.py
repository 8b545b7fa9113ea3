"""Metrics behind two protocols: those that look at a map, and those that ask the network again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol, runtime_checkable

from torch import Tensor

from resgat.explain.explanation import Explanation
from resgat.explain.faces import Faces
from resgat.explain.metrics.truth import Truth
from resgat.explain.probe import Probe
from resgat.explain.stats.scores import Better

#: Metric -> one number per image, (B,).
Scores = dict[str, Tensor]


class Maps(NamedTuple):
    """The views of an explanation that metrics look at, of any number of faces.

    Shape:
        pixel: (B, H, W)
        region: (B, 8)
    """

    pixel: Tensor
    region: Tensor


@runtime_checkable
class MapMetric(Protocol):
    """Scores maps by the truth alone, so that maps of other images can be scored as well."""

    @property
    def better(self) -> Mapping[str, Better]:
        """Every number's name and its direction."""
        ...

    def score(self, maps: Maps, truth: Truth) -> Scores:
        """Score maps.

        Raises:
            ConfigError: The truth that it needs is unknown; the message names it.
        """
        ...


class Asked(NamedTuple):
    """What a metric that asks the network is given.

    Attributes:
        probe: The detector, held still.
        faces: The batch.
        explanation: Of the batch.
        again: Explains other faces by the same method.
    """

    probe: Probe
    faces: Faces
    explanation: Explanation
    again: Callable[[Faces], Explanation]


class Answer(NamedTuple):
    """What it says.

    Attributes:
        scores: One number per image and name.
        curves: Name -> P(fake) along a curve, (B, 21), for plots.
    """

    scores: Scores
    curves: Mapping[str, Tensor] = {}


@runtime_checkable
class ModelMetric(Protocol):
    """Scores explanations by what the network says to changed pictures; costly."""

    @property
    def explains_again(self) -> bool:
        """Whether each face is explained more than once, which a dear method cannot afford."""
        ...

    @property
    def better(self) -> Mapping[str, Better]:
        """Every number's name and its direction."""
        ...

    def ask(self, asked: Asked) -> Answer:
        """Score a batch.

        Raises:
            ConfigError: The faces lack what it needs; the message names it.
        """
        ...
