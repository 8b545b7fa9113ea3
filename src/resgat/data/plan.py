"""What is still to be cut, given what the journal says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from resgat.data.commit import is_whole
from resgat.data.cutter import Task
from resgat.data.entry import Entry
from resgat.data.families import Family
from resgat.data.inputs import choice_of, has_newer, has_newer_choice, own_inputs
from resgat.data.journal import Journal, Line
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
        failed and is not to be tried again. One whose file, mask or original came later, or was
        replaced, is cut again, so that what comes out does not depend on which was there first. One
        that was put away stays as it is.
        """
        found = (self._task(family, journal, retry_failures) for family in self._families)
        return [task for task in found if task]

    def one_by_one(self, tasks: Iterable[Task], journal: Journal) -> list[Task]:
        """Split tasks into one for each video, to find out which of them kills a worker.

        The original is not among the fakes' tasks: what is noted of it is.
        """
        by_key = {family.key: family for family in self._families}
        return [
            Task(
                (record,),
                _noted(by_key[record.family_key], journal),
                task.chooser,
                max(task.generation, journal.next_generation(record.video_id)),
                {key: guide for key, guide in task.unless.items() if key == record.video_id},
            )
            for task in tasks
            for record in task.members
        ]

    def _task(self, family: Family, journal: Journal, retry_failures: bool) -> Task | None:
        left = {
            record.video_id
            for record in family.members
            if not self._is_over(record, family, journal, retry_failures=retry_failures)
        }
        # Whether what an original guides is cut again depends on what is found in it.
        unless = {} if family.key not in left else _guided(family, journal, left)
        members = [r for r in family.members if r.video_id in left or r.video_id in unless]
        if not members:
            return None
        generation = max(journal.next_generation(record.video_id) for record in members)
        original = None if family.key in left else _noted(family, journal)
        return Task(tuple(members), original, _chooser(family), generation, unless)

    def _is_over(
        self, record: VideoRecord, family: Family, journal: Journal, *, retry_failures: bool
    ) -> bool:
        line = journal.lines.get(record.video_id)
        if line is None or line.status == "void":
            return False
        if _has_changed(record, line, family, journal):
            return False
        if not line.is_done:
            return not retry_failures
        return is_whole(self._crops_dir, record.video_id, line.files)


def _has_changed(record: VideoRecord, line: Line, family: Family, journal: Journal) -> bool:
    """Tell whether a video would be cut from other files than it was."""
    now, noted = own_inputs(record), line.inputs
    if not line.is_done and (now.source, now.mask) != (noted.source, noted.mask):
        return True  # what made it fail may be gone
    if not now.source:
        return False
    if record == family.original:
        order = [fake.video_id for fake in family.fakes]
        choice = choice_of(_chooser(family))
        return has_newer(now, noted) or has_newer_choice(choice, noted.choice, order)
    original = journal.lines.get(family.key) if family.original else None
    found = original.found if original else ""
    return has_newer(now, noted) or found not in ("", noted.guide)


def _chooser(family: Family) -> VideoRecord | None:
    """Return the first fake with a mask, which tells whose face in the original was manipulated."""
    return next((fake for fake in family.fakes if choice_of(fake)), None)


def _guided(family: Family, journal: Journal, left: Collection[str]) -> dict[str, str]:
    """Return the fakes that are cut again if other faces are found in their original."""
    fakes = [fake for fake in family.fakes if fake.video_id not in left and fake.is_present]
    return {fake.video_id: journal.lines[fake.video_id].inputs.guide for fake in fakes}


def _noted(family: Family, journal: Journal) -> Entry | None:
    """Return what is noted of a family's original, if it is listed."""
    line = journal.lines.get(family.key) if family.original else None
    return journal.entry(family.key) if line and line.status != "void" else None
