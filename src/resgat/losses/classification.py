"""Losses on logits (B,) and labels (B,), 1 = fake."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resgat.checks import check_range


class BceLoss(nn.Module):
    """Binary cross-entropy on logits.

    Args:
        label_smoothing: Labels move towards one half: 1 becomes ``1 - label_smoothing / 2``.
        fake_weight: Weight of fakes relative to reals; 0.25 balances FaceForensics++'s four fakes
            to one real.

    Raises:
        ConfigError: A number is out of range.

    Example:
        >>> BceLoss()(torch.zeros(2), torch.tensor([0.0, 1.0])).item()  # ln 2
        0.6931471824645996
    """

    def __init__(self, label_smoothing: float = 0.0, fake_weight: float = 1.0) -> None:
        super().__init__()
        check_range("label_smoothing", label_smoothing, low=0, high=1)
        check_range("fake_weight", fake_weight, low=0)
        self.label_smoothing = label_smoothing
        self.fake_weight = fake_weight

    def forward(self, logit: Tensor, label: Tensor) -> Tensor:
        """Return the mean loss, a scalar."""
        target = label * (1 - self.label_smoothing) + self.label_smoothing / 2
        weight = torch.where(label > 0.5, self.fake_weight, 1.0)
        return F.binary_cross_entropy_with_logits(logit, target, weight=weight)


class FocalLoss(nn.Module):
    """Focal loss: cross-entropy with easy examples turned down by ``(1 - p_true) ** gamma``.

    Args:
        gamma: Focus; 0 is plain cross-entropy.
        fake_weight: Weight of fakes relative to reals.

    Raises:
        ConfigError: A number is out of range.

    Source:
        Lin et al. 2017 (arXiv 1708.02002), equation 5, with weights 1 and ``fake_weight`` for
        alpha.
    """

    def __init__(self, gamma: float = 2.0, fake_weight: float = 1.0) -> None:
        super().__init__()
        check_range("gamma", gamma, low=0)
        check_range("fake_weight", fake_weight, low=0)
        self.gamma = gamma
        self.fake_weight = fake_weight

    def forward(self, logit: Tensor, label: Tensor) -> Tensor:
        """Return the mean loss, a scalar."""
        log_prob_true = -F.binary_cross_entropy_with_logits(logit, label, reduction="none")
        weight = torch.where(label > 0.5, self.fake_weight, 1.0)
        # log(1 - p_true), so that the power has a finite slope where p_true is one.
        log_prob_false = F.logsigmoid(torch.where(label > 0.5, -logit, logit))
        return -(weight * torch.exp(self.gamma * log_prob_false) * log_prob_true).mean()
