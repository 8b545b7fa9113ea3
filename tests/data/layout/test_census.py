from pathlib import Path

from resgat.data.corpora.base import Census
from resgat.data.layout.census import absent_ids, census_of_list
from resgat.data.videos import VideoRecord


def record(path: Path, method: str, original: str | None, split: str | None) -> VideoRecord:
    label = int(method != "original")
    return VideoRecord(path, label, "d", method, "c", path.stem, None, None, "g", original, split)


def test_a_list_says_how_many_there_are_and_which_are_absent(tmp_path: Path) -> None:
    there, gone = tmp_path / "there.mp4", tmp_path / "gone.mp4"
    there.touch()
    records = [
        record(there, "swap", "d/original/c/unlisted", "train"),
        record(gone, "swap", None, None),
        record(there, "original", None, "train"),
        record(gone, "original", None, "test"),
    ]
    absent = {"d/swap/c/gone", "d/original/c/gone", "d/original/c/unlisted"}
    assert absent_ids(records) == absent
    assert census_of_list(records) == Census(
        {"swap": {"train": 1, "none": 1}, "original": {"train": 1, "test": 1}},
        tuple(sorted(absent)),
    )
