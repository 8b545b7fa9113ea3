import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from resgat.data.corpora.deepfakebench import DeepfakeBench
from resgat.data.datamodule import CropDataModule
from resgat.data.index import CropIndex
from resgat.errors import ConfigError, DatasetNotFoundError, MetadataError

LABELS = {"FF-real": "youtube", "FF-DF": "Deepfakes", "FF-FH": "FaceShifter"}
#: Official pairs: 071 with 054 in train, 000 with 003 likewise in test's place here.
VIDEOS = {"train": ("071", "054"), "val": ("953", "974"), "test": ("000", "003")}
Tree = dict[str, Any]


def folder_of(label: str, name: str, level: str = "c23", kind: str = "frames") -> str:
    kinds = "original" if label == "FF-real" else "manipulated"
    return f"FaceForensics++/{kinds}_sequences/{LABELS[label]}/{level}/{kind}/{name}"


def write_png(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)


def points_81() -> np.ndarray:
    """Eyes around (80, 100) and (176, 100), a nose at (128, 150), a mouth from x 96 to 160."""
    points = np.zeros((81, 2), np.int64)
    around = np.array([[-6, 0], [-3, -3], [3, -3], [6, 0], [3, 3], [-3, 3]])
    points[36:42], points[42:48] = np.add(around, (80, 100)), np.add(around, (176, 100))
    points[30], points[48], points[54] = (128, 150), (96, 190), (160, 190)
    return points


def draw_tree(rgb: Path) -> Tree:
    """Frames, landmarks and masks as DeepfakeBench leaves them, and the JSON that lists them."""
    rng = np.random.default_rng(0)
    mask = np.zeros((256, 256, 3), np.uint8)
    mask[:128] = 255
    listed: Tree = {label: {split: {"c23": {}} for split in VIDEOS} for label in LABELS}
    for split, (first, second) in VIDEOS.items():
        for label in LABELS:
            pairs = ((first, second), (second, first))
            for name in [a if label == "FF-real" else f"{a}_{b}" for a, b in pairs]:
                folder = folder_of(label, name)
                frames = []
                for number in (7, 102, 40):  # in no order
                    stem = f"{number:03d}"
                    write_png(
                        rgb / folder / f"{stem}.png", rng.integers(0, 256, (256, 256, 3), np.uint8)
                    )
                    points = rgb / folder.replace("frames", "landmarks") / f"{stem}.npy"
                    points.parent.mkdir(parents=True, exist_ok=True)
                    np.save(points, points_81())
                    if label == "FF-DF":
                        write_png(rgb / folder.replace("frames", "masks") / f"{stem}.png", mask)
                    frames.append(f"{folder}/{stem}.png")
                listed[label][split]["c23"][name] = {"label": label, "frames": frames, "masks": []}
    return {"FaceForensics++": listed}


@pytest.fixture
def rgb(tmp_path: Path) -> Path:
    """DeepfakeBench's rgb_dir."""
    return tmp_path / "rgb"


@pytest.fixture
def listing(rgb: Path) -> Tree:
    """What its JSON holds."""
    return draw_tree(rgb)


@pytest.fixture
def prepare(rgb: Path, tmp_path: Path) -> Callable[..., CropIndex]:
    """Write the JSON, prepare the index, and open it."""

    def run(listing: Tree, **options: Any) -> CropIndex:
        path = tmp_path / "FaceForensics++.json"
        path.write_text(json.dumps(listing))
        DeepfakeBench(rgb, path, **options).prepare(tmp_path / "crops")
        return CropIndex.read(tmp_path / "crops", images_dir=rgb)

    return run


Prepare = Callable[[Tree], CropIndex]


def change_frames(listing: Tree, change: Callable[[str], str]) -> None:
    for labels in listing.values():
        for splits in labels.values():
            for levels in splits.values():
                for videos in levels.values():
                    for entry in videos.values():
                        entry["frames"] = [change(frame) for frame in entry["frames"]]


