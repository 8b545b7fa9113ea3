"""Crops and masks as the bytes of an image file."""

from __future__ import annotations

import cv2

from resgat.data.cropping import DEFAULT_QUALITY, CropSpec, Pixels
from resgat.data.masks import Mask

SUFFIXES = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}
MASK_SUFFIX = "_mask.png"


def encode_crop(crop: Pixels, spec: CropSpec) -> bytes:
    """Encode a crop as 8-bit RGB in the format that the spec names.

    JPEG keeps the colours at full resolution: forgeries differ in colour, too.
    """
    quality = spec.quality or DEFAULT_QUALITY
    options: dict[str, list[int]] = {
        "png": [],
        "jpeg": [
            *(cv2.IMWRITE_JPEG_QUALITY, quality),
            *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
        ],
        "webp": [cv2.IMWRITE_WEBP_QUALITY, quality],
    }
    bgr = cv2.cvtColor(crop, cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(SUFFIXES[spec.image_format], bgr, options[spec.image_format])
    return encoded.tobytes()


def encode_mask(mask: Mask) -> bytes:
    """Encode a mask as 8-bit grey PNG."""
    _, encoded = cv2.imencode(".png", mask)
    return encoded.tobytes()


def crop_name(frame_idx: int, face_idx: int = 0, image_format: str = "png") -> str:
    """Return a crop's file name.

    Example:
        >>> crop_name(42)
        '000042_0.png'
    """
    return f"{frame_idx:06d}_{face_idx}{SUFFIXES[image_format]}"


def mask_name(frame_idx: int, face_idx: int = 0) -> str:
    """Return the file name of a crop's mask.

    Example:
        >>> mask_name(42)
        '000042_0_mask.png'
    """
    return f"{frame_idx:06d}_{face_idx}{MASK_SUFFIX}"
