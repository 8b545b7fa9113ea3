"""One pair of twins on disk: its crops, its masks, and its rows of both tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from resgat.data.cropping import Pixels
from resgat.data.encoding import crop_name, encode_mask, mask_name
from resgat.data.planted.plan import Unit
from resgat.data.planted.subject import Subject
from resgat.data.planted.twins import Crop, Mask, Pair
from resgat.data.rows import FACE_IDX
from resgat.data.videos import REAL_METHOD, video_id
from resgat.types import FAKE

DATASET, _COMPRESSION = "planted", "c0"

Row = dict[str, Any]
Paths = dict[str, str | None]


def write_pair(
    folder: Path, unit: Unit, subject: Subject, pair: Pair, crop_spec: str
) -> list[tuple[Row, Row]]:
    """Write the crops and masks of one pair.

    Args:
        folder: The crops folder.
        unit: What was asked for.
        subject: The genuine face.
        pair: What was made of it.
        crop_spec: The hash that the crops' index rows bear.

    Returns:
        For each crop its row of the index, and its row of ``planted.parquet``.
    """
    videos = [_video(unit, crop) for crop in pair.crops]
    for video, crop in zip(videos, pair.crops, strict=True):
        (folder / video).mkdir(parents=True)
        (folder / video / crop_name(0)).write_bytes(_png(crop.image))
    paths = _write_masks(folder, videos, pair)
    return [
        (
            _index_row(place, videos, crop, unit, subject, paths["mask"], crop_spec),
            _planted_row(place, videos, crop, unit, paths),
        )
        for place, crop in enumerate(pair.crops)
    ]


def _video(unit: Unit, crop: Crop) -> str:
    method = unit.plants[0].operator if crop.label == FAKE else REAL_METHOD
    return video_id(DATASET, method, _COMPRESSION, f"{unit.split}{unit.number:05d}{crop.suffix}")


def _crop_id(video: str) -> str:
    return f"{video}/0/{FACE_IDX}"


def _write_masks(folder: Path, videos: list[str], pair: Pair) -> Paths:
    """Write each mask once, beside the first crop that it belongs to."""
    decoyed = next(
        (video for video, crop in zip(videos, pair.crops, strict=True) if crop.decoyed), ""
    )
    return {
        "mask": _write_mask(folder, f"{videos[0]}/{mask_name(0)}", pair.mask),
        "mask_2": _write_mask(folder, f"{videos[0]}/000000_{FACE_IDX}_mask_2.png", pair.mask_2),
        "decoy": _write_mask(folder, f"{decoyed}/000000_{FACE_IDX}_decoy.png", pair.decoy_mask),
    }


def _write_mask(folder: Path, path: str, mask: Mask | None) -> str | None:
    if mask is None:
        return None
    (folder / path).write_bytes(encode_mask(mask.astype(np.uint8) * 255))
    return path


def _png(image: Pixels) -> bytes:
    bgr = np.ascontiguousarray(image[..., ::-1])
    return cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def _index_row(
    place: int,
    videos: list[str],
    crop: Crop,
    unit: Unit,
    subject: Subject,
    mask_path: str | None,
    crop_spec: str,
) -> Row:
    fake = crop.label == FAKE
    swapped = fake and unit.plants[0].operator == "donor_swap"
    return {
        "crop_id": _crop_id(videos[place]),
        "path": f"{videos[place]}/{crop_name(0)}",
        "label": crop.label,
        "dataset": DATASET,
        "method": unit.plants[0].operator if fake else REAL_METHOD,
        "compression": _COMPRESSION,
        "video_id": videos[place],
        "frame_idx": 0,
        "face_idx": FACE_IDX,
        "target_id": subject.target_id,
        "source_id": (subject.donor_id if swapped else subject.target_id) if fake else None,
        "identity_group": subject.identity_group,
        "original_video_id": videos[crop.twin] if fake else None,
        "split": unit.split,
        "bbox_xyxy": list(subject.bbox_xyxy),
        "det_prob": None,
        "landmarks": subject.landmarks.ravel().tolist(),
        "mask_path": mask_path if fake else None,
        "crop_spec": crop_spec,
    }


def _planted_row(place: int, videos: list[str], crop: Crop, unit: Unit, paths: Paths) -> Row:
    first, second = (*unit.plants, None, None)[:2]
    decoy = unit.decoy if crop.decoyed else None
    return {
        "crop_id": _crop_id(videos[place]),
        "twin_id": _crop_id(videos[crop.twin]),
        "track": unit.track,
        "operator": first and first.operator,
        "strength": first and first.strength,
        "region": first and first.region,
        "region_2": second and second.region,
        "strength_2": second and second.strength,
        "mask_2_path": paths["mask_2"],
        "decoy": decoy and decoy.kind,
        "decoy_region": decoy and decoy.region,
        "decoy_mask_path": paths["decoy"] if decoy else None,
        "watermark": crop.marked,
        "other_id": None if crop.other is None else _crop_id(videos[crop.other]),
    }