def test_a_fake_names_its_people_its_original_and_its_group(
    prepare: Prepare, listing: Tree
) -> None:
    rows = {row["crop_id"]: row for row in prepare(listing).take().to_pylist()}
    assert len(rows) == 3 * 2 * 3 * 3
    row = rows["ffpp/Deepfakes/c23/071_054/40/0"]
    assert (row["label"], row["split"], row["frame_idx"]) == (1, "train", 40)
    assert (row["target_id"], row["source_id"]) == ("071", "054")
    assert row["original_video_id"] == "ffpp/original/c23/071"
    assert row["identity_group"] == "ffpp/054_071"
    assert row["path"] == folder_of("FF-DF", "071_054") + "/040.png"
    assert row["mask_path"] == folder_of("FF-DF", "071_054", kind="masks") + "/040.png"
    assert row["landmarks"] == [80, 100, 176, 100, 128, 150, 96, 190, 160, 190]
    real = rows["ffpp/original/c23/071/40/0"]
    assert (real["label"], real["mask_path"], real["source_id"]) == (0, None, None)
    assert real["identity_group"] == row["identity_group"]
    assert rows["ffpp/FaceShifter/c23/071_054/7/0"]["mask_path"] is None


def test_frames_are_in_order_of_time(prepare: Prepare, listing: Tree) -> None:
    assert prepare(listing).column("frame_idx").to_pylist() == [7, 40, 102] * 18


def test_images_and_masks_are_read_where_they_lie(
    prepare: Prepare, listing: Tree, rgb: Path, tmp_path: Path
) -> None:
    before = sorted(path for path in rgb.rglob("*"))
    index = prepare(listing)
    fake = index.column("method").to_pylist().index("Deepfakes")
    stored = cv2.imread(str(rgb / index.path(fake)))
    assert stored is not None
    np.testing.assert_array_equal(index.read_image(fake), stored[..., ::-1])
    mask = index.read_mask(fake)
    assert mask is not None
    assert mask[:128].all()
    assert not mask[128:].any()
    assert sorted(path for path in rgb.rglob("*")) == before
    assert sorted(path.name for path in (tmp_path / "crops").iterdir()) == [
        "deepfakebench.json",
        "index.parquet",
    ]


def test_the_datamodule_trains_on_it(
    prepare: Prepare, listing: Tree, rgb: Path, tmp_path: Path
) -> None:
    prepare(listing)
    corpus = DeepfakeBench(rgb, tmp_path / "FaceForensics++.json")
    data = CropDataModule(corpus, tmp_path / "crops", images_dir=rgb, size_px=64, batch_size=6)
    data.prepare_data()
    data.setup()
    assert sum(len(batch.row) for batch in data.train_dataloader()) == 18


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.replace("/", "\\"),
        lambda frame: f"/home/author/deepfake/rgb/{frame}",
        lambda frame: "F:\\author\\rgb\\" + frame.replace("/", "\\"),
    ],
)
def test_paths_of_another_machine_are_found(
    change: Callable[[str], str], prepare: Prepare, listing: Tree, tmp_path: Path
) -> None:
    expected = prepare(listing).take()
    (tmp_path / "crops").rename(tmp_path / "first")
    change_frames(listing, change)
    assert prepare(listing).take().equals(expected)


@pytest.mark.parametrize(
    ("frame", "found"),
    [
        ("../../etc/007.png", "expected a path such as"),
        ("a\0/007.png", "expected a path such as"),
        ("007.png", "expected a path such as"),
        ("a/frames/x/face.png", "named by a number of its own"),
        ("a/frames/x/²5.png", "named by a number of its own"),
    ],
)
def test_a_frame_that_is_none_is_refused(
    frame: str, found: str, prepare: Prepare, listing: Tree
) -> None:
    change_frames(listing, lambda _: frame)
    with pytest.raises(MetadataError, match=found):
        prepare(listing)


