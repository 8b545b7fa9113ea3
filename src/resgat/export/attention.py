"""A graph attention layer in plain tensor operations, for formats that know no graph library.

The graph of one image is fixed, so each node's incoming edges are a row of a table, and the softmax
over them one over the row. Legend: B images, N nodes, M most edges into a node, E edges, K heads.
"""

from __future__ import annotations

import copy
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.nn import GATConv, GATv2Conv

from resgat.models.graph_attention import Attended, GraphAttention
from resgat.types import GraphBuilder


class TableAttention(nn.Module):
    """What :class:`~resgat.models.graph_attention.GraphAttention` computes, for one grid.

    Args:
        layer: The layer, whose weights are taken over.
        edge_index: Of one image, self-loops included; as the layer returns it.
        num_nodes: Of one image.

    Shape:
        edge_index: (2, E)
    """

    def __init__(self, layer: GraphAttention, edge_index: Tensor, num_nodes: int) -> None:
        super().__init__()
        self.conv = layer.conv
        table, slot = incoming(edge_index, num_nodes)
        self.register_buffer("edge_index", edge_index)
        self.register_buffer("source", table.clamp_min(0))
        self.register_buffer("is_edge", table >= 0)
        self.register_buffer("slot", slot)

    def forward(self, nodes: Tensor, grid: tuple[int, int], graph: GraphBuilder) -> Attended:
        """Attend over the neighbours of every node; ``grid`` and ``graph`` are those of the table.

        Shape:
            nodes: (B, N, in_dim)
        """
        message, score = self._messages(nodes)  # (B, N, K, D), (B, N, M, K)
        is_edge = cast(Tensor, self.is_edge)[None, :, :, None]
        weight = score.masked_fill(~is_edge, float("-inf")).softmax(2)
        taken = message[:, cast(Tensor, self.source)]  # (B, N, M, K, D)
        features = (weight[..., None] * taken).sum(2).flatten(2)
        if self.conv.bias is not None:
            features = features + self.conv.bias
        attention = weight.flatten(1, 2)[:, cast(Tensor, self.slot)]
        return Attended(features, cast(Tensor, self.edge_index), attention)

    def _messages(self, nodes: Tensor) -> tuple[Tensor, Tensor]:
        """Return what each node sends, and the score of each edge of the table."""
        heads, dim, slope = self.conv.heads, self.conv.out_channels, self.conv.negative_slope
        source = cast(Tensor, self.source)
        if isinstance(self.conv, GATv2Conv):
            sent = self.conv.lin_l(nodes).unflatten(-1, (heads, dim))
            heard = self.conv.lin_r(nodes).unflatten(-1, (heads, dim))
            both = F.leaky_relu(sent[:, source] + heard[:, :, None], slope)
            return sent, (both * self.conv.att[0]).sum(-1)
        sent = cast(GATConv, self.conv).lin(nodes).unflatten(-1, (heads, dim))
        from_source = (sent * self.conv.att_src[0]).sum(-1)
        at_target = (sent * self.conv.att_dst[0]).sum(-1)
        return sent, F.leaky_relu(from_source[:, source] + at_target[:, :, None], slope)


def incoming(edge_index: Tensor, num_nodes: int) -> tuple[Tensor, Tensor]:
    """Return the sources of the edges into each node as a table, and each edge's place in it.

    Returns:
        The table, -1 where a node has fewer edges than the most; and places, counted row by row.

    Shape:
        edge_index: (2, E)
        returns: (N, M) and (E,)

    Example:
        >>> incoming(torch.tensor([[1, 0, 2, 0, 1, 2], [0, 1, 1, 0, 1, 2]]), 3)[0].tolist()
        [[1, 0, -1], [0, 2, 1], [2, -1, -1]]
    """
    source, target = edge_index.tolist()
    rows: list[list[int]] = [[] for _ in range(num_nodes)]
    places = []
    for start, end in zip(source, target, strict=True):
        places.append((end, len(rows[end])))
        rows[end].append(start)
    width = max(map(len, rows))
    table = torch.tensor([row + [-1] * (width - len(row)) for row in rows])
    return table, torch.tensor([end * width + place for end, place in places])


def without_graph_library(net: nn.Module, image: Tensor) -> nn.Module:
    """Return a copy of a detector whose graph attention is that of tables, for images of one size.

    Args:
        net: The detector; one without graph attention is only copied.
        image: An image of that size, as the network takes it.

    Shape:
        image: (1, 3, H, W)
    """
    plain = copy.deepcopy(net).eval()
    for path, layer in list(plain.named_modules()):
        if isinstance(layer, GraphAttention):
            parent, _, name = path.rpartition(".")
            setattr(plain.get_submodule(parent), name, _as_table(layer, plain, image))
    return plain


def _as_table(layer: GraphAttention, net: nn.Module, image: Tensor) -> TableAttention:
    """Run the detector once to see the graph that a layer works on."""
    seen: list[tuple[Tensor, int]] = []

    def note(_: nn.Module, inputs: tuple[Tensor, ...], output: Attended) -> None:
        seen.append((output.edge_index, inputs[0].shape[1]))

    handle = layer.register_forward_hook(note)
    try:
        with torch.no_grad():
            net(image)
    finally:
        handle.remove()
    return TableAttention(layer, *seen[0])
