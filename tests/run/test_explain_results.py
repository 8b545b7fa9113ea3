"""What explanations leave behind, from scores that were made by hand."""

from dataclasses import replace
from typing import Any

from resgat.explain.metrics.on_maps import Localisation, RegionNaming
from resgat.explain.stats.summary import SummaryRow
from resgat.run.explain_results import directions, explanation_numbers

ROW = SummaryRow(
    "m", "A", "region_hit", "contrib", 0.9, 0.8, 0.95, 9, 9, 0, 0, 0.1,
    0.8, 0.7, 0.9, 0.8, 0.7, 0.9, "higher", True,
)  # fmt: skip


def test_numbers_are_named_by_track_method_and_metric_and_unknown_ends_left_out() -> None:
    lone: Any = replace(ROW, track="B", low=None, high=None)
    assert explanation_numbers([ROW, lone, replace(ROW, track="C", mean=None, low=None)]) == {
        "xai/A/contrib/region_hit": 0.9,
        "xai/A/contrib/region_hit_lo": 0.8,
        "xai/A/contrib/region_hit_hi": 0.95,
        "xai/B/contrib/region_hit": 0.9,
        "xai/C/contrib/region_hit_hi": 0.95,
    }


def test_each_number_knows_which_way_it_is_better() -> None:
    found = directions([{"a": Localisation()}, {"b": RegionNaming()}])
    assert found["region_hit"] == found["shuffled_auroc"] == "higher"
    assert directions([]) == {"completeness": "lower", "false_evidence": "lower"}
