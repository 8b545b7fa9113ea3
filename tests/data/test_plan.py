from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from resgat.data.commit import commit
from resgat.data.cropping import CropSpec
from resgat.data.cutter import Task
from resgat.data.detector import Face
from resgat.data.entry import CropNote, Entry, failed
from resgat.data.families import families
from resgat.data.inputs import Inputs
from resgat.data.journal import Journal, JournalWriter
from resgat.data.plan import Plan
from resgat.data.searching import Guide
from resgat.data.videos import VideoRecord

CutFrom = Callable[..., list[tuple[int, ...]]]

SPEC = CropSpec(16, 1.5, {"name": "fixed"})
GUIDE = Guide((48, 64), {0: (Face((1.0, 2.0, 3.0, 4.0)),)})
NOTE = CropNote(3, (0.0, 0.0, 16.0, 16.0), None, None, has_mask=True)


@pytest.fixture
def records(make_record: Callable[..., VideoRecord], tmp_path: Path) -> list[VideoRecord]:
    """An original with two fakes, one with a mask video, and a fake whose original is absent."""
    return [
        make_record("a"),
        make_record("a_x", "a"),
        make_record("a_y", "a", mask_path=tmp_path / "mask.mp4"),
        make_record("b_x", "b"),
    ]


@pytest.fixture
def plan(records: list[VideoRecord], tmp_path: Path) -> Plan:
    return Plan(families(records), tmp_path)


def note(folder: Path, record: VideoRecord, guide: Guide | None = None) -> None:
    """Leave a video as a run that cut it does."""
    commit(folder, record.video_id, {"000003_0.png": b"", "000003_0_mask.png": b""})
    JournalWriter(folder, SPEC.hash).add(entry_of(record, guide))


def entry_of(record: VideoRecord, guide: Guide | None = None, inputs: Inputs = Inputs()) -> Entry:  # noqa: B008
    return Entry(record.video_id, inputs, "done", is_decoded=True, crops=(NOTE,), guide=guide)


def read(folder: Path, records: list[VideoRecord]) -> Journal:
    return Journal(folder, SPEC.hash, dict.fromkeys((r.video_id for r in records), 0))


def test_at_first_everything_is_to_be_cut_family_by_family(
    plan: Plan, records: list[VideoRecord], tmp_path: Path
) -> None:
    mask = tmp_path / "mask.mp4"
    expected = [Task(tuple(records[:3]), None, mask), Task((records[3],), None, None)]
    assert plan.pending(read(tmp_path, records)) == expected


def test_only_what_is_missing_is_cut_with_what_its_original_showed(
    plan: Plan, records: list[VideoRecord], tmp_path: Path
) -> None:
    for record in (records[0], records[1], records[3]):
        note(tmp_path, record, GUIDE if record is records[0] else None)
    expected = [Task((records[2],), entry_of(records[0], GUIDE), tmp_path / "mask.mp4")]
    assert plan.pending(read(tmp_path, records)) == expected


def test_when_all_is_done_nothing_is_left(
    plan: Plan, records: list[VideoRecord], tmp_path: Path
) -> None:
    for record in records:
        note(tmp_path, record)
    assert plan.pending(read(tmp_path, records)) == []
    assert plan.pending(read(tmp_path, records), retry_failures=True) == []


@pytest.mark.parametrize("name", ["000003_0.png", "000003_0_mask.png"])
def test_a_done_video_that_lost_a_file_is_cut_again(
    name: str, plan: Plan, records: list[VideoRecord], tmp_path: Path
) -> None:
    for record in records:
        note(tmp_path, record)
    (tmp_path / records[3].video_id / name).unlink()
    assert [task.members for task in plan.pending(read(tmp_path, records))] == [(records[3],)]


def test_failures_are_over_unless_they_are_to_be_tried_again(
    plan: Plan, records: list[VideoRecord], tmp_path: Path
) -> None:
    for record in records:
        JournalWriter(tmp_path, SPEC.hash).add(failed(record, Inputs(), "cut short"))
    journal = read(tmp_path, records)
    assert plan.pending(journal) == []
    tasks = plan.pending(journal, retry_failures=True)
    assert [len(task.members) for task in tasks] == [3, 1]


def test_a_video_whose_source_is_another_one_is_cut_again(
    plan: Plan, records: list[VideoRecord], tmp_path: Path
) -> None:
    for record in records:
        note(tmp_path, record)
    sources = dict.fromkeys((r.video_id for r in records), 0) | {records[1].video_id: 9}
    journal = Journal(tmp_path, SPEC.hash, sources)
    assert [task.members for task in plan.pending(journal)] == [(records[1],)]


