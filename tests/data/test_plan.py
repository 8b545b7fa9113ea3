from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from resgat.data.commit import commit
from resgat.data.cropping import CropSpec
from resgat.data.cutter import Task
from resgat.data.detector import Face
from resgat.data.entry import CropNote, Entry, Status, void
from resgat.data.families import families
from resgat.data.inputs import Choice, Inputs
from resgat.data.journal import Journal, JournalWriter
from resgat.data.plan import Plan
from resgat.data.searching import Guide
from resgat.data.videos import VideoRecord

Planned = Callable[..., list[tuple[int, ...]]]

SPEC = CropSpec(16, 1.5, {"name": "fixed"})
GUIDE = Guide((48, 64), {0: (Face((1.0, 2.0, 3.0, 4.0)),)})
FOUND = Entry("any", Inputs(), "done", guide=GUIDE).found
NOTE = CropNote(3, (0.0, 0.0, 16.0, 16.0), None, None, has_mask=True)
FILES = {"000003_0.png": b"", "000003_0_mask.png": b""}

ALONE = Inputs(source=1)
GUIDED = Inputs(source=1, guide=FOUND)
ALL = {0: ALONE, 1: GUIDED, 2: GUIDED, 3: ALONE}


@pytest.fixture
def records(make_record: Callable[..., VideoRecord], tmp_path: Path) -> list[VideoRecord]:
    """An original with two fakes, the second may have a mask, and a fake without its original."""
    found = [
        make_record("a"),
        make_record("a_x", "a"),
        make_record("a_y", "a", mask_path=tmp_path / "mask.mp4"),
        make_record("b_x", "b"),
    ]
    for record in found:
        record.path.parent.mkdir(exist_ok=True)
        record.path.write_bytes(b"x")
    return found


@pytest.fixture
def plan(records: list[VideoRecord], tmp_path: Path) -> Plan:
    return Plan(families(records), tmp_path)


@pytest.fixture
def note(records: list[VideoRecord], tmp_path: Path) -> Callable[..., Entry]:
    """Leave a video as a run that cut it from ``inputs`` does."""

    def noted(number: int, inputs: Inputs, status: Status = "done") -> Entry:
        guide = GUIDE if number == 0 and status == "done" else None
        crops = (NOTE,) if status == "done" else ()
        reason = None if crops else "cut short"
        entry = Entry(records[number].video_id, inputs, status, reason, crops=crops, guide=guide)
        commit(tmp_path, entry.video_id, FILES if crops else {})
        JournalWriter(tmp_path, SPEC.hash).add(entry)
        return entry

    return noted


@pytest.fixture
def planned(records: list[VideoRecord], plan: Plan, tmp_path: Path) -> Planned:
    """Plan, and name the videos of each task by number."""

    def members(*, retry_failures: bool = False) -> list[tuple[int, ...]]:
        tasks = plan.pending(Journal(tmp_path, SPEC.hash), retry_failures=retry_failures)
        return [tuple(records.index(record) for record in task.members) for task in tasks]

    return members


def test_at_first_everything_is_to_be_cut_family_by_family(
    plan: Plan, records: list[VideoRecord], tmp_path: Path
) -> None:
    (tmp_path / "mask.mp4").write_bytes(b"mask")
    expected = [Task(tuple(records[:3]), None, records[2]), Task((records[3],))]
    assert plan.pending(Journal(tmp_path, SPEC.hash)) == expected


def test_only_what_is_missing_is_cut_with_what_its_original_showed(
    plan: Plan, records: list[VideoRecord], note: Callable[..., Entry], tmp_path: Path
) -> None:
    original = note(0, ALONE)
    note(1, GUIDED)
    note(3, ALONE)
    assert plan.pending(Journal(tmp_path, SPEC.hash)) == [Task((records[2],), original)]


def test_what_was_cut_from_the_files_that_are_there_is_not_cut_again(
    planned: Planned, note: Callable[..., Entry]
) -> None:
    for number, inputs in ALL.items():
        note(number, inputs)
    assert planned() == planned(retry_failures=True) == []


@pytest.mark.parametrize("name", list(FILES))
def test_a_done_video_that_lost_a_file_is_cut_again(
    name: str,
    planned: Planned,
    note: Callable[..., Entry],
    records: list[VideoRecord],
    tmp_path: Path,
) -> None:
    for number, inputs in ALL.items():
        note(number, inputs)
    (tmp_path / records[3].video_id / name).unlink()
    assert planned() == [(3,)]


def test_failures_are_over_unless_they_are_to_be_tried_again(
    planned: Planned, note: Callable[..., Entry]
) -> None:
    for number in range(4):
        note(number, ALONE, "failed")
    assert planned() == []
    assert planned(retry_failures=True) == [(0, 1, 2), (3,)]


@pytest.mark.parametrize("was", [Inputs(source=7), Inputs(source=1, mask=7)])
def test_what_failed_is_tried_again_when_any_of_its_files_changed(
    was: Inputs, planned: Planned, note: Callable[..., Entry]
) -> None:
    """A mask that is gone now may have been what was wrong."""
    for number, inputs in ALL.items():
        note(number, was if number == 3 else inputs, "failed" if number == 3 else "done")
    assert planned() == [(3,)]


