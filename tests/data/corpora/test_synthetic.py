"""The drawn corpus: the real layout, the same bytes each time, and nobody else's folder."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.corpora import synthetic
from resgat.data.corpora.base import Census
from resgat.data.corpora.synthetic import SyntheticFaces
from resgat.data.cropping import CropSpec
from resgat.data.index import CropIndex
from resgat.data.splits import check_splits
from resgat.data.truth import load_mask
from resgat.errors import ConfigError, DatasetNotFoundError

SETTINGS: dict[str, Any] = {
    "size_px": 48,
    "train_pairs": 1,
    "val_pairs": 1,
    "test_pairs": 1,
    "frames_per_video": 2,
}


def in_this_process(
    work: Callable[[Any], Any], jobs: Iterable[Any], num_workers: int, chunk_size: int
) -> Iterator[Any]:
    """Stands for worker processes, without the seconds that starting them takes."""
    return map(work, jobs)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic, "results_of", in_this_process)


@pytest.fixture(scope="module")
def index(drawn_crops: Path) -> CropIndex:
    return CropIndex.read(drawn_crops)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_each_pair_has_two_genuine_and_four_forged_videos(index: CropIndex) -> None:
    rows = index.take().to_pylist()
    assert len(rows) == 3 * 6 * 2
    for split in ("train", "val", "test"):
        videos = {row["video_id"]: row["method"] for row in rows if row["split"] == split}
        assert sorted(videos.values()) == [
            "EyeSwap", "MouthReplay", "NoseBlend", "SkinRetouch", "original", "original",
        ]  # fmt: skip
    assert all((row["label"] == 0) == (row["method"] == "original") for row in rows)


def test_a_fake_names_its_people_and_no_aligned_original(index: CropIndex) -> None:
    rows = index.take().to_pylist()
    people = {row["target_id"] for row in rows if row["method"] == "original"}
    for row in rows:
        assert row["video_id"].startswith(f"synthetic/{row['method']}/c0/{row['target_id']}")
        if row["label"]:
            assert row["source_id"] in people - {row["target_id"]}
        else:
            assert row["source_id"] is None
        assert row["original_video_id"] is None


def test_no_person_and_no_group_is_in_two_splits(index: CropIndex) -> None:
    check_splits(index, train="train", val="val", test="test", allow_leakage=False)
    rows = index.take().to_pylist()
    for key in ("identity_group", "target_id"):
        assert len({(row[key], row["split"]) for row in rows}) == len({row[key] for row in rows})
    assert len({row["identity_group"] for row in rows}) == 3


def test_only_fakes_have_masks_and_no_mask_is_empty(index: CropIndex) -> None:
    for position, label in enumerate(index.labels):
        mask = load_mask(index, position, 48)
        assert (mask is not None) == bool(label)
        assert mask is None or 0 < mask.mean() < 0.4


def test_crops_have_the_size_and_the_spec_that_were_asked_for(index: CropIndex) -> None:
    spec = CropSpec(48, 1.3, {"name": "drawn", "version": 1}, frames_per_video=2)
    assert index.crop_specs == [spec.hash]
    assert {index.read_image(position).shape for position in range(36)} == {(48, 48, 3)}
    points = np.array(index.column("landmarks").to_pylist())
    assert points.shape == (36, 10)
    assert points.min() > 0
    assert points.max() < 48


@pytest.mark.usefixtures("in_process")
def test_the_same_settings_give_the_same_bytes_however_they_are_drawn(
    drawn_crops: Path, tmp_path: Path
) -> None:
    (tmp_path / "crops").mkdir()  # an empty folder is no obstacle
    SyntheticFaces(**SETTINGS, num_workers=2).prepare(tmp_path / "crops")
    assert files(tmp_path / "crops") == files(drawn_crops)
    assert [path.name for path in tmp_path.iterdir()] == ["crops"]


@pytest.mark.usefixtures("in_process")
def test_another_seed_draws_other_people(drawn_crops: Path, tmp_path: Path) -> None:
    SyntheticFaces(**SETTINGS, seed=1).prepare(tmp_path / "crops")
    theirs, ours = files(tmp_path / "crops"), files(drawn_crops)
    originals = [name for name in ours if "/original/" in name]
    assert len(originals) == 12
    assert all(theirs[name] != ours[name] for name in originals)


def test_what_is_drawn_is_found_again(drawn_crops: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(synthetic, "results_of")  # drawing would fail
    before = {path: path.stat().st_mtime_ns for path in drawn_crops.rglob("*")}
    for changes in ({}, {"num_workers": 7}):
        SyntheticFaces(**SETTINGS, **changes).prepare(drawn_crops)
    assert {path: path.stat().st_mtime_ns for path in drawn_crops.rglob("*")} == before


@pytest.mark.parametrize("difficulty", [0, 0.0])
@pytest.mark.usefixtures("in_process")
def test_a_whole_number_is_the_same_setting_as_a_float(difficulty: float, tmp_path: Path) -> None:
    corpus = SyntheticFaces(**SETTINGS, difficulty=0.0)
    corpus.prepare(tmp_path / "crops")
    SyntheticFaces(**SETTINGS, difficulty=difficulty).prepare(tmp_path / "crops")


@pytest.mark.parametrize(
    "changes", [{"difficulty": 0.9}, {"seed": 2}, {"frames_per_video": 3}, {"size_px": 64}]
)
def test_a_folder_drawn_with_other_settings_is_refused(
    changes: dict[str, Any], drawn_crops: Path
) -> None:
    expected = (
        r"crops holds other crops than .* give another data\.crops_dir, or delete that folder"
    )
    with pytest.raises(ConfigError, match=expected):
        SyntheticFaces(**{**SETTINGS, **changes}).prepare(drawn_crops)


def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"precious")
    with pytest.raises(ConfigError, match="holds other crops than data=synthetic"):
        SyntheticFaces(**SETTINGS).prepare(tmp_path)
    with pytest.raises(ConfigError, match="holds other crops than data=synthetic"):
        SyntheticFaces(**SETTINGS).prepare(tmp_path / "holiday.jpg")
    assert files(tmp_path) == {"holiday.jpg": b"precious"}


@pytest.mark.usefixtures("in_process")
def test_a_drawing_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(synthetic, "write_index", disk_full)
    with pytest.raises(OSError, match="No space left"):
        SyntheticFaces(**SETTINGS).prepare(tmp_path / "crops")
    assert list(tmp_path.iterdir()) == []


def test_there_are_no_raw_videos(tmp_path: Path) -> None:
    expected = (
        r"data=synthetic has no raw videos .* Run python src/train\.py data=synthetic directly"
    )
    with pytest.raises(DatasetNotFoundError, match=expected):
        SyntheticFaces().videos(tmp_path)
    assert SyntheticFaces().name == "synthetic"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size_px": 16}, r"size_px: expected a number in \[32, 1024\], got 16"),
        ({"size_px": 2000}, r"size_px: expected a number in \[32, 1024\], got 2000"),
        ({"difficulty": 1.1}, r"difficulty: expected a number in \[0, 1\], got 1\.1"),
        ({"difficulty": -0.1}, r"difficulty: expected a number in \[0, 1\], got -0\.1"),
        ({"frames_per_video": 0}, "frames_per_video: expected a number"),
        ({"train_pairs": 0}, "train_pairs: expected a number"),
        ({"val_pairs": 0}, "val_pairs: expected a number"),
        ({"test_pairs": 0}, "test_pairs: expected a number"),
        ({"seed": -1}, "seed: expected a number"),
        ({"num_workers": 0}, "num_workers: expected a number"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SyntheticFaces(**settings)


@given(size_px=st.integers(32, 1024), difficulty=st.floats(0, 1))
def test_everything_in_range_is_accepted(size_px: int, difficulty: float) -> None:
    assert SyntheticFaces(size_px=size_px, difficulty=difficulty).size_px == size_px


def test_no_publisher_counts_what_is_drawn() -> None:
    assert SyntheticFaces().census([]) == Census(official={}, absent=())
