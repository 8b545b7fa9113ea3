"""A trained detector from its checkpoint, and crops that are served as it needs them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from resgat.data.datamodule import CropDataModule
from resgat.errors import CheckpointError
from resgat.export.release import is_release, read_release, weights_file
from resgat.export.sums import check_sums
from resgat.lit.checkpoint import FACTS_KEY, load_state, net_state, read_checkpoint
from resgat.run.build import build_trained
from resgat.targets import ALLOWED_FROM_CHECKPOINT, check_targets

#: P(fake) from which on a crop is called fake where val could choose none.
_EVEN_ODDS = 0.5

logger = logging.getLogger(__name__)


class Trained(NamedTuple):
    """What a checkpoint holds.

    Attributes:
        path: Of the checkpoint, or the folder of the release.
        net: The network with its weights.
        facts: Configuration, crop spec, thresholds, reference evidence.
    """

    path: Path
    net: nn.Module
    facts: dict[str, Any]

    @property
    def file(self) -> Path:
        """The file with the weights."""
        return weights_file(self.path)

    def frame_threshold(self) -> float:
        """Return P(fake) from which on a crop is fake; even odds, and a warning, without val's."""
        threshold: float | None = self.facts["thresholds"]["frame"]
        if threshold is not None:
            return threshold
        logger.warning(
            "%s has no threshold that val chose; P(fake) from %s on is called fake",
            self.path,
            _EVEN_ODDS,
        )
        return _EVEN_ODDS


def load_trained(path: Path) -> Trained:
    """Load a detector that was trained and judged.

    Args:
        path: A checkpoint, or the folder of a release; a checkpoint in a release has to be the one
            that was released.

    Raises:
        CheckpointError: It is no such checkpoint, and no whole release.
        ConfigError: Its settings name something that no checkpoint may.
    """
    if path.is_dir():
        state, facts = read_release(path)
    else:
        if is_release(path.parent):
            check_sums(path.parent, needed=(path.name,))
        checkpoint = read_checkpoint(path)
        state, facts = net_state(checkpoint), checkpoint[FACTS_KEY]
    check_targets(facts["config"]["model"], allowed=ALLOWED_FROM_CHECKPOINT)
    if "thresholds" not in facts:
        msg = (
            f"{path} has no thresholds: its run was stopped before the best epoch was judged on "
            "val. Resume the run, or use its checkpoints/best.ckpt"
        )
        raise CheckpointError(msg)
    net = build_trained(facts["config"]["model"])
    load_state(net, state, path)
    return Trained(path, net, facts)


def check_served_alike(facts: dict[str, Any], datamodule: CropDataModule) -> None:
    """Refuse settings that serve crops differently from those of the training.

    Args:
        facts: Of the checkpoint.
        datamodule: Which need not have its crops yet.

    Raises:
        CheckpointError: Their size or their normalisation differs.
    """
    trained = facts["config"]["data"]
    for key in ("size_px", "normalise"):
        if getattr(datamodule, key) != trained[key]:
            msg = (
                f"data.{key}={getattr(datamodule, key)}, but the model was trained with "
                f"{trained[key]}; add data.{key}={trained[key]}"
            )
            raise CheckpointError(msg)
