"""GNNExplainer on the head's graph; by PyTorch Geometric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch_geometric.explain import Explainer as PygExplainer
from torch_geometric.explain import GNNExplainer as PygGNNExplainer

from resgat.checks import check_range
from resgat.explain.attention import mean_attention
from resgat.explain.attribution import Attribution
from resgat.explain.faces import Faces
from resgat.explain.probe import Probe
from resgat.explain.seeded import seeded


@dataclass(frozen=True)
class GnnExplainer:
    """``gnnexplainer``: a soft mask over the nodes, as small as "fake" allows, found by descent.

    The mask blends a node's cells with the face's mean cell. It does not scale them, as it does in
    the source: a head that begins with a LayerNorm of each node would take the scale away again.

    Args:
        epochs: Steps for each face.
        lr: Of the descent.

    Source:
        Ying et al. 2019 (arXiv 1903.03894).
    """

    epochs: int = 100
    lr: float = 0.05
    tier: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_range("epochs", self.epochs, low=1)
        check_range("lr", self.lr, low=0)

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        """Return the mask's weight of each node (B, N).

        Raises:
            ConfigError: The model has no graph layer.
        """
        maps = probe.features(faces.pixels)
        evidence = probe.decide(maps)
        mean_attention(evidence)  # refuses a model without a graph
        rows = []
        for row, seed in enumerate(faces.seed.tolist()):
            own = {level: found[row : row + 1].detach() for level, found in maps.items()}
            rows.append(self._explain(_Head(probe, own, evidence.grid), evidence.edge_index, seed))  # type: ignore[arg-type]
        return Attribution(torch.stack(rows), "node", "density")

    def _explain(self, head: _Head, edge_index: Tensor, seed: int) -> Tensor:
        explainer = PygExplainer(
            head,
            PygGNNExplainer(epochs=self.epochs, lr=self.lr),
            explanation_type="phenomenon",
            node_mask_type="object",
            model_config={
                "mode": "binary_classification",
                "task_level": "graph",
                "return_type": "raw",
            },
        )
        with seeded(seed), torch.enable_grad():
            ones = torch.ones(head.num_nodes, 1, device=edge_index.device)
            target = torch.ones(1, dtype=torch.long, device=edge_index.device)
            found = explainer(ones, edge_index, target=target)
        head.probe.count(head_backward=self.epochs)
        mask: Tensor = found.node_mask[:, 0].detach()
        return mask


class _Head(nn.Module):
    """The head on one face, of each node's cells as much as the number that is passed for it.

    The rest of 1 is the mean cell of the face.
    """

    def __init__(self, probe: Probe, maps: dict[str, Tensor], grid: tuple[int, int]) -> None:
        super().__init__()
        self.probe = probe
        self.maps = maps
        self.grid = grid
        self.num_nodes = grid[0] * grid[1]

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        """Return the logit (1,) for one number per node (N, 1)."""
        kept = x.view(1, 1, *self.grid)
        return self.probe.decide(
            {level: _blended(found, kept) for level, found in self.maps.items()}
        ).logit


def _blended(found: Tensor, kept: Tensor) -> Tensor:
    mean = found.mean((2, 3), keepdim=True)
    share = nn.functional.interpolate(kept, size=found.shape[2:], mode="nearest")
    return mean + share * (found - mean)
