import logging
import re
from pathlib import Path

import pytest

from resgat.data.corpora.dfdc import Dfdc
from resgat.data.corpora.dfdc_test import DfdcTest
from resgat.data.videos import VideoRecord
from resgat.errors import DatasetNotFoundError, MetadataError

LABELS = "filename,label\nbbb.mp4,0\naaa.mp4,1\n"


def draw(folder: Path, videos: Path, labels: str = LABELS) -> Path:
    for path in (folder, videos):
        path.mkdir(parents=True, exist_ok=True)
    (folder / "labels.csv").write_bytes(labels.encode())
    for name in ("aaa.mp4", "bbb.mp4"):
        (videos / name).touch()
    return videos


def test_one_is_fake_and_all_is_test(tmp_path: Path) -> None:
    draw(tmp_path, tmp_path)
    fake, real = DfdcTest().videos(tmp_path)
    assert fake == VideoRecord(
        path=tmp_path / "aaa.mp4",
        label=1,
        dataset="dfdc_test",
        method="dfdc",
        compression="h264",
        name="aaa",
        target_id=None,
        source_id=None,
        identity_group="dfdc_test/aaa",
        original_video_id=None,
        split="test",
    )
    assert (real.name, real.label, real.method, real.split) == ("bbb", 0, "original", "test")


@pytest.mark.parametrize(
    ("place", "videos"),
    [(".", "."), (".", "videos"), (".", "test"), ("test", "test"), ("test", "test/videos")],
)
def test_list_and_videos_are_found_in_the_layouts_of_others(
    place: str, videos: str, tmp_path: Path
) -> None:
    folder = draw(tmp_path / place, tmp_path / videos)
    records = DfdcTest().videos(tmp_path)
    assert [record.path for record in records] == [folder / "aaa.mp4", folder / "bbb.mp4"]


@pytest.mark.parametrize(
    "labels",
    [
        "\ufefffilename,label\r\naaa.mp4,1\r\nbbb.mp4,0",
        "label,filename,note\n1,aaa.mp4,\n\n0,bbb.mp4,x\n",
    ],
)
def test_other_forms_of_the_list_read_the_same(labels: str, tmp_path: Path) -> None:
    draw(tmp_path, tmp_path, labels)
    assert [(r.name, r.label) for r in DfdcTest().videos(tmp_path)] == [("aaa", 1), ("bbb", 0)]


def test_ids_are_never_those_of_the_training_set(tmp_path: Path) -> None:
    folder = draw(tmp_path / "test", tmp_path / "dfdc_train_part_0")
    (folder / "metadata.json").write_text('{"aaa.mp4": {"label": "REAL"}}')
    draw(tmp_path / "test", tmp_path / "test")
    (train,) = Dfdc().videos(tmp_path)
    ids = {record.video_id for record in DfdcTest().videos(tmp_path)}
    assert train.video_id not in ids


def test_missing_videos_stay_and_are_absent_and_unlisted_ones_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    draw(tmp_path, tmp_path, LABELS + "ccc.mp4,1\n")
    (tmp_path / "stray.mp4").touch()
    with caplog.at_level(logging.WARNING):
        records = DfdcTest().videos(tmp_path)
    assert [record.is_present for record in records] == [True, True, False]
    assert caplog.messages == ["1 videos are in no labels.csv and left out: stray.mp4"]
    census = DfdcTest().census(records)
    assert census.official == {"dfdc": {"test": 2}, "original": {"test": 1}}
    assert census.absent == ("dfdc_test/dfdc/h264/ccc",)


def test_a_real_corpus_makes_no_crops(tmp_path: Path) -> None:
    DfdcTest().prepare(tmp_path / "crops")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_list_or_without_videos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFoundError, match=r"no DFDC test set under .*; set raw_dir to"):
        DfdcTest().videos(tmp_path)
    (tmp_path / "labels.csv").write_text(LABELS)
    with pytest.raises(DatasetNotFoundError, match=r"none of the 2 videos that .*; unpack the v"):
        DfdcTest().videos(tmp_path)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("aaa.mp4,1\n", "line 1: expected columns filename, label, got 'aaa.mp4, 1'"),
        (LABELS + "aaa.mp4,1\n", "line 4: aaa.mp4 is listed twice, expected once"),
        (LABELS + "ccc.mp4,2\n", "line 4: label: expected 0 (real) or 1 (fake), got '2'"),
        (LABELS + "ccc.mp4,FAKE\n", "line 4: label: expected 0 (real) or 1 (fake), got 'FAKE'"),
        (LABELS + "ccc.mp4,\n", "line 4: label: expected 0 (real) or 1 (fake), got ''"),
        (LABELS + "../c.mp4,1\n", "line 4: filename: expected a plain file name such as"),
        (LABELS + "/etc/c.mp4,1\n", "line 4: filename: expected a plain file name such as"),
        (LABELS + "c.avi,1\n", "line 4: filename: expected a plain file name such as"),
        (LABELS + "ccc.mp4\n", "line 4: expected 2 cells, got 1"),
    ],
)
def test_malformed_lists_name_file_and_line(labels: str, message: str, tmp_path: Path) -> None:
    draw(tmp_path, tmp_path, labels)
    expected = rf"labels\.csv: {re.escape(message)}.*; unpack the test set's archive again"
    with pytest.raises(MetadataError, match=expected):
        DfdcTest().videos(tmp_path)
