from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from resgat.errors import ConfigError, ShapeError
from resgat.report.explanations.content import Column, Curve, ExplanationReport, GalleryRow

FACE = np.zeros((6, 5, 3), np.uint8)


def test_three_parts_make_a_report(make_report: Callable[..., ExplanationReport]) -> None:
    full = make_report()
    report = ExplanationReport(title="t", facts=(), summary=full.summary[:1])
    assert not report.columns
    assert report.plain_ms is None


def test_no_summary_is_refused() -> None:
    with pytest.raises(ConfigError, match="summary: expected at least one row, got none"):
        ExplanationReport(title="t", facts=(), summary=())


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"columns": (Column("region_hits", "x"),)},
            ConfigError,
            "columns: expected one of .* Did you mean 'region_hit'",
        ),
        ({"missing": {"curve": "x"}}, ConfigError, "missing: .* Did you mean 'curves'"),
        (
            {"confusion": {"ig": np.zeros((8, 7))}},
            ShapeError,
            r"confusion of ig: expected shape \(8, 8\), got \(8, 7\)",
        ),
    ],
)
def test_refusals(
    make_report: Callable[..., Any], change: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make_report(**change)


@pytest.mark.parametrize("sizes", [(3, 3, 3, 2), (0, 0, 0, 0)])
def test_a_curve_of_unequal_parts_is_refused(sizes: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="curve: expected x, mean, low and high of one length"):
        Curve(*map(np.zeros, sizes))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"face": FACE[..., 0]}, "image: expected"),
        ({"overlays": {"ig": FACE[:4]}}, "ig: expected shape"),
        ({"overlays": {"ig": FACE.astype(float)}}, "image: expected"),
        ({"outline": np.zeros((5, 6), bool)}, "outline: expected shape"),
    ],
)
def test_a_gallery_row_of_other_sizes_is_refused(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        GalleryRow(**{"face": FACE, "overlays": {}, "caption": "", **parts})
