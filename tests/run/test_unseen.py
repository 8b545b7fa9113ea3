"""A checkpoint is not judged on what it learnt from, unless that is said everywhere."""

import logging
from pathlib import Path
from typing import Any

import pytest

from resgat.data.corpora.synthetic import SyntheticFaces
from resgat.data.datamodule import CropDataModule
from resgat.errors import SplitLeakageError
from resgat.run.unseen import check_unseen, seen_by, seen_in_training


@pytest.fixture
def swapped(drawn_crops: Path) -> CropDataModule:
    """The same crops, tested on what was val."""
    corpus = SyntheticFaces(
        size_px=48, train_pairs=1, val_pairs=1, test_pairs=1, frames_per_video=2
    )
    roles = {"val_split": "test", "test_split": "val"}
    found = CropDataModule(corpus, drawn_crops, size_px=32, batch_size=4, **roles)  # type: ignore[arg-type]
    found.setup("test")
    return found


def facts_of(datamodule: CropDataModule) -> dict[str, Any]:
    return {"seen": seen_by(datamodule)}


def test_the_test_split_of_the_training_is_new(
    datamodule: CropDataModule, caplog: pytest.LogCaptureFixture
) -> None:
    facts = facts_of(datamodule)
    check_unseen(facts, datamodule, allow=False)
    assert seen_in_training(facts, datamodule) == {"seen_in_training": {}}
    assert caplog.records == []


def test_swapped_roles_are_refused_with_how_many_and_an_example(
    datamodule: CropDataModule, swapped: CropDataModule
) -> None:
    with pytest.raises(SplitLeakageError) as caught:
        check_unseen(facts_of(datamodule), swapped, allow=False)
    assert str(caught.value) == (
        f"data.test_split=val of {swapped.crops_dir} is not new to the checkpoint: 6 of its 6 "
        "videos were in val (such as 'synthetic/EyeSwap/c0/val0000a_val0000b'), 1 of its 1 "
        "identity groups were in val (such as 'synthetic/val0000'). Judge it on other videos, or "
        "accept marked numbers with allow_seen_videos=true"
    )


def test_what_is_allowed_is_said_and_marked(
    datamodule: CropDataModule, swapped: CropDataModule, caplog: pytest.LogCaptureFixture
) -> None:
    facts = facts_of(datamodule)
    check_unseen(facts, swapped, allow=True)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().endswith("; the numbers will be too good, and are marked")
    found = seen_in_training(facts, swapped)
    assert found == {"seen_in_training": {"val": {"videos": 6, "identity_groups": 1}}}


def test_an_older_checkpoint_is_taken_and_said_not_to_be_checked(
    swapped: CropDataModule, caplog: pytest.LogCaptureFixture
) -> None:
    check_unseen({}, swapped, allow=False)
    why = "not checked: the checkpoint is of a version that did not keep what it had seen"
    assert caplog.messages == [f"whether the test videos were trained on is {why}"]
    assert seen_in_training({}, swapped) == {
        "seen_in_training": None,
        "seen_in_training_reason": why,
    }
