from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor

from resgat.data.corpora.base import Census
from resgat.data.datamodule import CropDataModule
from resgat.data.folder import Folder, as_folder
from resgat.data.index import CropIndex, write_index
from resgat.data.pack import pack
from resgat.data.schema import INDEX_SCHEMA
from resgat.errors import (
    ConfigError,
    DatasetNotFoundError,
    IndexSchemaError,
    SplitError,
    SplitLeakageError,
)
from resgat.types import FaceBatch

Rows = list[dict[str, Any]]
MakeTable = Callable[[Rows], pa.Table]


class ToyCorpus:
    name = "toy"

    def __init__(self) -> None:
        self.prepared: list[Path] = []

    def videos(self, raw_dir: Path) -> list[Any]:
        return []

    def census(self, records: Any) -> Census:
        return Census()

    def prepare(self, crops_dir: Path) -> None:
        self.prepared.append(crops_dir)


class Recorder(pl.LightningModule):
    """Trains one number and notes what it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen: list[tuple[int, list[int], float]] = []

    def validation_step(self, batch: FaceBatch, batch_idx: int) -> None:
        pass

    def training_step(self, batch: FaceBatch, batch_idx: int) -> Tensor:
        self.seen.append((self.current_epoch, batch.row.tolist(), float(batch.image.sum())))
        return self.weight * batch.image.mean()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def datamodule(crops_dir: Folder | str, **options: Any) -> CropDataModule:
    module = CropDataModule(ToyCorpus(), crops_dir, **{"size_px": 32, "batch_size": 4, **options})
    module.setup()
    return module


def rows_of(loader: Any) -> list[int]:
    return [row for batch in loader for row in batch.row.tolist()]


def trainer(folder: Path, max_epochs: int) -> pl.Trainer:
    return pl.Trainer(
        max_epochs=max_epochs,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
        use_distributed_sampler=False,
        callbacks=[pl.callbacks.ModelCheckpoint(folder, save_last=True, save_top_k=0)],
    )


def test_corpus_prepares_its_crops(tmp_path: Path) -> None:
    corpus = ToyCorpus()
    CropDataModule(corpus, tmp_path).prepare_data()
    assert corpus.prepared == [tmp_path]


def test_splits_are_served(crops_dir: Path) -> None:
    module = datamodule(crops_dir)
    assert module.crop_spec == "spec0"
    assert len(module.index) == 48
    assert rows_of(module.val_dataloader()) == list(range(32, 40))
    assert rows_of(module.test_dataloader()) == list(range(40, 48))
    assert sorted(rows_of(module.train_dataloader())) == list(range(32))


def test_split_names_can_be_changed(crops_dir: Path) -> None:
    module = datamodule(crops_dir, val_split="test", test_split="val")
    assert rows_of(module.val_dataloader()) == list(range(40, 48))


def test_rows_count_in_the_thinned_index(crops_dir: Path) -> None:
    module = datamodule(crops_dir, frames_per_video=2)
    assert len(module.index) == 24
    assert module.index.table["frame_idx"].to_pylist() == [0, 30] * 12
    assert rows_of(module.test_dataloader()) == [20, 21, 22, 23]
    assert module.index.rows.tolist() == list(range(24))


def test_training_drops_the_last_batch_only(crops_dir: Path) -> None:
    module = datamodule(crops_dir, batch_size=5)
    assert [len(batch.row) for batch in module.train_dataloader()] == [5] * 6
    assert [len(batch.row) for batch in module.test_dataloader()] == [5, 3]


def test_balanced_training_evens_the_classes(
    crops_dir: Path, rows: Rows, make_table: MakeTable
) -> None:
    few_reals = [row for row in rows if row["label"] or row["video_id"] > "toy/original/c0/002"]
    write_index(make_table(few_reals), crops_dir)
    module = datamodule(crops_dir, balanced=True)
    labels = []
    for epoch in range(20):
        loader = module.train_dataloader()
        loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        labels += [float(label) for batch in loader for label in batch.label]
    assert sum(labels) / len(labels) == pytest.approx(0.5, abs=0.1)


def test_training_skips_and_evaluation_raises(crops_dir: Path) -> None:
    module = datamodule(crops_dir)
    for position in (3, 42):
        (crops_dir / module.index.path(position)).write_bytes(b"")
    assert sorted(rows_of(module.train_dataloader())) == [row for row in range(32) if row != 3]
    with pytest.raises(ValueError, match="has zero bytes"):
        rows_of(module.test_dataloader())


def test_reference_shows_real_training_crops(crops_dir: Path) -> None:
    module = datamodule(crops_dir)
    batches = list(module.reference_dataloader(4))
    rows = [row for batch in batches for row in batch.row.tolist()]
    assert rows == [0, 9, 18, 27]
    assert all(not batch.label.any() for batch in batches)
    again = list(module.reference_dataloader(4))
    torch.testing.assert_close(batches[0].image, again[0].image, rtol=0, atol=0)
    assert len(rows_of(module.reference_dataloader(1000))) == 16


# Lightning's own: it uses a deprecated class of torch's, and advises more workers.
@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")
@pytest.mark.filterwarnings("ignore:.*does not have many workers")
@pytest.mark.parametrize("num_workers", [0, 1])
def test_resumed_run_sees_what_the_whole_run_sees(
    num_workers: int, crops_dir: Path, tmp_path: Path
) -> None:
    def fit(folder: str, max_epochs: int, resume: Path | None = None) -> Recorder:
        recorder, data = Recorder(), datamodule(crops_dir, num_workers=num_workers)
        trainer(tmp_path / folder, max_epochs).fit(recorder, datamodule=data, ckpt_path=resume)
        return recorder

    whole = fit("whole", 3)
    fit("part", 1)
    resumed = fit("part", 3, resume=tmp_path / "part" / "last.ckpt")
    assert [epoch for epoch, _, _ in whole.seen] == [0] * 8 + [1] * 8 + [2] * 8
    assert resumed.seen == whole.seen[8:]
    assert len({str(rows) for _, rows, _ in whole.seen}) == 24


def test_workers_outlive_an_epoch_and_see_the_next(crops_dir: Path) -> None:
    alone, shared = (
        datamodule(crops_dir, num_workers=workers).train_dataloader() for workers in (0, 2)
    )
    assert shared.persistent_workers
    for epoch in range(2):
        for loader in (alone, shared):
            loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        for mine, theirs in zip(alone, shared, strict=True):
            for left, right in zip(mine, theirs, strict=True):
                torch.testing.assert_close(left, right, rtol=0, atol=0)


def test_ranks_share_the_crops(crops_dir: Path) -> None:
    class Attached:
        world_size = 3

        def __init__(self, rank: int) -> None:
            self.global_rank = rank
            self.fit_loop = trainer(crops_dir, 1).fit_loop

    train, test = [], []
    for rank in range(3):
        module = datamodule(crops_dir, batch_size=2)
        module.trainer = Attached(rank)  # type: ignore[assignment]
        train.append(rows_of(module.train_dataloader()))
        test.append(rows_of(module.test_dataloader()))
    assert [len(rows) for rows in train] == [10, 10, 10]
    assert len({row for rows in train for row in rows}) == 30
    assert sorted(row for rows in test for row in rows) == list(range(40, 48))


def test_missing_crops_name_corpus_and_raw_folder(tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFoundError) as caught:
        datamodule(tmp_path / "crops", raw_dir="raw")
    assert f"data=toy data.raw_dir=raw data.crops_dir={tmp_path / 'crops'}" in str(caught.value)


def test_mixed_crop_specs_are_refused(crops_dir: Path, rows: Rows, make_table: MakeTable) -> None:
    rows[9]["crop_spec"] = "spec1"
    write_index(make_table(rows), crops_dir)
    with pytest.raises(IndexSchemaError, match=r"2 ways \(crop_spec spec0, spec1\); expected one"):
        datamodule(crops_dir)


def test_leak_is_refused_unless_allowed(crops_dir: Path, rows: Rows, make_table: MakeTable) -> None:
    rows[0]["identity_group"] = "person5"
    write_index(make_table(rows), crops_dir)
    with pytest.raises(SplitLeakageError, match="'person5' in test and train"):
        datamodule(crops_dir)
    assert len(datamodule(crops_dir, allow_leakage=True).index) == 48


def test_batch_larger_than_the_split_is_refused(crops_dir: Path) -> None:
    with pytest.raises(SplitError, match=r"=33 is larger .* 32 crops .* set data.batch_size=32 or"):
        datamodule(crops_dir, batch_size=33).train_dataloader()


def test_val_equal_to_test_is_refused(crops_dir: Path) -> None:
    with pytest.raises(SplitError, match="both 'test'"):
        datamodule(crops_dir, val_split="test")


@pytest.mark.parametrize(
    ("key", "value"),
    [("batch_size", 0), ("num_workers", -1), ("frames_per_video", 0), ("seed", -1)],
)
def test_bad_numbers_are_refused(key: str, value: int, crops_dir: Path) -> None:
    with pytest.raises(ConfigError, match=rf"data\.{key}: expected a number"):
        CropDataModule(ToyCorpus(), crops_dir, **{key: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("place", ["shards", "memory://batches/shards", "memory://batches/loose"])
def test_batches_do_not_depend_on_where_the_crops_lie(
    place: str, crops_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = as_folder(place) if "://" in place else tmp_path_factory.mktemp("packed") / place
    if place.endswith("loose"):
        for path in crops_dir.rglob("*.p*"):
            (folder / path.relative_to(crops_dir).as_posix()).write_bytes(path.read_bytes())
    else:
        pack(CropIndex.read(crops_dir), folder)
    loose, other = (datamodule(where, balanced=True) for where in (crops_dir, folder))
    for name in ("train_dataloader", "test_dataloader"):
        for mine, theirs in zip(getattr(loose, name)(), getattr(other, name)(), strict=True):
            for left, right in zip(mine, theirs, strict=True):
                torch.testing.assert_close(left, right, rtol=0, atol=0)


def test_images_may_lie_elsewhere(crops_dir: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    write_index(CropIndex.read(crops_dir).take().cast(INDEX_SCHEMA), small)
    apart, together = datamodule(small, images_dir=str(crops_dir)), datamodule(crops_dir)
    for mine, theirs in zip(apart.test_dataloader(), together.test_dataloader(), strict=True):
        torch.testing.assert_close(mine.image, theirs.image, rtol=0, atol=0)
    with pytest.raises(DatasetNotFoundError, match="48 of 48 files of column 'path' are gone"):
        datamodule(small)


def test_nothing_is_prepared_behind_a_url() -> None:
    corpus = ToyCorpus()
    CropDataModule(corpus, "memory://nowhere/crops").prepare_data()
    assert corpus.prepared == []


def test_a_url_without_crops_is_named() -> None:
    with pytest.raises(DatasetNotFoundError, match="crops folder memory://nowhere does not exist"):
        datamodule("memory://nowhere")


def test_masks_come_with_the_training_batches_on_request(crops_dir: Path) -> None:
    """Each fake's mask is its upper left quarter; a flip may move it to the right."""
    batches = list(datamodule(crops_dir, masks=True, augment_strength=0).train_dataloader())
    assert all(batch.mask is None for batch in datamodule(crops_dir).train_dataloader())
    for batch in batches:
        assert batch.mask.shape == (4, 32, 32)
        assert batch.mask.flatten(1).sum(1).tolist() == [256 * label for label in batch.label]
        assert not batch.mask[:, 16:].any()


