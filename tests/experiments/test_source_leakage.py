"""What the write-up says is what its script gives, and what the rule must give on average."""

import csv
import runpy
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.audit.crops import Video
from resgat.data.audit.persons import check_persons
from resgat.data.audit.verdict import Verdict
from resgat.data.corpora.ffpp import FaceForensics
from resgat.data.corpora.ffpp_splits import pair_of, read_lists
from resgat.data.videos import VideoRecord

FOLDER = Path(__file__).resolve().parents[2] / "experiments" / "source_leakage"
STUDY: dict[str, Any] = runpy.run_path(str(FOLDER / "analysis.py"))
OFFICIAL = pair_of(read_lists())


@pytest.fixture(scope="module")
def measured() -> list[Any]:
    return list(STUDY["rows"]())


@pytest.fixture
def records(tmp_path: Path) -> list[VideoRecord]:
    """Ten official train pairs with one method's fakes."""
    reals = tmp_path / "original_sequences/youtube/c23/videos"
    fakes = tmp_path / "manipulated_sequences/Deepfakes/c23/videos"
    reals.mkdir(parents=True)
    fakes.mkdir(parents=True)
    for first, second in read_lists()["train"][:10]:
        for a, b in ((first, second), (second, first)):
            (reals / f"{a}.mp4").touch()
            (fakes / f"{a}_{b}.mp4").touch()
    return FaceForensics(methods=["Deepfakes"]).videos(tmp_path)


def test_the_results_are_what_the_script_gives(measured: list[Any]) -> None:
    assert (FOLDER / "results.csv").read_text(encoding="utf-8") == STUDY["results_csv"](measured)


def test_the_write_up_shows_the_scripts_table(measured: list[Any]) -> None:
    assert STUDY["table"](measured) in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_write_up_names_the_luckiest_draw(measured: list[Any]) -> None:
    least = min(row[3] for row in measured if row[0] == "target_only")
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert f"The luckiest draw leaves {100 * least:.1f} %." in text


def test_the_draws_agree_with_what_is_expected_of_one() -> None:
    with (FOLDER / "results.csv").open(encoding="utf-8", newline="") as file:
        drawn = [row for row in csv.DictReader(file) if row["rule"] == "target_only"]
    assert [int(row["seed"]) for row in drawn] == list(range(200))
    means = [sum(float(row[c]) for row in drawn) / 200 for c in STUDY["COLUMNS"]]
    # Two ids of a pair are two draws without replacement from 720, 140 and 140.
    together = (720 * 719 + 2 * 140 * 139) / (1000 * 999)
    assert means == pytest.approx([1 - together, 720 / 999], abs=0.01)


def test_the_official_split_leaks_nothing(measured: list[Any]) -> None:
    assert [row for row in measured if row[0] == "official_pairs"] == [("official_pairs", 0, 0, 0)]


def test_the_shares_of_four_fakes() -> None:
    split_of = {"a": "test", "b": "train", "c": "test", "d": "test"}
    fakes = [("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")]
    assert STUDY["leakage"](fakes, split_of) == (2 / 4, 1 / 3)


@given(st.integers(0, 10**6))
def test_a_draw_has_the_official_sizes_and_can_be_repeated(seed: int) -> None:
    split_of = STUDY["split_targets"](sorted(OFFICIAL), seed)
    assert split_of == STUDY["split_targets"](sorted(OFFICIAL), seed)
    assert Counter(split_of.values()) == {"train": 720, "val": 140, "test": 140}


def test_records_keep_all_but_their_split(records: list[VideoRecord]) -> None:
    drawn = STUDY["target_only_split"](records, seed=0)
    assert [replace(record, split=None) for record in drawn] == [
        replace(record, split=None) for record in records
    ]
    # 20 targets, each with an original and a fake: 14 train, 3 val, 3 test.
    assert Counter(record.split for record in drawn) == {"train": 28, "val": 6, "test": 6}
    split_of = {record.target_id: record.split for record in drawn if not record.label}
    assert all(split_of[record.target_id] == record.split for record in drawn)


def test_records_of_a_group_come_to_lie_in_several_splits(records: list[VideoRecord]) -> None:
    def crossing(videos: list[VideoRecord]) -> int:
        found = {(video.identity_group, video.split) for video in videos}
        return len(found) - len({group for group, _ in found})

    assert crossing(records) == 0
    assert crossing(STUDY["target_only_split"](records, seed=0)) > 0


def test_the_audit_finds_the_leak_and_counts_the_same_fakes(records: list[VideoRecord]) -> None:
    drawn = STUDY["target_only_split"](records, seed=0)
    check = check_persons([as_audited(record) for record in drawn])
    split_of = {record.target_id: record.split for record in drawn}
    fakes = [(record.target_id, record.source_id) for record in drawn if record.label]
    _, share = STUDY["leakage"](fakes, split_of)
    counted = check.details["fakes_with_a_person_of_train"]["test"]
    assert check.verdict is Verdict.LEAK
    assert counted["exposed"] / counted["fakes"] == share > 0
    assert check_persons([as_audited(record) for record in records]).verdict is Verdict.OK


def as_audited(record: VideoRecord) -> Video:
    common = {name: getattr(record, name) for name in Video._fields if name != "num_crops"}
    return Video(**common, num_crops=1)


def test_a_record_without_a_target_has_no_split(records: list[VideoRecord]) -> None:
    (drawn,) = STUDY["target_only_split"]([replace(records[0], target_id=None)], seed=0)
    assert drawn.split is None
