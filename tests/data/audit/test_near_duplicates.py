"""Planted copies are found across splits, and only there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from resgat.data.audit import near_duplicates
from resgat.data.audit.crops import Crops
from resgat.data.audit.near_duplicates import Pair, Prints, check_near_duplicates, choose, gather
from resgat.data.audit.scan import scan
from resgat.data.audit.verdict import Check

Rows = list[dict[str, Any]]
MakeCrops = Callable[..., Crops]
MakeRows = Callable[..., Rows]


def prints_of(crops: Crops) -> Prints:
    return gather(crops, scan(crops, np.zeros(0, np.int64), choose(crops, 2), 1).fingerprints)


def check(crops: Crops, **limits: Any) -> tuple[Check, list[Pair]]:
    return check_near_duplicates(crops, prints_of(crops), num_flat=0, **limits)


def copy(folder: Path, source: str, to: str, change: Callable[[Any], Any]) -> None:
    image = cv2.imread(str(folder / source), cv2.IMREAD_COLOR)
    assert cv2.imwrite(str(folder / to), change(image))


def re_encode(image: Any) -> Any:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 60])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


CHANGES: dict[str, Callable[[Any], Any]] = {
    "the same": lambda image: image,
    "re-encoded": re_encode,
    "resized": lambda image: cv2.resize(image, (40, 40), interpolation=cv2.INTER_AREA),
    "brighter": lambda image: np.clip(image * 1.05 + 8, 0, 255).astype(np.uint8),
}
IN_TRAIN, IN_TEST = "toy/original/c0/train0/0001.png", "toy/original/c0/test1/0000.png"


@pytest.mark.parametrize("change", CHANGES)
def test_a_planted_copy_is_found(
    change: str, make_crops: MakeCrops, rows: Rows, tmp_path: Path
) -> None:
    crops = make_crops(rows)
    copy(tmp_path / "crops", IN_TRAIN, IN_TEST, CHANGES[change])
    found, pairs = check(crops)
    assert found.verdict == "LEAK"
    assert found.summary.startswith(
        "1 pairs of 2 videos are alike, such as toy/original/c0/train0/1/0 (train) and "
        "toy/original/c0/test1/0/0 (test); 24 crops compared"
    )
    assert found.details["pairs_by_splits"] == {"train-val": 0, "train-test": 1, "val-test": 0}
    assert (found.details["crops_in_pairs"], found.details["videos_in_pairs"]) == (2, 2)
    (cell,) = found.details["closest"]
    assert (cell["first"], cell["second"]) == (
        "toy/original/c0/train0/1/0",
        "toy/original/c0/test1/0/0",
    )
    assert cell["splits"] == ["train", "test"]
    assert cell["distance"] <= 6
    assert cell["correlation"] >= 0.98
    assert [crops.value(pairs[0].first, "path"), crops.value(pairs[0].second, "path")] == [
        IN_TRAIN,
        IN_TEST,
    ]


def test_unrelated_pictures_are_not(make_crops: MakeCrops, rows: Rows) -> None:
    found, pairs = check(make_crops(rows))
    assert (found.verdict, found.summary, pairs) == ("ok", "24 crops compared", [])


def test_drawn_faces_are_not(drawn_crops: Path) -> None:
    found, _ = check(Crops.open(drawn_crops, drawn_crops, "draw them"))
    assert (found.verdict, found.details["crops_compared"]) == ("ok", 36)


def test_copies_inside_one_split_are_its_own_business(
    make_crops: MakeCrops, rows: Rows, tmp_path: Path
) -> None:
    crops = make_crops(rows)
    folder = tmp_path / "crops"
    copy(folder, IN_TEST, "toy/swap/c0/test1/0000.png", CHANGES["the same"])
    copy(folder, IN_TEST, "toy/swap/c0/test0/0000.png", CHANGES["the same"])
    assert check(crops)[0].verdict == "ok"


def test_copies_in_one_identity_group_are_counted_apart(
    make_crops: MakeCrops, rows: Rows, tmp_path: Path
) -> None:
    for row in rows:
        if row["video_id"].startswith("toy/original/c0/t"):
            row["identity_group"] = "toy/one"
    crops = make_crops(rows)
    copy(tmp_path / "crops", IN_TRAIN, IN_TEST, CHANGES["the same"])
    found, pairs = check(crops)
    assert (found.verdict, pairs) == ("ok", [])
    assert found.details["pairs_of_one_identity_group"] == 1


def test_videos_in_no_split_are_left_out(make_crops: MakeCrops, rows: Rows) -> None:
    for row in rows[:4]:
        row["split"] = None
    chosen = choose(make_crops(rows), 2)
    assert chosen.tolist() == list(range(4, 24))


def test_so_many_frames_of_each_video_are_compared(make_crops: MakeCrops, rows: Rows) -> None:
    assert len(choose(make_crops(rows), 1)) == 12


def test_crops_of_one_split_cannot_be_compared(make_crops: MakeCrops, rows: Rows) -> None:
    found, _ = check(make_crops([row for row in rows if row["split"] == "val"]))
    assert found.verdict == "not checked"
    assert found.summary == "crops of one split only; 8 crops compared"


def test_flat_crops_do_not_collide(make_crops: MakeCrops, rows: Rows, tmp_path: Path) -> None:
    crops = make_crops(rows)
    for name in (IN_TRAIN, IN_TEST):
        copy(tmp_path / "crops", name, name, np.zeros_like)
    seen = scan(crops, np.zeros(0, np.int64), choose(crops, 2), 1)
    prints = gather(crops, seen.fingerprints)
    found, _ = check_near_duplicates(crops, prints, num_flat=2)
    assert (len(prints.position), found.verdict) == (22, "ok")
    assert found.summary == "22 crops compared, 2 too plain to compare"
    assert found.details["crops_not_comparable"] == 2


def test_nothing_but_flat_crops_is_not_checked(
    make_crops: MakeCrops, rows: Rows, tmp_path: Path
) -> None:
    crops = make_crops(rows[:2])
    for row in rows[:2]:
        copy(tmp_path / "crops", row["path"], row["path"], np.zeros_like)
    assert check(crops)[0].verdict == "not checked"


def test_limits_are_obeyed(make_crops: MakeCrops, rows: Rows, tmp_path: Path) -> None:
    crops = make_crops(rows)
    copy(tmp_path / "crops", IN_TRAIN, IN_TEST, lambda image: cv2.GaussianBlur(image, (0, 0), 2))
    assert check(crops)[0].verdict == "LEAK"
    assert check(crops, min_correlation=1)[0].verdict == "ok"
    everything, _ = check(crops, max_distance=40, min_correlation=-1)
    assert everything.details["pairs"] > 1


def test_only_the_most_similar_pairs_are_kept_and_all_are_counted(
    make_crops: MakeCrops, rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near_duplicates, "MAX_LISTED", 2)
    crops = make_crops(rows)
    folder = tmp_path / "crops"
    for name in ("train1/0000.png", "val0/0000.png", "test1/0000.png"):
        blur = CHANGES["re-encoded" if name.startswith("train1") else "the same"]
        copy(folder, IN_TRAIN, f"toy/original/c0/{name}", blur)
    found, pairs = check(crops)
    assert found.details["pairs"] == 5
    assert found.details["pairs_by_splits"] == {"train-val": 2, "train-test": 2, "val-test": 1}
    assert len(pairs) == 2
    assert [pair.unlike for pair in pairs] == [0, 0]
