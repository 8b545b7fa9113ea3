"""The work of one process: cut the videos of a family, commit each, and note it in the journal."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2

from resgat.data.commit import commit
from resgat.data.cropping import CropSpec
from resgat.data.detector import FaceDetector
from resgat.data.encoding import crop_name, encode_crop, encode_mask, mask_name
from resgat.data.entry import Entry, done, failed, void
from resgat.data.extract import Cut, Extraction, extract
from resgat.data.inputs import Inputs, choice_of, own_inputs
from resgat.data.journal import JournalWriter
from resgat.data.storing import storing
from resgat.data.videos import VideoRecord
from resgat.errors import VideoReadError


@dataclass(frozen=True)
class Task:
    """Aligned videos that are still to be cut, the original first if it is among them.

    Attributes:
        original: What is noted of their original, if it is not among them.
        chooser: The fake whose mask tells which face of the original was manipulated.
        generation: Higher than that of any line about a member.
        unless: Members that are up to date if this is the fingerprint of their guide.
    """

    members: tuple[VideoRecord, ...]
    original: Entry | None = None
    chooser: VideoRecord | None = None
    generation: int = 0
    unless: Mapping[str, str] = field(default_factory=dict)

    def is_current(self, record: VideoRecord) -> bool:
        """Tell whether a member need not be cut, now that its original has been."""
        return self.unless.get(record.video_id) == self.inputs(record).guide

    def inputs(self, record: VideoRecord) -> Inputs:
        """Return what a member is cut from."""
        own = own_inputs(record)
        if record.original_video_id is None:
            return own._replace(choice=choice_of(self.chooser))
        return own._replace(guide=self.original.found if self.original else "")


class Cutter:
    """Cuts videos into a crops folder.

    Args:
        crops_dir: The folder.
        spec: How to cut.
        detector: The one that ``spec`` names.
    """

    def __init__(self, crops_dir: Path, spec: CropSpec, detector: FaceDetector) -> None:
        self._crops_dir = crops_dir
        self._spec = spec
        self._detector = detector
        self._journal = JournalWriter(crops_dir, spec.hash)

    def run(self, task: Task) -> None:
        """Cut the videos of a task; one that cannot be read is noted, and the next one is cut."""
        for record in task.members:
            if task.is_current(record):
                continue
            entry = self._cut(record, task)
            self._journal.add(entry)
            if record.original_video_id is None:
                task = replace(task, original=entry)

    def fail(self, record: VideoRecord, task: Task, reason: str) -> None:
        """Note that a member cannot be cut, and why."""
        self._journal.add(self._failed(record, task, task.inputs(record), reason))

    def _cut(self, record: VideoRecord, task: Task) -> Entry:
        inputs = task.inputs(record)  # before it is read: what comes meanwhile is noticed
        try:
            extraction = self._extract(record, task)
        except VideoReadError as error:
            reason = _without_folders(str(error), record)
        except cv2.error as error:
            reason = f"OpenCV fails on it: {str(error.err or error).strip()}"
        except MemoryError:
            reason = "it takes more memory than there is"
        except Exception as error:  # noqa: BLE001  (the other videos are no worse for it)
            reason = _unforeseen(error)
        else:
            self._put(record, task, inputs, extraction.cuts)
            is_original = record.original_video_id is None
            return done(
                record, inputs, extraction, keep_guide=is_original, generation=task.generation
            )
        return self._failed(record, task, inputs, reason)

    def _extract(self, record: VideoRecord, task: Task) -> Extraction:
        if record.original_video_id is not None:
            guide = task.original.guide if task.original else None
            return extract(record, self._spec, self._detector, guide=guide)
        choice_mask = task.chooser.mask_path if task.chooser else None
        return extract(record, self._spec, self._detector, choice_mask=choice_mask)

    def _failed(self, record: VideoRecord, task: Task, inputs: Inputs, reason: str) -> Entry:
        if inputs.source:  # of a source that was put away, what is left cannot be made again
            self._put(record, task, inputs, [])
        return failed(record, inputs, reason, task.generation)

    def _put(self, record: VideoRecord, task: Task, inputs: Inputs, cuts: list[Cut]) -> None:
        """Replace what the video's folder holds; nothing is left of it where there is no cut."""
        with storing(self._crops_dir, f"the crops of {record.video_id}"):
            if (self._crops_dir / record.video_id).exists():
                # From now on what earlier lines say of the folder may be wrong.
                self._journal.add(void(record, inputs, task.generation))
            commit(self._crops_dir, record.video_id, self._files(cuts))

    def _files(self, cuts: list[Cut]) -> Mapping[str, bytes]:
        files = {}
        for cut in cuts:
            name = crop_name(cut.frame_idx, image_format=self._spec.image_format)
            files[name] = encode_crop(cut.crop, self._spec)
            if cut.mask is not None:
                files[mask_name(cut.frame_idx)] = encode_mask(cut.mask)
        return files


def _unforeseen(error: Exception) -> str:
    """Say where in the code, for a report of the bug."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    kind = type(error).__name__
    return f"unforeseen {kind} in {Path(place.filename).name}:{place.lineno}: {error}"


def _without_folders(reason: str, record: VideoRecord) -> str:
    """Take out where this machine keeps the corpus: what is noted must not depend on it."""
    reason = reason.removeprefix(f"{record.path}: ")
    folders = [record.path, record.path.parent]
    folders += [record.mask_path.parent] if record.mask_path else []
    for folder in folders:
        reason = reason.replace(f"{folder}/", "")
    return reason
