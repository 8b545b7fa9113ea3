import json
import logging
from pathlib import Path
from typing import Any

import pytest

from resgat.data.corpora.dfdc_preview import DfdcPreview
from resgat.data.layout.hash_split import hold_out
from resgat.data.naming import safe_name
from resgat.data.videos import VideoRecord
from resgat.errors import DatasetNotFoundError, MetadataError

REAL = {"label": "real", "set": "train", "augmentations": []}
FAKE = {"label": "fake", "set": "train"}
A_FAKE, A_REAL = "method_A/101/clip_0/x.mp4", "original_videos/101/x.mp4"


def draw(folder: Path, entries: Any, *, touch: bool = True) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    text = entries if isinstance(entries, str) else json.dumps(entries)
    (folder / "dataset.json").write_text(text)
    for key in entries if touch else ():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).touch()
    return folder


def group(actor: int) -> str:
    return f"dfdc_preview/{actor}"


def actors(split: str, count: int) -> list[int]:
    return [actor for actor in range(100, 200) if hold_out(group(actor)) == split][:count]


def test_a_fake_names_method_actors_and_group(tmp_path: Path) -> None:
    fake = FAKE | {"set": "test", "target_id": 7, "swapped_id": "8"}
    draw(tmp_path, {A_FAKE: fake, A_REAL: REAL | {"set": "test"}})
    found, real = DfdcPreview().videos(tmp_path)
    assert found == VideoRecord(
        path=tmp_path / A_FAKE,
        label=1,
        dataset="dfdc_preview",
        method="method_A",
        compression="h264",
        name=safe_name("101/clip_0/x"),
        target_id="7",
        source_id="8",
        identity_group="dfdc_preview/7",
        original_video_id=None,
        split="test",
    )
    assert (real.label, real.method, real.target_id, real.source_id) == (0, "original", "101", None)
    assert real.video_id == f"dfdc_preview/original/h264/{safe_name('101/x')}"


def test_the_archives_own_folder_is_found(tmp_path: Path) -> None:
    folder = draw(tmp_path / "dfdc_preview_set", {A_REAL: REAL})
    (record,) = DfdcPreview().videos(tmp_path)
    assert record.path == folder / A_REAL


def test_no_actor_of_val_is_seen_in_train(tmp_path: Path) -> None:
    people = [*actors("val", 4), *actors("train", 12)]
    entries: dict[str, Any] = {f"original_videos/{one}/x.mp4": REAL for one in people}
    for target in people:
        for source in people:
            key = f"method_B/{target}/clip/{source}.mp4"
            entries[key] = FAKE | {"target_id": target, "swapped_id": source}
    draw(tmp_path, entries, touch=False)
    records = DfdcPreview().videos(tmp_path)
    seen: dict[str | None, set[str | None]] = {}
    for record in records:
        seen.setdefault(record.split, set()).update({record.target_id, record.source_id})
    assert seen["val"] & seen["train"] == {None}
    assert len(seen["val"]) == 5
    splits = [record.split for record in records if record.label]
    assert (splits.count("val"), splits.count("train")) == (16, 144)
    assert splits.count(None) == 256 - 160


def test_the_test_set_is_official_whoever_is_seen(tmp_path: Path) -> None:
    held = actors("val", 1)[0]
    entries = {
        f"original_videos/{held}/train.mp4": REAL,
        f"original_videos/{held}/test.mp4": REAL | {"set": "test"},
    }
    draw(tmp_path, entries)
    test, val = DfdcPreview().videos(tmp_path)
    assert (test.split, val.split) == ("test", "val")
    assert test.identity_group == val.identity_group


def test_names_of_different_clips_stay_apart(tmp_path: Path) -> None:
    keys = [A_FAKE, "method_A/101/clip_1/x.mp4", "method_A/101_clip/0/x.mp4", A_REAL]
    draw(tmp_path, {key: FAKE if "method" in key else REAL for key in keys})
    assert len({record.video_id for record in DfdcPreview().videos(tmp_path)}) == 4


def test_missing_videos_stay_and_are_absent_and_unlisted_ones_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    draw(tmp_path, {A_FAKE: FAKE, A_REAL: REAL | {"set": "test"}})
    (tmp_path / A_REAL).unlink()
    (tmp_path / "method_A/101/stray.mp4").touch()
    with caplog.at_level(logging.WARNING):
        records = DfdcPreview().videos(tmp_path)
    assert caplog.messages == [
        "1 videos are in no dataset.json and left out: method_A/101/stray.mp4"
    ]
    census = DfdcPreview().census(records)
    assert census.official == {
        "method_A": {hold_out(group(101)): 1},
        "original": {"test": 1},
    }
    assert census.absent == (records[1].video_id,)


def test_a_real_corpus_makes_no_crops(tmp_path: Path) -> None:
    DfdcPreview().prepare(tmp_path / "crops")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_the_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFoundError, match=r"no DFDC Preview under .*; set raw_dir to"):
        DfdcPreview().videos(tmp_path)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ("[]", "expected an object of video names, got list"),
        ('{"a": 1, "a": 2}', "got a repeated key 'a'"),
        ({"x.mp4": REAL}, "entry 'x.mp4': expected a path such as"),
        ({"original_videos/x.mp4": REAL}, "expected a path such as"),
        ({"original_videos/1/x.avi": REAL}, "expected a path such as"),
        ({"original_videos/../../x.mp4": REAL}, "expected a path such as"),
        ({"/original_videos/1/x.mp4": REAL}, "expected a path such as"),
        ({"original_videos\\1\\x.mp4": REAL}, "expected a path such as"),
        ({"original_videos//1/x.mp4": REAL}, "expected a path such as"),
        ({"original_videos/1/x\n.mp4": REAL}, "expected a path such as"),
        ({"original_videos/1/\ud800.mp4": REAL}, "expected a path such as"),
        ({"method_C/1/x.mp4": FAKE}, "expected it in one of original_videos, method_A, method_B"),
        ({A_FAKE: "fake"}, "expected an object with label and set, got 'fake'"),
        ({A_FAKE: {"set": "train"}}, "label: expected 'fake', as it lies in method_A, got None"),
        ({A_FAKE: REAL}, "label: expected 'fake', as it lies in method_A, got 'real'"),
        ({A_REAL: FAKE}, "label: expected 'real', as it lies in original_videos, got 'fake'"),
        ({A_REAL: REAL | {"label": ["real"]}}, "label: expected 'real', .*, got .'real'."),
        ({A_REAL: REAL | {"set": "val"}}, "set: expected train or test, got 'val'"),
        ({A_REAL: {"label": "real"}}, "set: expected train or test, got None"),
        ({A_FAKE: FAKE | {"target_id": [1]}}, "target_id: expected an actor's id, got .1."),
        ({A_FAKE: FAKE | {"swapped_id": "a/b"}}, "swapped_id: expected an actor's id, got 'a/b'"),
        ({A_FAKE: FAKE | {"swapped_id": True}}, "swapped_id: expected an actor's id, got True"),
    ],
)
def test_malformed_lists_name_file_and_entry(entries: Any, message: str, tmp_path: Path) -> None:
    draw(tmp_path, entries, touch=False)
    with pytest.raises(MetadataError, match=rf"dataset\.json: .*{message}.*; correct") as error:
        DfdcPreview().videos(tmp_path)
    assert "\n" not in str(error.value)
