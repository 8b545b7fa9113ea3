"""Whatever lies in a corpus's folder, preprocessing ends, and says what became of every video."""

from __future__ import annotations

import os
import random
from pathlib import Path

import cv2
import numpy as np
import pytest

from resgat.data.corpora.dfdc import Dfdc
from resgat.data.corpora.ffpp import FaceForensics
from resgat.data.corpora.folder import Folder
from tests.data.claims import FRAMES_PER_VIDEO, cut
from tests.data.damage import (
    DAMAGES,
    NUM_FRAMES,
    damaged_videos,
    whole_video,
    with_durations,
    with_stated_count,
)
from tests.data.drawn_corpus import write_frames


@pytest.mark.parametrize(
    ("num_each", "at_least"), [(1, 100), pytest.param(50, 2000, marks=pytest.mark.slow)]
)
def test_damaged_videos_are_cut_or_named(tmp_path: Path, num_each: int, at_least: int) -> None:
    raw = tmp_path / "raw"
    videos = dict(damaged_videos(tmp_path / "whole", num_each))
    assert len(videos) >= at_least
    for number, (name, data) in enumerate(videos.items()):
        path = raw / ("real", "fake")[number % 2] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    found = cut(Folder(), raw, tmp_path / "crops")
    assert len(videos) / 5 < len(found) < len(videos)


@pytest.mark.parametrize("num_each", [1, pytest.param(12, marks=pytest.mark.slow)])
def test_damage_in_an_original_a_fake_or_a_mask_stays_in_its_family(
    tmp_path: Path, num_each: int
) -> None:
    raw, whole = tmp_path / "raw", whole_video(tmp_path, "mp4v", "mp4")
    fakes = raw / "manipulated_sequences/Deepfakes"
    originals = raw / "original_sequences/youtube/c23/videos"
    folders = (originals, fakes / "c23/videos", fakes / "masks/videos")
    rng = random.Random(3)
    number = 0
    for damage in [*DAMAGES.values()] * num_each:
        for place in range(3):
            names = (f"{number:03d}.mp4", *[f"{number:03d}_999.mp4"] * 2)
            for position, (folder, name) in enumerate(zip(folders, names, strict=True)):
                folder.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(damage(whole, rng) if position == place else whole)
            number += 1
    found = cut(FaceForensics(methods=["Deepfakes"]), raw, tmp_path / "crops")
    harmed = {place: range(place, number, 3) for place in range(3)}
    fine_fakes = {f"ffpp/Deepfakes/c23/{idx:03d}_999" for idx in harmed[0]}
    fine_originals = {f"ffpp/original/c23/{idx:03d}" for idx in (*harmed[1], *harmed[2])}
    assert fine_fakes | fine_originals <= found.keys()


ODD_NAMES = (
    *("a b", "'q'", '"q"', "new\nline", "tab\t", "-rf", "--", "ünï", "脸", "😀👩\u200d👧"),
    *("\u202egpj", "x" * 196, "%04d", "frame_%d", "concat:a|b", "http:x", "$(id);`id`", "con"),
    *("a\\b", "a..b", "x.", "*?[a]", "#&,;", " lead", "{a}", "~", "0" * 60, "e\u0301", "a\u2215b"),
)


def test_any_name_that_a_file_can_have_is_cut(tmp_path: Path) -> None:
    raw, whole = tmp_path / "raw", whole_video(tmp_path, "mp4v", "mp4")
    (raw / "real").mkdir(parents=True)
    for name in ODD_NAMES:
        (raw / "real" / f"{name}.mp4").write_bytes(whole)
    (raw / "real" / os.fsdecode(b"undecodable\xff.mp4")).write_bytes(whole)
    found = cut(Folder(), raw, tmp_path / "crops")
    assert len(found) == len(ODD_NAMES)
    assert set(map(len, found.values())) == {FRAMES_PER_VIDEO}


