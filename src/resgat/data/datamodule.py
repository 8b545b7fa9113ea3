"""One DataModule for every corpus: from a crops folder to batches."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

import cv2
import numpy as np
import pytorch_lightning as pl
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from resgat.checks import check_range
from resgat.data.corpora.base import Corpus
from resgat.data.dataset import CropDataset, FaceItem, collate
from resgat.data.decoded import DecodedCrops, decode_once
from resgat.data.folder import Folder, as_folder
from resgat.data.index import CropIndex
from resgat.data.pairs import aligned_pairs
from resgat.data.sampler import EpochSampler, PairSampler, balanced_weights
from resgat.data.splits import check_splits
from resgat.data.spread import spread
from resgat.data.transforms import Normalise, eval_transform, train_transform
from resgat.data.validation import only_crop_spec, preprocess_remedy
from resgat.errors import ConfigError, SplitError
from resgat.types import REAL

Loader = DataLoader[FaceItem | None]


class _Share(TypedDict):
    """Which crops of a split a process gets."""

    seed: int
    rank: int
    world_size: int


class CropDataModule(pl.LightningDataModule):
    """Face crops of one corpus in three splits.

    ``index`` holds all splits, thinned; ``row`` and ``video_idx`` of every batch count in it.
    ``crop_spec`` is how the crops were cut. A trainer must be built with
    ``use_distributed_sampler=False``: the samplers here know their rank and their epoch.

    Args:
        corpus: Whose crops these are.
        crops_dir: The folder with ``index.parquet``, local or a URL: ``s3://bucket/crops``.
        images_dir: What the paths of the index are relative to: a folder of loose files, or one of
            tar shards; None is ``crops_dir``.
        raw_dir: Read by preprocessing only; named to the user when crops are missing.
        size_px: Side of the images in a batch.
        batch_size: Crops per batch and process.
        num_workers: Processes per loader that read and augment; 0 does so in this process.
        frames_per_video: Frames used of each video, spread evenly; None uses all.
        balanced: Draw training crops with replacement so that both classes are equally frequent.
        pairs: Serve each training fake beside the aligned crop of its original, both augmented
            alike, so that a batch differs in what was altered; crops without a pair are left out.
        augment_strength: See :func:`~resgat.data.transforms.train_transform`.
        normalise: ``imagenet``, or ``none`` for the paper's released weights.
        masks: Serve the masks of the altered pixels with the training batches, for losses that look
            at them.
        shuffle_labels: Deal out the training labels anew, at random: the control of an experiment.
            There is nothing to learn, and a map that still scores shows the picture, not a reason.
        allow_leakage: Warn of identity groups in several splits instead of refusing.
        train_split: Value of the index's split column to fit on.
        val_split: The one to select on.
        test_split: The one to report.
        seed: Decides order and augmentation.
        pin_memory: Pin batches for a faster copy to a GPU.
        decoded_dir: Where the training and validation crops lie decoded, made when they are first
            asked for (:func:`~resgat.data.decoded.decode_once`). None decodes them in every epoch.

    Raises:
        ConfigError: A number is out of range.
    """

    index: CropIndex
    crop_spec: str

    def __init__(
        self,
        corpus: Corpus,
        crops_dir: Folder | str,
        *,
        images_dir: Folder | str | None = None,
        raw_dir: Path | str | None = None,
        size_px: int = 224,
        batch_size: int = 32,
        num_workers: int = 0,
        frames_per_video: int | None = None,
        balanced: bool = False,
        pairs: bool = False,
        augment_strength: float = 1.0,
        normalise: Normalise = "imagenet",
        masks: bool = False,
        shuffle_labels: bool = False,
        allow_leakage: bool = False,
        train_split: str = "train",
        val_split: str = "val",
        test_split: str = "test",
        seed: int = 0,
        pin_memory: bool = False,
        decoded_dir: Path | str | None = None,
    ) -> None:
        super().__init__()
        check_range("data.batch_size", batch_size, low=1)
        check_range("data.num_workers", num_workers, low=0)
        check_range("data.seed", seed, low=0)
        if frames_per_video is not None:
            check_range("data.frames_per_video", frames_per_video, low=1)
        if pairs and (balanced or batch_size % 2):
            msg = (
                "data.pairs=true serves as many real crops as fakes, two by two; set "
                "data.balanced=false and an even data.batch_size"
            )
            raise ConfigError(msg)
        if shuffle_labels and masks:
            msg = (
                "data.shuffle_labels=true leaves nothing to learn, and masks tell where the fakes "
                "are altered; set data.masks=false and evidence_loss=none"
            )
            raise ConfigError(msg)
        self.corpus = corpus
        self.crops_dir = as_folder(crops_dir)
        self.images_dir = images_dir
        self.raw_dir = raw_dir
        self.size_px = size_px
        self.normalise = normalise
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.frames_per_video = frames_per_video
        self.balanced = balanced
        self.pairs = pairs
        self.masks = masks
        self.shuffle_labels = shuffle_labels
        self.allow_leakage = allow_leakage
        self.train_split = train_split
        self.val_split = val_split
        self.test_split = test_split
        self.seed = seed
        self.pin_memory = pin_memory
        self.decoded_dir = decoded_dir
        self.train_transform = train_transform(
            size_px, strength=augment_strength, normalise=normalise
        )
        self.eval_transform = eval_transform(size_px, normalise=normalise)
        self._is_set_up = False

    def prepare_data(self) -> None:
        """Let a corpus that makes its own crops make them."""
        if isinstance(self.crops_dir, Path):  # nothing is made behind a URL
            self.corpus.prepare(self.crops_dir)

    def setup(self, stage: str | None = None) -> None:
        """Read the index and check it and its splits, once for all stages.

        Stage "test" needs no training or validation crops, and one class is enough: any corpus may
        be judged.

        Raises:
            DatasetNotFoundError: There are no crops.
            IndexSchemaError: The index breaks its contract, or mixes kinds of crops.
            SplitError: A split cannot be used.
        """
        if self._is_set_up:
            return
        remedy = preprocess_remedy(self.crops_dir, corpus=self.corpus.name, raw_dir=self.raw_dir)
        index = CropIndex.read(self.crops_dir, images_dir=self.images_dir, remedy=remedy)
        self.crop_spec = only_crop_spec(index.crop_specs, index.crops_dir)
        check_splits(
            index,
            train=self.train_split,
            val=self.val_split,
            test=self.test_split,
            is_judged_only=stage == "test",
            allow_leakage=self.allow_leakage,
        )
        if self.frames_per_video is not None:
            index = index.thin(self.frames_per_video).renumbered()
        self.index = index
        self._is_set_up = True

    def train_dataloader(self) -> Loader:
        """Shuffled, augmented batches of equal size; crops that cannot be read are left out.

        Raises:
            SplitError: The split does not fill one batch.
        """
        index = self.index.select(self.train_split)
        if self.masks and not index.column("mask_path").is_valid().to_numpy().any():
            msg = (
                f"data.masks=true, but no crop of split {self.train_split!r} in {self.crops_dir} "
                "has a mask of its altered pixels; set data.masks=false, or preprocess the masks"
            )
            raise SplitError(msg)
        dataset = CropDataset(
            index,
            self.train_transform,
            seed=self.seed,
            skip_unreadable=True,
            masks=self.masks,
            labels=self._train_labels(index),
            decoded=self._decoded(index),
        )
        sampler = self._pair_sampler(index) if self.pairs else self._crop_sampler(index)
        if len(sampler) < self.batch_size:
            msg = (
                f"data.batch_size={self.batch_size} is larger than split {self.train_split!r} with "
                f"{len(sampler)} crops per process; set data.batch_size={len(sampler)} or less"
            )
            raise SplitError(msg)
        return self._loader(dataset, sampler, drop_last=True)

    def _train_labels(self, index: CropIndex) -> NDArray[np.int8]:
        """Return the labels as they are, or the same ones dealt out anew; alike on every rank."""
        if not self.shuffle_labels:
            return index.labels
        return np.random.default_rng(self.seed).permutation(index.labels)

    def _crop_sampler(self, index: CropIndex) -> EpochSampler:
        weights = balanced_weights(self._train_labels(index)) if self.balanced else None
        return EpochSampler(len(index), weights=weights, epoch=self._epoch, **self._share)

    def _pair_sampler(self, index: CropIndex) -> PairSampler:
        pairs = aligned_pairs(index)
        if not len(pairs):
            msg = (
                f"data.pairs=true, but no fake of split {self.train_split!r} in {self.crops_dir} "
                "has a crop of its original cut at the same place; set data.pairs=false"
            )
            raise SplitError(msg)
        return PairSampler(pairs, epoch=self._epoch, **self._share)

    def val_dataloader(self) -> Loader:
        """All crops of the val split, in order."""
        index = self.index.select(self.val_split)
        return self._eval_loader(index, self._decoded(index))

    def test_dataloader(self) -> Loader:
        """All crops of the test split, in order."""
        return self._eval_loader(self.index.select(self.test_split))

    def reference_dataloader(self, num: int) -> Loader:
        """Real training crops as evaluation sees them, evenly spread over the split, on every rank.

        Args:
            num: How many, or all of them if there are no more.
        """
        train = self.index.select(self.train_split)
        real = np.flatnonzero(train.labels == REAL)
        mask = np.zeros(len(train), dtype=np.bool_)
        mask[real[spread(len(real), num)]] = True
        index = train.where(mask)
        dataset = CropDataset(index, self.eval_transform, seed=self.seed, skip_unreadable=True)
        return self._loader(dataset, EpochSampler(len(index), seed=self.seed, shuffle=False))

    @property
    def _share(self) -> _Share:
        ours = self.trainer
        rank, world_size = (ours.global_rank, ours.world_size) if ours else (0, 1)
        return {"seed": self.seed, "rank": rank, "world_size": world_size}

    @property
    def _epoch(self) -> int:
        # A resumed fit fetches its first batches before it tells the sampler the epoch.
        if not self.trainer:
            return 0
        return self.trainer.fit_loop.epoch_progress.current.processed  # type: ignore[attr-defined,no-any-return]

    def _decoded(self, index: CropIndex) -> DecodedCrops | None:
        if self.decoded_dir is None:
            return None
        return decode_once(index, self.size_px, Path(self.decoded_dir), self.num_workers)

    def _eval_loader(self, index: CropIndex, decoded: DecodedCrops | None = None) -> Loader:
        sampler = EpochSampler(len(index), shuffle=False, **self._share)
        dataset = CropDataset(index, self.eval_transform, seed=self.seed, decoded=decoded)
        return self._loader(dataset, sampler)

    def _loader(
        self, dataset: CropDataset, sampler: EpochSampler | PairSampler, *, drop_last: bool = False
    ) -> Loader:
        return DataLoader(
            dataset,
            batch_size=self.batch_size,
            sampler=sampler,
            num_workers=self.num_workers,
            collate_fn=collate,
            pin_memory=self.pin_memory,
            drop_last=drop_last,
            persistent_workers=self.num_workers > 0,
            worker_init_fn=_init_worker,
        )


def _init_worker(_: int) -> None:
    # The workers are the parallelism; threads of their own would only get in each other's way.
    cv2.setNumThreads(0)