def test_two_frames_of_one_number_or_of_two_folders_are_refused(
    prepare: Prepare, listing: Tree
) -> None:
    entry = listing["FaceForensics++"]["FF-DF"]["train"]["c23"]["071_054"]
    entry["frames"] = ["a/frames/x/7.png", "a/frames/x/007.png"]
    with pytest.raises(MetadataError, match=r"'a/frames/x/007\.png': expected a file named"):
        prepare(listing)
    entry["frames"] = ["a/frames/x/7.png", "a/frames/y/8.png"]
    with pytest.raises(MetadataError, match=r"lie in 'a/frames/x' and 'a/frames/y'; expected one"):
        prepare(listing)


def test_a_video_in_val_and_test_is_a_test_video(
    prepare: Prepare, listing: Tree, caplog: pytest.LogCaptureFixture
) -> None:
    for splits in listing["FaceForensics++"].values():
        splits["val"] = splits["test"]
    with caplog.at_level(logging.WARNING):
        index = prepare(listing)
    assert (len(index.select("test")), len(index.select("val"))) == (18, 0)
    assert "6 videos are in several splits" in caplog.text


def test_what_is_not_on_disk_is_left_out_and_logged(
    prepare: Prepare, listing: Tree, rgb: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = rgb / folder_of("FF-DF", "071_054")
    for path in folder.iterdir():
        path.unlink()
    (rgb / folder_of("FF-real", "071") / "007.png").unlink()
    with caplog.at_level(logging.WARNING):
        assert len(prepare(listing)) == 54 - 4
    assert "4 of 54 listed frames were not on disk; with more of them, delete" in caplog.text
    assert "1 of 18 videos were not on disk: 071_054" in caplog.text
    caplog.clear()
    prepare(listing)
    assert "1 of 18 videos were not on disk: 071_054" in caplog.text


def test_data_sets_without_compression(prepare: Prepare, rgb: Path) -> None:
    names = {"CelebDFv2_real": "id0_0003", "CelebDFv2_fake": "id0_id16_0003"}
    listing: Tree = {"Celeb-DF-v2": {}}
    for label, name in names.items():
        path = f"Celeb-DF-v2/{label}/frames/{name}/000.png"
        write_png(rgb / path, np.zeros((256, 256, 3), np.uint8))
        listing["Celeb-DF-v2"][label] = {"test": {name: {"label": label, "frames": [path]}}}
    rows = prepare(listing).take().to_pylist()
    assert [row["video_id"] for row in rows] == [
        "celebdf/original/h264/id0_0003",
        "celebdf/Celeb-synthesis/h264/id0_id16_0003",
    ]
    assert rows[1]["original_video_id"] == rows[0]["video_id"]
    assert rows[0]["identity_group"] == rows[1]["identity_group"] == "celebdf/id0"
    assert [row["landmarks"] for row in rows] == [None, None]


def test_masks_of_other_levels_lie_under_c23(rgb: Path, tmp_path: Path, listing: Tree) -> None:
    (rgb / "FaceForensics++/manipulated_sequences/Deepfakes/c40").mkdir()
    for splits in listing["FaceForensics++"].values():
        for split in splits:
            splits[split] = {"c40": splits[split]["c23"]}
    change_frames(listing, lambda frame: frame.replace("c23", "c40"))
    for path in list(rgb.rglob("c23/frames")):
        path.parent.parent.joinpath("c40").mkdir(exist_ok=True)
        path.rename(path.parent.parent / "c40" / "frames")
    path = tmp_path / "list.json"
    path.write_text(json.dumps(listing))
    DeepfakeBench(rgb, path, "c40").prepare(tmp_path / "crops")
    masks = CropIndex.read(tmp_path / "crops", images_dir=rgb).column("mask_path").drop_null()
    assert len(masks) == 18
    assert masks[0].as_py().startswith(folder_of("FF-DF", "071_054", kind="masks"))


def test_the_index_is_written_once_and_for_one_list(
    prepare: Prepare, listing: Tree, tmp_path: Path
) -> None:
    prepare(listing)
    before = (tmp_path / "crops" / "index.parquet").stat().st_mtime_ns
    prepare(listing)
    assert (tmp_path / "crops" / "index.parquet").stat().st_mtime_ns == before
    del listing["FaceForensics++"]["FF-FH"]
    with pytest.raises(ConfigError, match="holds other crops than data=deepfakebench is now asked"):
        prepare(listing)


def test_another_level_that_is_not_listed_is_refused(
    rgb: Path, tmp_path: Path, listing: Tree
) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps(listing))
    with pytest.raises(MetadataError, match="expected videos of compression c40, found none"):
        DeepfakeBench(rgb, path, "c40").prepare(tmp_path / "crops")


