"""A corpus's videos -> crops, index, failures and manifest."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import pyarrow as pa

from resgat.checks import check_range
from resgat.data.corpora.base import Corpus
from resgat.data.cropping import CropSpec
from resgat.data.detector import FaceDetector
from resgat.data.extract import PARTIAL_DIR, extract_video
from resgat.data.index import write_index
from resgat.data.manifest import MANIFEST_NAME, MANIFEST_SCHEMA
from resgat.data.outcome import PreprocessReport, VideoOutcome, count, failures_csv, report
from resgat.data.schema import INDEX_NAME
from resgat.data.videos import VideoRecord, absent_originals
from resgat.errors import ConfigError, DatasetNotFoundError, ResgatError, VideoReadError
from resgat.files import write_json, write_text
from resgat.progress import track

FAILURES_NAME = "failures.csv"
SPEC_NAME = "crop_spec.json"

_Job = Callable[[VideoRecord], VideoOutcome]


def preprocess(
    corpus: Corpus,
    raw_dir: Path,
    crops_dir: Path,
    *,
    detector: FaceDetector,
    size_px: int = 224,
    margin: float = 1.3,
    frames_per_video: int = 32,
    num_workers: int = 0,
    progress: bool = True,
) -> PreprocessReport:
    """Cut one face per frame out of every video of a corpus and write the index.

    A video that fails is recorded in ``failures.csv`` and the run goes on. A run that was killed is
    continued by starting it again: finished videos are read back. The index, and then the manifest
    with its SHA-256, are written last, each in one step.

    Args:
        corpus: Lists the videos.
        raw_dir: The folder that the corpus was unpacked into.
        crops_dir: The folder to fill; of one corpus and crop spec only.
        detector: Pickled once for each worker, which builds its own.
        size_px: Side of the crops.
        margin: Side of the square over the longer side of the face box.
        frames_per_video: Frames read per video, spread evenly over it.
        num_workers: Processes; 0 works in this one.
        progress: Show a bar, if stderr is a terminal.

    Raises:
        ConfigError: A number is out of range, or ``crops_dir`` holds crops of another corpus or
            spec.
        DatasetNotFoundError: There is no video, or none gave a crop.
        MetadataError: The corpus's own metadata is malformed.
        ResgatError: A worker process died.
    """
    raw_dir, crops_dir = Path(raw_dir), Path(crops_dir)
    check_range("frames_per_video", frames_per_video, low=1)
    check_range("num_workers", num_workers, low=0)
    spec = CropSpec(size_px, margin, detector.spec)
    records = corpus.videos(raw_dir)
    _claim(crops_dir, corpus.name, spec)
    job = partial(
        _outcome,
        detector=detector,
        spec=spec,
        frames_per_video=frames_per_video,
        crops_dir=crops_dir,
    )
    running = _run(job, records, num_workers)
    outcomes = list(track(running, "videos", len(records)) if progress else running)
    write_text(crops_dir / FAILURES_NAME, failures_csv(outcomes, raw_dir))
    index_path = _write_rows(outcomes, corpus.name, crops_dir)
    manifest = {
        "schema": MANIFEST_SCHEMA,
        "corpus": corpus.name,
        "crop_spec": _described(spec),
        "frames_per_video": frames_per_video,
        "opencv": cv2.__version__,
        "counts": count(outcomes),
        "absent_originals": absent_originals(records),
        "missing_videos": [video.video_id for video in records if not video.path.is_file()],
        "index_sha256": hashlib.sha256(index_path.read_bytes()).hexdigest(),
    }
    write_json(crops_dir / MANIFEST_NAME, manifest)
    shutil.rmtree(crops_dir / PARTIAL_DIR, ignore_errors=True)
    return report(outcomes, crops_dir, spec.hash)


def _outcome(
    record: VideoRecord,
    *,
    detector: FaceDetector,
    spec: CropSpec,
    frames_per_video: int,
    crops_dir: Path,
) -> VideoOutcome:
    """Extract one video; what is wrong with the video becomes its failure."""
    try:
        crops = extract_video(record, detector, spec, frames_per_video, crops_dir)
    except VideoReadError as error:
        return VideoOutcome(record, None, str(error).removeprefix(f"{record.path}: "))
    reason = None if len(crops.rows) else f"no face found in {crops.frames_read} frames"
    return VideoOutcome(record, crops, reason)


def _run(job: _Job, records: Sequence[VideoRecord], num_workers: int) -> Iterator[VideoOutcome]:
    """Yield the outcomes in the order of the records, whatever the number of workers."""
    if num_workers == 0:
        yield from map(job, records)
        return
    pool = ProcessPoolExecutor(
        max_workers=num_workers,
        mp_context=get_context("spawn"),  # a fork would copy OpenCV's locks in whatever state
        initializer=_start_worker,
        initargs=(job,),
    )
    try:
        yield from pool.map(_work, records)
    except BrokenProcessPool as error:
        msg = "a preprocessing worker died (out of memory, or a video that crashes the decoder); "
        msg += "run again with fewer workers: finished videos are kept"
        raise ResgatError(msg) from error
    finally:
        pool.shutdown(cancel_futures=True)


_worker_job: _Job


def _start_worker(job: _Job) -> None:
    """Set up a worker process; an interrupt is its parent's to handle."""
    global _worker_job
    _worker_job = job
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)


