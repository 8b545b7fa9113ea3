"""Metrics that ask the network about changed pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from resgat.explain.fills import Fill, check_fills_all
from resgat.explain.metrics import faithfulness
from resgat.explain.metrics.adversarial import adv_drop
from resgat.explain.metrics.catalogue import Answer, Asked, Scores
from resgat.explain.metrics.causal import causal_calibration, region_effects, region_totals
from resgat.explain.metrics.corruptions import CORRUPTIONS
from resgat.explain.metrics.road import road
from resgat.explain.metrics.robustness import (
    MAX_SENSITIVITY_CHANCE,
    STABILITY_CHANCE,
    Stability,
    max_sensitivity,
    stability,
)
from resgat.explain.stats.scores import Better

#: Metrics under which a map that does not look at the picture is perfect, so that they describe
#: and decide nothing -> what two unrelated maps score.
UNRELATED: Mapping[str, float] = {
    **{f"{name}_{kind}": level for name in CORRUPTIONS for kind, level in STABILITY_CHANCE.items()},
    "max_sensitivity": MAX_SENSITIVITY_CHANCE,
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
class Causal:
    """``causal``: are the regions ordered as they move the logit?"""

    explains_again: ClassVar[bool] = False
    better: ClassVar[Mapping[str, Better]] = {"causal_rho": "higher"}

    def ask(self, asked: Asked) -> Answer:
        """Return the rank correlation of regions' values and effects.

        Raises:
            ConfigError: The faces have no aligned originals.
        """
        effects = region_effects(asked.probe, asked.faces)
        totals = region_totals(asked.explanation, asked.faces.regions)
        return Answer({"causal_rho": causal_calibration(totals, effects)})


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
