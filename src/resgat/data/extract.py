"""One video -> its face crops and their index rows, all of them or none."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import pyarrow as pa
import pyarrow.parquet as pq

from resgat.data.cropping import CropSpec, Square, crop_square, landmarks_to_crop, square_box
from resgat.data.detector import Face, FaceDetector
from resgat.data.schema import INDEX_SCHEMA
from resgat.data.spread import spread
from resgat.data.tracking import choose_track
from resgat.data.video_io import Frame, count_frames, read_frames
from resgat.data.videos import VideoRecord
from resgat.errors import VideoReadError

ROWS_NAME = "rows.parquet"
PARTIAL_DIR = ".partial"

#: Crops show one face per frame: the one that :func:`choose_track` follows.
FACE_IDX = 0


@dataclass(frozen=True)
class VideoCrops:
    """What one video gave.

    Attributes:
        rows: Rows of the index, one per crop; none when no face was found.
        frames_read: Frames that the detector saw.
    """

    rows: pa.Table
    frames_read: int


@dataclass(frozen=True)
class _Cut:
    """One detected face, cut out."""

    frame_idx: int
    face: Face
    square: Square
    crop: Frame


def extract_video(
    record: VideoRecord,
    detector: FaceDetector,
    spec: CropSpec,
    frames_per_video: int,
    crops_dir: Path,
) -> VideoCrops:
    """Cut the face out of evenly spread frames of a video.

    Crops go to ``<dataset>/<method>/<compression>/<name>/<frame>_<face>.png`` below ``crops_dir``,
    what was measured beside them. The folder is made elsewhere and renamed when it is complete, so
    a killed run leaves no half video; a folder that is there with the same spec, frame count and
    source size is read back. Nothing is written for a video without a face.

    Args:
        record: The video.
        detector: Finds the faces.
        spec: Size and margin; must name this detector's ``spec``.
        frames_per_video: Frames to read; all of them when the video has fewer.
        crops_dir: The folder that the index's paths are relative to.

    Raises:
        VideoReadError: The video is missing or cannot be decoded to its end.
    """
    if not record.path.is_file():
        msg = f"{record.path}: listed in metadata.json, file missing; download it again"
        raise VideoReadError(msg)
    stamp = {
        "crop_spec": spec.hash,
        "frames_per_video": str(frames_per_video),
        "source_bytes": str(record.path.stat().st_size),
    }
    finished = _read_back(record, spec, stamp, crops_dir)
    if finished is not None:
        return finished
    indices = spread(count_frames(record.path), frames_per_video).tolist()
    cuts = _cut_track(record.path, indices, detector, spec)
    rows = [_row(record, spec, cut.frame_idx, _measured(cut, spec.size_px)) for cut in cuts]
    table = pa.Table.from_pylist(rows, INDEX_SCHEMA)
    if cuts:
        stamped = table.replace_schema_metadata(stamp | {"frames_read": str(len(indices))})
        _write_folder(cuts, stamped, crops_dir, record.video_id)
    return VideoCrops(table, len(indices))


def crop_name(frame_idx: int, face_idx: int = FACE_IDX) -> str:
    """Return a crop's file name.

    Example:
        >>> crop_name(42)
        '000042_0.png'
    """
    return f"{frame_idx:06d}_{face_idx}.png"


def _cut_track(
    path: Path, indices: list[int], detector: FaceDetector, spec: CropSpec
) -> list[_Cut]:
    """Cut every face of each frame, then keep those of the track.

    Which face is the video's is known at the end only; crops are kept until then instead of frames,
    which for a 4K video would take gigabytes.
    """
    cuts_per_frame = []
    for idx, frame in read_frames(path, indices):
        cuts = []
        for face in detector.detect(frame):
            square = square_box(face.box_xyxy, spec.margin, frame.shape)
            cuts.append(_Cut(idx, face, square, crop_square(frame, square, spec.size_px)))
        cuts_per_frame.append(cuts)
    track = choose_track([[cut.face for cut in cuts] for cuts in cuts_per_frame])
    return [
        next(cut for cut in cuts if cut.face is face)
        for cuts, face in zip(cuts_per_frame, track, strict=True)
        if face is not None
    ]


def _measured(cut: _Cut, size_px: int) -> dict[str, Any]:
    """The columns that come from the frame."""
    landmarks = None
    if cut.face.landmarks is not None:
        points = landmarks_to_crop(cut.face.landmarks, cut.square, size_px)
        landmarks = [coordinate for point in points for coordinate in point]
    return {"bbox_xyxy": cut.square, "det_prob": cut.face.prob, "landmarks": landmarks}


def _row(
    record: VideoRecord, spec: CropSpec, frame_idx: int, measured: dict[str, Any]
) -> dict[str, Any]:
    """One row of the index; its path and provenance always follow from the record."""
    return {
        "crop_id": f"{record.video_id}/{frame_idx}/{FACE_IDX}",
        "path": f"{record.video_id}/{crop_name(frame_idx)}",
        "label": record.label,
        "dataset": record.dataset,
        "method": record.method,
        "compression": record.compression,
        "video_id": record.video_id,
        "frame_idx": frame_idx,
        "face_idx": FACE_IDX,
        "target_id": record.target_id,
        "source_id": record.source_id,
        "identity_group": record.identity_group,
        "original_video_id": record.original_video_id,
        "split": record.split,
        "mask_path": None,
        "crop_spec": spec.hash,
        **measured,
    }


def _write_folder(cuts: list[_Cut], table: pa.Table, crops_dir: Path, video_id: str) -> None:
    """Make the folder under another name and put it in place in one step."""
    partial = crops_dir / PARTIAL_DIR
    partial.mkdir(parents=True, exist_ok=True)
    folder = crops_dir / video_id
    with tempfile.TemporaryDirectory(dir=partial) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        for cut in cuts:
            (made / crop_name(cut.frame_idx)).write_bytes(_png(cut.crop))
        pq.write_table(table, made / ROWS_NAME)
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            folder.rename(Path(scratch) / "old")
        made.rename(folder)


def _png(crop: Frame) -> bytes:
    """Encode losslessly as 8-bit RGB."""
    _, encoded = cv2.imencode(".png", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR))
    return encoded.tobytes()


def _read_back(
    record: VideoRecord, spec: CropSpec, stamp: dict[str, str], crops_dir: Path
) -> VideoCrops | None:
    """Return what an earlier run made of this video, or None where it is not the same or not whole.

    Provenance comes from the record, not from the file: a change of the split lists takes effect
    without cutting anything anew.
    """
    folder = crops_dir / record.video_id
    try:
        stored = pq.read_table(folder / ROWS_NAME)
    except (OSError, pa.ArrowException):
        return None
    found = {key.decode(): value.decode() for key, value in (stored.schema.metadata or {}).items()}
    frames_read = found.pop("frames_read", "0")
    if found != stamp or stored.schema.names != INDEX_SCHEMA.names:
        return None
    kept = ["frame_idx", "bbox_xyxy", "det_prob", "landmarks"]
    rows = [_row(record, spec, row["frame_idx"], row) for row in stored.select(kept).to_pylist()]
    if not all((crops_dir / row["path"]).is_file() for row in rows):
        return None
    return VideoCrops(pa.Table.from_pylist(rows, INDEX_SCHEMA), int(frames_read))
