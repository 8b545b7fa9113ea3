"""Numbers of a test split are handed on, or refused with what they lack."""

from pathlib import Path
from typing import Any

import pytest

from resgat.errors import RunFolderError
from resgat.run.numbers import numbers_of_test

LEVEL = {"auc": 0.5}
TEST = {"video": LEVEL, "frame": LEVEL}


@pytest.mark.parametrize("layout", [{}, {"schema": 1}, {"schema": 2}])
def test_numbers_of_every_layout_so_far_are_handed_on(layout: dict[str, int]) -> None:
    assert numbers_of_test(Path("run"), {**layout, "test": TEST}, ["auc"]) is TEST


@pytest.mark.parametrize("layout", [3, 0, "2", None])
def test_a_layout_that_is_not_known_is_refused(layout: object) -> None:
    said = (
        rf"^run/metrics.json has numbers of layout {layout!r}, and this version of resgat reads "
        "those up to 2. Use the version that wrote it, or evaluate the checkpoint again$"
    )
    with pytest.raises(RunFolderError, match=said):
        numbers_of_test(Path("run"), {"schema": layout, "test": TEST}, [])


@pytest.mark.parametrize(
    ("results", "lacks"),
    [
        ({}, "test"),
        ({"test": None}, "test"),
        ({"val": TEST}, "test"),
        ({"test": {"frame": LEVEL}}, "test.video"),
        ({"test": {"video": LEVEL, "frame": 0.5}}, "test.frame"),
        ({"test": {"video": LEVEL, "frame": {}}}, "test.frame.auc"),
    ],
)
def test_what_is_missing_is_named(results: dict[str, Any], lacks: str) -> None:
    said = f"^run/metrics.json lacks {lacks}. Evaluate the checkpoint again, or leave this run out$"
    with pytest.raises(RunFolderError, match=said):
        numbers_of_test(Path("run"), results, ["auc"])
