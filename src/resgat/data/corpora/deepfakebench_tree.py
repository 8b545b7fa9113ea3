"""DeepfakeBench's folders of frames, masks and landmarks, found from the paths of its JSON."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

import numpy as np

from resgat.data.folder import file_names
from resgat.data.layout.paths import relative_path
from resgat.errors import MetadataError

_FRAMES, _MASKS, _LANDMARKS = "frames", "masks", "landmarks"
_MASK_LEVEL = "c23"  # its JSON points there at any level
_MAX_LANDMARK_BYTES = 1 << 20

#: Points of the 68-point convention: the eyes' outlines, the nose tip, the corners of the mouth.
_LEFT_EYE, _RIGHT_EYE, _NOSE, _MOUTH = slice(36, 42), slice(42, 48), 30, (48, 54)
_NUM_POINTS = 68


class Frame(NamedTuple):
    """One crop on disk; paths are relative to the tree, None where there is no such file."""

    idx: int
    path: str
    mask_path: str | None
    landmarks_path: str | None


class Tree:
    """The folder that DeepfakeBench calls ``rgb_dir``.

    Args:
        root: The folder that holds ``FaceForensics++``, ``Celeb-DF-v2`` and the like.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._num_leading = 0

    def frames(self, listed: Sequence[str], compression: str | None) -> list[Frame]:
        """Find a video's frames on disk, in order of time.

        Paths of the JSON may be Windows', and may begin with folders of the machine that it was
        made on. A frame that is listed and not on disk is left out.

        Raises:
            MetadataError: A path could lead out of the tree or has no number, two have one number,
                or they lie in several folders.
        """
        names: dict[int, str] = {}
        folders = set()
        for text in listed:
            path = _plain_path(text)
            is_number = path.stem.isascii() and path.stem.isdecimal()
            if not is_number or names.setdefault(int(path.stem), path.name) != path.name:
                msg = f"frame {text!r}: expected a file named by a number of its own, as 007.png is"
                raise MetadataError(msg)
            folders.add(path.parent)
        if len(folders) > 1:
            first, second, *_ = sorted(map(str, folders))
            msg = f"frames of one video lie in {first!r} and {second!r}; expected one folder"
            raise MetadataError(msg)
        folder = self._find(folders.pop())
        return [] if folder is None else self._frames_in(folder, names, compression)

    def _find(self, folder: PurePosixPath) -> PurePosixPath | None:
        """Cut the leading parts that are not of this machine, as many as last time if that fits."""
        parts = folder.parts
        for leading in dict.fromkeys([self._num_leading, *range(len(parts))]):
            rest = parts[leading:]
            if rest and self.root.joinpath(*rest).is_dir():
                self._num_leading = leading
                return PurePosixPath(*rest)
        return None

    def _frames_in(
        self, folder: PurePosixPath, names: dict[int, str], compression: str | None
    ) -> list[Frame]:
        there = set(file_names(self.root / folder))
        masks = self._beside(folder, _MASKS)
        if not masks and compression is not None:
            levels = [_MASK_LEVEL if part == compression else part for part in folder.parts]
            masks = self._beside(PurePosixPath(*levels), _MASKS)
        landmarks = self._beside(folder, _LANDMARKS)
        return [
            Frame(
                idx, f"{folder}/{name}", masks.get(Path(name).stem), landmarks.get(Path(name).stem)
            )
            for idx, name in sorted(names.items())
            if name in there
        ]

    def _beside(self, folder: PurePosixPath, kind: str) -> dict[str, str]:
        """Return stem -> path of the files in the folder that has ``kind`` in place of frames."""
        if _FRAMES not in folder.parts:
            return {}
        at = len(folder.parts) - 1 - folder.parts[::-1].index(_FRAMES)
        beside = PurePosixPath(*folder.parts[:at], kind, *folder.parts[at + 1 :])
        return {Path(name).stem: f"{beside}/{name}" for name in file_names(self.root / beside)}


def read_landmarks(path: Path) -> list[float] | None:
    """Read the five landmarks of a frame from DeepfakeBench's 68 or 81.

    Returns:
        x and y of both eyes' centres, the nose tip and both corners of the mouth, in crop pixels;
        None for a file that holds no such points.
    """
    try:
        if path.stat().st_size > _MAX_LANDMARK_BYTES:
            return None
        points = np.load(BytesIO(path.read_bytes()), allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError, SyntaxError):
        return None
    is_number = isinstance(points, np.ndarray) and points.dtype.kind in "iuf"
    if not is_number or points.ndim != 2 or points.shape[0] < _NUM_POINTS or points.shape[1] != 2:
        return None
    eyes = [points[outline].mean(axis=0) for outline in (_LEFT_EYE, _RIGHT_EYE)]
    five = np.array([*eyes, points[_NOSE], *points[list(_MOUTH)]], np.float64)
    return [float(value) for value in five.ravel()] if np.isfinite(five).all() else None


def _plain_path(text: str) -> PurePosixPath:
    """Drop drive and root, as on the machine that the JSON was made on; refuse what is no path."""
    below = PureWindowsPath(text).as_posix().removeprefix(PureWindowsPath(text).drive)
    path = relative_path(below.lstrip("/"))
    if path is None or len(path.parts) < 2:
        msg = f"frame {text!r}: expected a path such as FaceForensics++/.../frames/000/007.png"
        raise MetadataError(msg)
    return path
