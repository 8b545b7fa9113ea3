"""The control that every result is compared with: the same trunk, average pool, linear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, overload

import torch
from torch import Tensor, nn

from resgat.models.graph_attention import cells
from resgat.models.trunk import ResNetTrunk
from resgat.types import Evidence


class ResNetClassifier(nn.Module):
    """Average pool and linear layer on the trunk's deepest map; no graph.

    Pooling and classifier are linear, so the logit is a sum over the map's cells and the bias.

    Source:
        Zhou et al. 2016 (arXiv 1512.04150), class activation maps.

    Shape:
        image: (B, 3, H, W), ImageNet-normalised
        return: (B,) logits, or Evidence
    """

    def __init__(self, backbone: ResNetTrunk) -> None:
        super().__init__()
        self.backbone = backbone
        self.fc = nn.Linear(list(backbone.channels.values())[-1], 1)

    @overload
    def forward(self, image: Tensor, *, return_evidence: Literal[False] = False) -> Tensor: ...
    @overload
    def forward(self, image: Tensor, *, return_evidence: Literal[True]) -> Evidence: ...
    def forward(self, image: Tensor, *, return_evidence: bool = False) -> Tensor | Evidence:
        """Return logits, or the evidence that holds them."""
        evidence = self.decide(self.features(image))
        return evidence if return_evidence else evidence.logit

    def features(self, image: Tensor) -> dict[str, Tensor]:
        """Return the trunk's deepest map, which is all that the classifier sees."""
        level, feature_map = list(self.backbone(image).items())[-1]
        return {level: feature_map}

    def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
        """Return the classifier's evidence on the deepest map."""
        (feature_map,) = maps.values()
        with torch.autocast(feature_map.device.type, enabled=False):
            return linear_evidence(feature_map.float(), self.fc)


def linear_evidence(feature_map: Tensor, classifier: nn.Linear) -> Evidence:
    """Classify the mean of a map's cells, and split the logit over the cells.

    Shape:
        feature_map: (B, C, H, W) float32
    """
    nodes = cells(feature_map)
    logit = classifier(feature_map.mean((2, 3))).squeeze(-1)
    # Not by the vector weight[0]: ONNX Runtime 1.32 fuses that product wrongly.
    contribution = (nodes @ classifier.weight.T).squeeze(-1) / nodes.shape[1]
    grid = (feature_map.shape[2], feature_map.shape[3])
    return Evidence(logit, classifier.bias[0].expand_as(logit), nodes, grid, contribution)
