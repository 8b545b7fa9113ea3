"""The work of one process: cut the videos of a family, commit each, and note it in the journal."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import cv2

from resgat.data.commit import commit
from resgat.data.cropping import CropSpec
from resgat.data.detector import FaceDetector
from resgat.data.encoding import crop_name, encode_crop, encode_mask, mask_name
from resgat.data.entry import Entry, done, failed
from resgat.data.extract import Cut, extract
from resgat.data.inputs import Inputs, inputs_of
from resgat.data.journal import JournalWriter
from resgat.data.searching import Guide
from resgat.data.storing import storing
from resgat.data.videos import VideoRecord
from resgat.errors import VideoReadError


@dataclass(frozen=True)
class Task:
    """Aligned videos that are still to be cut, the original first if it is among them.

    Attributes:
        original: What is noted of their original, if it has been cut.
        choice_mask: A mask video that tells whose face in the original was manipulated.
        generation: Higher than that of any line about a member.
    """

    members: tuple[VideoRecord, ...]
    original: Entry | None
    choice_mask: Path | None
    generation: int = 0

    def inputs(self, record: VideoRecord) -> Inputs:
        """Return what a member is cut from."""
        own = inputs_of(record, self.choice_mask)
        return own.guided_by(self.original.inputs) if self.guide(record) and self.original else own

    def guide(self, record: VideoRecord) -> Guide | None:
        """Return whose faces a member takes over: a fake its original's."""
        is_fake = record.original_video_id is not None
        return self.original.guide if is_fake and self.original else None


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
            entry = self._cut(record, task)
            self._journal.add(entry)
            if entry.guide:
                task = replace(task, original=entry)

    def _cut(self, record: VideoRecord, task: Task) -> Entry:
        inputs = task.inputs(record)

        def fail(reason: str) -> Entry:
            return failed(record, inputs, reason, task.generation)

        is_original = record.original_video_id is None
        try:
            extraction = extract(
                record,
                self._spec,
                self._detector,
                guide=task.guide(record),
                choice_mask=task.choice_mask if is_original else None,
            )
        except VideoReadError as error:
            return fail(_without_folders(str(error), record))
        except cv2.error as error:
            return fail(f"OpenCV fails on it: {str(error.err or error).strip()}")
        except MemoryError:
            return fail("it takes more memory than there is")
        except Exception as error:  # noqa: BLE001  (the other videos are no worse for it)
            return fail(_unforeseen(error))
        if extraction.cuts:
            self._commit(record, extraction.cuts)
        return done(record, inputs, extraction, keep_guide=is_original, generation=task.generation)

    def _commit(self, record: VideoRecord, cuts: list[Cut]) -> None:
        with storing(self._crops_dir, f"the crops of {record.video_id}"):
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
