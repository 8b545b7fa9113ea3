"""From a row of the index to an image and its label."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, default_collate

from resgat.data.decoded import Crops
from resgat.data.index import CropIndex
from resgat.data.transforms import Augment
from resgat.errors import CropReadError
from resgat.types import FaceBatch

logger = logging.getLogger(__name__)


class FaceItem(NamedTuple):
    """One crop, ready to be put into a batch; the fields are those of ``FaceBatch``."""

    image: Tensor
    label: int
    row: int
    video_idx: int
    mask: Tensor | None = None


class CropDataset(Dataset[FaceItem | None]):
    """The crops of an index, by ``(position, epoch)``, or ``(position, epoch, other position)``.

    The image depends on the seed, the epoch and the crop's row in the whole index, or that of the
    other crop, which it is then augmented like; and neither on the worker that makes it nor on what
    came before.

    Args:
        index: The crops to serve.
        transform: From a crop (H, W, 3) and a seed to a tensor (3, size, size).
        seed: Decides the augmentation together with the epoch and the row.
        skip_unreadable: Give None for a crop that cannot be read, count it and log it once, instead
            of raising. For training only: a number on a test set must cover all of it.
        masks: Serve the mask of the altered pixels, too, moved as the image is.
        labels: What to serve as labels; by default the index's own.
        decoded: Where to read the crops; by default the index's own files.

    Shape:
        labels: (n,), n crops in the index
    """

    def __init__(
        self,
        index: CropIndex,
        transform: Augment,
        *,
        seed: int,
        skip_unreadable: bool = False,
        masks: bool = False,
        labels: NDArray[np.int8] | None = None,
        decoded: Crops | None = None,
    ) -> None:
        self.index = index
        self.crops = index if decoded is None else decoded
        self.labels = index.labels if labels is None else labels
        self.transform = transform
        self.seed = seed
        self.skip_unreadable = skip_unreadable
        self.masks = masks
        # In shared memory, so that what a worker skips is known here and logged once.
        self._unreadable = torch.zeros(len(index), dtype=torch.bool)
        self._unreadable.share_memory_()  # type: ignore[no-untyped-call]

    @property
    def num_unreadable(self) -> int:
        """How many crops have been found unreadable so far, by all workers of this process."""
        return int(self._unreadable.sum())

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, key: tuple[int, int] | tuple[int, int, int]) -> FaceItem | None:
        """Return the crop at a position in an epoch, or None if it is skipped.

        Raises:
            CropReadError: The crop cannot be read, and is not to be skipped.
        """
        position, epoch, *like = key
        try:
            image = self.crops.read_image(position)
            mask = self.crops.read_mask(position) if self.masks else None
        except CropReadError as error:
            if not self.skip_unreadable:
                raise
            self._note_unreadable(position, error)
            return None
        row = int(self.index.rows[position])
        seed = crop_seed(self.seed, epoch, int(self.index.rows[like[0]]) if like else row)
        altered: Tensor | None = None
        if self.masks:
            tensor, altered = self.transform.with_mask(image, _known(mask, image), seed)
        else:
            tensor = self.transform(image, seed)
        return FaceItem(
            image=tensor,
            label=int(self.labels[position]),
            row=row,
            video_idx=int(self.index.video_idx[position]),
            mask=altered,
        )

    def _note_unreadable(self, position: int, error: CropReadError) -> None:
        if not self._unreadable[position]:
            self._unreadable[position] = True
            logger.warning("skipped in training: %s", error)


def _known(mask: NDArray[np.bool_] | None, image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return a mask, or one in which no pixel is known to be altered."""
    return np.zeros(image.shape[:2], np.bool_) if mask is None else mask


def crop_seed(seed: int, epoch: int, row: int) -> int:
    """Mix three numbers into one seed that has nothing to do with that of the next row or epoch."""
    return int(np.random.SeedSequence((seed, epoch, row)).generate_state(1, np.uint64)[0])


def collate(items: Sequence[FaceItem | None]) -> FaceBatch:
    """Stack crops into a batch, without those that were skipped.

    Images lie in memory as they were decoded and as convolutions want them, channels last: to put
    them first for the batch, and last again for the network, costs a third of the augmentation.

    Raises:
        CropReadError: Every crop of the batch was skipped.
    """
    read = [item for item in items if item is not None]
    if not read:
        msg = (
            f"none of the {len(items)} crops of a batch can be read (the log names each); expected "
            "at least one. Make the crops again with `python src/preprocess.py`"
        )
        raise CropReadError(msg)
    images, labels, rows, videos, masks = zip(*read, strict=True)
    return FaceBatch(
        image=_stack(images),
        label=torch.tensor(labels, dtype=torch.float32),
        row=torch.tensor(rows, dtype=torch.int64),
        video_idx=torch.tensor(videos, dtype=torch.int64),
        mask=None if masks[0] is None else torch.stack(masks),
    )


def _stack(images: Sequence[Tensor]) -> Tensor:
    """Return images (3, H, W) as one tensor (B, 3, H, W), channels last in memory."""
    # In a worker this stacks in the memory that the batch is handed over in.
    stacked: Tensor = default_collate([image.permute(1, 2, 0) for image in images])
    return stacked.permute(0, 3, 1, 2)
