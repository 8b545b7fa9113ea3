"""What the whole face may say beside its parts: a factor on all evidence, or a placeless term.

A context sees the deepest map's average. It is dropped for a share of the training images, so that
the evidence of the nodes must decide by itself. Legend: B images, N nodes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from resgat.checks import check_choice, check_range


class GlobalGain(nn.Module):
    """Multiply all contributions of an image by one factor: more or less trust in its evidence.

    The factor says nothing about where; the order of an image's nodes stays what they made it. It
    lies in ``[1 / limit, limit]``, so that it can neither make nor hide evidence.

    Args:
        channels: Level -> channels of the trunk's maps.
        level: The map that is averaged.
        limit: Largest factor.
        drop: Share of training images without it.
    """

    def __init__(
        self,
        channels: Mapping[str, int],
        *,
        level: str = "layer4",
        limit: float = 2.0,
        drop: float = 0.5,
    ) -> None:
        super().__init__()
        check_choice("level", level, channels)
        check_range("limit", limit, low=1)
        check_range("drop", drop, low=0, high=1)
        self.level = level
        self.log_limit = math.log(limit)
        self.drop = drop
        self.linear = nn.Linear(channels[level], 1)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(
        self, maps: Mapping[str, Tensor], contribution: Tensor, constant: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the scaled contributions, and the constant as it was.

        Shape:
            contribution: (B, N)
            constant: (B,)
        """
        said = self.linear(maps[self.level].mean((2, 3))).squeeze(-1)
        exponent = torch.tanh(said) * _kept(said, self.drop, self.training)
        return contribution * torch.exp(self.log_limit * exponent)[:, None], constant


class GlobalTerm(nn.Module):
    """Add a signed term to the logit that belongs to no node: its share is "not localised".

    Args:
        channels: Level -> channels of the trunk's maps.
        level: The map that is averaged.
        drop: Share of training images without it.
    """

    def __init__(
        self, channels: Mapping[str, int], *, level: str = "layer4", drop: float = 0.5
    ) -> None:
        super().__init__()
        check_choice("level", level, channels)
        check_range("drop", drop, low=0, high=1)
        self.level = level
        self.drop = drop
        self.linear = nn.Linear(channels[level], 1)

    def forward(
        self, maps: Mapping[str, Tensor], contribution: Tensor, constant: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the contributions as they were, and the constant with the term in it."""
        said = self.linear(maps[self.level].mean((2, 3))).squeeze(-1)
        return contribution, constant + said * _kept(said, self.drop, self.training)


def _kept(like: Tensor, drop: float, training: bool) -> Tensor | float:
    """Return 0 for the images whose context is dropped, 1 for the others."""
    return (torch.rand_like(like) >= drop).to(like.dtype) if training else 1.0