def test_one_by_one_takes_the_guide_that_was_found_meanwhile(
    plan: Plan, records: list[VideoRecord], tmp_path: Path
) -> None:
    tasks = plan.pending(read(tmp_path, records))
    note(tmp_path, records[0], GUIDE)
    mask = tmp_path / "mask.mp4"
    alone = plan.one_by_one(tasks[:1], read(tmp_path, records))
    assert alone == [
        Task((record,), entry_of(records[0], GUIDE), mask, generation)
        for record, generation in zip(records[:3], (1, 0, 0), strict=True)
    ]


@pytest.fixture
def cut_from(records: list[VideoRecord], plan: Plan, tmp_path: Path) -> CutFrom:
    """Lay out source files of one byte, note the videos as cut from ``inputs``, and plan again."""

    def pending(inputs: dict[int, Inputs], mask: bytes = b"") -> list[tuple[int, ...]]:
        for record in records:
            record.path.parent.mkdir(exist_ok=True)
            record.path.write_bytes(b"x")
        if mask:
            (tmp_path / "mask.mp4").write_bytes(mask)
        for idx, was in inputs.items():
            entry = entry_of(records[idx], GUIDE if idx == 0 else None, was)
            commit(tmp_path, entry.video_id, {"000003_0.png": b"", "000003_0_mask.png": b""})
            JournalWriter(tmp_path, SPEC.hash).add(entry)
        sources = {record.video_id: 1 for record in records}
        tasks = plan.pending(Journal(tmp_path, SPEC.hash, sources))
        return [tuple(records.index(record) for record in task.members) for task in tasks]

    return pending


ALONE = Inputs(source=1)
GUIDED = Inputs(source=1, original=1)


def test_what_was_cut_from_the_files_that_are_there_is_not_cut_again(cut_from: CutFrom) -> None:
    assert cut_from({0: ALONE, 1: GUIDED, 2: GUIDED, 3: ALONE}) == []


def test_fakes_cut_without_their_original_are_cut_again_with_it(cut_from: CutFrom) -> None:
    """What comes out must not depend on which of them was there first."""
    assert cut_from({1: ALONE, 2: ALONE, 3: ALONE}) == [(0, 1, 2)]


def test_a_kill_between_an_original_that_came_later_and_its_fakes_changes_nothing(
    cut_from: CutFrom,
) -> None:
    assert cut_from({0: ALONE, 1: ALONE, 2: GUIDED, 3: ALONE}) == [(1,)]


def test_fakes_of_an_original_that_was_replaced_are_cut_again(cut_from: CutFrom) -> None:
    was = {0: Inputs(source=7), 1: Inputs(1, original=7), 2: Inputs(1, original=7), 3: ALONE}
    assert cut_from(was) == [(0, 1, 2)]


def test_a_mask_that_came_later_is_cut_and_chooses_the_face_of_all(cut_from: CutFrom) -> None:
    assert cut_from({0: ALONE, 1: GUIDED, 2: GUIDED, 3: ALONE}, mask=b"mask") == [(0, 1, 2)]


def test_a_mask_that_was_put_away_changes_nothing(cut_from: CutFrom) -> None:
    masked = Inputs(source=1, mask=4)
    guided = Inputs(source=1, original=1, original_mask=4)
    assert cut_from({0: masked, 1: guided, 2: guided._replace(mask=4), 3: ALONE}) == []


def test_an_original_that_failed_guides_nobody(
    plan: Plan, records: list[VideoRecord], cut_from: CutFrom, tmp_path: Path
) -> None:
    JournalWriter(tmp_path, SPEC.hash).add(failed(records[0], Inputs(1), "cut short"))
    assert cut_from({1: ALONE, 2: ALONE, 3: ALONE}) == []
    sources = {record.video_id: 1 for record in records}
    journal = Journal(tmp_path, SPEC.hash, sources)
    (task,) = plan.pending(journal, retry_failures=True)
    assert task.members == tuple(records[:3])


def test_an_original_that_is_not_among_the_videos_guides_nobody(
    plan: Plan, records: list[VideoRecord], tmp_path: Path
) -> None:
    gone = replace(records[0], name="b")
    note(tmp_path, gone, GUIDE)
    tasks = plan.pending(read(tmp_path, [*records, gone]))
    assert tasks[1] == Task((records[3],), None, None)
