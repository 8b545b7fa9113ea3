"""Terms on the evidence, added to the loss of the verdict. They look at contributions.

Attention is never supervised: it can be made to look right while the logit rests on something else.
Legend: B images, N nodes.
"""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resgat.checks import check_range
from resgat.errors import ConfigError
from resgat.types import Evidence, FaceBatch

_LEAST_SHARE = 1e-4


class EvidenceLoss(Protocol):
    """Evidence, batch, and how much of the training is over (0 to 1) -> a scalar."""

    def __call__(self, evidence: Evidence, batch: FaceBatch, progress: float) -> Tensor:
        """Return the term, weighted.

        Raises:
            ConfigError: The model or the batch lacks what the term looks at.
        """
        ...


class MaskShare(nn.Module):
    """Evidence for "fake" belongs where the face was altered.

    ``weight * mean over fakes with a mask of -log(share)``, where ``share`` is the part of the
    image's positive contributions that lies on altered pixels. It asks for no evidence anywhere
    else in the mask: a seam is enough. What is real has no share; the verdict's loss pushes its
    evidence down.

    Args:
        weight: Of this term beside the loss of the verdict.

    Source:
        After Dang et al. 2020 (arXiv 1910.01717), who supervise attention; here contributions are.
    """

    def __init__(self, weight: float = 0.5) -> None:
        super().__init__()
        check_range("weight", weight, low=0)
        self.weight = weight

    def forward(self, evidence: Evidence, batch: FaceBatch, progress: float) -> Tensor:
        """Return the weighted term; 0 for a batch without any mask."""
        if batch.mask is None:
            msg = "evidence_loss.mask_share looks at masks and got none; add data.masks=true"
            raise ConfigError(msg)
        positive = _contribution(evidence, "mask_share").clamp_min(0)
        coverage = F.interpolate(batch.mask[:, None].float(), size=evidence.grid, mode="area")
        altered = coverage.flatten(1)
        known = altered.sum(1) > 0
        share = (positive * altered).sum(1) / positive.sum(1).clamp_min(_LEAST_SHARE)
        per_image = -share.clamp_min(_LEAST_SHARE).log() * known
        return self.weight * per_image.sum() / known.sum().clamp_min(1)


class Bottleneck(nn.Module):
    """Let no node pass that need not: the cost of the information that reaches the verdict.

    ``weight * mean of KL(Bernoulli(keep) || Bernoulli(prior))``. The prior falls from ``start`` to
    ``prior`` over the first half of the training, so that the verdict is learned before the nodes
    are thinned.

    Args:
        weight: Of this term beside the loss of the verdict.
        prior: Share of the nodes that pass without cost, in the end.
        start: That share at the beginning.

    Source:
        Miao et al. 2022 (arXiv 2201.12987), GSAT.
    """

    def __init__(self, weight: float = 0.1, prior: float = 0.2, start: float = 0.9) -> None:
        super().__init__()
        check_range("weight", weight, low=0)
        check_range("prior", prior, low=0.01, high=0.99)
        check_range("start", start, low=prior, high=0.99)
        self.weight = weight
        self.prior = prior
        self.start = start

    def forward(self, evidence: Evidence, batch: FaceBatch, progress: float) -> Tensor:
        """Return the weighted term."""
        if evidence.keep is None:
            msg = (
                "evidence_loss.bottleneck: this model has no bottleneck; choose "
                "model/head=additive_bottleneck"
            )
            raise ConfigError(msg)
        prior = self.start + (self.prior - self.start) * min(1.0, 2 * progress)
        return self.weight * bernoulli_kl(evidence.keep, prior).mean()


def bernoulli_kl(keep: Tensor, prior: float) -> Tensor:
    """Return ``KL(Bernoulli(keep) || Bernoulli(prior))`` in nats, elementwise.

    Example:
        >>> bernoulli_kl(torch.tensor([0.5, 1.0]), 0.5)
        tensor([0.0000, 0.6931])
    """
    passed = torch.xlogy(keep, keep / prior)
    stopped = torch.xlogy(1 - keep, (1 - keep) / (1 - prior))
    return passed + stopped


def _contribution(evidence: Evidence, name: str) -> Tensor:
    if evidence.contribution is None:
        msg = f"evidence_loss.{name}: this model's head is not additive; choose model=resgatv2"
        raise ConfigError(msg)
    return evidence.contribution
