import logging
import re
from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.corpora.base import Census
from resgat.data.corpora.dfd import ACTOR_SPLITS, Dfd, split_of
from resgat.data.videos import VideoRecord
from resgat.errors import ConfigError, DatasetNotFoundError

REALS, FAKES = "original_sequences/actors", "manipulated_sequences/DeepFakeDetection"
ACTORS = [f"{actor:02d}" for actor in range(1, 29)]
FAKE = "23_24__walking_outside_cafe_disgusted__YVGY8LOK"


def add(raw: Path, sequence: str, *names: str, compression: str = "c23") -> Path:
    folder = raw / sequence / compression / "videos"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / f"{name}.mp4").touch()
    return folder


@pytest.fixture
def complete(tmp_path: Path) -> Path:
    """As many videos as are published: 28 actors, 13 scenes (one actor 12), all ordered pairs."""
    scenes = [f"scene_{number}" for number in range(13)]
    reals = [f"{actor}__{scene}" for scene in scenes for actor in ACTORS][:363]
    swaps = [(a, b, scene) for scene in scenes for a, b in permutations(ACTORS, 2)]
    add(tmp_path, REALS, *reals)
    add(tmp_path, FAKES, *(f"{a}_{b}__{scene}__ABCDEF01" for a, b, scene in swaps[:3068]))
    return tmp_path


def test_a_fake_names_target_source_and_the_targets_scene(tmp_path: Path) -> None:
    folder = add(tmp_path, FAKES, FAKE)
    mask = tmp_path / FAKES / "masks/videos" / f"{FAKE}.mp4"
    mask.parent.mkdir(parents=True)
    mask.touch()
    assert Dfd().videos(tmp_path) == [
        VideoRecord(
            path=folder / f"{FAKE}.mp4",
            label=1,
            dataset="dfd",
            method="DeepFakeDetection",
            compression="c23",
            name=FAKE,
            target_id="23",
            source_id="24",
            identity_group="dfd/23",
            original_video_id="dfd/original/c23/23__walking_outside_cafe_disgusted",
            split="test",
            mask_path=mask,
        )
    ]


def test_an_original_is_its_actors(tmp_path: Path) -> None:
    folder = add(tmp_path, REALS, "01__exit_phone_room")
    assert Dfd().videos(tmp_path) == [
        VideoRecord(
            path=folder / "01__exit_phone_room.mp4",
            label=0,
            dataset="dfd",
            method="original",
            compression="c23",
            name="01__exit_phone_room",
            target_id="01",
            source_id=None,
            identity_group="dfd/01",
            original_video_id=None,
            split="train",
        )
    ]


def test_stills_and_the_other_name_of_raw_are_read(tmp_path: Path) -> None:
    folder = tmp_path / FAKES / "c0/images" / FAKE
    folder.mkdir(parents=True)
    (folder / "0000.png").touch()
    (record,) = Dfd(compression="raw").videos(tmp_path)
    assert (record.path, record.frames) == (folder, (folder / "0000.png",))
    assert record.video_id == f"dfd/DeepFakeDetection/raw/{FAKE}"


def test_a_complete_copy_keeps_46_percent_of_its_fakes(
    complete: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        records = Dfd().videos(complete)
    counts = Counter((record.label, record.split) for record in records)
    # Each of four whole scenes keeps 18*17 + 4*3 + 6*5 of its 756 swaps. Of the fifth there are 44:
    # actor 01 with 27 others, 17 of them of train, and actor 02 with the first 17, all of train.
    assert sum(count for (label, _), count in counts.items() if label == 0) == 363
    assert sum(count for (label, _), count in counts.items() if label == 1) == 3068
    kept = {split: counts[1, split] for split in ("train", "val", "test")}
    assert kept == {"train": 4 * 306 + 34, "val": 4 * 12, "test": 4 * 30}
    assert counts[1, None] == 3068 - 1426
    assert caplog.messages == ["1642 of 3068 DFD fakes join actors of two splits and are in none"]


def test_no_actor_and_no_group_is_in_two_splits(complete: Path) -> None:
    records = [record for record in Dfd().videos(complete) if record.split]
    splits: dict[str, set[str]] = {}
    for record in records:
        for key in (record.target_id, record.source_id, record.identity_group):
            if key is not None and record.split is not None:
                splits.setdefault(key, set()).add(record.split)
    assert all(len(found) == 1 for found in splits.values())
    groups = {record.identity_group for record in records}
    assert groups == {f"dfd/{actor}" for actor in ACTORS}


def test_the_splits_have_18_4_and_6_actors() -> None:
    assert list(ACTOR_SPLITS) == ACTORS
    assert Counter(ACTOR_SPLITS.values()) == {"train": 18, "val": 4, "test": 6}


@given(st.sampled_from([*ACTORS, "00", "29"]), st.sampled_from([*ACTORS, "00", "29"]))
def test_who_is_target_does_not_decide_the_split(first: str, second: str) -> None:
    assert split_of(first, second) == split_of(second, first)
    assert split_of(first, first) == ACTOR_SPLITS.get(first)


def test_an_actor_who_is_not_of_the_28_has_no_split(tmp_path: Path) -> None:
    add(tmp_path, REALS, "29__scene")
    add(tmp_path, FAKES, "29_30__scene__ABCDEF01")
    assert [record.split for record in Dfd().videos(tmp_path)] == [None, None]


def test_the_census_has_the_published_numbers_and_the_known_absent(tmp_path: Path) -> None:
    add(tmp_path, REALS, "01__kitchen_pan")
    fakes = ["01_02__kitchen_pan", "03_02__kitchen_pan", "03_04__kitchen_pan"]
    add(tmp_path, FAKES, *(f"{name}__ABCDEF01" for name in fakes))
    corpus = Dfd()
    assert corpus.census(corpus.videos(tmp_path)) == Census(
        {"original": {"all": 363}, "DeepFakeDetection": {"all": 3068}},
        ("dfd/original/c23/03__kitchen_pan",),
    )


def test_strange_names_are_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    add(tmp_path, REALS, "01__kitchen_pan", "1__kitchen_pan", "01_kitchen_pan")
    strange = ["01_02__kitchen__pan__ABCDEF01", "01_02__kitchen_pan", "01__kitchen_pan"]
    folder = add(tmp_path, FAKES, "01_02__kitchen_pan__ABCDEF01", *strange)
    assert len(Dfd().videos(tmp_path)) == 2
    assert (
        f"{folder}: 3 names are not of this corpus, left out: "
        + ", ".join(f"{name}.mp4" for name in sorted(strange))
        in caplog.messages
    )


def test_absent_originals_are_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    add(tmp_path, FAKES, FAKE)
    Dfd().videos(tmp_path)
    assert caplog.messages[-1].startswith("1 fakes without their original on disk")


def test_a_missing_folder_names_what_was_looked_for(tmp_path: Path) -> None:
    expected = re.escape(f"no dfd video under {tmp_path}: looked in {REALS}/c23/videos, {FAKES}/")
    with pytest.raises(DatasetNotFoundError, match=expected):
        Dfd().videos(tmp_path)


def test_an_unknown_compression_is_refused() -> None:
    with pytest.raises(ConfigError, match="compression: expected one of raw, c0, c23, c40; got"):
        Dfd(compression="c24")


def test_a_real_corpus_makes_no_crops(tmp_path: Path) -> None:
    Dfd().prepare(tmp_path / "crops")
    assert list(tmp_path.iterdir()) == []
