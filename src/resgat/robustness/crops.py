"""The crops of an index, corrupted clip by clip while they are read; nothing is stored."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from resgat.data.dataset import FaceItem, collate
from resgat.data.index import CropIndex
from resgat.data.spread import spread
from resgat.data.transforms import Augment
from resgat.robustness.draws import Draws
from resgat.robustness.graded import Corruption

Positions = NDArray[np.int64]


class CorruptedCrops(IterableDataset[FaceItem]):
    """Serves crops as evaluation does, after one corruption at one level.

    A clip is the crops of one face of one video that have one size. What is random about it depends
    on the seed, the corruption, the face, and the video, for a fake its original: on neither the
    level nor the method, the order of the clips or who reads them.

    Args:
        index: The crops to serve.
        transform: From a corrupted crop (H, W, 3) to a tensor (3, size, size).
        name: Of the corruption.
        corruption: What happens to a clip.
        level: How severely, 1 to 5.
        seed: Of the run.
        rank: This process.
        world_size: Number of processes, among which the clips are dealt out.
    """

    def __init__(
        self,
        index: CropIndex,
        transform: Augment,
        *,
        name: str,
        corruption: Corruption,
        level: int,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.index = index
        self.transform = transform
        self.name = name
        self.corruption = corruption
        self.level = level
        self.seed = seed
        self.faces = faces_in_time(index)[rank::world_size]

    def __iter__(self) -> Iterator[FaceItem]:
        """Yield each crop of this process once.

        Raises:
            CropReadError: A crop cannot be read.
        """
        worker = get_worker_info()
        first, step = (worker.id, worker.num_workers) if worker else (0, 1)
        for face in self.faces[first::step]:
            for positions, clip in self._clips(face):
                corrupted = self.corruption(clip, self.level, self._draws(positions))
                yield from self._items(positions, corrupted)

    def num_batches(self, batch_size: int, num_workers: int) -> int:
        """Return how many batches a loader makes of them: a worker fills batches of its own."""
        workers = max(1, num_workers)
        shares = (self.faces[worker::workers] for worker in range(workers))
        return sum(math.ceil(sum(map(len, share)) / batch_size) for share in shares)

    def _clips(self, face: Positions) -> Iterator[tuple[list[int], NDArray[np.uint8]]]:
        crops = ((int(position), self.index.read_image(int(position))) for position in face)
        # Crops of foreign trees may change their size within a video, and a clip cannot.
        for _, same in groupby(crops, key=lambda crop: crop[1].shape):
            positions, images = zip(*same, strict=True)
            yield list(positions), np.stack(images)

    def _draws(self, positions: list[int]) -> Draws:
        names = ("original_video_id", "video_id", "face_idx")
        original, own, face = (self.index.value(name, positions[0]) for name in names)
        frames = [int(self.index.value("frame_idx", position)) for position in positions]
        return Draws(f"{self.seed}/{self.name}/{original or own}/{face}", frames)

    def _items(self, positions: list[int], clip: NDArray[np.uint8]) -> Iterator[FaceItem]:
        for position, crop in zip(positions, clip, strict=True):
            yield FaceItem(
                image=self.transform(crop, 0),
                label=int(self.index.labels[position]),
                row=int(self.index.rows[position]),
                video_idx=int(self.index.video_idx[position]),
            )


def faces_in_time(index: CropIndex) -> list[Positions]:
    """Return the positions of each face of each video, in order of time."""
    faces = index.take(["face_idx", "frame_idx"])
    face, frame = (faces[name].to_numpy() for name in ("face_idx", "frame_idx"))
    order = np.lexsort((frame, face, index.video_idx))
    of_one = np.stack([index.video_idx[order], face[order]])
    starts = np.flatnonzero((np.diff(of_one) != 0).any(0)) + 1
    return np.split(order, starts)


def evenly(index: CropIndex, num_videos: int | None) -> CropIndex:
    """Keep so many videos of an index, in the proportions of its labels and methods.

    Of a corpus with four fakes to each original, 100 videos hold 20 originals. Those of one method
    are spread evenly over names.

    Args:
        index: At least one crop.
        num_videos: None keeps all.

    Raises:
        ConfigError: It is less than one.
    """
    if num_videos is None:
        return index
    names = ["label", "method", "video_id"]
    table = index.take(names).append_column("video_idx", pa.array(index.video_idx))
    videos = table.group_by(["video_idx", *names]).aggregate([])
    # By label and method first: a stride along the index could meet one class only.
    videos = videos.sort_by([(name, "ascending") for name in names])
    chosen = videos["video_idx"].to_numpy()[spread(len(videos), num_videos)]
    return index.where(np.isin(index.video_idx, chosen))


def corrupted_loader(
    crops: CorruptedCrops, *, batch_size: int, num_workers: int, pin_memory: bool
) -> DataLoader[FaceItem]:
    """Batch corrupted crops."""
    return DataLoader(
        crops,
        batch_size=batch_size,
        num_workers=num_workers,
        collate_fn=collate,
        pin_memory=pin_memory,
        worker_init_fn=_init_worker,
    )


def _init_worker(_: int) -> None:
    # The workers are the parallelism; threads of their own would only get in each other's way.
    cv2.setNumThreads(0)
