"""Class activation maps on a feature map: one forward pass, and back through the head alone.

The library runs a whole backward pass, leaves gradients on every parameter and stretches each map
to [0, 1]; the maps here are the same up to that scale. Legend: B images, C channels, h w cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from resgat.checks import check_choice
from resgat.errors import ConfigError
from resgat.explain.attribution import Attribution
from resgat.explain.faces import Faces
from resgat.explain.probe import Probe


@dataclass(frozen=True)
class GradCam:
    """``gradcam``: ``relu(sum_c mean(dlogit/dA_c) A_c)``.

    Args:
        level: The feature map; None is the deepest one that the head looks at.

    Source:
        Selvaraju et al. 2017 (arXiv 1610.02391).
    """

    level: str | None = None
    tier: ClassVar[int] = 1

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the map on pixels (B, H, W), interpolated.

        Raises:
            ConfigError: There is no such level, it is no map, or the head does not use it.
        """
        maps, gradient = activations(probe, faces, self.level)
        weight = gradient.mean((2, 3), keepdim=True)
        return _on_pixels((weight * maps).sum(1), faces)


@dataclass(frozen=True)
class GradCamPlusPlus:
    """``gradcam++``: as Grad-CAM, each cell's positive gradient weighed by how much it is needed.

    Args:
        level: The feature map; None is the deepest one that the head looks at.

    Source:
        Chattopadhay et al. 2018 (arXiv 1710.11063), with the powers of the gradient in the place of
        higher derivatives, as there.
    """

    level: str | None = None
    tier: ClassVar[int] = 1

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the map on pixels (B, H, W), interpolated.

        Raises:
            ConfigError: There is no such level, it is no map, or the head does not use it.
        """
        maps, gradient = activations(probe, faces, self.level)
        total = maps.sum((2, 3), keepdim=True)
        # g^2 / (2 g^2 + total g^3), reduced, so that the least gradients are not 0 / 0.
        alpha = torch.where(gradient == 0, 0.0, 1 / (2 + total * gradient))
        weight = (alpha * gradient.clamp_min(0)).sum((2, 3), keepdim=True)
        return _on_pixels((weight * maps).sum(1), faces)


@dataclass(frozen=True)
class LayerCam:
    """``layercam``: ``relu(sum_c relu(dlogit/dA_c) A_c)``, cell by cell.

    Args:
        level: The feature map; None is the deepest one that the head looks at.

    Source:
        Jiang et al. 2021 (LayerCAM, IEEE TIP 30).
    """

    level: str | None = None
    tier: ClassVar[int] = 1

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the map on pixels (B, H, W), interpolated.

        Raises:
            ConfigError: There is no such level, it is no map, or the head does not use it.
        """
        maps, gradient = activations(probe, faces, self.level)
        return _on_pixels((gradient.clamp_min(0) * maps).sum(1), faces)


def activations(probe: Probe, faces: Faces, level: str | None) -> tuple[Tensor, Tensor]:
    """Return a feature map and the gradient of the logit at it, both (B, C, h, w).

    Raises:
        ConfigError: There is no such level, it is no map, or the head does not use it.
    """
    maps = {key: found.requires_grad_() for key, found in probe.features(faces.pixels).items()}
    if level is not None:
        check_choice("level", level, maps)
    logit = probe.decide(maps).logit
    probe.count(head_backward=len(logit))
    found = torch.autograd.grad(logit.sum(), list(maps.values()), allow_unused=True)
    gradients = {key: slope for key, slope in zip(maps, found, strict=True) if slope is not None}
    name = list(gradients)[-1] if level is None else level
    if name not in gradients:
        msg = f"level: the head does not look at {name}; choose one of {', '.join(gradients)}"
        raise ConfigError(msg)
    if maps[name].dim() != 4:
        msg = (
            f"class activation maps need a feature map, and {name} holds a transformer's tokens; "
            "use contrib, ig or occlusion"
        )
        raise ConfigError(msg)
    return maps[name].detach(), gradients[name]


def _on_pixels(cells: Tensor, faces: Faces) -> Attribution:
    planes = cells.clamp_min(0)[:, None]
    size = tuple(faces.pixels.shape[2:])
    heat = F.interpolate(planes, size=size, mode="bilinear", align_corners=False)
    # Rounding must not make a map of equal cells look as if it said something.
    heat = heat.clamp(planes.amin((2, 3), keepdim=True), planes.amax((2, 3), keepdim=True))
    return Attribution(heat[:, 0], "pixel", "density")
