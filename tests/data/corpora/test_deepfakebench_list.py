import json
from pathlib import Path
from typing import Any

import pytest

from resgat.data.corpora.deepfakebench_list import Listed, read_list


def write(path: Path, tree: Any) -> Path:
    path.write_text(json.dumps(tree))
    return path


def entry(*frames: str) -> dict[str, Any]:
    return {"label": "FF-DF", "frames": list(frames), "masks": []}


def test_levels_are_where_there_are_some(tmp_path: Path) -> None:
    tree = {
        "A": {"FF-DF": {"train": {"c23": {"v": entry("x")}, "c40": {"w": entry("y")}}}},
        "B": {"B_real": {"test": {"v": entry("z")}}},
    }
    assert read_list(write(tmp_path / "a.json", tree), "c40") == [
        Listed("FF-DF", "train", "c40", "w", ("y",)),
        Listed("B_real", "test", None, "v", ("z",)),
    ]


@pytest.mark.parametrize(
    ("splits", "kept"),
    [
        (("val", "test"), "test"),
        (("test", "val"), "test"),
        (("train", "val"), "val"),
        (("train", "val", "test"), "test"),
    ],
)
def test_a_video_is_listed_once(splits: tuple[str, ...], kept: str, tmp_path: Path) -> None:
    tree = {"A": {"A_real": {split: {"v": entry(split)} for split in splits}}}
    assert read_list(write(tmp_path / "a.json", tree), "c23") == [
        Listed("A_real", kept, None, "v", (kept,))
    ]


def test_labels_with_videos_of_one_name_are_two(tmp_path: Path) -> None:
    tree = {"A": {label: {"val": {"v": entry("x")}} for label in ("FF-DF", "FF-FS")}}
    assert len(read_list(write(tmp_path / "a.json", tree), "c23")) == 2


def test_videos_without_frames_are_left_out_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tree = {"A": {"A_real": {"val": {"v": entry("x"), "w": entry()}}}}
    assert [video.name for video in read_list(write(tmp_path / "a.json", tree), "c23")] == ["v"]
    assert "1 videos have no frame: w" in caplog.text
