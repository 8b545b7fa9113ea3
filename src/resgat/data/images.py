"""Stored crops and masks as arrays. Each has one kind of file; all others are refused."""

from __future__ import annotations

import struct
import warnings
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from resgat.errors import CropReadError

MIN_SIDE_PX = 16

_CROP = f"an 8-bit RGB image (PNG, JPEG or WebP) of at least {MIN_SIDE_PX} px a side"
_MASK = f"an 8-bit grey PNG of at least {MIN_SIDE_PX} px a side"
_PNG_BIT_DEPTH_AT = 24  # in IHDR: 8 bytes signature, 8 chunk head, 4 width, 4 height
_KINDS = {
    "1": "a 1-bit",
    "L": "a grey",
    "I;16": "a 16-bit grey",
    "LA": "a grey + alpha",
    "P": "a palette",
    "PA": "a palette + alpha",
    "RGB": "an RGB",
    "RGBA": "an RGB + alpha",
    "CMYK": "a CMYK",
}
#: What Pillow raises on a file that is not what it says it is.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, MemoryError)


def read_crop(path: Path) -> NDArray[np.uint8]:
    """Read one face crop.

    A kind of file that is commoner in one class gives the label away without a look at the face:
    a detector trained on grey reals and RGB fakes is right for the wrong reason. So crops have one
    kind, and no other is silently converted.

    Shape:
        returns: (H, W, 3) RGB

    Raises:
        CropReadError: The file is missing, empty, truncated, too small or of another kind.
    """
    return _read(path, mode="RGB", formats=("PNG", "JPEG", "WEBP"), expected=_CROP)


def read_mask(path: Path) -> NDArray[np.bool_]:
    """Read the mask of the manipulated pixels; values above 127 are manipulated.

    Shape:
        returns: (H, W)

    Raises:
        CropReadError: The file is missing, empty, truncated, too small or no 8-bit grey PNG.
    """
    return _read(path, mode="L", formats=("PNG",), expected=_MASK) > 127


def _read(path: Path, *, mode: str, formats: tuple[str, ...], expected: str) -> NDArray[np.uint8]:
    data = _read_bytes(path, expected)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=formats) as image:
                found = _describe_misfit(image, data, mode)
                if not found:
                    return np.array(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _error(path, "has far too many pixels", expected) from error
    except UnidentifiedImageError as error:
        raise _error(path, "is no such image", expected) from error
    except _BROKEN as error:
        raise _error(path, f"is truncated or broken ({error})", expected) from error
    raise _error(path, found, expected)


def _read_bytes(path: Path, expected: str) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise _error(path, "does not exist", expected) from error
    except OSError as error:
        raise _error(path, f"cannot be read ({error.strerror})", expected) from error
    if not data:
        raise _error(path, "has zero bytes", expected)
    return data


def _describe_misfit(image: Image.Image, data: bytes, mode: str) -> str:
    """Say why the image is not of the one kind; empty when it is. Looks at the header only."""
    # Pillow hands 16-bit RGB over as 8-bit RGB, and 2-bit grey as 8-bit grey, without a word.
    bits = data[_PNG_BIT_DEPTH_AT] if image.format == "PNG" else 8
    if image.mode != mode:
        return f"is {_KINDS.get(image.mode, f'a {image.mode}')} image"
    if bits != 8:
        return f"is {_KINDS[mode]} image of {bits} bits"
    if "transparency" in image.info:
        return f"is {_KINDS[mode]} + alpha image"
    if getattr(image, "n_frames", 1) != 1:
        return "is an animation"
    if min(image.size) < MIN_SIDE_PX:
        return f"is {image.width}x{image.height} px"
    return ""


def _error(path: Path, found: str, expected: str) -> CropReadError:
    return CropReadError(
        f"{path} {found}; expected {expected}. "
        "Make it again with `python src/preprocess.py`, or take its row out of the index"
    )
