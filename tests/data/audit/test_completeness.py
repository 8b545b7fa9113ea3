import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resgat.data.audit.completeness import check_completeness
from resgat.data.audit.crops import Crops
from resgat.data.audit.manifest import Manifest


@pytest.fixture
def crops(make_crops: Callable[..., Crops], make_rows: Callable[..., Any]) -> Crops:
    return make_crops(make_rows("a", "train"))


@pytest.fixture
def whole(crops: Crops, tmp_path: Path) -> Manifest:
    index = (tmp_path / "crops" / "index.parquet").read_bytes()
    return Manifest(
        frames_per_video=32,
        found={"original": {"train": 720, "val": 140}, "swap": {"train": 10, "test": 20}},
        with_face={"original": {"train": 719, "val": 140}, "swap": {"train": 10, "test": 20}},
        official={"original": {"train": 720, "val": 140}, "swap": {"all": 30}},
        absent=[],
        missing_videos=[],
        failed_videos=0,
        index_sha256=hashlib.sha256(index).hexdigest(),
    )


def test_a_whole_corpus_is_fine(crops: Crops, whole: Manifest) -> None:
    check = check_completeness(crops, whole)
    assert (check.verdict, check.summary) == ("ok", "all 890 published videos")
    assert check.details["official"] == {
        "original/train": {"official": 720, "found": 720, "with_face": 719},
        "original/val": {"official": 140, "found": 140, "with_face": 140},
        "swap/all": {"official": 30, "found": 30, "with_face": 30},
    }
    assert check.details["index_is_as_written"] is True


@pytest.mark.parametrize(
    ("changes", "summary"),
    [
        (
            {"official": {"swap": {"all": 31}}},
            "fewer videos than published in swap/all (30 of 31)",
        ),
        ({"official": {"new": {"val": 2}}}, "fewer videos than published in new/val (0 of 2)"),
        ({"absent": ["a", "b", "c", "d"]}, "4 absent: a, b, c and 1 more"),
        ({"missing_videos": ["a"]}, "1 listed but no file: a"),
        ({"failed_videos": 2}, "2 videos gave no crop, see failures.csv"),
        ({"index_sha256": "0"}, "the index was changed since preprocessing wrote it"),
    ],
)
def test_what_lacks_is_a_warning(
    crops: Crops, whole: Manifest, changes: dict[str, Any], summary: str
) -> None:
    check = check_completeness(crops, whole._replace(**changes))
    assert (check.verdict, check.summary) == ("warning", summary)


def test_a_corpus_without_published_counts_is_not_blamed(crops: Crops, whole: Manifest) -> None:
    check = check_completeness(crops, whole._replace(official={}))
    assert (check.verdict, check.summary) == ("ok", "no published count to compare with")


def test_without_a_manifest_the_reason_is_given(crops: Crops) -> None:
    check = check_completeness(crops, "no manifest.json")
    assert (check.verdict, check.summary) == ("not checked", "no manifest.json")