def _work(record: VideoRecord) -> VideoOutcome:
    return _worker_job(record)


def _claim(crops_dir: Path, corpus: str, spec: CropSpec) -> None:
    """Refuse a folder with other crops, else note whose crops it will hold, before the first."""
    remedy = "choose another crops_dir, or delete this one"
    if crops_dir.exists() and not crops_dir.is_dir():
        msg = f"crops_dir {crops_dir}: expected a folder, got a file; choose another crops_dir"
        raise ConfigError(msg)
    mine = {"corpus": corpus, "crop_spec": _described(spec)}
    path = crops_dir / SPEC_NAME
    if path.is_file():
        theirs = _read_claim(path, remedy)
        if theirs != mine:
            msg = f"crops_dir {crops_dir} holds other crops: {_difference(theirs, mine)}; {remedy}"
            raise ConfigError(msg)
    elif (crops_dir / INDEX_NAME).exists():
        msg = f"crops_dir {crops_dir} holds an {INDEX_NAME} that preprocessing did not write; "
        raise ConfigError(msg + remedy)
    crops_dir.mkdir(parents=True, exist_ok=True)
    write_json(path, mine)


def _read_claim(path: Path, remedy: str) -> dict[str, Any]:
    try:
        claim = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        msg = f"{path}: expected JSON, got {error}; {remedy}"
        raise ConfigError(msg) from error
    if not isinstance(claim, dict) or not isinstance(claim.get("crop_spec"), dict):
        msg = f"{path}: expected an object with a crop_spec; {remedy}"
        raise ConfigError(msg)
    return claim


def _difference(theirs: dict[str, Any], mine: dict[str, Any]) -> str:
    """Name what differs, of both: ``size_px 224 there, 112 now``."""
    old = {"corpus": theirs.get("corpus")} | theirs["crop_spec"]
    new = {"corpus": mine["corpus"]} | mine["crop_spec"]
    keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return ", ".join(f"{key} {old.get(key)} there, {new.get(key)} now" for key in keys)


def _described(spec: CropSpec) -> dict[str, Any]:
    return spec.to_dict() | {"hash": spec.hash}


def _write_rows(outcomes: Sequence[VideoOutcome], corpus: str, crops_dir: Path) -> Path:
    tables = [outcome.crops.rows for outcome in outcomes if outcome.crops and outcome.num_crops]
    if not tables:
        # Nothing was made, so the folder is free for other settings.
        (crops_dir / SPEC_NAME).unlink()
        first = outcomes[0]
        msg = f"{corpus}: expected face crops, got none from {len(outcomes)} videos; the first, "
        msg += f"{first.record.video_id}: {first.failure}. See {crops_dir / FAILURES_NAME}"
        raise DatasetNotFoundError(msg)
    return write_index(pa.concat_tables(tables).combine_chunks(), crops_dir)
