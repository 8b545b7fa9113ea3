"""The work of one process: cut the videos of a family, commit each, and note it in the journal."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2

from resgat.data.commit import commit
from resgat.data.cropping import CropSpec
from resgat.data.detector import FaceDetector
from resgat.data.encoding import crop_name, encode_crop, encode_mask, mask_name
from resgat.data.entry import Entry, done, failed
from resgat.data.extract import Cut, extract
from resgat.data.journal import JournalWriter
from resgat.data.searching import Guide
from resgat.data.videos import VideoRecord
from resgat.errors import StorageError, VideoReadError


@dataclass(frozen=True)
class Task:
    """Aligned videos that are still to be cut, the original first if it is among them.

    Attributes:
        guide: What an earlier run found in their original.
        choice_mask: A mask video that tells whose face in the original was manipulated.
        generation: Higher than that of any line about a member.
    """

    members: tuple[VideoRecord, ...]
    guide: Guide | None
    choice_mask: Path | None
    generation: int = 0


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
        guide = task.guide
        for record in task.members:
            entry = self._cut(record, guide, task)
            self._journal.add(entry)
            guide = entry.guide or guide

    def _cut(self, record: VideoRecord, guide: Guide | None, task: Task) -> Entry:
        def fail(reason: str) -> Entry:
            return failed(record, reason, task.generation)

        is_original = record.original_video_id is None
        try:
            extraction = extract(
                record,
                self._spec,
                self._detector,
                guide=None if is_original else guide,
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
        return done(record, extraction, keep_guide=is_original, generation=task.generation)

    def _commit(self, record: VideoRecord, cuts: list[Cut]) -> None:
        try:
            commit(self._crops_dir, record.video_id, self._files(cuts))
        except OSError as error:
            msg = f"{self._crops_dir}: cannot write the crops of {record.video_id} "
            msg += f"({error.strerror}); make room and run again: finished videos are kept"
            raise StorageError(msg) from error

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
