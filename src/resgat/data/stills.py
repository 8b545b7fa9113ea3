"""One still image as a frame."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from resgat.data.video_io import MAX_FRAME_PX, Frame, quiet_opencv
from resgat.errors import VideoReadError


def read_still(path: Path) -> Frame:
    """Decode an image file as 8-bit RGB, upright.

    Shape:
        returns: (H, W, 3) uint8

    Raises:
        VideoReadError: The file is missing, broken or far too large.
    """
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
        with quiet_opencv():
            image = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) if len(data) else None
    except OSError as error:
        msg = f"{path}: cannot be read as an image ({error.strerror})"
        raise VideoReadError(msg) from error
    except cv2.error as error:  # the file states a size that OpenCV does not even try
        msg = f"{path}: cannot be decoded ({error.err}); expected at most {MAX_FRAME_PX} px"
        raise VideoReadError(msg) from error
    if image is None:
        msg = f"{path}: expected an image, got {len(data)} bytes that OpenCV cannot decode; copy "
        msg += "the file again"
        raise VideoReadError(msg)
    if image.shape[0] * image.shape[1] > MAX_FRAME_PX:
        msg = f"{path}: {image.shape[1]} x {image.shape[0]} px, expected at most {MAX_FRAME_PX} px"
        raise VideoReadError(msg)
    return np.asarray(image, np.uint8)
