"""ResGAT: a ResNet whose feature cells become a graph for GAT (v1) or GATv2 (v2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, Protocol, overload

import torch
from torch import Tensor, nn

from resgat.models.trunk import ResNetTrunk
from resgat.types import Evidence, GraphBuilder


class GraphHead(Protocol):
    """Feature maps and a graph builder -> evidence."""

    def __call__(self, maps: Mapping[str, Tensor], graph: GraphBuilder) -> Evidence:
        """Return the logit and what it rests on."""
        ...


class ResGAT(nn.Module):
    """Trunk, graph, head.

    Evidence is computed in float32 outside autocast: in bfloat16 attention sums to one only to
    1e-2.

    Args:
        backbone: Image -> feature maps.
        graph: Shape of a feature map -> edges between its cells.
        head: Builds the head from the trunk's channels (level -> channels).

    Shape:
        image: (B, 3, H, W), ImageNet-normalised
        return: (B,) logits, or Evidence

    Source:
        Pikul and Popov 2025, "Enhancing Explainability in Deepfake Detection with Graph Attention
        Networks". The additive head is ours (docs/adr/0004).
    """

    def __init__(
        self,
        backbone: ResNetTrunk,
        graph: GraphBuilder,
        head: Callable[[Mapping[str, int]], nn.Module],
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.graph = graph
        self.head = head(backbone.channels)

    @overload
    def forward(self, image: Tensor, *, return_evidence: Literal[False] = False) -> Tensor: ...
    @overload
    def forward(self, image: Tensor, *, return_evidence: Literal[True]) -> Evidence: ...
    def forward(self, image: Tensor, *, return_evidence: bool = False) -> Tensor | Evidence:
        """Return logits, or the evidence that holds them."""
        evidence = self.decide(self.features(image))
        return evidence if return_evidence else evidence.logit

    def features(self, image: Tensor) -> dict[str, Tensor]:
        """Return the trunk's feature maps, by level."""
        maps: dict[str, Tensor] = self.backbone(image)
        return maps

    def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
        """Return the head's evidence on feature maps."""
        whole = {level: features.float() for level, features in maps.items()}
        with torch.autocast(next(iter(whole.values())).device.type, enabled=False):
            evidence: Evidence = self.head(whole, self.graph)
        return evidence
