"""Crops that were cut otherwise than those of the training are refused, or marked."""

import json
import logging
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from resgat.data.corpora.synthetic import SyntheticFaces
from resgat.data.datamodule import CropDataModule
from resgat.errors import CheckpointError
from resgat.run.cut_alike import check_cut_alike, other_crop_spec

THEN = {"size_px": 224, "margin": 1.3, "detector": {"name": "mtcnn", "min_prob": 0.9}}
NOW = {"size_px": 224, "margin": 1.5, "detector": {"name": "yunet"}}
DIFFERS = {
    "crop_spec": {"trained": "spec0", "judged": "HASH"},
    "detector.min_prob": {"trained": 0.9, "judged": None},
    "detector.name": {"trained": "mtcnn", "judged": "yunet"},
    "margin": {"trained": 1.3, "judged": 1.5},
}


@pytest.fixture
def recorded(drawn_crops: Path, tmp_path: Path) -> CropDataModule:
    """Crops of which a manifest says how they were cut."""
    crops = Path(shutil.copytree(drawn_crops, tmp_path / "crops"))
    corpus = SyntheticFaces(
        size_px=48, train_pairs=1, val_pairs=1, test_pairs=1, frames_per_video=2
    )
    found = CropDataModule(corpus, crops, size_px=32, batch_size=4)
    found.setup("test")
    said = {"crop_spec": {**NOW, "hash": found.crop_spec}}
    (crops / "manifest.json").write_text(json.dumps(said))
    return found


def with_hash(datamodule: CropDataModule) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(DIFFERS).replace("HASH", datamodule.crop_spec))
    return found


@pytest.mark.parametrize("allow", [False, True])
def test_crops_as_those_of_the_training_pass(
    allow: bool, recorded: CropDataModule, caplog: pytest.LogCaptureFixture
) -> None:
    facts = {"crop_spec": recorded.crop_spec, "crop": THEN}
    check_cut_alike(facts, recorded, allow=allow)
    assert other_crop_spec(facts, recorded) == {"other_crop_spec": {}}
    assert caplog.records == []


def test_others_are_refused(recorded: CropDataModule) -> None:
    message = (
        f"the model was trained on crops of spec spec0, and {recorded.crops_dir} holds spec "
        f"{recorded.crop_spec}: another size, margin or detector. Preprocess these videos with "
        "the model's settings, or accept marked numbers with allow_other_crop_spec=true"
    )
    with pytest.raises(CheckpointError, match=f"^{re.escape(message)}$"):
        check_cut_alike({"crop_spec": "spec0", "crop": THEN}, recorded, allow=False)


def test_what_is_allowed_is_said_once_with_every_setting_and_marked(
    recorded: CropDataModule, caplog: pytest.LogCaptureFixture
) -> None:
    facts = {"crop_spec": "spec0", "crop": THEN}
    check_cut_alike(facts, recorded, allow=True)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == (
        f"{recorded.crops_dir} holds crops that were cut otherwise than those of the training "
        "(detector.min_prob None instead of 0.9, detector.name yunet instead of mtcnn, margin 1.5 "
        "instead of 1.3); the numbers are of that difference, too, and are marked"
    )
    assert other_crop_spec(facts, recorded) == {"other_crop_spec": with_hash(recorded)}


@pytest.mark.parametrize("manifest", [None, "{"])
@pytest.mark.parametrize("then", [None, THEN])
def test_where_either_side_is_not_recorded_the_hashes_differ(
    recorded: CropDataModule, manifest: str | None, then: dict[str, Any] | None
) -> None:
    path = Path(str(recorded.crops_dir)) / "manifest.json"
    path.unlink() if manifest is None else path.write_text(manifest)
    found = other_crop_spec({"crop_spec": "spec0", "crop": then}, recorded)
    hashes = {"trained": "spec0", "judged": recorded.crop_spec}
    assert found == {"other_crop_spec": {"crop_spec": hashes}}
