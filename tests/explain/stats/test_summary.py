import csv
import io
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from resgat.explain.stats.scores import SCORES_SCHEMA
from resgat.explain.stats.summary import PairRow, SummaryRow, compare_methods, summarise
from resgat.records import to_csv
from tests.explain.stats.test_scores import row

NUM = 60


def scores(means: dict[str, float], metric: str = "hit") -> pa.Table:
    """Each method's scores scatter by 0.1 around its mean; two images a group."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.1, NUM)
    rows = [
        row(
            crop_id=f"c{image:02d}",
            group=f"g{image // 2:02d}",
            method=method,
            metric=metric,
            value=float(mean + noise[image] + rng.normal(0, 0.02)),
        )
        for method, mean in means.items()
        for image in range(NUM)
    ]
    return pa.Table.from_pylist(rows, SCORES_SCHEMA)


USUAL = {"contrib": 0.8, "random_smooth": 0.3, "center": 0.5, "permuted/contrib": 0.4}


def summary(table: pa.Table, better: Any = None) -> dict[str, SummaryRow]:
    rows = summarise(table, better or {"hit": "higher"}, draws=1000)
    return {one.method: one for one in rows}


def test_a_method_stands_beside_its_controls() -> None:
    found = summary(scores(USUAL))
    assert sorted(found) == ["center", "contrib", "random_smooth"]
    contrib = found["contrib"]
    assert contrib.mean == pytest.approx(0.8, abs=0.03)
    assert contrib.low is not None
    assert contrib.high is not None
    assert contrib.low < 0.8 < contrib.high
    assert contrib.permuted == pytest.approx(0.4, abs=0.03)
    assert contrib.diff_random == pytest.approx(0.5, abs=0.01)
    assert contrib.diff_center == pytest.approx(0.3, abs=0.01)
    assert (contrib.n_images, contrib.n_groups) == (NUM, NUM // 2)
    assert contrib.beats_controls


@pytest.mark.parametrize("rival", ["random_smooth", "center", "permuted/contrib"])
def test_one_control_that_is_as_good_is_enough_to_fail(rival: str) -> None:
    assert not summary(scores(USUAL | {rival: 0.8}))["contrib"].beats_controls


def test_lower_can_be_better_and_a_description_is_never() -> None:
    table = scores({"contrib": 0.2, "random_smooth": 0.5, "center": 0.5})
    assert summary(table, {"hit": "lower"})["contrib"].beats_controls
    assert not summary(table, {"hit": "higher"})["contrib"].beats_controls
    assert not summary(table, {"other": "lower"})["contrib"].beats_controls


def test_where_a_map_that_never_moves_is_perfect_nothing_is_claimed() -> None:
    named = {"contrib": 0.8, "random_smooth": 0.2, "center": 0.1, "permuted/contrib": 0.1}
    table = scores(named, "rho")
    rows = summarise(table, {"rho": "higher"}, {"rho": 0.0}, draws=1000)
    assert {one.unrelated for one in rows} == {0.0}
    assert not any(one.beats_controls for one in rows)
    ends = {end for one in rows for end in (one.diff_random, one.diff_center_low)}
    assert ends == {None}
    plain = summarise(table, {"rho": "higher"}, {"hit": 0.0}, draws=1000)
    assert {one.unrelated for one in plain} == {None}
    assert next(one for one in plain if one.method == "contrib").beats_controls


def test_a_control_never_beats_the_controls() -> None:
    found = summary(scores({"center": 0.9, "random_smooth": 0.1, "oracle_node": 1.0}))
    assert not any(one.beats_controls for one in found.values())


def test_without_a_control_there_is_nothing_to_beat() -> None:
    contrib = summary(scores({"contrib": 0.9}))["contrib"]
    assert (contrib.diff_random, contrib.diff_center, contrib.permuted) == (None, None, None)
    assert not contrib.beats_controls


def test_a_control_that_scores_on_none_of_the_same_faces_is_not_beside_it() -> None:
    contrib = summary(scores(USUAL | {"center": float("nan")}))["contrib"]
    assert contrib.diff_center is None
    assert contrib.beats_controls


def test_pairs_are_compared_within_a_metric_and_corrected() -> None:
    both = pa.concat_tables([scores(USUAL), scores({"contrib": 0.7, "center": 0.7}, "auroc")])
    found = {(one.metric, one.a, one.b): one for one in compare_methods(both, draws=1000)}
    assert len(found) == 3 + 1  # permuted maps are no method
    gap = found["hit", "center", "contrib"]
    assert gap.diff == pytest.approx(-0.3, abs=0.01)
    assert gap.superiority == 0.0
    assert gap.p_holm == pytest.approx(min(1.0, 2 * (gap.p_value or 0)))
    same = found["auroc", "center", "contrib"]
    assert same.is_equivalent
    assert same.p_holm == same.p_value


def test_of_many_methods_a_clear_difference_is_found() -> None:
    """27 methods make 351 pairs, for which 10,000 draws could tell none apart."""
    many = {f"method{at:02d}": at / 10 for at in range(27)}
    found = compare_methods(scores(many), draws=1000)
    assert len(found) == 351
    assert max(one.p_holm or 0 for one in found) < 0.05


def test_nobody_asks_which_of_two_controls_is_better() -> None:
    found = {(one.a, one.b): one for one in compare_methods(scores(USUAL), draws=1000)}
    controls = found["center", "random_smooth"]
    assert controls.p_holm is None
    assert controls.diff == pytest.approx(0.2, abs=0.02)
    asked = [one for pair, one in found.items() if "contrib" in pair]
    assert len(asked) == 2
    for one in asked:
        assert one.p_holm == pytest.approx(2 * (one.p_value or 0))


def test_tables_are_written_with_every_digit() -> None:
    text = to_csv(SummaryRow, summarise(scores(USUAL), {"hit": "higher"}, draws=200))
    read = list(csv.DictReader(io.StringIO(text)))
    contrib = next(one for one in read if one["method"] == "contrib")
    assert float(contrib["mean"]) == summary(scores(USUAL))["contrib"].mean
    assert contrib["beats_controls"] == "True"
    center = next(one for one in read if one["method"] == "center")
    assert center["diff_center"] == ""
    pairs: list[PairRow] = compare_methods(scores(USUAL), draws=200)
    assert len(to_csv(PairRow, pairs).splitlines()) == 4
