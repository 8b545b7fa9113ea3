"""The counts of preprocessing, read back for a split; never a number that is not there."""

import json
from pathlib import Path
from typing import Any

import pytest

from resgat.data.claim import described
from resgat.data.cropping import CropSpec
from resgat.data.entry import failed
from resgat.data.inputs import Inputs
from resgat.data.manifest import count_videos, read_crop_spec
from resgat.data.outcome import Tally
from resgat.data.videos import VideoRecord
from resgat.errors import MetadataError


def write(folder: Path, counts: Any) -> Path:
    (folder / "manifest.json").write_text(json.dumps({"schema": 2, "counts": counts}))
    return folder


def test_the_methods_of_a_split_are_added_up(tmp_path: Path) -> None:
    def cell(asked: int, found: int, decoded: int, with_face: int) -> dict[str, int]:
        names = ("videos_asked", "videos_found", "videos_decoded", "videos_with_face")
        videos = dict(zip(names, (asked, found, decoded, with_face), strict=True))
        return {**videos, "frames_decoded": 100, "crops": 50}

    counts = {
        "original": {"test": cell(5, 4, 3, 1), "val": cell(9, 9, 9, 9)},
        "FaceSwap": {"test": cell(2, 2, 2, 1)},
        "NeuralTextures": {"train": cell(9, 9, 9, 9)},
    }
    assert count_videos(write(tmp_path, counts), "test") == {
        "videos_asked": 7,
        "videos_found": 6,
        "videos_decoded": 5,
        "videos_with_face": 2,
    }


def test_what_preprocessing_counts_can_be_read(tmp_path: Path) -> None:
    gone = tmp_path / "gone.mp4"
    video = VideoRecord(gone, 0, "toy", "original", "c0", "a", None, None, "g", None, "train")
    tally = Tally()
    tally.add(video, failed(video, Inputs(), "file missing"), tmp_path)
    assert count_videos(write(tmp_path, tally.counts), "train") == {
        "videos_asked": 1,
        "videos_found": 0,
        "videos_decoded": 0,
        "videos_with_face": 0,
    }


def test_crops_that_were_not_cut_from_videos_have_no_counts(tmp_path: Path) -> None:
    with pytest.raises(MetadataError, match=r"manifest\.json: not in the crops folder"):
        count_videos(tmp_path, "test")


def test_a_split_that_preprocessing_did_not_know_has_no_counts(tmp_path: Path) -> None:
    with pytest.raises(MetadataError, match=r"manifest\.json: no video of split 'mine'"):
        count_videos(write(tmp_path, {"original": {}}), "mine")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"counts": 3}',
        '{"counts": {"original": 3}}',
        '{"counts": {"original": {"test": {}}}}',
        '{"counts": {"original": {"test": 3}}}',
        '{"counts": {"original": {"test": {"videos_asked": null}}}}',
    ],
)
def test_a_malformed_manifest_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(MetadataError, match=r"manifest\.json: expected what preprocessing writes"):
        count_videos(tmp_path, "test")


def spec_manifest(folder: Path, **spec: Any) -> Path:
    text = json.dumps({"schema": 2, "counts": {}, "crop_spec": spec})
    (folder / "manifest.json").write_text(text)
    return folder


def test_how_crops_were_cut_is_read_back(tmp_path: Path) -> None:
    spec = CropSpec(64, 1.4, {"name": "fixed"}, image_format="jpeg")
    spec_manifest(tmp_path, **described(spec))
    fields = read_crop_spec(tmp_path, spec.hash)
    assert fields is not None
    fields.pop("extraction")
    assert CropSpec(**fields) == spec


def test_crops_that_preprocessing_did_not_cut_have_no_spec(tmp_path: Path) -> None:
    assert read_crop_spec(tmp_path, "abc") is None


def test_another_spec_than_the_index_names_is_refused(tmp_path: Path) -> None:
    spec_manifest(tmp_path, **described(CropSpec(64, 1.4, {"name": "fixed"})))
    with pytest.raises(MetadataError, match=r"says crop spec \w+, and the index other"):
        read_crop_spec(tmp_path, "other")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"crop_spec": 3}', '{"crop_spec": {}}'])
def test_a_manifest_without_a_spec_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(MetadataError, match=r"manifest\.json: expected what preprocessing writes"):
        read_crop_spec(tmp_path, "abc")
