"""What is still to be cut, given what the journal says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from resgat.data.commit import is_whole
from resgat.data.cutter import Task
from resgat.data.entry import Entry
from resgat.data.families import Family
from resgat.data.inputs import inputs_of
from resgat.data.journal import Journal
from resgat.data.videos import VideoRecord


class Plan:
    """The tasks of a run.

    Args:
        families: The videos that this run is to cut.
        crops_dir: Where their crops go.
    """

    def __init__(self, families: Sequence[Family], crops_dir: Path) -> None:
        self._families = families
        self._crops_dir = crops_dir

    def pending(self, journal: Journal, *, retry_failures: bool = False) -> list[Task]:
        """Return what is not done, family by family.

        A video is done if the journal says so and its files are there; it is over, too, if it
        failed and is not to be tried again. One whose mask or original came later, or was replaced,
        is cut again, so that what comes out does not depend on which of them was there first; but
        not where its own video was put away, for nothing would be left of it.
        """
        tasks = []
        for family in self._families:
            left = {
                record.video_id
                for record in family.members
                if not self._is_over(record, journal, retry_failures=retry_failures)
            }
            for record in family.members:  # the original first: whether it is cut matters to fakes
                if _is_outdated(record, family, journal, will_guide=family.key in left):
                    left.add(record.video_id)
            if left:
                members = [record for record in family.members if record.video_id in left]
                tasks.append(_task(members, family, journal))
        return tasks

    def one_by_one(self, tasks: Iterable[Task], journal: Journal) -> list[Task]:
        """Split tasks into one for each video, to find out which of them kills a worker."""
        by_key = {family.key: family for family in self._families}
        return [
            _task([record], by_key[record.family_key], journal)
            for task in tasks
            for record in task.members
        ]

    def _is_over(self, record: VideoRecord, journal: Journal, *, retry_failures: bool) -> bool:
        if not journal.is_done(record.video_id):
            return record.video_id in journal and not retry_failures
        return is_whole(self._crops_dir, record.video_id, journal.files(record.video_id))


def _task(members: Sequence[VideoRecord], family: Family, journal: Journal) -> Task:
    generation = max(journal.next_generation(record.video_id) for record in members)
    return Task(tuple(members), _original(family, journal), family.choice_mask, generation)


def _is_outdated(
    record: VideoRecord, family: Family, journal: Journal, *, will_guide: bool
) -> bool:
    """Tell whether a video can be cut from other files than it was."""
    if not record.is_present or record.video_id not in journal:
        return False
    now = inputs_of(record, family.choice_mask)
    original = family.original
    if original and record != original and (will_guide or journal.is_done(family.key)):
        now = now.guided_by(inputs_of(original, family.choice_mask))
    return now.outdate(journal.inputs(record.video_id))


def _original(family: Family, journal: Journal) -> Entry | None:
    """Return what an earlier run noted of a family's original, if it is there."""
    if family.original is None or family.key not in journal:
        return None
    return journal.entry(family.key)
