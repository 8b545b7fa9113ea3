"""Drawn videos of drawn people: a corpus that needs nothing on disk and no download."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resgat.checks import check_range
from resgat.data.corpora.base import Census
from resgat.data.corpora.made_once import make_once, refuse_videos
from resgat.data.cropping import CropSpec
from resgat.data.encoding import crop_name, mask_name
from resgat.data.index import write_index
from resgat.data.rows import FACE_IDX
from resgat.data.schema import INDEX_SCHEMA
from resgat.data.synthetic.video import DrawnFrame, DrawnVideo, draw_pair
from resgat.data.videos import REAL_METHOD, VideoRecord, video_id
from resgat.data.workers import results_of
from resgat.progress import track
from resgat.types import FAKE, REAL

_DRAWING = 1  # raised when people or forgeries are drawn differently
_ROWS = 2  # raised when the index says other things of what is drawn
_DATASET, _COMPRESSION = "synthetic", "c0"


@dataclass(frozen=True)
class SyntheticFaces:
    """Pairs of drawn people, each with two genuine and four forged videos, in the real layout.

    A pair is an identity group and lies in one split. A fake is a take of its own and has no
    aligned original, as ``data=planted`` has. The same settings give the same bytes.

    Args:
        size_px: Side of the crops.
        train_pairs: Pairs of people in the train split.
        val_pairs: Pairs in the val split.
        test_pairs: Pairs in the test split.
        frames_per_video: Crops of each video.
        difficulty: 0 leaves the forgeries' traces in full, 1 fades them out.
        seed: Decides everything that is drawn.
        num_workers: Processes that draw.

    Raises:
        ConfigError: A number is out of range.
    """

    size_px: int = 96
    train_pairs: int = 134
    val_pairs: int = 16
    test_pairs: int = 40
    frames_per_video: int = 8
    difficulty: float = 0.2
    seed: int = 0
    num_workers: int = 2

    def __post_init__(self) -> None:
        check_range("size_px", self.size_px, low=32, high=1024)
        check_range("frames_per_video", self.frames_per_video, low=1)
        check_range("difficulty", self.difficulty, low=0, high=1)
        check_range("seed", self.seed, low=0)
        check_range("num_workers", self.num_workers, low=1)
        for name, pairs in self._pairs().items():
            check_range(f"{name}_pairs", pairs, low=1)

    @property
    def name(self) -> str:
        """``synthetic``."""
        return _DATASET

    def videos(self, raw_dir: Path) -> NoReturn:
        """Refuse: there is nothing to preprocess.

        Raises:
            DatasetNotFoundError: Always.
        """
        refuse_videos(self.name, raw_dir)

    def census(self, records: Sequence[VideoRecord]) -> Census:
        """Give none: nobody published what is drawn here."""
        return Census()

    def prepare(self, crops_dir: Path) -> None:
        """Draw the crops, unless they are there already; all of them or none.

        Raises:
            ConfigError: The folder holds something else.
        """
        make_once(crops_dir, self.name, self._settings(), self._draw)

    def _settings(self) -> dict[str, Any]:
        """Say what decides the crops; the number of workers does not."""
        settings = asdict(self) | {"difficulty": float(self.difficulty)}
        settings |= {"drawing": _DRAWING, "rows": _ROWS}
        return {key: value for key, value in settings.items() if key != "num_workers"}

    def _pairs(self) -> dict[str, int]:
        return {"train": self.train_pairs, "val": self.val_pairs, "test": self.test_pairs}

    def _draw(self, folder: Path) -> None:
        jobs = [(split, pair) for split, count in self._pairs().items() for pair in range(count)]
        rows: list[dict[str, Any]] = []
        work = partial(_draw_and_write, self, folder)
        drawn = results_of(work, jobs, self.num_workers, chunk_size=4)
        for pair_rows in track(drawn, "drawing faces", len(jobs)):
            rows.extend(pair_rows)
        write_index(pa.Table.from_pylist(rows, INDEX_SCHEMA), folder)


def _draw_and_write(
    corpus: SyntheticFaces, folder: Path, job: tuple[str, int]
) -> list[dict[str, Any]]:
    """Draw one pair of people, write their crops and masks, and return their rows."""
    split, pair = job
    seed = (corpus.seed, ("train", "val", "test").index(split), pair)
    videos = draw_pair(
        seed,
        size_px=corpus.size_px,
        frames_per_video=corpus.frames_per_video,
        difficulty=corpus.difficulty,
    )
    return [row for video in videos for row in _write_video(video, folder, split, pair, corpus)]


def _write_video(
    video: DrawnVideo, folder: Path, split: str, pair: int, corpus: SyntheticFaces
) -> Iterator[dict[str, Any]]:
    people = {person: f"{split}{pair:04d}{person}" for person in "ab"}
    target = people[video.target]
    source = people["b" if video.target == "a" else "a"]
    name = f"{target}_{source}" if video.method else target
    identifier = video_id(_DATASET, video.method or REAL_METHOD, _COMPRESSION, name)
    (folder / identifier).mkdir(parents=True)
    crop_spec = CropSpec(
        corpus.size_px,
        1.3,
        {"name": "drawn", "version": _DRAWING},
        frames_per_video=corpus.frames_per_video,
    ).hash
    for frame_idx, frame in enumerate(video.frames):
        path = f"{identifier}/{crop_name(frame_idx)}"
        _write_png(folder / path, frame.image[..., ::-1])
        yield {
            "crop_id": f"{identifier}/{frame_idx}/{FACE_IDX}",
            "path": path,
            "label": FAKE if video.method else REAL,
            "dataset": _DATASET,
            "method": video.method or REAL_METHOD,
            "compression": _COMPRESSION,
            "video_id": identifier,
            "frame_idx": frame_idx,
            "face_idx": FACE_IDX,
            "target_id": target,
            "source_id": source if video.method else None,
            "identity_group": f"{_DATASET}/{split}{pair:04d}",
            "original_video_id": None,
            "split": split,
            "bbox_xyxy": [0, 0, corpus.size_px, corpus.size_px],
            "det_prob": None,
            "landmarks": frame.landmarks.ravel().tolist(),
            "mask_path": _write_mask(folder, identifier, frame_idx, frame),
            "crop_spec": crop_spec,
        }


def _write_mask(folder: Path, identifier: str, frame_idx: int, frame: DrawnFrame) -> str | None:
    if frame.mask is None:
        return None
    path = f"{identifier}/{mask_name(frame_idx)}"
    _write_png(folder / path, frame.mask.astype(np.uint8) * 255)
    return path


def _write_png(path: Path, image: NDArray[np.uint8]) -> None:
    _, encoded = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    path.write_bytes(encoded.tobytes())
