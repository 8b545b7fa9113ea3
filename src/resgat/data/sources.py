"""Where a video's frames come from: a video file, or still images that a corpus ships instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from resgat.data.stills import read_still
from resgat.data.video_io import Frame, count_frames, read_frames
from resgat.data.videos import VideoRecord
from resgat.errors import VideoReadError


class FrameSource(Protocol):
    """Frames by number, counted from 0."""

    def count(self) -> int:
        """Return how many frames there are, as far as can be told without decoding them.

        Raises:
            VideoReadError: There is nothing that can be read.
        """
        ...

    def read(self, indices: Sequence[int]) -> Iterator[tuple[int, Frame]]:
        """Yield the frames asked for that can be decoded; the numbers ascend, each once.

        Raises:
            VideoReadError: None can, or the video ends before the last one.
        """
        ...


class VideoFile:
    """The frames of a video file.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def count(self) -> int:
        """Return what the container states, or what can be decoded where it states nothing."""
        return count_frames(self._path)

    def read(self, indices: Sequence[int]) -> Iterator[tuple[int, Frame]]:
        """Decode from the first frame on."""
        return read_frames(self._path, indices)


class Stills:
    """Still images in order of time.

    Args:
        paths: The image files.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def count(self) -> int:
        """Return the number of images."""
        return len(self._paths)

    def read(self, indices: Sequence[int]) -> Iterator[tuple[int, Frame]]:
        """Decode the images asked for and no others."""
        problems = []
        for idx in indices:
            try:
                yield idx, read_still(self._paths[idx])
            except VideoReadError as error:
                problems.append(error)
        if problems and len(problems) == len(indices):
            raise problems[0]


def open_source(record: VideoRecord) -> FrameSource:
    """Return the frames of a video."""
    return Stills(record.frames) if record.frames else VideoFile(record.path)