def test_a_video_that_was_about_to_be_replaced_is_cut_again(
    planned: Planned, note: Callable[..., Entry], records: list[VideoRecord], tmp_path: Path
) -> None:
    for number, inputs in ALL.items():
        note(number, inputs)
    JournalWriter(tmp_path, SPEC.hash).add(void(records[3], ALONE, 1))
    assert planned() == [(3,)]


def test_a_file_that_comes_back_is_not_taken_for_the_one_in_between(
    planned: Planned, note: Callable[..., Entry], records: list[VideoRecord], tmp_path: Path
) -> None:
    for number, inputs in ALL.items():
        note(number, inputs)
    entry = replace(note(3, Inputs(source=9)), generation=1)
    JournalWriter(tmp_path, SPEC.hash).add(entry)
    assert planned() == [(3,)]


def test_fakes_cut_without_their_original_are_cut_again_if_it_shows_a_face(
    plan: Plan,
    planned: Planned,
    note: Callable[..., Entry],
    records: list[VideoRecord],
    tmp_path: Path,
) -> None:
    for number in (1, 2, 3):
        note(number, ALONE)
    assert planned() == [(0, 1, 2)]
    (task,) = plan.pending(Journal(tmp_path, SPEC.hash))
    assert task.generation == 1
    assert [task.is_current(record) for record in task.members] == [False, True, True]
    cut = replace(task, original=Entry(records[0].video_id, ALONE, "done", guide=GUIDE))
    assert [cut.is_current(record) for record in task.members] == [False, False, False]


def test_a_kill_between_an_original_that_came_later_and_its_fakes_changes_nothing(
    planned: Planned, note: Callable[..., Entry]
) -> None:
    note(0, ALONE)
    note(1, ALONE)
    note(2, GUIDED)
    note(3, ALONE)
    assert planned() == [(1,)]


def test_what_is_no_longer_there_is_left_as_it_is(
    planned: Planned, note: Callable[..., Entry], records: list[VideoRecord]
) -> None:
    note(0, Inputs(source=7, choice=Choice(records[2].video_id, 4)))
    note(1, ALONE)
    note(2, Inputs(source=7, mask=4, guide=FOUND))
    note(3, Inputs(source=7))
    for record in records:
        record.path.unlink()
    assert planned() == []


def test_an_original_that_was_replaced_is_cut_with_its_fakes(
    planned: Planned, note: Callable[..., Entry]
) -> None:
    for number, inputs in (ALL | {0: Inputs(source=7)}).items():
        note(number, inputs)
    assert planned() == [(0, 1, 2)]


def test_a_mask_that_came_later_is_cut_and_chooses_the_face_of_its_original(
    planned: Planned, note: Callable[..., Entry], tmp_path: Path
) -> None:
    for number, inputs in ALL.items():
        note(number, inputs)
    (tmp_path / "mask.mp4").write_bytes(b"mask")
    assert planned() == [(0, 1, 2)]


def test_a_mask_that_was_put_away_has_chosen_nevertheless(
    planned: Planned, note: Callable[..., Entry], records: list[VideoRecord]
) -> None:
    note(0, ALONE._replace(choice=Choice(records[2].video_id, 4)))
    note(1, GUIDED)
    note(2, GUIDED._replace(mask=4))
    note(3, ALONE)
    assert planned() == []


def test_what_a_missing_original_cannot_do_is_not_tried_again_and_again(
    plan: Plan,
    planned: Planned,
    note: Callable[..., Entry],
    records: list[VideoRecord],
    tmp_path: Path,
) -> None:
    records[0].path.unlink()
    note(0, Inputs(), "failed")
    for number in (1, 2, 3):
        note(number, ALONE)
    assert planned() == []
    (task,) = plan.pending(Journal(tmp_path, SPEC.hash), retry_failures=True)
    assert [task.is_current(record) for record in task.members] == [False, True, True]


def test_one_by_one_takes_the_guide_that_was_found_meanwhile(
    plan: Plan, records: list[VideoRecord], note: Callable[..., Entry], tmp_path: Path
) -> None:
    tasks = plan.pending(Journal(tmp_path, SPEC.hash))
    original = note(0, ALONE)
    alone = plan.one_by_one(tasks[:1], Journal(tmp_path, SPEC.hash))
    assert alone == [
        Task((record,), original, None, generation)
        for record, generation in zip(records[:3], (1, 0, 0), strict=True)
    ]


def test_an_original_that_is_not_among_the_videos_guides_nobody(
    plan: Plan, records: list[VideoRecord], tmp_path: Path
) -> None:
    gone = Entry("toy/original/c0/b", ALONE, "done", crops=(NOTE,), guide=GUIDE)
    JournalWriter(tmp_path, SPEC.hash).add(gone)
    assert plan.pending(Journal(tmp_path, SPEC.hash))[1] == Task((records[3],))
