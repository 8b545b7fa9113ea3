"""FaceForensics++ with drawn faces, in the official layout: originals, fakes and their masks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.data.corpora.ffpp_splits import read_lists
from resgat.data.synthetic.video import DrawnVideo, draw_pair

FAKE_METHOD = "Deepfakes"
_FPS = 10

Image = NDArray[np.uint8]


def draw_ffpp(raw_dir: Path, num_pairs: int, num_frames: int, size_px: int = 80) -> Path:
    """Draw the first official pairs: of each two originals, and one fake of each with its mask."""
    for number, pair in enumerate(read_lists()["train"][:num_pairs]):
        videos = draw_pair((number,), size_px=size_px, frames_per_video=num_frames, difficulty=0)
        for video in _first_of_each(videos):
            _write(raw_dir, video, *(pair if video.target == "a" else reversed(pair)))
    return raw_dir


def repeat_ffpp(raw_dir: Path, drawn_dir: Path, num_pairs: int, num_drawn: int) -> Path:
    """Give the videos of the first ``num_drawn`` pairs to as many pairs as are wanted."""
    pairs = read_lists()["train"]
    for number, pair in enumerate(pairs[:num_pairs]):
        drawn = pairs[number % num_drawn]
        for names in ([0], [1], [0, 1], [1, 0]):
            name, model = ("_".join(ids[place] for place in names) for ids in (pair, drawn))
            for path in drawn_dir.rglob(f"{model}.mp4"):
                copy = raw_dir / path.relative_to(drawn_dir).with_stem(name)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(path.read_bytes())
    return raw_dir


def write_frames(path: Path, frames: Iterable[Image], codec: str = "mp4v") -> Path:
    """Write RGB frames of one size as a video."""
    images = list(frames)
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = images[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), _FPS, (width, height))
    for image in images:
        writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


def contents(folder: Path) -> dict[str, bytes | None]:
    """Return every file below a folder with its bytes, and every folder, but for the journal."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if path.relative_to(folder).parts[0] != "journal"
    }


def _first_of_each(videos: Iterable[DrawnVideo]) -> Iterable[DrawnVideo]:
    """Keep one genuine and one forged video of each of the two people."""
    first: dict[tuple[str, bool], DrawnVideo] = {}
    for video in videos:
        first.setdefault((video.target, video.method is None), video)
    return first.values()


def _write(raw_dir: Path, video: DrawnVideo, target: str, source: str) -> None:
    images = [frame.image for frame in video.frames]
    if video.method is None:
        write_frames(raw_dir / f"original_sequences/youtube/c23/videos/{target}.mp4", images)
        return
    below = raw_dir / "manipulated_sequences" / FAKE_METHOD
    masks = [frame.mask for frame in video.frames if frame.mask is not None]
    grey = [np.repeat(np.where(mask, 255, 0)[..., None], 3, axis=2) for mask in masks]
    write_frames(below / f"c23/videos/{target}_{source}.mp4", images)
    write_frames(below / f"masks/videos/{target}_{source}.mp4", [m.astype(np.uint8) for m in grey])
