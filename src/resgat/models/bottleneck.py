"""An information bottleneck: each node's contribution passes with a learned chance, or does not.

Legend: B images, N nodes, D features of a node.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from resgat.checks import check_range

_START_LOGIT = 2.0  # at first nearly all pass: sigmoid(2) = 0.88


class NodeBottleneck(nn.Module):
    """In training a node passes at random, by a relaxed Bernoulli draw; in evaluation, its mean.

    The logit stays the exact sum of what passes. Without a cost (``evidence_loss=bottleneck``)
    every node would learn to pass.

    Args:
        dim: Features of a node.
        temperature: Of the relaxation; near 0 the draws are 0 or 1.

    Shape:
        nodes: (B, N, D)
        return: (B, N), what passes; (B, N), the chance that it does

    Source:
        Miao et al. 2022 (arXiv 2201.12987); Maddison et al. 2017 (arXiv 1611.00712).
    """

    def __init__(self, dim: int, temperature: float = 1.0) -> None:
        super().__init__()
        check_range("temperature", temperature, low=1e-3)
        self.temperature = temperature
        self.linear = nn.Linear(dim, 1)
        nn.init.constant_(self.linear.bias, _START_LOGIT)

    def forward(self, nodes: Tensor) -> tuple[Tensor, Tensor]:
        """Return what passes of each node, and its chance."""
        logit = self.linear(nodes).squeeze(-1)
        keep = logit.sigmoid()
        if not self.training:
            return keep, keep
        noise = torch.rand_like(logit).clamp(1e-6, 1 - 1e-6)
        return ((logit + noise.logit()) / self.temperature).sigmoid(), keep
