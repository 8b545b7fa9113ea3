from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.datamodule import CropDataModule
from resgat.data.index import CropIndex
from resgat.data.pairs import aligned_pairs, fakes_with_originals
from resgat.data.sampler import PairSampler
from resgat.errors import ConfigError, SplitError
from resgat.types import FAKE, REAL
from tests.data.planted.conftest import SIDE_PX, no_processes, planted_crops
from tests.data.test_datamodule import ToyCorpus

__all__ = ["no_processes", "planted_crops"]


def module(crops_dir: Path, **options: object) -> CropDataModule:
    found = CropDataModule(ToyCorpus(), crops_dir, size_px=SIDE_PX, batch_size=4, **options)  # type: ignore[arg-type]
    found.setup()
    return found


def test_a_pair_is_a_fake_and_its_originals_crop(planted_crops: Path) -> None:
    train = CropIndex.read(planted_crops).select("train")
    pairs = aligned_pairs(train)
    assert len(pairs) == 8
    for fake, original in pairs.tolist():
        assert (train.labels[fake], train.labels[original]) == (FAKE, REAL)
        assert train.value("original_video_id", fake) == train.value("video_id", original)
    fakes, originals = fakes_with_originals(train)
    np.testing.assert_array_equal(np.stack((fakes, originals), 1), pairs)


@given(st.integers(1, 9), st.integers(0, 5), st.integers(1, 3))
def test_pairs_come_together_each_once_and_on_one_rank(
    count: int, epoch: int, world_size: int
) -> None:
    pairs = np.arange(2 * count).reshape(count, 2) + 10
    seen = []
    for rank in range(world_size):
        sampler = PairSampler(pairs, seed=1, rank=rank, world_size=world_size)
        sampler.set_epoch(epoch)
        keys = list(sampler)
        assert len(keys) == len(sampler)
        for first, second in zip(keys[::2], keys[1::2], strict=True):
            assert first == (first[0], epoch, first[0])
            assert second == (first[0] + 1, epoch, first[0])
        seen += [row for row, _, _ in keys]
    assert len(set(seen)) == len(seen) == 2 * world_size * (count // world_size)


@pytest.mark.parametrize(("strength", "tolerance"), [(0.0, 0.0), (1.0, 0.2)])
def test_a_batch_holds_pairs_that_differ_in_what_was_altered(
    strength: float, tolerance: float, planted_crops: Path
) -> None:
    """Augmented alike; what is coded anew codes a little of the difference elsewhere, too."""
    served = module(planted_crops, pairs=True, masks=True, augment_strength=strength)
    for batch in served.train_dataloader():
        assert batch.label.tolist() == [1, 0, 1, 0]
        assert batch.mask is not None
        for place in (0, 2):
            gap = (batch.image[place] - batch.image[place + 1]).abs().mean(0)
            assert gap[batch.mask[place]].mean() > 0
            assert gap[~batch.mask[place]].mean() <= tolerance


def test_an_epoch_serves_every_pair_once_in_another_order(planted_crops: Path) -> None:
    served = module(planted_crops, pairs=True)
    loader = served.train_dataloader()
    orders = []
    for epoch in range(2):
        loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        orders.append([row for batch in loader for row in batch.row.tolist()])
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(set(orders[0]))
    assert len(orders[0]) == 16
    assert orders[0] != orders[1]


@pytest.mark.parametrize("options", [{"balanced": True}, {"batch_size": 3}])
def test_what_does_not_go_with_pairs_is_refused(options: dict[str, int]) -> None:
    message = r"data.pairs=true serves as many real crops as fakes.*an even data.batch_size"
    with pytest.raises(ConfigError, match=message):
        CropDataModule(ToyCorpus(), "crops", pairs=True, **options)  # type: ignore[arg-type]


def test_pairs_asked_for_where_there_are_none_are_refused(crops_dir: Path) -> None:
    index = CropIndex.read(crops_dir)
    served = CropDataModule(ToyCorpus(), crops_dir, size_px=32, batch_size=4, pairs=True)
    served.setup()
    if len(aligned_pairs(index.select("train"))):
        served.index = index.where(index.labels == FAKE)
    with pytest.raises(SplitError, match=r"data.pairs=true, but no fake of split 'train' in .*"):
        served.train_dataloader()