def test_masks_asked_for_where_there_are_none_are_refused(
    crops_dir: Path, rows: Rows, make_table: MakeTable
) -> None:
    write_index(make_table([{**row, "mask_path": None} for row in rows]), crops_dir)
    with pytest.raises(SplitError, match=r"data\.masks=true, but no crop of split 'train' in"):
        datamodule(crops_dir, masks=True).train_dataloader()


def test_shuffled_labels_are_the_same_ones_for_other_crops_of_the_training_split(
    crops_dir: Path,
) -> None:
    whole = {"augment_strength": 0, "batch_size": 1}
    plain = labels_of(datamodule(crops_dir, **whole).train_dataloader())
    shuffled = [
        labels_of(datamodule(crops_dir, shuffle_labels=True, seed=seed, **whole).train_dataloader())
        for seed in (1, 1, 2)
    ]
    assert all(sorted(found.values()) == sorted(plain.values()) for found in shuffled)
    assert shuffled[0] == shuffled[1]
    assert plain != shuffled[0] != shuffled[2]
    val = datamodule(crops_dir, shuffle_labels=True).val_dataloader()
    assert labels_of(val) == labels_of(datamodule(crops_dir).val_dataloader())


def labels_of(loader: Any) -> dict[int, float]:
    return {
        row: label
        for batch in loader
        for row, label in zip(batch.row.tolist(), batch.label.tolist(), strict=True)
    }


def test_shuffled_labels_and_masks_are_refused(crops_dir: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.shuffle_labels=true leaves nothing to learn"):
        datamodule(crops_dir, shuffle_labels=True, masks=True)