def make_strange(folder: Path, whole: bytes) -> None:
    """Fill a folder with what looks like videos by its name."""
    outside = folder.parent.parent / "outside.mp4"
    outside.write_bytes(whole)
    texts = {"text": "no video", "html": "<html></html>", "none": "", "newline": "\n", "nul": "\0"}
    texts |= {"playlist": "#EXTM3U\n#EXTINF:2.0,\nwhole.mp4\n#EXT-X-ENDLIST\n"}
    texts |= {
        "concat": "ffconcat version 1.0\nfile whole.mp4\n",
        "sdp": "v=0\nm=video 9 RTP/AVP 96",
    }
    for name, text in texts.items():
        (folder / f"{name}.mp4").write_text(text)
    os.mkfifo(folder / "fifo.mp4")
    (folder / "folder.mp4").mkdir()
    (folder / "nested.mp4" / "deep.mp4").mkdir(parents=True)
    (folder / "nested.mp4" / "deep.mp4" / "inside.mp4").write_bytes(whole)
    links = {"outside": outside, "loop": folder / "loop.mp4", "nothing": folder / "absent"}
    links |= {"up": folder.parent, "zero": Path("/dev/zero"), "null": Path("/dev/null")}
    for name, target in links.items():
        (folder / f"{name}.mp4").symlink_to(target)
    pixels = np.zeros((8, 8, 3), np.uint8)
    for suffix in (".png", ".jpg"):
        (folder / f"image{suffix}.mp4").write_bytes(cv2.imencode(suffix, pixels)[1].tobytes())
    for height, width in ((2, 2), (2, 4000), (4000, 2), (16, 4096)):
        write_frames(folder / f"{height}x{width}.mp4", [np.full((height, width, 3), 40, np.uint8)])
    (folder / "whole.mp4").write_bytes(whole)


def test_what_only_looks_like_a_video_is_named_and_nothing_hangs(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    folder = raw / "fake"
    folder.mkdir(parents=True)
    make_strange(folder, whole_video(tmp_path, "mp4v", "mp4"))
    found = cut(Folder(), raw, tmp_path / "crops")
    cut_names = {video_id.split("/")[-1].partition(".mp4")[0] for video_id in found}
    assert {"whole", "outside"} <= cut_names
    # Neither text nor an image is a video, and a playlist does not stand for what it names.
    assert not {"text", "html", "none", "playlist", "concat", "sdp", "fifo"} & cut_names


def test_a_listed_path_that_is_no_file_is_a_failure(tmp_path: Path) -> None:
    part = tmp_path / "raw" / "dfdc_train_part_0"
    part.mkdir(parents=True)
    make_strange(part, whole_video(tmp_path, "mp4v", "mp4"))
    names = sorted({path.name for path in part.iterdir()} | {"absent.mp4"})
    entries = ", ".join(f'"{name}": {{"label": "REAL"}}' for name in names)
    (part / "metadata.json").write_text(f"{{{entries}}}")
    found = cut(Dfdc(), tmp_path / "raw", tmp_path / "crops")
    assert {"dfdc/original/h264/whole", "dfdc/original/h264/outside"} <= found.keys()
    assert len(names) - len(found) >= 15


def test_a_header_that_states_billions_of_frames_is_not_believed(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    (raw / "real").mkdir(parents=True)
    for codec, ending in (("MJPG", "avi"), ("mp4v", "mp4")):
        whole = whole_video(tmp_path, codec, ending)
        (raw / "real" / f"many.{ending}").write_bytes(with_stated_count(whole, 2**31 - 1))
    found = cut(Folder(), raw, tmp_path / "crops")
    assert [max(frames) for frames in found.values()] == [NUM_FRAMES - 1] * 2


def test_frames_of_a_variable_rate_are_told_by_their_number(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    (raw / "real").mkdir(parents=True)
    whole = whole_video(tmp_path, "mp4v", "mp4")
    rates: dict[str, list[tuple[int, int]]] = {
        "slower": [(10, 100), (10, 3000)],
        "ever": [(1, 1000 + 37 * idx) for idx in range(NUM_FRAMES)],
        "pause": [(5, 1024), (1, 90000), (14, 1024)],
    }
    for name, runs in rates.items():
        (raw / "real" / f"{name}.mp4").write_bytes(with_durations(whole, runs))
    found = cut(Folder(), raw, tmp_path / "crops")
    assert len(found) == len(rates)
    # All frames can be had, the last one too, though their times are not those of a steady rate.
    assert {max(frames) for frames in found.values()} == {NUM_FRAMES - 1}
