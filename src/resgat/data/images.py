"""Stored crops and masks as arrays. Each has one kind of file; all others are refused."""

from __future__ import annotations

import struct
import warnings
import zlib
from io import BytesIO

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


def decode_crop(data: bytes, name: str) -> NDArray[np.uint8]:
    """Decode one face crop.

    A kind of file that is commoner in one class gives the label away without a look at the face:
    a detector trained on grey reals and RGB fakes is right for the wrong reason. So crops have one
    kind, and no other is silently converted.

    Args:
        data: The file's bytes.
        name: What to call the file in a message.

    Shape:
        returns: (H, W, 3) RGB

    Raises:
        CropReadError: The image is truncated, too small or of another kind.
    """
    return _decode(data, name, modes=("RGB",), formats=("PNG", "JPEG", "WEBP"), expected=_CROP)


def decode_mask(data: bytes, name: str) -> NDArray[np.bool_]:
    """Decode the mask of the manipulated pixels; values above 127 are manipulated.

    A mask is grey. One that was saved with three equal channels, as other tools do, is grey too:
    nothing is lost in reading one of them. A mask in colours means something else and is refused.

    Args:
        data: The file's bytes.
        name: What to call the file in a message.

    Shape:
        returns: (H, W)

    Raises:
        CropReadError: The image is truncated, too small or no 8-bit grey PNG.
    """
    mask = _decode(data, name, modes=("L", "RGB"), formats=("PNG",), expected=_MASK)
    if mask.ndim == 3:
        if (mask != mask[..., :1]).any():
            raise _error(name, "is an RGB image in colours", _MASK)
        mask = mask[..., 0]
    return mask > 127


def _decode(
    data: bytes, name: str, *, modes: tuple[str, ...], formats: tuple[str, ...], expected: str
) -> NDArray[np.uint8]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=formats) as image:
                found = _describe_misfit(image, data, modes)
                if not found:
                    return np.array(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _error(name, "has far too many pixels", expected) from error
    except UnidentifiedImageError as error:
        raise _error(name, "is no such image", expected) from error
    except _BROKEN as error:
        raise _error(name, f"is truncated or broken ({error})", expected) from error
    raise _error(name, found, expected)


def _describe_misfit(image: Image.Image, data: bytes, modes: tuple[str, ...]) -> str:
    """Say why the image is not of the one kind; empty when it is. Looks at the header only."""
    # Pillow hands 16-bit RGB over as 8-bit RGB, and 2-bit grey as 8-bit grey, without a word.
    bits = data[_PNG_BIT_DEPTH_AT] if image.format == "PNG" else 8
    if image.mode not in modes:
        return f"is {_KINDS.get(image.mode, f'a {image.mode}')} image"
    if bits != 8:
        return f"is {_KINDS[image.mode]} image of {bits} bits"
    if "transparency" in image.info:
        return f"is {_KINDS[image.mode]} + alpha image"
    if getattr(image, "n_frames", 1) != 1:
        return "is an animation"
    if min(image.size) < MIN_SIDE_PX:
        return f"is {image.width}x{image.height} px"
    return ""


def _error(name: str, found: str, expected: str) -> CropReadError:
    return CropReadError(
        f"{name} {found}; expected {expected}. "
        "Make it again with `python src/preprocess.py`, or take its row out of the index"
    )
