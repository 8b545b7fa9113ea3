"""A corpus's videos -> crops, index, failures and manifest; in one run, or shards and a merge."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from resgat.checks import check_range
from resgat.data.claim import FAILURES_NAME, SPEC_NAME, claim, described, refuse_others
from resgat.data.commit import sweep
from resgat.data.corpora.base import Corpus
from resgat.data.cropping import CropSpec
from resgat.data.cutter import Cutter, Task
from resgat.data.detector import FaceDetector
from resgat.data.entry import Entry
from resgat.data.families import Shard, families, shard_of
from resgat.data.inputs import has_newer, own_inputs
from resgat.data.journal import Journal, remove_journal
from resgat.data.lock import at_work
from resgat.data.manifest import MANIFEST_NAME, MANIFEST_SCHEMA
from resgat.data.outcome import PreprocessReport, Tally, failures_csv
from resgat.data.plan import Plan
from resgat.data.pool import run_tasks
from resgat.data.rows import write_rows
from resgat.data.schema import INDEX_NAME
from resgat.data.storing import storing
from resgat.data.videos import VideoRecord, absent_originals, examples
from resgat.data.workers import usable_cores
from resgat.errors import ConfigError, DatasetNotFoundError, MetadataError
from resgat.files import file_sha256, write_json, write_text
from resgat.progress import track

logger = logging.getLogger(__name__)


def preprocess(
    corpus: Corpus,
    raw_dir: Path,
    crops_dir: Path,
    *,
    spec: CropSpec,
    detector: FaceDetector,
    shard: Shard = Shard(),  # noqa: B008  (frozen)
    num_workers: int | None = None,
    timeout_s: float = 600.0,
    retry_failures: bool = False,
) -> PreprocessReport:
    """Cut one face per frame out of every video of a corpus and write the index.

    A video that fails is noted in ``failures.csv`` and the run goes on. A run that was killed is
    continued by starting it again: only what is missing is done. The index, and then the manifest
    with its SHA-256, are written last, each in one step.

    Runs of different shards may work in one folder at the same time, two of the same may not; a run
    with ``shard.count`` above 1 and no ``shard.index`` cuts nothing and merges what they made. What
    comes out does not depend on how many shards or workers there were, nor on their order.

    Args:
        corpus: Lists the videos.
        raw_dir: The folder that the corpus was unpacked into.
        crops_dir: The folder to fill; of one corpus and crop spec only.
        spec: How to cut.
        detector: The one that ``spec`` names; pickled once for each worker.
        shard: Which part of the corpus to cut.
        num_workers: Processes; None is one for each usable core, 0 works in this one.
        timeout_s: Seconds that one video may take.
        retry_failures: Try videos again that failed in an earlier run.

    Raises:
        ConfigError: A number is out of range, ``crops_dir`` holds crops of another corpus, of other
            videos or of another spec, another run is at work on the same part, or a merge finds a
            shard unfinished.
        DatasetNotFoundError: There is no video, or none gave a crop.
        MetadataError: The corpus's own metadata is malformed.
    """
    raw_dir, crops_dir = Path(raw_dir), Path(crops_dir)
    workers = usable_cores() if num_workers is None else num_workers
    check_range("num_workers", workers, low=0)
    check_range("timeout_s", timeout_s, low=1)
    records = corpus.videos(raw_dir)
    if not records:
        msg = f"{corpus.name}: no video is listed under {raw_dir}, expected at least one; "
        raise DatasetNotFoundError(msg + "set data.raw_dir to the unpacked corpus")
    _refuse_twice(records)
    refuse_others(crops_dir, records[0].dataset, spec)
    run = _Run(corpus, records, raw_dir, crops_dir, spec)
    _refuse_strangers(run, run.journal())
    mine = [family for family in families(records) if shard.holds(family)]
    plan = Plan(mine, crops_dir)
    is_merge = shard.index is None and shard.count > 1
    if is_merge:
        _refuse_unfinished(plan.pending(run.journal()), shard.count)
    else:
        claim(crops_dir, records[0].dataset, spec)
    with at_work(crops_dir, shard):
        if not is_merge:
            tasks = plan.pending(run.journal(), retry_failures=retry_failures)
            steps = run.cut(Cutter(crops_dir, spec, detector), plan, tasks, workers, timeout_s)
            for _ in track(steps, "videos", sum(len(task.members) for task in tasks)):
                pass
        if shard.index is not None:
            members = [record for family in mine for record in family.members]
            return PreprocessReport(crops_dir, spec.hash, run.tally(members), is_complete=False)
        with storing(crops_dir, "the index"):
            try:
                return run.finish()
            finally:
                sweep(crops_dir)


@dataclass(frozen=True)
class _Run:
    """The videos of a corpus on their way into a crops folder."""

    corpus: Corpus
    records: Sequence[VideoRecord]
    raw_dir: Path
    crops_dir: Path
    spec: CropSpec

    def journal(self) -> Journal:
        """Read what has been noted by now."""
        return Journal(self.crops_dir, self.spec.hash)

    def unlisted(self, journal: Journal) -> list[str]:
        """Return the videos that were cut here and are not listed now."""
        done = {video_id for video_id, line in journal.lines.items() if line.is_done}
        return sorted(done - {record.video_id for record in self.records})

    def cut(
        self, cutter: Cutter, plan: Plan, tasks: Sequence[Task], num_workers: int, timeout_s: float
    ) -> Iterator[None]:
        """Run tasks and yield once for each video that is over.

        Of a task that a worker died on, each video is run alone to find the one, the originals
        before the fakes that they guide.
        """
        died = []
        for task, trouble in run_tasks(cutter, tasks, num_workers, timeout_s):
            if trouble and len(task.members) > 1:
                died.append(task)
                continue
            if trouble:
                cutter.fail(task.members[0], task, trouble)
            yield from [None] * len(task.members)
        for is_original in (True, False) if died else ():
            single = [
                task
                for task in plan.one_by_one(died, self.journal())
                if (task.members[0].original_video_id is None) == is_original
            ]
            yield from self.cut(cutter, plan, single, num_workers, timeout_s)

    def tally(self, records: Sequence[VideoRecord]) -> Tally:
        """Count what became of videos."""
        tally = Tally()
        for _ in self._counted(records, tally):
            pass
        return tally

    def finish(self) -> PreprocessReport:
        """Write failures, index and manifest from the journal."""
        journal = self.journal()
        if not any(journal.is_done(record.video_id) for record in self.records):
            raise self._nothing_found(self.tally(self.records))
        unlisted = self.unlisted(journal)
        if unlisted:
            msg = "%s: %d videos that were cut here are not listed now, such as %s; the index "
            msg += "leaves them out until a run with the settings that list them"
            logger.warning(msg, self.crops_dir, len(unlisted), unlisted[0])
        tally = Tally()
        index_path = write_rows(self._counted(self.records, tally), self.spec, self.crops_dir)
        write_text(self.crops_dir / FAILURES_NAME, failures_csv(tally.failures))
        manifest = self._manifest(tally, index_path, unlisted)
        write_json(self.crops_dir / MANIFEST_NAME, manifest)
        return PreprocessReport(self.crops_dir, self.spec.hash, tally, is_complete=True)

    def _manifest(self, tally: Tally, index_path: Path, unlisted: list[str]) -> dict[str, Any]:
        census = self.corpus.census(self.records)
        missing = [record.video_id for record in self.records if not record.is_present]
        return {
            "schema": MANIFEST_SCHEMA,
            "corpus": self.corpus.name,
            "crop_spec": described(self.spec),
            "opencv": cv2.__version__,
            "counts": tally.counts,
            "official": census.official,
            "absent": census.absent,
            "absent_originals": absent_originals(self.records),
            "missing_videos": missing,
            "unlisted_videos": unlisted,
            "failed_videos": len(tally.failures),
            "index_sha256": file_sha256(index_path),
        }

    def _counted(
        self, records: Sequence[VideoRecord], tally: Tally
    ) -> Iterator[tuple[VideoRecord, Entry]]:
        """Yield each video with what is noted of it, counted on the way."""
        journal = self.journal()
        for record in records:
            entry = journal.entry(record.video_id)
            tally.add(record, entry, self.raw_dir)
            yield record, entry

    def _nothing_found(self, tally: Tally) -> DatasetNotFoundError:
        """Say why there is no crop; where none ever was, the folder is free for other settings."""
        write_text(self.crops_dir / FAILURES_NAME, failures_csv(tally.failures))
        if not (self.crops_dir / INDEX_NAME).exists() and not self.unlisted(self.journal()):
            (self.crops_dir / SPEC_NAME).unlink()
            remove_journal(self.crops_dir)
        first = tally.failures[0]
        msg = f"{self.corpus.name}: expected face crops, got none from {len(self.records)} videos; "
        msg += f"the first, {first.video_id}: {first.reason}. See {self.crops_dir / FAILURES_NAME}"
        return DatasetNotFoundError(msg)


def _refuse_strangers(run: _Run, journal: Journal) -> None:
    """Refuse to take over a folder that another corpus of the same name was cut into.

    One video that is still the one that was cut, or was put away, makes the folder ours.
    """
    done = sorted(video_id for video_id, line in journal.lines.items() if line.is_done)
    listed = ((record, journal.lines.get(record.video_id)) for record in run.records)
    is_ours = (line and not has_newer(own_inputs(record), line.inputs) for record, line in listed)
    if not done or any(is_ours):
        return
    msg = f"crops_dir {run.crops_dir} holds crops of other videos, such as {done[0]}, and none "
    msg += f"of those in {run.raw_dir}; choose another crops_dir, or delete this one"
    raise ConfigError(msg)


def _refuse_unfinished(tasks: Sequence[Task], count: int) -> None:
    """Refuse to merge while a video is not accounted for."""
    left = [record for task in tasks for record in task.members]
    if left:
        shards = sorted({shard_of(record.family_key, count) for record in left})
        msg = f"{len(left)} videos are not cut yet, such as {left[0].video_id}; run first "
        msg += " and ".join(f"shard.index={index}" for index in shards)
        msg += f" with shard.count={count}"
        raise ConfigError(msg)


def _refuse_twice(records: Sequence[VideoRecord]) -> None:
    """Two videos of one id would overwrite each other's crops."""
    counts = Counter(record.video_id for record in records)
    twice = [identifier for identifier, count in counts.items() if count > 1]
    if twice:
        msg = (
            f"{len(twice)} video ids occur more than once: {examples(twice)}; expected each once; "
        )
        msg += "rename the files or correct the list"
        raise MetadataError(msg)
