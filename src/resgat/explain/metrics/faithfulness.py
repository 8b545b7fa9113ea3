"""Does the network rest on what the explanation shows? Take it away, or put it in, and ask.

Only the order of the heat matters, and a tie is drawn by the face's seed. No number here has a
chance level of its own, for it depends on the network and on the fill: chance is what the map
``random_smooth`` scores on the same images. Every metric returns (B,) float32, in P(fake).
"""

from __future__ import annotations

import torch
from torch import Tensor

from resgat.errors import ConfigError
from resgat.explain.faces import Faces
from resgat.explain.fills import Fill, check_fills_all, filled
from resgat.explain.metrics.curves import area_under, replacement_curve
from resgat.explain.probe import Probe

#: Points of a curve: 0, 5, ..., 100 % of the pixels.
SHARES = torch.linspace(0, 1, 21)
#: Shares at which comprehensiveness and sufficiency are asked for.
FEW = torch.tensor([0.01, 0.05, 0.1, 0.2, 0.5])
#: Soft edge of what is exchanged between a fake and its original.
_FEATHER_PX = 1.5


def deletion_curve(probe: Probe, faces: Faces, heat: Tensor, fill: Fill = "blur") -> Tensor:
    """Return P(fake) while the hottest pixels are filled, (B, 21).

    Raises:
        ConfigError: The fill cannot replace a whole face.
    """
    return _curve(probe, faces.pixels, _emptied(faces, fill), faces, heat)


def insertion_curve(probe: Probe, faces: Faces, heat: Tensor, fill: Fill = "blur") -> Tensor:
    """Return P(fake) while the hottest pixels are shown in a filled face, (B, 21).

    Raises:
        ConfigError: The fill cannot replace a whole face.
    """
    return _curve(probe, _emptied(faces, fill), faces.pixels, faces, heat)


def repair_curve(probe: Probe, faces: Faces, heat: Tensor) -> Tensor:
    """Return P(fake) while a fake's hottest pixels are given back from its original, (B, 21).

    No fill takes the picture out of what the network knows; only the seam is new, and it is soft.

    Raises:
        ConfigError: The faces have no aligned originals.
    """
    return _curve(probe, faces.pixels, _original(faces, "repair"), faces, heat, _FEATHER_PX)


def transplant_curve(probe: Probe, faces: Faces, heat: Tensor) -> Tensor:
    """Return P(fake) while a fake's hottest pixels are put into its original, (B, 21).

    Raises:
        ConfigError: The faces have no aligned originals.
    """
    return _curve(probe, _original(faces, "transplant"), faces.pixels, faces, heat, _FEATHER_PX)


def deletion(curve: Tensor) -> Tensor:
    """Return the area under a deletion or repair curve (B, 21): 0 to 1, lower is better."""
    return area_under(curve, SHARES)


def insertion(curve: Tensor) -> Tensor:
    """Return the area under an insertion or transplant curve (B, 21): 0 to 1, higher is better."""
    return area_under(curve, SHARES)


def comprehensiveness(probe: Probe, faces: Faces, heat: Tensor, fill: Fill = "blur") -> Tensor:
    """Return how far P(fake) falls without the hottest 1, 5, 10, 20 and 50 %, on average.

    ``f(x) - mean_q f(x without top q)``. Range -1 to 1, higher is better.

    Raises:
        ConfigError: The fill cannot replace a whole face.

    Source:
        DeYoung et al. 2020 (arXiv 1911.03429); XAI-Deepfakes calls it sufficiency.
    """
    left = _curve(probe, faces.pixels, _emptied(faces, fill), faces, heat, shares=FEW)
    return probe.prob(faces.pixels).cpu() - left.mean(1)


def sufficiency(probe: Probe, faces: Faces, heat: Tensor, fill: Fill = "blur") -> Tensor:
    """Return how far P(fake) falls with only the hottest 1, 5, 10, 20 and 50 %, on average.

    ``f(x) - mean_q f(top q alone)``. Range -1 to 1, lower is better.

    Raises:
        ConfigError: The fill cannot replace a whole face.

    Source:
        DeYoung et al. 2020 (arXiv 1911.03429).
    """
    alone = _curve(probe, _emptied(faces, fill), faces.pixels, faces, heat, shares=FEW)
    return probe.prob(faces.pixels).cpu() - alone.mean(1)


def _curve(
    probe: Probe,
    start: Tensor,
    goal: Tensor,
    faces: Faces,
    heat: Tensor,
    feather_px: float = 0.0,
    shares: Tensor = SHARES,
) -> Tensor:
    return replacement_curve(
        probe, start, goal, heat, faces.seed, shares=shares, feather_px=feather_px
    )


def _emptied(faces: Faces, fill: Fill) -> Tensor:
    check_fills_all(fill)
    return filled(faces.pixels, torch.ones_like(faces.pixels[:, 0]), fill, faces.twin)


def _original(faces: Faces, metric: str) -> Tensor:
    if faces.twin is None:
        msg = (
            f"{metric} exchanges pixels with the aligned original, and these faces have none; use "
            "deletion and insertion"
        )
        raise ConfigError(msg)
    return faces.twin
