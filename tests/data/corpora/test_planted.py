"""The planted corpus: made once, the same bytes each time, from drawn people or real crops."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from resgat.data.corpora import planted
from resgat.data.corpora.base import Census
from resgat.data.corpora.planted import PlantedFaces
from resgat.data.cropping import CropSpec
from resgat.data.datamodule import CropDataModule
from resgat.data.index import CropIndex
from resgat.data.planted.table import read_planted
from resgat.data.splits import check_splits
from resgat.errors import ConfigError, DatasetNotFoundError
from tests.data.corpora.test_synthetic import files, in_this_process

SETTINGS: dict[str, Any] = {"size_px": 48, "train_twins": 2, "val_twins": 2, "test_twins": 13}


@pytest.fixture(autouse=True)
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planted, "results_of", in_this_process)


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    PlantedFaces(**SETTINGS).prepare(tmp_path / "made")
    return tmp_path / "made"


def test_every_pair_is_there(crops: Path) -> None:
    index, table = CropIndex.read(crops), read_planted(crops)
    check_splits(index)
    tracks = table["track"].to_pylist()
    # Two crops a pair; four where each is stored with and without a watermark.
    assert len(index) == 2 * (2 + 2 + 13) + 2 * tracks.count("E") // 4
    assert set(tracks) == set("ABCDEF")
    assert {index.read_image(position).shape for position in range(len(index))} == {(48, 48, 3)}
    detector = {"name": "planted", "version": 2, "source": "drawn"}
    assert index.crop_specs == [CropSpec(48, 1.3, detector, frames_per_video=1).hash]


@pytest.mark.slow
def test_the_number_of_processes_does_not_matter(
    crops: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    for num_workers in (1, 3):
        folder = tmp_path / f"by_{num_workers}"
        PlantedFaces(**SETTINGS, num_workers=num_workers).prepare(folder)
        assert files(folder) == files(crops)


def test_the_same_settings_give_the_same_bytes(crops: Path, tmp_path: Path) -> None:
    PlantedFaces(**SETTINGS, num_workers=7).prepare(tmp_path / "again")
    assert files(tmp_path / "again") == files(crops)


def test_what_is_made_is_found_again(crops: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(planted, "results_of")  # making would fail
    PlantedFaces(**SETTINGS).prepare(crops)
    PlantedFaces(**SETTINGS, strengths=[1, 0.5, 0.25, 0.125]).prepare(crops)


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"regions": "discs"},
        {"watermark": 0.9},
        {"strengths": [1.0]},
        {"decoy_share": 0},
        {"operators": ["self_blend"]},
        {"unseen_operators": ["jpeg_ghost"]},
        {"source": "elsewhere"},
    ],
)
def test_a_folder_made_with_other_settings_is_refused(changes: dict[str, Any], crops: Path) -> None:
    with pytest.raises(ConfigError, match="holds other crops than data=planted is now asked for"):
        PlantedFaces(**SETTINGS | changes).prepare(crops)


def test_another_seed_gives_other_pixels(crops: Path, tmp_path: Path) -> None:
    PlantedFaces(**SETTINGS, seed=1).prepare(tmp_path / "other")
    ours, theirs = files(crops), files(tmp_path / "other")
    same = [name for name in ours if "/original/" in name and theirs.get(name) == ours[name]]
    assert same == []


def test_real_crops_keep_their_splits_and_groups(drawn_crops: Path, tmp_path: Path) -> None:
    PlantedFaces(**SETTINGS, source=str(drawn_crops)).prepare(tmp_path / "crops")
    index, source = CropIndex.read(tmp_path / "crops"), CropIndex.read(drawn_crops)
    check_splits(index)
    columns = ("identity_group", "split", "target_id")
    known = {tuple(row.values()) for row in source.take(columns).to_pylist()}
    assert {tuple(row.values()) for row in index.take(columns).to_pylist()} <= known
    note = json.loads((tmp_path / "crops" / "planted.json").read_text())
    assert note["source"] == str(drawn_crops)


def test_a_refused_source_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFoundError, match="nowhere"):
        PlantedFaces(**SETTINGS, source=str(tmp_path / "nowhere")).prepare(tmp_path / "crops")
    assert list(tmp_path.iterdir()) == []


def test_the_data_module_serves_it_with_masks(tmp_path: Path) -> None:
    data = CropDataModule(
        PlantedFaces(**SETTINGS), tmp_path / "crops", size_px=48, batch_size=4, masks=True
    )
    data.prepare_data()
    data.setup()
    batch = next(iter(data.train_dataloader()))
    assert batch.image.shape == (4, 3, 48, 48)
    assert batch.mask is not None
    assert batch.mask.flatten(1).any(1).tolist() == (batch.label == 1).tolist()


def test_there_are_no_raw_videos_and_no_census(tmp_path: Path) -> None:
    expected = r"data=planted has no raw videos .* Run python src/train\.py data=planted directly"
    with pytest.raises(DatasetNotFoundError, match=expected):
        PlantedFaces().videos(tmp_path)
    assert PlantedFaces().census([]) == Census()
    assert PlantedFaces().name == "planted"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size_px": 40}, r"size_px: expected a number in \[48, 1024\], got 40"),
        ({"train_twins": 0}, "train_twins: expected a number"),
        ({"val_twins": 0}, "val_twins: expected a number"),
        ({"test_twins": 12}, r"test_twins: expected a number in \[13, inf\], got 12"),
        ({"num_workers": 0}, "num_workers: expected a number"),
        ({"regions": "squares"}, "regions: expected one of parts, discs; got 'squares'"),
        ({"operators": ["jpeg"]}, "operators: expected one of self_blend"),
        ({"watermark": 1.2}, "watermark: expected a number"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        PlantedFaces(**settings)


def test_what_makes_the_crops_starts_without_torch() -> None:
    code = "import sys, resgat.data.corpora.planted, resgat.data.planted.leaks; "
    code += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
