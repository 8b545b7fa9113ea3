"""Metrics behind two protocols: those that look at a map, and those that ask the network again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from resgat.errors import ConfigError
from resgat.explain.explanation import Explanation
from resgat.explain.faces import Faces
from resgat.explain.fills import Fill, check_fills_all
from resgat.explain.metrics import complexity, faithfulness, localisation, region
from resgat.explain.metrics.adversarial import adv_drop
from resgat.explain.metrics.corruptions import CORRUPTIONS
from resgat.explain.metrics.road import road
from resgat.explain.metrics.robustness import Stability, max_sensitivity, stability
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


@dataclass(frozen=True)
class Localisation:
    """``localisation``: does the heat lie on the altered pixels?"""

    better: ClassVar[Mapping[str, Better]] = {
        "shuffled_auroc": "higher",
        "pixel_auroc": "higher",
        "pixel_ap": "higher",
        "pointing_game": "higher",
        "relevance_mass": "higher",
        "relevance_rank": "higher",
    }

    def score(self, maps: Maps, truth: Truth) -> Scores:
        """Score maps by the true masks.

        Raises:
            ConfigError: No mask is known.
        """
        heat, mask = maps.pixel, _known(truth.mask, "localisation", "masks of the altered pixels")
        return {
            "shuffled_auroc": localisation.shuffled_auroc(heat, mask, truth.groups),
            "pixel_auroc": localisation.pixel_auroc(heat, mask),
            "pixel_ap": localisation.pixel_ap(heat, mask),
            "pointing_game": localisation.pointing_game(heat, mask),
            "relevance_mass": localisation.relevance_mass(heat, mask),
            "relevance_rank": localisation.relevance_rank(heat, mask),
        }


@dataclass(frozen=True)
class RegionNaming:
    """``region``: is the altered region named? Of two, how many are among the first two?"""

    better: ClassVar[Mapping[str, Better]] = {
        "region_hit": "higher",
        "reciprocal_rank": "higher",
        "region_recall2": "higher",
    }

    def score(self, maps: Maps, truth: Truth) -> Scores:
        """Score region values by the true regions.

        Raises:
            ConfigError: No altered region is known.
        """
        first = _known(truth.region, "region", "known altered regions (data=planted)")
        second = torch.full_like(first, region.UNKNOWN) if truth.second is None else truth.second
        only = torch.where(second == region.UNKNOWN, first, region.UNKNOWN)
        both = torch.stack((first, second), dim=1)
        return {
            "region_hit": region.region_hit(maps.region, only),
            "reciprocal_rank": region.reciprocal_rank(maps.region, only),
            "region_recall2": region.region_recall(maps.region, both),
        }


@dataclass(frozen=True)
class DecoyNaming:
    """``decoy``: does the heat fall for a visible change that says nothing of the label?"""

    better: ClassVar[Mapping[str, Better]] = {"fooled": "lower"}

    def score(self, maps: Maps, truth: Truth) -> Scores:
        """Score maps by the decoys' pixels.

        Raises:
            ConfigError: No decoy is known.
        """
        decoy = _known(truth.decoy, "decoy", "decoys (data=planted)")
        mask = torch.zeros_like(decoy) if truth.mask is None else truth.mask
        return {"fooled": region.fooled(maps.pixel, mask, decoy)}


@dataclass(frozen=True)
class Complexity:
    """``complexity``: how concentrated is the heat? Description, not quality."""

    better: ClassVar[Mapping[str, Better]] = {"gini": "none", "entropy": "none", "k80": "none"}

    def score(self, maps: Maps, truth: Truth) -> Scores:
        """Describe maps."""
        heat = maps.pixel
        return {
            "gini": complexity.gini(heat),
            "entropy": complexity.entropy(heat),
            "k80": complexity.k80(heat),
        }


@dataclass(frozen=True)
class Deletion:
    """``deletion``: P(fake) while the hottest pixels are filled.

    Args:
        fill: What takes their place.
    """

    fill: Fill = "blur"
    explains_again: ClassVar[bool] = False
    better: ClassVar[Mapping[str, Better]] = {"deletion": "lower"}

    def __post_init__(self) -> None:
        check_fills_all(self.fill)

    def ask(self, asked: Asked) -> Answer:
        """Return the area under the curve, and the curve."""
        heat = asked.explanation.pixel
        curve = faithfulness.deletion_curve(asked.probe, asked.faces, heat, self.fill)
        return Answer({"deletion": faithfulness.deletion(curve)}, {"deletion": curve})


@dataclass(frozen=True)
class Insertion:
    """``insertion``: P(fake) while the hottest pixels are shown in a filled face.

    Args:
        fill: What the face is filled with.
    """

    fill: Fill = "blur"
    explains_again: ClassVar[bool] = False
    better: ClassVar[Mapping[str, Better]] = {"insertion": "higher"}

    def __post_init__(self) -> None:
        check_fills_all(self.fill)

    def ask(self, asked: Asked) -> Answer:
        """Return the area under the curve, and the curve."""
        heat = asked.explanation.pixel
        curve = faithfulness.insertion_curve(asked.probe, asked.faces, heat, self.fill)
        return Answer({"insertion": faithfulness.insertion(curve)}, {"insertion": curve})


@dataclass(frozen=True)
class Repair:
    """``repair``: P(fake) while the hottest pixels are given back from the original."""

    explains_again: ClassVar[bool] = False
    better: ClassVar[Mapping[str, Better]] = {"repair": "lower"}

    def ask(self, asked: Asked) -> Answer:
        """Return the area under the curve, and the curve.

        Raises:
            ConfigError: The faces have no aligned originals.
        """
        curve = faithfulness.repair_curve(asked.probe, asked.faces, asked.explanation.pixel)
        return Answer({"repair": faithfulness.deletion(curve)}, {"repair": curve})


@dataclass(frozen=True)
class Transplant:
    """``transplant``: P(fake) while the hottest pixels are put into the original."""

    explains_again: ClassVar[bool] = False
    better: ClassVar[Mapping[str, Better]] = {"transplant": "higher"}

    def ask(self, asked: Asked) -> Answer:
        """Return the area under the curve, and the curve.

        Raises:
            ConfigError: The faces have no aligned originals.
        """
        curve = faithfulness.transplant_curve(asked.probe, asked.faces, asked.explanation.pixel)
        return Answer({"transplant": faithfulness.insertion(curve)}, {"transplant": curve})


@dataclass(frozen=True)
class Rationale:
    """``rationale``: comprehensiveness and sufficiency of the hottest few per cent.

    Args:
        fill: What takes the place of what is hidden.
    """

    fill: Fill = "blur"
    explains_again: ClassVar[bool] = False
    better: ClassVar[Mapping[str, Better]] = {
        "comprehensiveness": "higher",
        "sufficiency": "lower",
    }

    def __post_init__(self) -> None:
        check_fills_all(self.fill)

    def ask(self, asked: Asked) -> Answer:
        """Return both."""
        given = (asked.probe, asked.faces, asked.explanation.pixel, self.fill)
        return Answer(
            {
                "comprehensiveness": faithfulness.comprehensiveness(*given),
                "sufficiency": faithfulness.sufficiency(*given),
            }
        )


@dataclass(frozen=True)
class Road:
    """``road``: removing the coldest pixels against removing the hottest, imputed from beside."""

    explains_again: ClassVar[bool] = False
    better: ClassVar[Mapping[str, Better]] = {"road": "higher"}

    def ask(self, asked: Asked) -> Answer:
        """Return half the difference."""
        return Answer({"road": road(asked.probe, asked.faces, asked.explanation.pixel)})


@dataclass(frozen=True)
class AdversarialDrop:
    """``adv_drop``: how far P(fake) can be pushed down within the hottest part of the face.

    Args:
        share: Of the face's pixels.
        steps: Of the attack.
    """

    share: float = 0.1
    steps: int = 20
    explains_again: ClassVar[bool] = False
    better: ClassVar[Mapping[str, Better]] = {"adv_drop": "higher"}

    def ask(self, asked: Asked) -> Answer:
        """Return the drop."""
        heat = asked.explanation.pixel
        drop = adv_drop(asked.probe, asked.faces, heat, share=self.share, steps=self.steps)
        return Answer({"adv_drop": drop})


@dataclass(frozen=True)
class Robustness:
    """``robustness``: how much of the map is left when the picture changes a little."""

    explains_again: ClassVar[bool] = True
    better: ClassVar[Mapping[str, Better]] = {
        f"{name}_{kind}": "higher" for name in CORRUPTIONS for kind in Stability._fields
    }

    def ask(self, asked: Asked) -> Answer:
        """Return three numbers for each corruption."""
        scores: Scores = {}
        for name, corruption in CORRUPTIONS.items():
            found = stability(asked.faces, asked.explanation, asked.again, corruption)
            scores |= {f"{name}_{kind}": values for kind, values in found._asdict().items()}
        return Answer(scores)


@dataclass(frozen=True)
class MaxSensitivity:
    """``max_sensitivity``: how far small noise can move the map.

    Args:
        radius: Largest change of a value of [0, 1].
        draws: How many are tried.
    """

    radius: float = 0.02
    draws: int = 10
    explains_again: ClassVar[bool] = True
    better: ClassVar[Mapping[str, Better]] = {"max_sensitivity": "lower"}

    def ask(self, asked: Asked) -> Answer:
        """Return the largest relative move."""
        moved = max_sensitivity(*asked, radius=self.radius, draws=self.draws)
        return Answer({"max_sensitivity": moved})


def _known(truth: Tensor | None, metric: str, what: str) -> Tensor:
    if truth is None:
        msg = f"{metric} needs {what}, and these data have none; leave it out of explain.metrics"
        raise ConfigError(msg)
    return truth
