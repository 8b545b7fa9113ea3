"""Opening an index of many crops with all its checks, next to Arrow's reading of the same file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.paired import Sides
from resgat.data.index import CropIndex, write_index
from resgat.data.schema import INDEX_NAME, INDEX_SCHEMA
from resgat.data.spread import spread

_NUM_VIDEOS = 12_500
_FRAMES_PER_VIDEO = 32
_SEEN = 256  # videos whose files are looked for


def index_sides(crops_dir: Path) -> Sides:
    """Compare opening 400,000 crops with ``pq.read_table`` of the file; writes it first."""
    table = _table()
    write_index(table, crops_dir)
    _touch_sample(table, crops_dir)
    path = crops_dir / INDEX_NAME
    return Sides(lambda: CropIndex.read(crops_dir), lambda: pq.read_table(path))


def _table() -> pa.Table:
    """Return an index like DFDC's: five fakes to a real video, masks for the fakes."""
    rng = np.random.default_rng(0)
    num_rows = _NUM_VIDEOS * _FRAMES_PER_VIDEO
    video = np.repeat(np.arange(_NUM_VIDEOS), _FRAMES_PER_VIDEO)
    frame = np.tile(spread(300, _FRAMES_PER_VIDEO), _NUM_VIDEOS)
    fake = video % 6 > 0
    ids = [
        f"dfdc/{'dfdc' if f else 'original'}/h264/{v:010d}"
        for v, f in zip(video, fake, strict=True)
    ]
    paths = [f"{name}/{at:06d}_0" for name, at in zip(ids, frame, strict=True)]
    group = [f"dfdc/{v // 6:010d}" for v in video]
    originals = [
        f"dfdc/original/h264/{v // 6 * 6:010d}" if f else None
        for v, f in zip(video, fake, strict=True)
    ]
    columns = {
        "crop_id": [f"{name}/{at}/0" for name, at in zip(ids, frame, strict=True)],
        "path": [f"{path}.png" for path in paths],
        "label": fake,
        "dataset": ["dfdc"] * num_rows,
        "method": np.where(fake, "dfdc", "original"),
        "compression": ["h264"] * num_rows,
        "video_id": ids,
        "frame_idx": frame,
        "face_idx": np.zeros(num_rows),
        "target_id": group,
        "source_id": [None] * num_rows,
        "identity_group": group,
        "original_video_id": originals,
        "split": np.array(["train", "val", "test"])[video * 3 // _NUM_VIDEOS],
        "bbox_xyxy": list(rng.uniform(0, 1000, (num_rows, 4))),
        "det_prob": rng.random(num_rows),
        "landmarks": list(rng.uniform(0, 224, (num_rows, 10))),
        "mask_path": [
            f"{path}_mask.png" if f else None for path, f in zip(paths, fake, strict=True)
        ],
        "crop_spec": ["0123456789ab"] * num_rows,
    }
    arrays = [pa.array(columns[field.name]).cast(field.type, safe=False) for field in INDEX_SCHEMA]
    return pa.table(arrays, schema=INDEX_SCHEMA)


def _touch_sample(table: pa.Table, crops_dir: Path) -> None:
    """Make the files that opening looks for."""
    for video in spread(_NUM_VIDEOS, _SEEN):
        rows = table.slice(int(video) * _FRAMES_PER_VIDEO, _FRAMES_PER_VIDEO)
        for name in (*rows["path"].to_pylist(), *rows["mask_path"].to_pylist()):
            if name is not None:
                (crops_dir / name).parent.mkdir(parents=True, exist_ok=True)
                (crops_dir / name).touch()
