"""Real crops as a source: of their split, with a donor of another group, and every refusal."""

import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resgat.data.index import CropIndex, write_index
from resgat.data.planted.real import RealCrops, find_real_crops
from resgat.data.planted.regions import plant_masks
from resgat.data.schema import SPLITS
from resgat.errors import DatasetNotFoundError, IndexSchemaError, SplitError


@pytest.fixture(scope="module")
def source(drawn_crops: Path) -> RealCrops:
    return find_real_crops(str(drawn_crops), 64, seed=0)


def rewritten(crops_dir: Path, folder: Path, **columns: list[object]) -> str:
    """Copy an index, with some columns replaced, into a folder that finds the same files."""
    folder.mkdir()
    table = pq.read_table(crops_dir / "index.parquet")
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        field = table.schema.field(name)
        table = table.set_column(place, field, pa.array(values, field.type))
    for path in crops_dir.iterdir():
        if path.is_dir():
            (folder / path.name).symlink_to(path)
    write_index(table, folder)
    return str(folder)


def test_only_real_crops_of_the_split_are_taken(source: RealCrops, drawn_crops: Path) -> None:
    index = CropIndex.read(drawn_crops)
    for split in SPLITS:
        for positions in (source.faces[split], source.donors[split]):
            rows = [index.row(int(position)) for position in positions]
            assert {(row["split"], row["label"]) for row in rows} == {(split, 0)}
            assert len({row["crop_id"] for row in rows}) == 4


@pytest.mark.parametrize("split", SPLITS)
def test_a_subject_is_a_moved_crop_of_its_corpus(
    split: str, source: RealCrops, drawn_crops: Path
) -> None:
    index = CropIndex.read(drawn_crops)
    for number in range(6):  # more than there are crops
        subject = source.subject(split, number, np.random.default_rng(number))
        row = index.row(int(source.faces[split][number % 4]))
        assert (subject.target_id, subject.identity_group) == (
            row["target_id"],
            row["identity_group"],
        )
        assert subject.image.shape == subject.donor.shape == (64, 64, 3)
        assert plant_masks(subject.landmarks, 64).any((1, 2)).all()
        left, top, right, bottom = subject.bbox_xyxy
        assert right - left == pytest.approx(bottom - top)
        assert 30 < right - left < 96


def test_the_landmarks_move_with_the_pixels(source: RealCrops) -> None:
    # An eye is darker and lighter than the skin below it: the most contrast lies at the landmark.
    subject = source.subject("test", 0, np.random.default_rng(0))
    grey = subject.image.mean(2)

    def contrast(x: float, y: float) -> float:
        row, col = round(y), round(x)
        return float(grey[row - 3 : row + 4, col - 3 : col + 4].std())

    eyes, cheeks = subject.landmarks[:2], subject.landmarks[:2] + np.array([0, 12])
    assert min(contrast(*eye) for eye in eyes) > max(contrast(*cheek) for cheek in cheeks)


def test_the_donor_lies_in_the_same_pose(source: RealCrops) -> None:
    subject = source.subject("test", 1, np.random.default_rng(0))
    assert not np.array_equal(subject.donor, subject.image)
    own, other = (image.mean(2) - image.mean() for image in (subject.image, subject.donor))
    assert np.corrcoef(own.ravel(), other.ravel())[0, 1] > 0.2


def test_a_donor_is_of_another_group_where_there_is_one(drawn_crops: Path, tmp_path: Path) -> None:
    targets = CropIndex.read(drawn_crops).column("target_id").to_pylist()
    folder = rewritten(drawn_crops, tmp_path / "crops", identity_group=targets)
    source = find_real_crops(folder, 64, seed=0)
    for split in SPLITS:
        for face, donor in zip(source.faces[split], source.donors[split], strict=True):
            assert targets[face] != targets[donor]


def test_it_can_be_sent_to_another_process(source: RealCrops) -> None:
    again = pickle.loads(pickle.dumps(source))
    first, second = (s.subject("val", 0, np.random.default_rng(0)) for s in (source, again))
    assert np.array_equal(first.image, second.image)


def test_a_seed_decides_the_order(drawn_crops: Path) -> None:
    orders = {
        tuple(find_real_crops(str(drawn_crops), 64, seed).faces["train"]) for seed in range(8)
    }
    assert len(orders) > 1


def test_a_folder_without_landmarks_is_refused_by_name(drawn_crops: Path, tmp_path: Path) -> None:
    folder = rewritten(drawn_crops, tmp_path / "blind", landmarks=[None] * 36)
    message = (
        r"source: none of the 12 real crops in .*blind has landmarks; preprocess them with a "
        r"detector that finds landmarks \(detector=yunet\), or take source=drawn"
    )
    with pytest.raises(IndexSchemaError, match=message):
        find_real_crops(folder, 64, seed=0)


@pytest.mark.parametrize("points", [[0.0] * 10, [float("nan")] * 10])
def test_landmarks_that_are_none_are_passed_over(
    points: list[float], drawn_crops: Path, tmp_path: Path
) -> None:
    index = CropIndex.read(drawn_crops)
    landmarks = index.column("landmarks").to_pylist()
    spoilt = [points if place % 2 else kept for place, kept in enumerate(landmarks)]
    source = find_real_crops(
        rewritten(drawn_crops, tmp_path / "crops", landmarks=spoilt), 64, seed=0
    )
    used = np.concatenate([source.faces[split] for split in SPLITS])
    assert sorted(used) == [p for p in range(36) if index.labels[p] == 0 and p % 2 == 0]


def test_a_split_without_real_crops_is_refused(drawn_crops: Path, tmp_path: Path) -> None:
    splits = CropIndex.read(drawn_crops).column("split").to_pylist()
    folder = rewritten(
        drawn_crops, tmp_path / "crops", split=["train" if s == "val" else s for s in splits]
    )
    message = (
        r"source: .*crops has 0 real crop\(s\) with landmarks in split 'val', expected at least 2"
    )
    with pytest.raises(SplitError, match=message):
        find_real_crops(folder, 64, seed=0)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFoundError, match="nowhere"):
        find_real_crops(str(tmp_path / "nowhere"), 64, seed=0)
