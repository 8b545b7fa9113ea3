import logging
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.layout.sequences import Clip, Sequences

NAME = re.compile(r"([0-9]+)_([0-9]+)")
REALS, FAKES = "original_sequences/youtube", "manipulated_sequences/Deepfakes"


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def names(sequences: Sequences, sequence: str = FAKES) -> list[str]:
    return [clip.name for clip in sequences.clips(sequence, NAME)]


def test_a_video_is_listed_with_the_parts_of_its_name(tmp_path: Path) -> None:
    path = tmp_path / FAKES / "c23/videos/071_054.mp4"
    touch(path, path.with_name("notes.txt"))
    clips = Sequences(tmp_path, "c23", [FAKES]).clips(FAKES, NAME)
    assert clips == [Clip(path, "071_054", ("071", "054"), ())]


def test_an_absent_sequence_has_no_clips(tmp_path: Path) -> None:
    assert names(Sequences(tmp_path, "c23", [FAKES])) == []


@pytest.mark.parametrize(("kind", "digits"), [("images", 4), ("frames", 3), ("images", 1)])
def test_stills_are_in_order_of_their_numbers(kind: str, digits: int, tmp_path: Path) -> None:
    folder = tmp_path / FAKES / "c23" / kind / "071_054"
    stills = [folder / f"{number:0{digits}d}.png" for number in (0, 2, 10, 1000)]
    touch(*reversed(stills), folder / "._0002.png", folder / "0002.txt", folder / "x.png")
    (clip,) = Sequences(tmp_path, "c23", [FAKES]).clips(FAKES, NAME)
    assert clip == Clip(folder, "071_054", ("071", "054"), tuple(stills))


def test_videos_are_preferred_to_stills_and_images_to_frames(tmp_path: Path) -> None:
    level = tmp_path / FAKES / "c23"
    touch(level / "frames/3_4/000.png", level / "images/2_3/0000.png")
    assert names(Sequences(tmp_path, "c23", [FAKES])) == ["2_3"]
    touch(level / "videos/1_2.mp4")
    assert names(Sequences(tmp_path, "c23", [FAKES])) == ["1_2"]


def test_an_empty_folder_of_stills_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    level = tmp_path / FAKES / "c23/images"
    touch(level / "1_2/0000.png", level / "stray.png")
    (level / "3_4").mkdir()
    (level / "scene").mkdir()
    assert names(Sequences(tmp_path, "c23", [FAKES])) == ["1_2"]
    assert caplog.messages == [
        f"{level}: 1 names are not of this corpus, left out: scene",
        f"{level}: 1 folders hold no numbered PNG, left out: 3_4",
    ]


@pytest.mark.parametrize(("asked", "there"), [("raw", "c0"), ("c0", "raw")])
def test_the_uncompressed_level_is_found_under_either_name(
    asked: str, there: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    touch(tmp_path / FAKES / there / "videos/1_2.mp4", tmp_path / REALS / asked / "videos/1.mp4")
    sequences = Sequences(tmp_path, asked, [REALS, FAKES])
    assert names(sequences) == ["1_2"]
    with caplog.at_level(logging.INFO):
        sequences.warn_incomplete()
    assert caplog.messages == [f"asked for {asked}; read the same level from {FAKES}/{there}"]
    touch(tmp_path / FAKES / asked / "videos/3_4.mp4")
    assert names(Sequences(tmp_path, asked, [FAKES])) == ["3_4"]


@pytest.mark.parametrize("asked", ["c23", "c40"])
def test_a_compressed_level_has_one_name(asked: str, tmp_path: Path) -> None:
    touch(tmp_path / FAKES / "c0/videos/1_2.mp4", tmp_path / FAKES / "raw/videos/1_2.mp4")
    assert names(Sequences(tmp_path, asked, [FAKES])) == []


def test_absent_sequences_are_named_in_one_message(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Sequences(tmp_path, "c40", [REALS, FAKES]).warn_incomplete()
    expected = f"{tmp_path}: videos left out for want of {REALS}/c40/videos, {FAKES}/c40/videos"
    assert caplog.messages == [expected]


def test_nothing_is_logged_of_a_whole_copy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    touch(tmp_path / FAKES / "c23/videos/1_2.mp4")
    sequences = Sequences(tmp_path, "c23", [FAKES])
    with caplog.at_level(logging.INFO):
        sequences.clips(FAKES, NAME)
        sequences.warn_incomplete()
    assert caplog.messages == []


def test_a_mask_is_found_in_both_known_places(tmp_path: Path) -> None:
    apart = tmp_path / "masks" / FAKES / "masks/videos/1_2.mp4"
    beside = tmp_path / FAKES / "masks/videos/1_2.mp4"
    sequences = Sequences(tmp_path, "c23", [FAKES])
    assert sequences.mask(FAKES, "1_2") is None
    touch(apart)
    assert sequences.mask(FAKES, "1_2") == apart
    touch(beside)
    assert sequences.mask(FAKES, "1_2") == beside
    assert sequences.mask(FAKES, "2_1") is None


def test_what_was_looked_for_is_named(tmp_path: Path) -> None:
    touch(tmp_path / "original_sequences/actors/c40/videos/01__scene.mp4")  # not asked for
    message = str(Sequences(tmp_path, "c23", [REALS, FAKES]).not_found("ffpp"))
    assert message == (
        f"no ffpp video under {tmp_path}: looked in {REALS}/c23/videos, "
        f"{FAKES}/c23/videos (or images or frames beside videos); "
        "set raw_dir to the folder that holds original_sequences/"
    )


def test_other_levels_on_disk_are_offered(tmp_path: Path) -> None:
    touch(tmp_path / FAKES / "c40/frames/1_2/000.png", tmp_path / REALS / "raw/videos/1.mp4")
    message = str(Sequences(tmp_path, "c23", [REALS, FAKES]).not_found("ffpp"))
    assert message.endswith("; set compression to what is there: raw, c40")


@given(st.sets(st.integers(0, 10**8), min_size=1, max_size=20))
def test_the_order_of_stills_is_that_of_time(
    tmp_path_factory: pytest.TempPathFactory, numbers: set[int]
) -> None:
    root = tmp_path_factory.mktemp("stills")
    folder = root / FAKES / "c23/frames/1_2"
    touch(*(folder / f"{number:03d}.png" for number in numbers))
    (clip,) = Sequences(root, "c23", [FAKES]).clips(FAKES, NAME)
    assert [int(path.stem) for path in clip.frames] == sorted(numbers)
