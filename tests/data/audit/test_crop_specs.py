from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from resgat.data.audit.crop_specs import attribute, check_crop_specs

Crop = tuple[str, int, str | None, str]


def table(crops: list[Crop]) -> pa.Table:
    """One row per crop: value, label, split, video."""
    beside = pa.table(
        {
            "label": pa.array([crop[1] for crop in crops], pa.int8()),
            "split": pa.array([crop[2] for crop in crops], pa.string()),
            "video_id": pa.array([crop[3] for crop in crops], pa.string()),
        }
    )
    return attribute([crop[0] for crop in crops], beside)


def videos(value: str, label: int, count: int, split: str | None = "train") -> list[Crop]:
    return [(value, label, split, f"{value}/{label}/{number}") for number in range(count)]


def test_one_kind_of_crops_is_fine() -> None:
    rows = table(videos("96x96", 0, 3) + videos("96x96", 1, 6, "test"))
    check = check_crop_specs({"image_size": rows, "image_format": rows.slice(0, 0)})
    assert (check.verdict, check.summary) == ("ok", "one of each: image_size 96x96")
    assert check.details["image_size"]["values"]["first"] == [
        {"value": "96x96", "real": 3, "fake": 6, "splits": {"test": 6, "train": 3}}
    ]


def test_a_value_that_only_one_class_has_is_a_leak() -> None:
    check = check_crop_specs({"compression": table(videos("raw", 0, 6) + videos("c23", 1, 9))})
    assert check.verdict == "LEAK"
    assert check.summary == (
        "compression alone tells real from fake: compression c23 (0 real, 9 fake), "
        "raw (6 real, 0 fake), balanced accuracy 1.00"
    )


def test_an_even_mix_is_a_warning() -> None:
    crops = [crop for value in ("a", "b") for label in (0, 1) for crop in videos(value, label, 5)]
    check = check_crop_specs({"crop_spec": table(crops)})
    assert check.verdict == "warning"
    assert "balanced accuracy 0.50" in check.summary
    assert check.summary.startswith(
        "several kinds of crops are mixed: crop_spec a (5 real, 5 fake)"
    )


def test_frames_of_any_size_are_no_giveaway() -> None:
    crops = [crop for n in range(40) for crop in videos(f"{100 + n}x90", n % 2, 1)]
    check = check_crop_specs({"image_size": table(crops)})
    assert (check.verdict, check.details["image_size"]["balanced_accuracy"]) == ("warning", 0.5)
    assert " and 37 more" in check.summary


def test_one_class_alone_gives_nothing_away() -> None:
    check = check_crop_specs({"crop_spec": table(videos("a", 1, 6) + videos("b", 1, 6, None))})
    assert check.details["crop_spec"]["balanced_accuracy"] == 0.5
    assert check.details["crop_spec"]["values"]["first"][1]["splits"] == {"none": 6}


def best_guess(crops: list[Crop]) -> float:
    """Balanced accuracy of naming, for each value, the class whose share of it is larger."""
    labels = [label for _, label, _, _ in crops]
    share: Any = {
        (value, label): sum(crop[:2] == (value, label) for crop in crops) / labels.count(label)
        for value, *_ in crops
        for label in (0, 1)
    }
    guesses = [int(share[value, 1] > share[value, 0]) for value, *_ in crops]
    return float(balanced_accuracy_score(labels, guesses))


@given(counts=st.lists(st.tuples(st.integers(5, 9), st.integers(0, 9)), min_size=1, max_size=4))
def test_the_accuracy_is_that_of_the_best_guess(counts: list[tuple[int, int]]) -> None:
    crops = videos("only fakes", 1, 5)
    for number, (real, fake) in enumerate(counts):
        crops += videos(f"v{number}", 0, real) + videos(f"v{number}", 1, fake)
    found = check_crop_specs({"x": table(crops)}).details["x"]["balanced_accuracy"]
    assert found == pytest.approx(best_guess(crops), abs=1e-6)
