import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from resgat.data.corpora.dfdc import Dfdc, folder_split
from resgat.data.videos import VideoRecord
from resgat.errors import DatasetNotFoundError, MetadataError

REAL = {"label": "REAL", "split": "train"}
FAKE = {"label": "FAKE", "split": "train", "original": "real.mp4"}


def part(folder: Path, entries: Any) -> Path:
    folder.mkdir(parents=True)
    text = entries if isinstance(entries, str) else json.dumps(entries)
    (folder / "metadata.json").write_text(text)
    return folder


def test_a_fake_names_its_original_and_shares_its_group(tmp_path: Path) -> None:
    folder = part(tmp_path / "dfdc_train_part_3", {"fake.mp4": FAKE, "real.mp4": REAL})
    fake, real = Dfdc().videos(tmp_path)
    assert fake == VideoRecord(
        path=folder / "fake.mp4",
        label=1,
        dataset="dfdc",
        method="dfdc",
        compression="h264",
        name="fake",
        target_id="real",
        source_id=None,
        identity_group="dfdc/real",
        original_video_id="dfdc/original/h264/real",
        split="train",
    )
    assert real.label == 0
    assert real.video_id == fake.original_video_id
    assert real.identity_group == fake.identity_group
    assert real.original_video_id is None


def test_folder_numbers_decide_the_split(dfdc_raw: Path) -> None:
    splits = {record.name: record.split for record in Dfdc().videos(dfdc_raw)}
    assert splits == {
        "fake0": "train",
        "real0": "train",
        "fake37": "val",
        "real37": "val",
        "fake42": "test",
        "real42": "test",
    }


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("dfdc_train_part_0", "train"),
        ("dfdc_train_part_007", "train"),
        ("dfdc_train_part_34", "train"),
        ("dfdc_train_part_35", "val"),
        ("dfdc_train_part_39", "val"),
        ("dfdc_train_part_40", "test"),
        ("dfdc_train_part_49", "test"),
        ("dfdc_train_part_50", None),
        ("dfdc_train_part_", None),
        ("train_sample_videos", None),
    ],
)
def test_split_of_a_folder(name: str, split: str | None) -> None:
    assert folder_split(name) == split


def test_parts_below_train_zero_padded_parts_and_a_sample_are_found(tmp_path: Path) -> None:
    part(tmp_path / "train" / "dfdc_train_part_02", {"b.mp4": REAL})
    part(tmp_path / "dfdc_train_part_1", {"a.mp4": REAL})
    part(tmp_path / "train_sample_videos", {"c.mp4": REAL | {"original": None}})
    records = Dfdc().videos(tmp_path)
    assert [(record.name, record.split) for record in records] == [
        ("a", "train"),
        ("b", "train"),
        ("c", None),
    ]


def test_one_part_may_be_given_itself(dfdc_raw: Path) -> None:
    records = Dfdc().videos(dfdc_raw / "dfdc_train_part_42")
    assert [(record.name, record.split) for record in records] == [
        ("fake42", "test"),
        ("real42", "test"),
    ]


def test_a_listed_video_that_is_missing_stays_in_the_list(dfdc_raw: Path) -> None:
    missing = [record.name for record in Dfdc().videos(dfdc_raw) if not record.path.is_file()]
    assert missing == ["fake0"]


