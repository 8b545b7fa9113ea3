"""The journal's entries as rows of the index, written in the order of the corpus's videos."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from resgat.data.cropping import CropSpec
from resgat.data.encoding import crop_name, mask_name
from resgat.data.entry import Entry
from resgat.data.schema import INDEX_NAME, INDEX_SCHEMA
from resgat.data.validation import check_table
from resgat.data.videos import VideoRecord
from resgat.files import write_atomic

#: Crops show one face per frame: the one that was followed.
FACE_IDX = 0

#: Rows that are held in memory at a time, and written as one row group.
_ROWS_PER_GROUP = 65_536


def write_rows(
    videos: Iterable[tuple[VideoRecord, Entry]], spec: CropSpec, crops_dir: Path
) -> Path:
    """Write the index of a crops folder, all of it or nothing.

    Args:
        videos: Each video with what is noted of it; those that gave no crop add no row.
        spec: How they were cut.
        crops_dir: The crops folder.

    Raises:
        IndexSchemaError: A row breaks the contract.
    """
    path = crops_dir / INDEX_NAME

    def write(beside: Path) -> None:
        with pq.ParquetWriter(beside, INDEX_SCHEMA, compression="zstd") as writer:
            for table in _tables(videos, spec):
                check_table(table)
                writer.write_table(table, row_group_size=_ROWS_PER_GROUP)

    write_atomic(path, write)
    return path


def crop_rows(record: VideoRecord, entry: Entry, spec: CropSpec) -> Iterator[dict[str, Any]]:
    """Return the rows of one video's crops.

    Provenance comes from the record, not from the journal: a change of the split lists takes effect
    without cutting anything anew.
    """
    for note in entry.crops:
        name = crop_name(note.frame_idx, FACE_IDX, spec.image_format)
        mask = mask_name(note.frame_idx, FACE_IDX) if note.has_mask else None
        points = note.landmarks
        yield {
            "crop_id": f"{record.video_id}/{note.frame_idx}/{FACE_IDX}",
            "path": f"{record.video_id}/{name}",
            "label": record.label,
            "dataset": record.dataset,
            "method": record.method,
            "compression": record.compression,
            "video_id": record.video_id,
            "frame_idx": note.frame_idx,
            "face_idx": FACE_IDX,
            "target_id": record.target_id,
            "source_id": record.source_id,
            "identity_group": record.identity_group,
            "original_video_id": record.original_video_id,
            "split": record.split,
            "bbox_xyxy": note.bbox_xyxy,
            "det_prob": note.det_prob,
            "landmarks": points and [value for point in points for value in point],
            "mask_path": mask and f"{record.video_id}/{mask}",
            "crop_spec": spec.hash,
        }


def _tables(videos: Iterable[tuple[VideoRecord, Entry]], spec: CropSpec) -> Iterator[pa.Table]:
    rows: list[dict[str, Any]] = []
    for record, entry in videos:
        rows += crop_rows(record, entry, spec)
        if len(rows) >= _ROWS_PER_GROUP:
            yield pa.Table.from_pylist(rows, INDEX_SCHEMA)
            rows = []
    if rows:
        yield pa.Table.from_pylist(rows, INDEX_SCHEMA)
