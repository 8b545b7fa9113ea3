"""The contract of ``index.parquet``: one row per crop, written and read by everything."""

from __future__ import annotations

import pyarrow as pa

INDEX_NAME = "index.parquet"
SPLITS = ("train", "val", "test")

#: Column -> type. Columns whose field is not nullable must hold a value in every row.
INDEX_SCHEMA = pa.schema(
    [
        pa.field("crop_id", pa.string(), nullable=False),  # unique: video_id/frame/face
        pa.field("path", pa.string(), nullable=False),  # POSIX, relative to the crops folder
        pa.field("label", pa.int8(), nullable=False),  # 1 = fake, 0 = real
        pa.field("dataset", pa.string(), nullable=False),
        pa.field("method", pa.string(), nullable=False),  # manipulation; "original" for real videos
        pa.field("compression", pa.string(), nullable=False),
        pa.field("video_id", pa.string(), nullable=False),  # dataset/method/compression/name
        pa.field("frame_idx", pa.int32(), nullable=False),
        pa.field("face_idx", pa.int16(), nullable=False),
        pa.field("target_id", pa.string()),  # whose video it is
        pa.field("source_id", pa.string()),  # whose face was put in; null for real videos
        pa.field("identity_group", pa.string(), nullable=False),  # must not cross splits
        pa.field("original_video_id", pa.string()),  # the aligned real video of a fake
        pa.field("split", pa.string()),  # train, val, test, or null: in no split
        pa.field("bbox_xyxy", pa.list_(pa.float32(), 4), nullable=False),  # crop's square, frame px
        pa.field("det_prob", pa.float32()),  # null where the detector has no probability
        pa.field(
            "landmarks", pa.list_(pa.float32(), 10)
        ),  # x, y of eyes, nose, mouth corners; crop px
        pa.field("mask_path", pa.string()),  # 0/255 PNG of the manipulated pixels
        pa.field(
            "crop_spec", pa.string(), nullable=False
        ),  # hash of size, margin, alignment, detector
    ]
)