def test_an_original_may_lie_in_another_part(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    part(tmp_path / "dfdc_train_part_0", {"fake.mp4": FAKE})
    folder = part(tmp_path / "dfdc_train_part_1", {"real.mp4": REAL})
    (folder / "real.mp4").touch()
    with caplog.at_level(logging.WARNING):
        fake, real = Dfdc().videos(tmp_path)
    assert fake.original_video_id == real.video_id
    assert fake.identity_group == real.identity_group
    assert caplog.messages == []


def test_the_census_names_absent_videos_originals_and_parts(tmp_path: Path) -> None:
    folder = part(tmp_path / "dfdc_train_part_07", {"fake.mp4": FAKE, "other.mp4": REAL})
    part(tmp_path / "train" / "dfdc_train_part_1", {"absent.mp4": REAL})
    for name in ("fake.mp4", "other.mp4"):
        (folder / name).touch()
    census = Dfdc().census(Dfdc().videos(tmp_path))
    assert census.official == {"original": {"all": 19_154}, "dfdc": {"all": 100_000}}
    assert sum(splits["all"] for splits in census.official.values()) == 119_154
    parts = {f"dfdc_train_part_{number}" for number in range(50)} - {
        "dfdc_train_part_1",
        "dfdc_train_part_7",
    }
    videos = {"dfdc/original/h264/absent", "dfdc/original/h264/real"}
    assert census.absent == tuple(sorted(parts | videos))


def test_the_census_of_kaggles_sample_asks_for_no_part(tmp_path: Path) -> None:
    folder = part(tmp_path / "train_sample_videos", {"real.mp4": REAL})
    (folder / "real.mp4").touch()
    assert Dfdc().census(Dfdc().videos(tmp_path)).absent == ()


def test_a_part_that_is_given_itself_is_not_absent(
    dfdc_raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(dfdc_raw / "dfdc_train_part_42")
    absent = Dfdc().census(Dfdc().videos(Path())).absent
    assert "dfdc_train_part_42" not in absent
    assert len(absent) == 49


def test_videos_that_are_not_listed_are_logged(
    dfdc_raw: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (dfdc_raw / "dfdc_train_part_37" / "stray.mp4").touch()
    with caplog.at_level(logging.WARNING):
        records = Dfdc().videos(dfdc_raw)
    assert len(records) == 6
    assert caplog.messages == [
        "1 videos are in no metadata.json and left out: dfdc_train_part_37/stray.mp4"
    ]


def test_a_real_corpus_makes_no_crops(tmp_path: Path) -> None:
    Dfdc().prepare(tmp_path / "crops")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_parts_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(DatasetNotFoundError, match=r"no DFDC part under .*; set raw_dir to"):
            Dfdc().videos(folder)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ("{", "expected JSON without repeated keys, got .*; unpack the part's zip again"),
        ("[" * 100_000, "expected JSON"),
        ('{"a.mp4": {}, "a.mp4": {}}', "got a repeated key 'a.mp4'"),
        ([], "expected an object of video names, got list"),
        ({"a.mp4": "FAKE"}, "entry 'a.mp4': expected an object with a label, got 'FAKE'"),
        ({"a.mp4": {}}, "entry 'a.mp4': label: expected FAKE or REAL, got None"),
        ({"a.mp4": {"label": "fake"}}, "label: expected FAKE or REAL, got 'fake'"),
        ({"a.mp4": {"label": ["FAKE"]}}, "label: expected FAKE or REAL, got"),
        ({"a.mp4": {"label": "FAKE"}}, "original: expected a plain file name .*, got None"),
        ({"a.mp4": {"label": "FAKE", "original": 3}}, "original: expected a plain .*, got 3"),
        ({"a.mp4": {"label": "FAKE", "original": "../b.mp4"}}, "original: expected a plain"),
        ({"a.mp4": {"label": "REAL", "original": "b.mp4"}}, "expected none for a REAL video"),
    ],
)
def test_malformed_metadata_names_file_and_entry(
    entries: Any, message: str, tmp_path: Path
) -> None:
    part(tmp_path / "dfdc_train_part_0", entries)
    expected = r"dfdc_train_part_0.metadata\.json: .*" + message
    with pytest.raises(MetadataError, match=expected):
        Dfdc().videos(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "/etc/a.mp4",
        "../a.mp4",
        "b/a.mp4",
        "b\\a.mp4",
        "C:a.mp4",
        "a..mp4",
        ".a.mp4",
        "a.avi",
        ".mp4",
        "",
        "a\x00.mp4",
        "a\n.mp4",
        "a.mp4\n",
        "x" * 300 + ".mp4",
    ],
)
def test_a_name_that_could_leave_its_folder_is_refused(name: str, tmp_path: Path) -> None:
    part(tmp_path / "dfdc_train_part_0", {name: REAL})
    expected = rf"entry {re.escape(repr(name))}: name: expected a plain file name such as"
    with pytest.raises(MetadataError, match=expected):
        Dfdc().videos(tmp_path)


def test_a_part_without_metadata_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dfdc_train_part_8").mkdir()
    with pytest.raises(MetadataError, match=r"part_8.metadata\.json: no such file, expected"):
        Dfdc().videos(tmp_path)


def test_a_video_that_two_parts_list_is_refused(tmp_path: Path) -> None:
    part(tmp_path / "dfdc_train_part_0", {"a.mp4": REAL})
    part(tmp_path / "train" / "dfdc_train_part_00", {"a.mp4": REAL})
    with pytest.raises(MetadataError, match=r"a\.mp4 is listed in .* and in .*; move one of"):
        Dfdc().videos(tmp_path)


@pytest.mark.real
def test_the_real_folders_are_an_incomplete_download(real_data: Path) -> None:
    records = Dfdc().videos(real_data / "dfdc")
    assert [record.name for record in records if record.path.is_file()] == [
        "brtujopkby",
        "widuwuoiur",
    ]
    assert len(records) == 6
    assert {record.split for record in records} == {"train"}
