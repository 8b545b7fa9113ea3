"""Whatever a corpus's list says, it is refused in a line, or all that it names is accounted for."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from resgat.data.corpora.base import Corpus
from resgat.data.corpora.celebdf import CelebDf
from resgat.data.corpora.csv_list import CsvList
from resgat.data.corpora.dfdc import Dfdc
from resgat.data.corpora.dfdc_preview import DfdcPreview
from resgat.data.corpora.dfdc_test import DfdcTest
from resgat.data.corpora.ffpp import FaceForensics
from resgat.errors import ResgatError
from tests.data.claims import cut
from tests.data.damage import DAMAGES, whole_video


def _dfdc(raw: Path) -> tuple[Corpus, Path, str]:
    text = '{"a.mp4": {"label": "REAL"}, "b.mp4": {"label": "FAKE", "original": "a.mp4"}}'
    return Dfdc(), raw / "dfdc_train_part_0" / "metadata.json", text


def _preview(raw: Path) -> tuple[Corpus, Path, str]:
    text = '{"original_videos/7/a.mp4": {"label": "real", "set": "train", "target_id": 7}}'
    return DfdcPreview(), raw / "dataset.json", text


def _dfdc_test(raw: Path) -> tuple[Corpus, Path, str]:
    return DfdcTest(), raw / "labels.csv", "filename,label\na.mp4,0\nb.mp4,1\n"


def _csv(raw: Path) -> tuple[Corpus, Path, str]:
    text = "path,label,identity,split\na.mp4,real,x,train\nb.mp4,fake,y,test\n"
    return CsvList(), raw / "videos.csv", text


def _celebdf(raw: Path) -> tuple[Corpus, Path, str]:
    text = "1 Celeb-real/id0_0001.mp4\n0 Celeb-synthesis/id0_id1_0001.mp4\n"
    return CelebDf(), raw / "List_of_testing_videos.txt", text


def _ffpp_pairs(raw: Path) -> tuple[Corpus, Path, str]:
    lists = raw / "splits"
    lists.mkdir(parents=True, exist_ok=True)
    for split in ("val", "test"):
        (lists / f"{split}.json").write_text("[]")
    return FaceForensics(splits_dir=lists), lists / "train.json", '[["000", "003"], ["1", "2"]]'


def _ffpp_clips(raw: Path) -> tuple[Corpus, Path, str]:
    path = raw / "conversion_dict.json"
    return FaceForensics(conversion_path=path), path, '{"000": "R03Sko97IDE 0", "003": "yt 12"}'


LISTS = (_dfdc, _preview, _dfdc_test, _csv, _celebdf, _ffpp_pairs, _ffpp_clips)
#: Put in the place of any name in a list.
BAD_NAMES = (
    *("../outside.mp4", "/etc/passwd", "a/../../outside.mp4", "..", "", "C:\\\\a.mp4", "\\u0000"),
    *("x" * 5000 + ".mp4", "\\ud800.mp4", "NaN", "\\n.mp4", "٣.mp4"),
)
#: Put in the place of a whole list.
BAD_LISTS = (
    *(b"", b"\0" * 64, b"\xff\xfe", b"null", b"3", b'"text"', b"[]", b"{}", b"[[]]", b"[null]"),
    *(b"NaN", b"1e999", b"[" * 20_000, b'{"a.mp4": ' * 5_000, b"9" * 5_000, b'[{"a": 1}]'),
    *(b'{"a.mp4": 3}', b'{"a.mp4": {"label": 1}}', b'{"a.mp4": null, "a.mp4": 1}', b"a,b\n1\n"),
    *(b'"', b"path,label\n", b"path;label\n'a.mp4';9\n", b"\xef\xbb\xbf", b"label\n0\n"),
)


def damaged_lists(text: str, num_random: int) -> list[bytes]:
    """Damage a list: other names, other texts, and bytes at random."""
    rng = random.Random(5)
    names = ("a.mp4", "Celeb-real", '"000"')
    name = next(name for name in names if name in text)
    found = [text.replace(name, bad, 1).encode("utf-8", "surrogatepass") for bad in BAD_NAMES]
    damages = list(DAMAGES.values())
    found += [damages[idx % len(damages)](text.encode(), rng) for idx in range(num_random)]
    return [*found, *BAD_LISTS]


@pytest.mark.parametrize("num_random", [8, pytest.param(80, marks=pytest.mark.slow)])
@pytest.mark.parametrize("layout", LISTS)
def test_a_damaged_list_is_refused_or_what_it_names_is_accounted_for(
    tmp_path: Path, layout: Callable[[Path], tuple[Corpus, Path, str]], num_random: int
) -> None:
    raw, whole = tmp_path / "raw", whole_video(tmp_path, "mp4v", "mp4")
    corpus, path, text = layout(raw)
    places = ["dfdc_train_part_0", ".", "original_videos/7", "Celeb-real", "Celeb-synthesis"]
    places += ["original_sequences/youtube/c23/videos"]
    for place in places:
        (raw / place).mkdir(parents=True, exist_ok=True)
        for name in ("a.mp4", "b.mp4", "id0_0001.mp4", "id0_id1_0001.mp4", "000.mp4"):
            (raw / place / name).write_bytes(whole)
    (tmp_path / "outside.mp4").write_bytes(whole)
    path.write_text(text)
    assert cut(corpus, raw, tmp_path / "crops", num_workers=0)
    refused = 0
    for number, data in enumerate(damaged_lists(text, num_random)):
        path.write_bytes(data)
        try:
            cut(corpus, raw, tmp_path / f"crops{number}", num_workers=0)
        except ResgatError:
            refused += 1
    assert refused >= len(BAD_LISTS) / 2


@pytest.mark.parametrize("layout", LISTS)
def test_a_pipe_in_the_place_of_a_list_does_not_hang(
    tmp_path: Path, layout: Callable[[Path], tuple[Corpus, Path, str]]
) -> None:
    corpus, path, _ = layout(tmp_path / "raw")
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR | os.O_NONBLOCK)  # that never writes
    before = signal.signal(signal.SIGALRM, _hangs)
    signal.alarm(10)
    try:
        with pytest.raises(ResgatError):
            corpus.videos(tmp_path / "raw")
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        os.close(writer)


def _hangs(number: int, frame: object) -> None:
    pytest.fail(f"signal {number}: it waits for the pipe, in {frame}")
