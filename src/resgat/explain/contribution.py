"""What the exact node contributions say, and whether they do add up to the logit."""

from __future__ import annotations

from torch import Tensor

from resgat.checks import check_shape
from resgat.errors import ConfigError, ShapeError
from resgat.types import Evidence


def contribution(evidence: Evidence) -> Tensor:
    """Return each node's share of the logit, (B, N) float32; + pushes towards "fake".

    Raises:
        ConfigError: The model's head is not additive.
    """
    if evidence.contribution is None:
        msg = (
            "contribution: this model's head is not additive, so its logit has no node shares; "
            "choose an additive head such as that of model=resgatv2"
        )
        raise ConfigError(msg)
    return evidence.contribution.float()


def contrast(shares: Tensor, reference: Tensor) -> Tensor:
    """Return the contribution less that of the average real face: what is unusual here.

    Args:
        shares: Signed contributions, + pushes towards "fake".
        reference: Mean contribution per node over real training faces.

    Shape:
        shares: (B, N)
        reference: (N,)
        returns: (B, N) float32

    Raises:
        ShapeError: The reference belongs to another node grid.
    """
    check_shape(shares, "B N", "contribution")
    if reference.shape != shares.shape[1:]:
        msg = (
            f"reference: expected shape ({shares.shape[1]},), got {tuple(reference.shape)}; "
            "it belongs to another node grid, use the one stored in this model's checkpoint"
        )
        raise ShapeError(msg)
    return shares.float() - reference.float()


def completeness_residual(evidence: Evidence, eps: float = 1e-3) -> Tensor:
    """Return how far the contributions miss the logit, relative to what they have to explain.

    ``|constant + sum(contribution) - logit| / max(|logit - constant|, eps)``: 0 for an additive
    head up to rounding, 1 where the contributions explain nothing.

    Args:
        evidence: One forward pass.
        eps: Smallest denominator, in logits; keeps rounding from looking like a miss.

    Returns:
        The residual, (B,) float32.

    Raises:
        ConfigError: The model's head is not additive.
    """
    explained = contribution(evidence).sum(dim=1)
    to_explain = evidence.logit.float() - evidence.constant.float()
    return (explained - to_explain).abs() / to_explain.abs().clamp_min(eps)
