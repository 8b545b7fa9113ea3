import logging
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.videos import (
    VideoRecord,
    absent_originals,
    examples,
    identity_groups,
    warn_absent_originals,
)

ids = st.text("abcdef", min_size=1, max_size=1)


def record(path: Path, name: str, original: str | None = None) -> VideoRecord:
    return VideoRecord(
        path=path,
        label=int(original is not None),
        dataset="toy",
        method="swap" if original else "original",
        compression="c0",
        name=name,
        target_id=name,
        source_id=None,
        identity_group="g",
        original_video_id=original and f"toy/original/c0/{original}",
        split=None,
    )


def test_video_id_names_dataset_method_compression_and_name(tmp_path: Path) -> None:
    assert record(tmp_path, "000_003", "000").video_id == "toy/swap/c0/000_003"


def test_a_family_is_named_by_its_original(tmp_path: Path) -> None:
    assert record(tmp_path, "a_x", "a").family_key == "toy/original/c0/a"
    assert record(tmp_path, "a").family_key == "toy/original/c0/a"


def test_a_video_of_stills_is_there_while_its_folder_is(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    stills = replace(record(tmp_path / "a", "a"), frames=(tmp_path / "a" / "0.png",))
    assert stills.is_present
    assert not replace(stills, frames=()).is_present  # a folder is no video file
    assert not replace(stills, path=tmp_path / "gone").is_present


def test_groups_are_connected_components_named_by_their_smallest_id() -> None:
    pairs = [("5", "4"), ("1", "2"), ("4", "3"), ("9", "9")]
    assert identity_groups(pairs) == {"5": "3", "4": "3", "3": "3", "1": "1", "2": "1", "9": "9"}


@given(st.lists(st.tuples(ids, ids), max_size=12))
def test_groups_agree_with_repeated_merging_of_sets(pairs: list[tuple[str, str]]) -> None:
    sets: list[set[str]] = []
    for pair in pairs:
        touched = [group for group in sets if group & set(pair)]
        sets = [group for group in sets if group not in touched] + [set(pair).union(*touched)]
    expected = {member: min(group) for group in sets for member in group}
    assert identity_groups(pairs) == expected


def test_an_original_counts_as_absent_when_its_file_is_missing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    here, gone = tmp_path / "here.mp4", tmp_path / "gone.mp4"
    here.touch()
    records = [
        record(here, "a"),
        record(gone, "b"),
        record(here, "a_x", "a"),
        record(here, "b_x", "b"),
        record(here, "c_x", "c"),
    ]
    assert absent_originals(records) == {
        "toy/swap/c0/b_x": "toy/original/c0/b",
        "toy/swap/c0/c_x": "toy/original/c0/c",
    }
    with caplog.at_level(logging.WARNING):
        warn_absent_originals(records)
        warn_absent_originals(records[:1])
    assert caplog.messages == [
        "2 fakes without their original on disk: toy/swap/c0/b_x (original toy/original/c0/b), "
        "toy/swap/c0/c_x (original toy/original/c0/c)"
    ]


def test_examples_of_few_names_are_all_of_them() -> None:
    assert examples(["a", "b", "c"]) == "a, b, c"
