"""Decoded crops are the index's own, resized; the file is made once, and anew when they change."""

import shutil
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch

from resgat.data.corpora.synthetic import SyntheticFaces
from resgat.data.datamodule import CropDataModule
from resgat.data.decoded import DecodedCrops, decode_once
from resgat.data.index import CropIndex
from resgat.errors import CropReadError, StorageError
from resgat.files import write_atomic
from resgat.types import FaceBatch

SIZE_PX = 24  # the stored crops have 32


@pytest.fixture
def index(crops_dir: Path) -> CropIndex:
    return CropIndex.read(crops_dir).select("train")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "fast" / "decoded"


def overwrite(index: CropIndex, position: int) -> None:
    image = np.full((32, 32, 3), 200, np.uint8)
    assert cv2.imwrite(str(index.crops_dir / index.path(position)), image)


def test_a_crop_is_the_stored_one_resized(index: CropIndex, folder: Path) -> None:
    crops = decode_once(index, SIZE_PX, folder, num_workers=0)
    for position in (0, 5, len(index) - 1):
        stored = index.read_image(position)
        expected = cv2.resize(stored, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(crops.read_image(position), expected)


def batches(crops_dir: Path, decoded_dir: Path | None, num_workers: int = 0) -> list[FaceBatch]:
    data = CropDataModule(
        SyntheticFaces(),
        crops_dir,
        size_px=SIZE_PX,
        batch_size=8,
        masks=True,
        num_workers=num_workers,
        decoded_dir=decoded_dir,
    )
    data.setup()
    return [*data.train_dataloader(), *data.val_dataloader()]


@pytest.mark.parametrize("num_workers", [0, 2])
def test_batches_are_those_of_the_files_bit_by_bit(
    crops_dir: Path, folder: Path, num_workers: int
) -> None:
    expected = batches(crops_dir, None)
    for _ in ("made", "found"):
        found = batches(crops_dir, folder, num_workers)
        for one, other in zip(found, expected, strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=0)
    assert len(list(folder.glob("*.crops"))) == 2  # train and val


def test_the_file_is_found_again(index: CropIndex, folder: Path) -> None:
    first = decode_once(index, SIZE_PX, folder, num_workers=0)
    made = first.path.stat()
    again = decode_once(index, SIZE_PX, folder, num_workers=0)
    assert again.path == first.path
    assert again.path.stat().st_mtime_ns == made.st_mtime_ns
    assert made.st_size == len(index) * (1 + SIZE_PX * SIZE_PX * 3)


def test_other_crops_and_other_sizes_have_other_files(
    index: CropIndex, crops_dir: Path, folder: Path
) -> None:
    half = index.where(np.arange(len(index)) % 2 == 0)
    made = [decode_once(part, px, folder, 0).path for part, px in ((index, 24), (half, 24))]
    made.append(decode_once(index, 20, folder, 0).path)
    with (crops_dir / "index.parquet").open("ab") as file:
        file.write(b"PAR1")  # another index, of the same rows
    made.append(decode_once(index, 24, folder, 0).path)
    assert len(set(made)) == 4


def test_a_crop_that_changed_is_noticed(index: CropIndex, folder: Path) -> None:
    before = decode_once(index, SIZE_PX, folder, num_workers=0).read_image(3)
    overwrite(index, 3)
    after = decode_once(index, SIZE_PX, folder, num_workers=0).read_image(3)
    assert not np.array_equal(before, after)
    assert (after == 200).all()


def test_a_file_that_is_not_whole_is_made_anew(index: CropIndex, folder: Path) -> None:
    path = decode_once(index, SIZE_PX, folder, num_workers=0).path
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    (folder / f".half.{'0' * 16}.crops").write_bytes(whole)  # of a run that was killed
    decode_once(index, SIZE_PX, folder, num_workers=0)
    assert path.read_bytes() == whole
    assert [found.name for found in folder.glob("*.crops")] == [path.name]


def test_a_crop_that_cannot_be_read_is_left_to_the_index(index: CropIndex, folder: Path) -> None:
    (index.crops_dir / index.path(3)).write_bytes(b"")
    crops = decode_once(index, SIZE_PX, folder, num_workers=0)
    with pytest.raises(CropReadError, match="has zero bytes"):
        crops.read_image(3)
    overwrite(index, 3)
    assert (crops.read_image(3) == 200).all()


def test_a_full_disk_is_noticed_before(
    index: CropIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2_000_000))
    with pytest.raises(StorageError, match=r"take 12\.3 GB, and 0\.0 GB are free; make room"):
        decode_once(index, 11_313, folder, num_workers=0)
    assert list(folder.glob("*.crops")) == []


def test_a_folder_that_cannot_be_made_is_named(index: CropIndex, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        StorageError, match=r"file/x: cannot hold .* as data\.decoded_dir, or leave"
    ):
        decode_once(index, SIZE_PX, tmp_path / "file" / "x", num_workers=0)


def test_a_file_that_is_gone_in_mid_run_is_named(index: CropIndex, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="was there when this run began"):
        DecodedCrops(index, SIZE_PX, tmp_path / "gone.crops").read_image(0)


def test_without_locks_what_another_run_is_making_stays(
    index: CropIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resgat.data.decoded.held", lambda *_, **__: nullcontext(False))
    folder.mkdir(parents=True)

    def write(beside: Path) -> None:
        beside.touch()
        decode_once(index, SIZE_PX, folder, num_workers=0)
        assert beside.is_file()

    write_atomic(folder / "other.crops", write)
