"""A detector is judged on crops cut as those that it learnt from, or its numbers say so."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from resgat.data.datamodule import CropDataModule
from resgat.data.manifest import read_crop_spec
from resgat.errors import CheckpointError, MetadataError
from resgat.report.other_crops import other_crops_words
from resgat.settings import differing, flat

logger = logging.getLogger(__name__)


def check_cut_alike(facts: Mapping[str, Any], datamodule: CropDataModule, *, allow: bool) -> None:
    """Refuse crops that were cut differently from those of the training.

    Args:
        facts: Of the checkpoint.
        datamodule: With the crops that are judged.
        allow: Log a warning instead of refusing.

    Raises:
        CheckpointError: They differ, and no flag says that this is wanted.
    """
    found = other_crop_spec(facts, datamodule)
    if not found["other_crop_spec"]:
        return
    if allow:
        logger.warning(
            "%s holds crops that were cut otherwise than those of the training (%s); the numbers "
            "are of that difference, too, and are marked",
            datamodule.crops_dir,
            other_crops_words(found),
        )
        return
    msg = (
        f"the model was trained on crops of spec {facts['crop_spec']}, and {datamodule.crops_dir} "
        f"holds spec {datamodule.crop_spec}: another size, margin or detector. Preprocess these "
        "videos with the model's settings, or accept marked numbers with allow_other_crop_spec=true"
    )
    raise CheckpointError(msg)


def other_crop_spec(facts: Mapping[str, Any], datamodule: CropDataModule) -> dict[str, Any]:
    """Return what results say of it: which settings of the cutting differ.

    Returns:
        ``{"other_crop_spec": {}}`` of crops that were cut alike; of others their hash, and each
        setting that is known to differ: ``{"other_crop_spec": {"crop_spec": {"trained": "0a1b",
        "judged": "2c3d"}, "margin": {"trained": 1.3, "judged": 1.5}}}``.
    """
    trained, judged = facts["crop_spec"], datamodule.crop_spec
    if trained == judged:
        return {"other_crop_spec": {}}
    sides = {"trained": {"crop_spec": trained}, "judged": {"crop_spec": judged}}
    then, now = facts.get("crop"), _crop(datamodule)
    if then and now:
        sides = {"trained": sides["trained"] | flat(then), "judged": sides["judged"] | flat(now)}
    return {
        "other_crop_spec": {
            key: {side: settings.get(key) for side, settings in sides.items()}
            for key in differing(sides["trained"], sides["judged"])
        }
    }


def _crop(datamodule: CropDataModule) -> dict[str, Any] | None:
    try:
        return read_crop_spec(datamodule.crops_dir, datamodule.crop_spec)
    except MetadataError:  # whoever judges need not know more than that they differ
        return None
