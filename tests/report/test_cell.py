import pytest

from resgat.report.cell import metric_cell, number_cell


@pytest.mark.parametrize(
    ("value", "ends", "why", "cell"),
    [
        (0.9, (0.8, 0.95), None, "<b>0.900</b><small>[0.800, 0.950]</small>"),
        (0.9, None, None, "<b>0.900</b><small>no interval</small>"),
        (None, None, "a < b", '<span title="a &lt; b">\N{EN DASH}</span>'),
        (None, None, None, "<span>\N{EN DASH}</span>"),
    ],
)
def test_a_number_has_its_interval_and_a_dash_its_reason(
    value: float | None, ends: tuple[float, float] | None, why: str | None, cell: str
) -> None:
    assert number_cell(value, ends, why) == cell


def test_a_metric_is_read_with_what_stands_beside_it() -> None:
    level = {"auc": 0.9, "auc_ci": [0.8, 0.95], "eer": None, "eer_ci": None, "eer_reason": "why"}
    assert metric_cell(level, "auc") == number_cell(0.9, (0.8, 0.95))
    assert metric_cell(level, "eer") == number_cell(None, None, "why")