def test_another_folder_is_refused_and_nothing_is_left(
    tmp_path: Path, prepare: Prepare, listing: Tree, rgb: Path
) -> None:
    rgb.rename(tmp_path / "elsewhere")
    with pytest.raises(
        DatasetNotFoundError, match=r"holds none of the frames of .*set data\.raw_dir"
    ):
        prepare(listing)
    assert not (tmp_path / "crops").exists()


@pytest.mark.parametrize(
    ("tree", "where"),
    [
        ([], "expected an object of video names, got list"),
        ({"D": []}, "D: expected an object, got list"),
        ({"D": {"FF-DF": 3}}, "D/FF-DF: expected an object, got int"),
        ({"D": {"FF-DF": {"dev": {}}}}, "D/FF-DF/dev: expected a split train, val or test"),
        ({"D": {"FF-DF": {"val": {"c23": "x"}}}}, "D/FF-DF/val: expected an object, got str"),
        ({"D": {"FF-DF": {"val": {"c23": {"v": None}}}}}, "val/v: expected an object, got None"),
        ({"D": {"FF-DF": {"val": {"c23": {"v": {}}}}}}, "val/v: expected a list of frames' paths"),
        ({"D": {"FF-DF": {"val": {"c23": {"v": {"frames": "x/1.png"}}}}}}, "expected a list"),
        ({"D": {"FF-DF": {"val": {"c23": {"v": {"frames": [1]}}}}}}, "expected a list of frames'"),
        ({"D": {"what": {"val": {"v": {"frames": ["a/frames/1.png"]}}}}}, "label 'what': expected"),
    ],
)
def test_a_malformed_list_is_refused_in_one_line(
    tree: Any, where: str, prepare: Prepare, rgb: Path
) -> None:
    rgb.mkdir()
    with pytest.raises(MetadataError) as caught:
        prepare(tree)
    assert where in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_not_given_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.raw_dir: expected DeepfakeBench's rgb_dir; add"):
        DeepfakeBench().prepare(tmp_path)
    with pytest.raises(ConfigError, match=r"data\.corpus\.json_path: expected one of"):
        DeepfakeBench(tmp_path).prepare(tmp_path)
    with pytest.raises(ConfigError, match="compression: expected one of raw, c0, c23, c40"):
        DeepfakeBench(compression="c50")
    with pytest.raises(ConfigError, match="num_workers: expected a number"):
        DeepfakeBench(num_workers=0)


def test_there_is_nothing_to_preprocess(tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFoundError, match=r"no raw videos .*train\.py data=deepfakeb"):
        DeepfakeBench().videos(tmp_path)
    assert DeepfakeBench().census([]).official == {}


def test_crops_whose_landmarks_cannot_be_read_are_counted(
    prepare: Prepare, listing: Tree, rgb: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = sorted(rgb.rglob("landmarks/*/*.npy"))[:2]
    for path in broken:
        path.write_bytes(b"no numbers")
    with caplog.at_level(logging.WARNING):
        index = prepare(listing)
    assert index.column("landmarks").null_count == len(broken) == 2
    assert f"2 of {len(index)} crops have no landmarks that can be read" in caplog.text
