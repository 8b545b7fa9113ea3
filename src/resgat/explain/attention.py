"""The published attention map, the part of it that is only node degree, and what is left.

Attention has no sign: it says where the network looked, never for which class it spoke.

Legend: B images, N nodes, E edges, K heads.
"""

from __future__ import annotations

import torch
from torch import Tensor

from resgat.checks import check_shape
from resgat.errors import ConfigError
from resgat.types import Evidence


def attention_received(evidence: Evidence) -> Tensor:
    """Return the attention that each node receives from all nodes: the published ResGAT map.

    Attention is averaged over heads and summed over the edges that leave a node. As it sums to one
    over the edges *into* a node, the map has mean 1 and depends on node degree; see
    :func:`attention_corrected`.

    Returns:
        The map, (B, N) float32.

    Raises:
        ConfigError: The model has no graph layer.

    Source:
        Pikul and Popov 2025, "Enhancing Explainability in Deepfake Detection with Graph Attention
        Networks"; there followed by a min-max per image, which is left out here.
    """
    attention, edge_index = mean_attention(evidence)
    return _sum_by_source(attention, edge_index, evidence.nodes.shape[1])


def degree_null(edge_index: Tensor, num_nodes: int) -> Tensor:
    """Return the map that attention yields when every node attends equally to all its sources.

    Args:
        edge_index: Edges of one image from source to target, self-loops included.
        num_nodes: Nodes of that image.

    Shape:
        edge_index: (2, E) int64
        returns: (N,) float32

    Example:
        Three nodes in a row, each with a self-loop: the middle one stands out for its degree alone.

        >>> edges = torch.tensor([[0, 1, 1, 2, 0, 1, 2], [1, 0, 2, 1, 0, 1, 2]])
        >>> degree_null(edges, num_nodes=3)
        tensor([0.8333, 1.3333, 0.8333])
    """
    check_shape(edge_index, "2 E", "edge_index")
    target = edge_index[1]
    in_degree = torch.bincount(target, minlength=num_nodes)
    uniform = 1.0 / in_degree[target].float()
    return _sum_by_source(uniform[None], edge_index, num_nodes)[0]


def attention_corrected(evidence: Evidence) -> Tensor:
    """Return the attention received relative to the degree null, less one.

    0 is exactly what uniform attention gives at that node, +0.5 is half as much again, -1 is none
    at all. The ratio is used and not the difference because it compares a corner with an inner
    cell. A node that no edge leaves cannot receive attention and is 0.

    Returns:
        The map, (B, N) float32, at least -1.

    Raises:
        ConfigError: The model has no graph layer.
    """
    _, edge_index = mean_attention(evidence)
    received = attention_received(evidence)
    null = degree_null(edge_index, received.shape[1])
    return torch.where(null > 0, received / null.clamp_min(torch.finfo(null.dtype).tiny) - 1, 0.0)


def mean_attention(evidence: Evidence) -> tuple[Tensor, Tensor]:
    """Return the attention of every edge, (B, E) averaged over heads, and the edges (2, E).

    Raises:
        ConfigError: The model has no graph layer.
    """
    if evidence.attention is None or evidence.edge_index is None:
        msg = (
            "attention: this model has no graph layer and so no attention; choose a graph model "
            "such as model=resgatv2, or leave the method out"
        )
        raise ConfigError(msg)
    check_shape(evidence.attention, f"B {evidence.edge_index.shape[1]} K", "attention")
    return evidence.attention.float().mean(dim=2), evidence.edge_index


def _sum_by_source(per_edge: Tensor, edge_index: Tensor, num_nodes: int) -> Tensor:
    """Sum edge values (B, E) over the edges that leave each node: (B, N)."""
    out = per_edge.new_zeros(per_edge.shape[0], num_nodes)
    return out.index_add(1, edge_index[0], per_edge)
