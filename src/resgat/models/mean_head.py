"""The published head: one graph attention layer, mean over nodes, one linear layer."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from resgat.checks import check_choice, check_range
from resgat.models.graph_attention import GraphAttention, cells, source_weight
from resgat.types import Evidence, GraphBuilder


class MeanHead(nn.Module):
    """Graph attention, mean readout, linear classifier; nothing non-linear in between.

    The heads' outputs are concatenated. The logit therefore splits exactly into signed
    contributions of the input nodes, and the biases are the rest:
    ``c_s = 1/N * sum_k (sum_t attention[s -> t, k]) * <W_k x_s, w_k>``.

    Args:
        channels: Level -> channels of the trunk's maps.
        version: ``v1`` or ``v2``.
        level: The map whose cells are the nodes.
        dim: Features per head.
        heads: Attention heads.

    Raises:
        ConfigError: ``level`` does not exist in ``channels``, or a size is below one.

    Source:
        Pikul and Popov 2025, released scripts: layer4 of ResNet-50, dim 512, 9 heads.
    """

    def __init__(
        self,
        channels: Mapping[str, int],
        *,
        version: str = "v2",
        level: str = "layer4",
        dim: int = 512,
        heads: int = 9,
    ) -> None:
        super().__init__()
        check_choice("level", level, channels)
        for name, size in (("dim", dim), ("heads", heads)):
            check_range(name, size, low=1)
        self.level = level
        self.attention = GraphAttention(channels[level], dim, heads, version)
        self.fc = nn.Linear(heads * dim, 1)

    def forward(self, maps: Mapping[str, Tensor], graph: GraphBuilder) -> Evidence:
        """Return the logit and what it rests on."""
        feature_map = maps[self.level]
        grid = (feature_map.shape[2], feature_map.shape[3])
        nodes = cells(feature_map)
        attended = self.attention(nodes, grid, graph)
        logit = self.fc(attended.features.mean(1)).squeeze(-1)
        readout = nodes.new_full(nodes.shape[:2], 1 / nodes.shape[1])
        value, constant = self._node_values(nodes)
        contribution = (source_weight(attended, readout) * value).sum(-1)
        return Evidence(
            logit,
            constant.expand_as(logit),
            nodes,
            grid,
            contribution,
            readout,
            attended.edge_index,
            attended.attention,
        )

    def _node_values(self, nodes: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``<W_k x_s, w_k>`` (B, N, K), and the part of the logit that is bias."""
        conv = self.attention.conv
        linear = conv.lin if hasattr(conv, "lin") and conv.lin is not None else conv.lin_l
        weight = self.fc.weight.view(conv.heads, conv.out_channels)
        projection = linear.weight.view(conv.heads, conv.out_channels, -1)
        value = nodes @ (weight[:, :, None] * projection).sum(1).T
        constant = self.fc.bias[0] + conv.bias @ self.fc.weight[0]
        if linear.bias is not None:
            constant = constant + linear.bias @ self.fc.weight[0]
        return value, constant
