"""One graph attention layer, v1 or v2, over equal graphs; attention returned image by image.

Legend: B images, N nodes, E edges of one image, K heads, D features per head.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch_geometric.nn import GATConv, GATv2Conv

from resgat.checks import check_choice
from resgat.errors import ConfigError
from resgat.types import GraphBuilder


class Attended(NamedTuple):
    """What a graph attention layer yields.

    Shape:
        features: (B, N, K * D)
        edge_index: (2, E + N) int64 of one image; the last N edges are the self-loops
        attention: (B, E + N, K), sums to one over the edges into a node
    """

    features: Tensor
    edge_index: Tensor
    attention: Tensor


class GraphAttention(nn.Module):
    """GATConv (v1) or GATv2Conv (v2) from PyG over the cells of a feature map.

    Args:
        in_dim: Features of a node.
        dim: Features per head.
        heads: Heads; their outputs are concatenated.
        version: ``v1`` (static attention) or ``v2`` (dynamic attention).
        share_weights: v2 only: one matrix for source and target.

    Source:
        Velickovic et al. 2018 (arXiv 1710.10903); Brody et al. 2022 (arXiv 2105.14491).
    """

    def __init__(
        self, in_dim: int, dim: int, heads: int, version: str = "v2", *, share_weights: bool = False
    ) -> None:
        super().__init__()
        check_choice("version", version, ("v1", "v2"))
        # PyG would look for self-loops in every batch, and put its own behind the edges of all
        # images instead of behind each image's.
        self.conv = (
            GATConv(in_dim, dim, heads, add_self_loops=False)
            if version == "v1"
            else GATv2Conv(in_dim, dim, heads, share_weights=share_weights, add_self_loops=False)
        )

    def forward(self, nodes: Tensor, grid: tuple[int, int], graph: GraphBuilder) -> Attended:
        """Attend over the neighbours of every node.

        Shape:
            nodes: (B, N, in_dim), N = grid[0] * grid[1]

        Raises:
            ConfigError: The graph has self-loops already.
        """
        num_images, num_nodes, _ = nodes.shape
        edges = _with_self_loops(graph(num_images, *grid, nodes.device), num_images, num_nodes)
        features, (_, attention) = self.conv(
            nodes.flatten(0, 1), edges.flatten(1), return_attention_weights=True
        )
        return Attended(
            features.view(num_images, num_nodes, -1),
            edges[:, 0],
            attention.view(num_images, edges.shape[2], -1),
        )


# A tensor is its own key, and is kept with its entry; a builder that keeps its edges, as GridGraph
# does, is so checked and completed once for each shape.
@lru_cache(maxsize=32)
def _with_self_loops(edges: Tensor, num_images: int, num_nodes: int) -> Tensor:
    """Return the edges image by image, (2, B, E + N), each image's self-loops behind its edges."""
    # What is kept must also serve a training step, even if inference asked for it first.
    with torch.inference_mode(False):
        num_loops = int((edges[0] == edges[1]).sum())
        if num_loops:
            msg = (
                f"graph: expected no self-loops, got {num_loops}; the attention layer adds one to "
                "each node, so leave them out of the graph builder's edges"
            )
            raise ConfigError(msg)
        loops = torch.arange(num_images * num_nodes, device=edges.device)
        both_ends = loops.view(1, num_images, num_nodes).expand(2, -1, -1)
        return torch.cat([edges.reshape(2, num_images, -1), both_ends], dim=2)


def source_weight(attended: Attended, readout: Tensor) -> Tensor:
    """Return how much each input node weighs in a weighted sum over the layer's output nodes.

    ``weight[s, k] = sum_t readout[t] * attention[s -> t, k]``; over the nodes it sums to the sum of
    ``readout``, because attention into every target sums to one.

    Shape:
        readout: (B, N)
        return: (B, N, K)
    """
    source, target = attended.edge_index
    flow = attended.attention * readout[:, target, None]
    empty = flow.new_zeros(*readout.shape, flow.shape[-1])
    return empty.index_add(1, source, flow)


def cells(feature_map: Tensor) -> Tensor:
    """Return the cells of a feature map as nodes, row-major: (B, C, H, W) -> (B, H * W, C)."""
    return feature_map.flatten(2).transpose(1, 2)
