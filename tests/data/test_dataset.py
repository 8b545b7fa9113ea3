import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from resgat.data.dataset import CropDataset, FaceItem, collate, crop_seed
from resgat.data.index import CropIndex
from resgat.data.sampler import EpochSampler
from resgat.data.transforms import eval_transform, train_transform
from resgat.errors import CropReadError
from resgat.types import FaceBatch


def test_item_holds_the_row_of_the_whole_index(crops_dir: Path) -> None:
    index = CropIndex.read(crops_dir).select("test")
    item = CropDataset(index, eval_transform(32), seed=0)[5, 0]
    assert item is not None
    assert (item.label, item.row, item.video_idx) == (1, 45, 11)
    assert item.image.shape == (3, 32, 32)


def test_image_depends_on_seed_epoch_and_row(crops_dir: Path) -> None:
    index = CropIndex.read(crops_dir)

    def image(position: int, epoch: int, seed: int, part: CropIndex = index) -> torch.Tensor:
        item = CropDataset(part, train_transform(32), seed=seed)[position, epoch]
        assert item is not None
        return item.image

    torch.testing.assert_close(image(45, 2, 1), image(45, 2, 1), rtol=0, atol=0)
    test = index.select("test")
    torch.testing.assert_close(image(5, 2, 1, test), image(45, 2, 1), rtol=0, atol=0)
    assert not torch.equal(image(45, 3, 1), image(45, 2, 1))
    assert not torch.equal(image(45, 2, 2), image(45, 2, 1))


def test_crop_seeds_differ() -> None:
    seeds = {crop_seed(s, e, r) for s in range(5) for e in range(5) for r in range(5)}
    assert len(seeds) == 125


def test_number_of_workers_does_not_matter(crops_dir: Path) -> None:
    index = CropIndex.read(crops_dir)

    def images(num_workers: int) -> list[FaceBatch]:
        dataset = CropDataset(index, train_transform(32), seed=0)
        sampler = EpochSampler(len(index), seed=0, epoch=3)
        loader = DataLoader(
            dataset,
            batch_size=5,
            sampler=sampler,
            collate_fn=collate,
            num_workers=num_workers,
        )
        return list(loader)

    for alone, shared in zip(images(0), images(2), strict=True):
        for mine, theirs in zip(alone, shared, strict=True):
            torch.testing.assert_close(mine, theirs, rtol=0, atol=0)


def test_unreadable_crop_is_an_error(crops_dir: Path) -> None:
    index = CropIndex.read(crops_dir)
    (crops_dir / index.path(3)).write_bytes(b"")
    with pytest.raises(CropReadError, match=r"0003\.png has zero bytes"):
        CropDataset(index, eval_transform(32), seed=0)[3, 0]


def test_unreadable_crop_is_skipped_counted_and_logged_once(
    crops_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    index = CropIndex.read(crops_dir)
    (crops_dir / index.path(3)).write_bytes(b"")
    dataset = CropDataset(index, eval_transform(32), seed=0, skip_unreadable=True)
    caplog.set_level(logging.WARNING)
    assert [dataset[3, epoch] for epoch in range(3)] == [None] * 3
    assert dataset[4, 0] is not None
    assert dataset.num_unreadable == 1
    assert caplog.text.count("skipped in training") == 1
    assert "0003.png has zero bytes" in caplog.text


def test_skips_of_workers_are_counted(crops_dir: Path) -> None:
    index = CropIndex.read(crops_dir)
    for position in (3, 17):
        (crops_dir / index.path(position)).unlink()
    dataset = CropDataset(index, eval_transform(32), seed=0, skip_unreadable=True)
    sampler = EpochSampler(len(index), seed=0, shuffle=False)
    loader = DataLoader(
        dataset,
        batch_size=12,
        sampler=sampler,
        collate_fn=collate,
        num_workers=1,
    )
    rows = torch.cat([batch.row for batch in loader])
    assert rows.tolist() == [row for row in range(48) if row not in (3, 17)]
    assert dataset.num_unreadable == 2


def item(row: int) -> FaceItem:
    return FaceItem(torch.full((3, 4, 4), float(row)), row % 2, row, row // 2)


def test_collate_leaves_out_what_was_skipped() -> None:
    batch = collate([item(4), None, item(7)])
    assert batch.image.shape == (2, 3, 4, 4)
    assert batch.image[:, 0, 0, 0].tolist() == [4.0, 7.0]
    assert batch.label.dtype == torch.float32
    assert batch.label.tolist() == [0.0, 1.0]
    assert batch.row.dtype == batch.video_idx.dtype == torch.int64
    assert batch.row.tolist() == [4, 7]
    assert batch.video_idx.tolist() == [2, 3]


def test_a_batch_lies_in_memory_as_convolutions_want_it() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (16, 16, 3), np.uint8)
    image = eval_transform(16)(pixels, 0)
    batch = collate([FaceItem(image, 0, 0, 0)] * 2).image
    assert batch.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(batch, torch.stack([image, image]), rtol=0, atol=0)


def test_batch_of_nothing_is_refused() -> None:
    with pytest.raises(CropReadError, match="none of the 2 crops of a batch can be read"):
        collate([None, None])


def test_other_labels_may_be_served(crops_dir: Path) -> None:
    index = CropIndex.read(crops_dir)
    plain = CropDataset(index, eval_transform(32), seed=0)
    swapped = CropDataset(index, eval_transform(32), seed=0, labels=1 - index.labels)
    for position in range(3):
        one, other = plain[position, 0], swapped[position, 0]
        assert one is not None
        assert other is not None
        assert other.label == 1 - one.label
        assert torch.equal(other.image, one.image)
