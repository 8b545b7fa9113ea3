"""The probe's logit as captum wants it."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from resgat.explain.probe import Probe


def logit_beside(probe: Probe) -> Callable[[Tensor], Tensor]:
    """Return logits (B,) of pixels (B, 3, H, W) on their device: captum mixes the two."""

    def logit(pixels: Tensor) -> Tensor:
        return probe.logit(pixels).to(pixels.device)

    return logit
