"""The paper's released model: ResNet-50, a 7 x 7 grid at 224 px, one graph layer, mean readout."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from resgat.errors import CheckpointError
from resgat.models.resgat import ResGAT
from resgat.models.trunk import ResNetTrunk
from resgat.models.weights import read_tensors
from resgat.types import GraphBuilder

# The released trunk is nn.Sequential(conv1, bn1, relu, maxpool, layer1, ..., layer4).
_OWN_KEYS = {
    "backbone.0.": "backbone.stem.0.",
    "backbone.1.": "backbone.stem.1.",
    **{f"backbone.{i + 3}.": f"backbone.levels.layer{i}." for i in range(1, 5)},
    # Older versions of PyTorch Geometric write GATConv's one matrix under two names.
    "gat_layer.lin_src.": "head.attention.conv.lin.",
    "gat_layer.lin_dst.": "head.attention.conv.lin.",
    "gat_layer.": "head.attention.conv.",
    "fc.": "head.fc.",
}


class PaperResGAT(ResGAT):
    """ResGAT as published, with the published weights where they are given.

    Args:
        backbone: A ResNet-50 trunk.
        graph: The grid with 4 neighbours.
        head: MeanHead of version ``v1`` (32.96M parameters in all) or ``v2`` (42.41M).
        released: A ``state_dict`` of the released scripts. There label 1 is *real*; the
            classifier's sign is flipped, so that the logit is that of "fake" as everywhere here.

    Raises:
        WeightsUnavailableError: ``released`` does not exist.
        CheckpointError: ``released`` is unusable or holds another model.

    Source:
        aleksandrpikul/ResGAT, commit 50d95d8, ``gatv1_dfdc.py`` and ``gatv2_dfdc.py``. The scripts
        feed images in [0, 1] without ImageNet normalisation: set ``data.normalise=none`` for their
        weights.
    """

    def __init__(
        self,
        backbone: ResNetTrunk,
        graph: GraphBuilder,
        head: Callable[[Mapping[str, int]], nn.Module],
        released: str | Path | None = None,
    ) -> None:
        super().__init__(backbone, graph, head)
        if released is not None:
            load_released(self, Path(released))


def load_released(net: ResGAT, path: Path) -> None:
    """Load a released ``state_dict`` (keys ``backbone.*``, ``gat_layer.*``, ``fc.*``) in place.

    Raises:
        CheckpointError: The file is unusable or belongs to the other version.
    """
    state = _under_own_keys(read_tensors(path), path)
    own = net.state_dict()
    wrong = sorted(
        key for key in own.keys() | state.keys()
        if key not in own or key not in state or own[key].shape != state[key].shape
    )  # fmt: skip
    if wrong:
        msg = (
            f"{path} does not fit this paper preset: {len(wrong)} tensors differ, such as "
            f"{wrong[0]}. Check the version: model=resgatv1_paper or model=resgatv2_paper"
        )
        raise CheckpointError(msg)
    net.load_state_dict({key: _flip(key, value) for key, value in state.items()})


def _under_own_keys(released: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    state: dict[str, Tensor] = {}
    for key, value in released.items():
        twin = state.setdefault(_own_key(key), value)
        if twin is not value and not torch.equal(twin, value):
            msg = f"{path}: {key} is not the matrix that source and target share in the released "
            raise CheckpointError(msg + "scripts. Give a file that they wrote")
    return state


def _own_key(key: str) -> str:
    for theirs, ours in _OWN_KEYS.items():
        if key.startswith(theirs):
            return ours + key.removeprefix(theirs)
    return key


def _flip(key: str, value: Tensor) -> Tensor:
    return torch.neg(value) if key.startswith("head.fc.") else value
