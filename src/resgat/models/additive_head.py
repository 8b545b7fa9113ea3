"""The head whose evidence can only accuse: gates times values >= 0, added up over the nodes.

Legend: B images, N nodes, K attention heads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resgat.checks import check_choice, check_range
from resgat.errors import ConfigError
from resgat.models.graph_attention import GraphAttention, cells, source_weight
from resgat.models.trunk import LEVELS
from resgat.types import Evidence, GraphBuilder

_START_LOGIT = -2.0  # an untrained model says "real": sigmoid(-2) = 0.12
_START_GAIN = 2.0
_LEAST_GAIN = 0.1
_VALUE_SHIFT = -2.0


class AdditiveHead(nn.Module):
    """``logit = b + sum_s c_s``, exactly; by default with ``c_s >= 0`` for every input node ``s``.

    Each node has a value ``v = softplus(linear(LayerNorm(x)))`` per head, which no other node can
    change. One graph attention layer and a gate on its output decide how much the node weighs:
    ``c_s = gain * sum_k v_s^k * sum_t gate_t * attention^k[s -> t]``. With a negative bias and
    values that cannot be negative, "fake" can only come from a place that looks fake; with signed
    values the sum is exact too, but the model may say "real" everywhere and less so at the forgery.

    Values may come from several stages of the trunk. A deeper stage's value stands for all the
    nodes inside its cell.

    Args:
        channels: Level -> channels of the trunk's maps.
        version: ``v1`` (GAT) or ``v2`` (GATv2).
        level: The map that the nodes come from.
        pool: Side of a node in cells of that map; their average is the node's features.
        value_levels: The maps whose cells have values.
        heads: Attention heads.
        dim: Features per head.
        gate_dim: Hidden units of the gate.
        values: ``positive``, through softplus; or ``signed``, as they are: then contributions may
            speak for "real", too, and the gates alone say where the network looks.
        top_k: Only so many contributions, the largest, reach the logit; None: all do.
        bottleneck: Builds what lets a node's contribution pass from its number of features, see
            :mod:`resgat.models.bottleneck`; or None.
        context: Builds what the whole face may add, see :mod:`resgat.models.context`; or None.

    Raises:
        ConfigError: A level does not exist in ``channels``, there is no value level or one finer
            than the nodes, or a size is below one.
    """

    def __init__(
        self,
        channels: Mapping[str, int],
        *,
        version: str = "v2",
        level: str = "layer1",
        pool: int = 2,
        value_levels: Sequence[str] = ("layer1",),
        heads: int = 4,
        dim: int = 16,
        gate_dim: int = 64,
        values: Literal["positive", "signed"] = "positive",
        top_k: int | None = None,
        bottleneck: Callable[[int], nn.Module] | None = None,
        context: Callable[[Mapping[str, int]], nn.Module] | None = None,
    ) -> None:
        super().__init__()
        for used in (level, *value_levels):
            check_choice("level", used, channels)
        _check_strides(level, pool, value_levels)
        sizes = {"heads": heads, "dim": dim, "gate_dim": gate_dim}
        for name, size in {**sizes, "number of value_levels": len(value_levels)}.items():
            check_range(name, size, low=1)
        check_choice("values", values, ("positive", "signed"))
        if top_k is not None:
            check_range("top_k", top_k, low=1)
        self.level = level
        self.pool = pool
        self.is_signed = values == "signed"
        self.top_k = top_k
        self.norms = nn.ModuleDict(
            {k: nn.LayerNorm(channels[k]) for k in dict.fromkeys((level, *value_levels))}
        )
        self.attention = GraphAttention(
            channels[level], dim, heads, version, share_weights=version == "v2"
        )
        # No bias at the end: the softmax over the nodes takes it away again.
        self.gate = nn.Sequential(
            nn.Linear(heads * dim, gate_dim), nn.Tanh(), nn.Linear(gate_dim, 1, bias=False)
        )
        self.values = nn.ModuleDict({k: nn.Linear(channels[k], heads) for k in value_levels})
        self.gain = nn.Parameter(torch.tensor(_START_GAIN))
        self.bias = nn.Parameter(torch.tensor(_START_LOGIT))
        self.bottleneck = None if bottleneck is None else bottleneck(channels[level])
        self.context = None if context is None else context(channels)

    def forward(self, maps: Mapping[str, Tensor], graph: GraphBuilder) -> Evidence:
        """Return the logit and what it rests on."""
        pooled = F.avg_pool2d(maps[self.level], self.pool, ceil_mode=True)
        maps = {**maps, self.level: pooled}
        grid = (pooled.shape[2], pooled.shape[3])
        tokens = {level: norm(cells(maps[level])) for level, norm in self.norms.items()}
        nodes = tokens[self.level]
        attended = self.attention(nodes, grid, graph)
        readout = self.gate(attended.features).squeeze(-1).softmax(1)
        weight = source_weight(attended, readout)
        gain = self.gain.clamp(min=_LEAST_GAIN)
        contribution = gain * (weight * self._value(tokens, maps, grid)).sum(-1)
        keep = None
        if self.bottleneck is not None:
            passed, keep = self.bottleneck(nodes)
            contribution = contribution * passed
        if self.top_k is not None:
            contribution = contribution * _is_top(contribution, self.top_k)
        constant = self.bias.expand(nodes.shape[0])
        if self.context is not None:
            contribution, constant = self.context(maps, contribution, constant)
        return Evidence(
            constant + contribution.sum(1),
            constant,
            nodes,
            grid,
            contribution,
            weight.mean(-1),
            attended.edge_index,
            attended.attention,
            keep,
        )

    def _value(
        self, tokens: Mapping[str, Tensor], maps: Mapping[str, Tensor], grid: tuple[int, int]
    ) -> Tensor:
        """Return each node's value (B, N, K), summed over the levels."""
        total: Tensor | int = 0
        for level, linear in self.values.items():
            value = linear(tokens[level])
            if not self.is_signed:
                value = F.softplus(value + _VALUE_SHIFT)
            total = total + _spread(value, maps[level].shape[2:], grid)
        return torch.as_tensor(total)


def _is_top(contribution: Tensor, top_k: int) -> Tensor:
    """Tell the nodes of the largest contributions, of whichever sign: (B, N), 1 or 0."""
    top = contribution.abs().topk(min(top_k, contribution.shape[1]), dim=1).indices
    return torch.zeros_like(contribution).scatter(1, top, 1.0)


def _check_strides(level: str, pool: int, value_levels: Sequence[str]) -> None:
    """Refuse values that are finer than the nodes, most of which no node would take."""
    check_range("pool", pool, low=1)
    node_stride = pool * 2 ** LEVELS.index(level)
    for value_level in value_levels:
        if value_level != level and 2 ** LEVELS.index(value_level) < node_stride:
            msg = (
                f"value_levels: {value_level} is finer than the nodes of {level} with pool={pool}; "
                "take a coarser level, or a lower pool"
            )
            raise ConfigError(msg)


def _spread(value: Tensor, source_grid: Sequence[int], grid: tuple[int, int]) -> Tensor:
    """Give every node the value of the (deeper) cell that it lies in."""
    if tuple(source_grid) == grid:
        return value
    on_grid = value.transpose(1, 2).reshape(value.shape[0], -1, *source_grid)
    return cells(F.interpolate(on_grid, size=grid, mode="nearest"))
