"""What is still to be cut, given what the journal says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from resgat.data.commit import is_whole
from resgat.data.cutter import Task
from resgat.data.families import Family
from resgat.data.journal import Journal
from resgat.data.searching import Guide
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
        failed and is not to be tried again. Fakes that were cut without their original are cut
        again with it, so that what comes out does not depend on which of them was there first;
        but not those whose videos were put away, of which nothing would be left.
        """
        tasks = []
        for family in self._families:
            left = {
                record.video_id
                for record in family.members
                if not self._is_over(record, journal, retry_failures=retry_failures)
            }
            if family.key in left:
                left |= {fake.video_id for fake in family.fakes if _is_unguided(fake, journal)}
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
        num_files = journal.num_files(record.video_id)
        return is_whole(self._crops_dir, record.video_id, num_files)


def _task(members: Sequence[VideoRecord], family: Family, journal: Journal) -> Task:
    generation = max(journal.next_generation(record.video_id) for record in members)
    return Task(tuple(members), _guide(family, journal), family.choice_mask, generation)


def _is_unguided(fake: VideoRecord, journal: Journal) -> bool:
    """Tell whether a fake was cut by boxes of its own, and can be cut by its original's."""
    if not fake.is_present or not journal.is_done(fake.video_id):
        return False
    return not journal.entry(fake.video_id).frames_guided


def _guide(family: Family, journal: Journal) -> Guide | None:
    """Return what an earlier run found in a family's original, if it is there."""
    if family.original is None or family.key not in journal:
        return None
    return journal.entry(family.key).guide
