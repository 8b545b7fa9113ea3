"""Every crop once, as evaluation serves it, whoever reads it and in whatever order."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pytest
import torch

from resgat.data.index import CropIndex, write_index
from resgat.data.transforms import eval_transform
from resgat.errors import ConfigError
from resgat.robustness.corruptions import GaussianNoise
from resgat.robustness.crops import CorruptedCrops, corrupted_loader, evenly, faces_in_time
from resgat.robustness.draws import Draws
from resgat.robustness.graded import Clip

SIZE_PX = 48
NOISE = GaussianNoise([0.05] * 5)


class Unchanged:
    """Corrupts nothing, and keeps what it was given."""

    parameter, values = "nothing", (0.0,) * 5

    def __init__(self) -> None:
        self.clips: list[Clip] = []
        self.draws: list[Draws] = []

    def __call__(self, clip: Clip, level: int, draws: Draws) -> Clip:
        self.clips.append(clip)
        self.draws.append(draws)
        return clip


@pytest.fixture
def index(drawn_crops: Path) -> CropIndex:
    return CropIndex.read(drawn_crops)


def crops(index: CropIndex, corruption: Any = NOISE, **settings: Any) -> CorruptedCrops:
    options = {"name": "noise", "level": 2, **settings}
    return CorruptedCrops(index, eval_transform(SIZE_PX), corruption=corruption, **options)


def images(found: Any) -> dict[int, torch.Tensor]:
    return {item.row: item.image for item in found}


def same(first: dict[int, torch.Tensor], second: dict[int, torch.Tensor]) -> bool:
    assert first.keys() == second.keys()
    return all(torch.equal(first[row], second[row]) for row in first)


def test_without_a_change_each_crop_is_that_of_evaluation(index: CropIndex) -> None:
    corruption = Unchanged()
    items = list(crops(index, corruption))
    assert sorted(item.row for item in items) == list(range(len(index)))
    transform = eval_transform(SIZE_PX)
    for item in items:
        assert torch.equal(item.image, transform(index.read_image(item.row), 0))
        assert item.label == index.labels[item.row]
        assert item.video_idx == index.video_idx[item.row]
    assert [len(clip) for clip in corruption.clips] == [2] * (len(index) // 2)


def test_a_part_of_an_index_keeps_its_rows(index: CropIndex) -> None:
    part = index.select("test")
    assert sorted(item.row for item in crops(part)) == part.rows.tolist()


def test_what_is_random_does_not_depend_on_the_order_or_on_other_videos(index: CropIndex) -> None:
    everything = images(crops(index))
    part = index.select("test")
    backwards = CropIndex(
        part.columns,
        part.store,
        part.crops_dir,
        part.at[::-1],
        part.rows[::-1],
        part.video_idx[::-1],
    )
    expected = {int(row): everything[int(row)] for row in part.rows}
    assert same(images(crops(part)), expected)
    assert same(images(crops(backwards)), expected)


def test_processes_share_the_crops_and_change_none(index: CropIndex) -> None:
    shares = [images(crops(index, rank=rank, world_size=3)) for rank in range(3)]
    assert sum(map(len, shares)) == len(index)
    assert same({k: v for share in shares for k, v in share.items()}, images(crops(index)))


@pytest.mark.parametrize("num_workers", [0, 2])
def test_loaders_with_and_without_workers_serve_the_same(
    index: CropIndex, num_workers: int
) -> None:
    dataset = crops(index)
    loader = corrupted_loader(dataset, batch_size=5, num_workers=num_workers, pin_memory=False)
    batches = list(loader)
    assert len(batches) == dataset.num_batches(5, num_workers)
    found = {
        int(row): image
        for batch in batches
        for row, image in zip(batch.row, batch.image, strict=True)
    }
    assert same(found, images(dataset))


@pytest.mark.parametrize("other", [{"name": "grain"}, {"seed": 1}])
def test_name_and_seed_decide_what_is_random(index: CropIndex, other: Any) -> None:
    part = index.select("test")
    assert not same(images(crops(part)), images(crops(part, **other)))


def drawn(index: CropIndex, **settings: Any) -> dict[str, Draws]:
    """Return what is random about each video."""
    corruption = Unchanged()
    rows = [next(iter(face)) for face in faces_in_time(index)]
    list(crops(index, corruption, **settings))
    return {
        index.value("video_id", row): draws
        for row, draws in zip(rows, corruption.draws, strict=True)
    }


def test_a_fake_is_corrupted_as_its_original(index: CropIndex) -> None:
    table = index.take(["video_id", "original_video_id", "method", "frame_idx"]).to_pylist()
    originals = {row["video_id"]: row["original_video_id"] for row in table}
    assert len({row["method"] for row in table}) > 2
    found = drawn(index)
    fakes = [video for video, original in originals.items() if original]
    reals = [video for video, original in originals.items() if not original]
    for fake in fakes:
        assert found[fake].key == found[originals[fake]].key
    assert len({found[real].key for real in reals}) == len(reals)  # others are drawn anew
    for video, draws in found.items():
        assert draws.frames == sorted(r["frame_idx"] for r in table if r["video_id"] == video)


def test_noise_on_a_fake_is_that_on_its_original(index: CropIndex, tmp_path: Path) -> None:
    """All crops are one grey, so what is served is the noise alone, and it has one pattern."""
    table = index.select("test").take()
    for path in table["path"].to_pylist():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), np.full((48, 48, 3), 128, np.uint8))
    originals = [
        f"synthetic/original/c0/{row['target_id']}" if row["label"] else None
        for row in table.to_pylist()
    ]
    for name, values in (
        ("split", [None] * len(table)),
        ("mask_path", [None] * len(table)),
        ("original_video_id", originals),
    ):
        place = table.schema.get_field_index(name)
        field = table.schema.field(name)
        table = table.set_column(place, field, pa.array(values, field.type))
    write_index(table, tmp_path)
    grey = CropIndex.read(tmp_path)
    served = images(crops(grey))
    of: dict[tuple[str, int], set[bytes]] = {}
    for row, line in enumerate(grey.take().to_pylist()):
        original = line["original_video_id"] or line["video_id"]
        noise = served[row].numpy().tobytes()
        of.setdefault((original, line["frame_idx"]), set()).add(noise)
    assert {len(patterns) for patterns in of.values()} == {1}
    assert len(set.union(*of.values())) == len(of) < len(grey)


def test_the_level_decides_nothing_that_is_random(index: CropIndex) -> None:
    assert drawn(index, level=1) == drawn(index, level=5)


def test_clips_are_of_one_face_in_order_of_time_and_of_one_size(
    index: CropIndex, tmp_path: Path
) -> None:
    table = index.take().slice(0, 6)
    frames, faces, sides = [3, 1, 1, 3, 2, 2], [0, 0, 1, 1, 0, 1], [48, 48, 48, 48, 48, 40]
    for name, values in {"frame_idx": frames, "face_idx": faces}.items():
        place = table.schema.get_field_index(name)
        field = table.schema.field(name)
        table = table.set_column(place, field, pa.array(values, field.type))
    for name in ("video_id", "label", "method", "identity_group", "split", "mask_path"):
        place = table.schema.get_field_index(name)
        field = table.schema.field(name)
        table = table.set_column(place, field, pa.array([table[name][0].as_py()] * 6, field.type))
    for number, (path, side) in enumerate(zip(table["path"].to_pylist(), sides, strict=True)):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), np.full((side, side, 3), 10 * number, np.uint8))
    write_index(table, tmp_path)
    mixed = CropIndex.read(tmp_path)
    assert [face.tolist() for face in faces_in_time(mixed)] == [[1, 4, 0], [2, 5, 3]]
    corruption = Unchanged()
    list(crops(mixed, corruption))
    assert [clip[:, 0, 0, 0].tolist() for clip in corruption.clips] == [
        [10, 40, 0],
        [20],
        [50],
        [30],
    ]


def test_so_many_videos_have_the_proportions_of_all(index: CropIndex) -> None:
    videos = set(index.video_idx.tolist())
    assert evenly(index, None) is index
    assert len(evenly(index, 10**6)) == len(index)
    for wanted in range(2, len(videos)):
        part = evenly(index, wanted)
        assert len(set(part.video_idx.tolist())) == wanted
        assert len(part) == 2 * wanted  # all crops of each
        share = len(videos) * index.labels.mean()
        expected = wanted * share / len(videos)
        assert abs(wanted * part.labels.mean() - expected) <= 1
    assert evenly(index, 3).rows.tolist() == evenly(index, 3).rows.tolist()


def test_no_videos_are_refused(index: CropIndex) -> None:
    with pytest.raises(ConfigError, match="wanted: expected a number in"):
        evenly(index, 0)
