from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pytest

from resgat.explain.stats.bootstrap import Estimate
from resgat.explain.stats.scores import SCORES_SCHEMA
from resgat.explain.stats.summary import PairRow, SummaryRow
from resgat.measuring.sanity import Finding
from resgat.report.explain_checks import claims, number_checks, ranking_checks, sanity_checks

NAN = float("nan")
ROW = SummaryRow(
    "m", "A", "region_hit", "contrib", 0.9, 0.8, 0.95, 9, 9, 0, 0, 0.1,
    0.8, 0.7, 0.9, 0.8, 0.7, 0.9, "higher", True,
)  # fmt: skip
PAIR = PairRow(
    "m", "A", "region_hit", "contrib", "gradcam", 0.4, 0.3, 0.5, 0.0, 0.0, 0.9, False, 0.02
)


def held(summary: Sequence[SummaryRow], pairs: Sequence[PairRow]) -> dict[str, bool | None]:
    return {claim.text: claim.holds for claim in claims(summary, pairs, "A")}


def test_the_models_own_evidence_is_claimed_with_its_interval() -> None:
    text = (
        "contrib: Hit@1 0.900 [0.800, 0.950]; better than random_smooth, center and its own maps "
        "of other faces"
    )
    assert held([ROW], []) == {text: True}
    assert held([replace(ROW, beats_controls=False)], []) == {text: None}
    assert held([replace(ROW, method="gradcam")], []) == {}


OPEN = replace(ROW, beats_controls=False)


@pytest.mark.parametrize(
    ("row", "holds"),
    [
        (OPEN, None),
        (replace(OPEN, diff_random_high=-0.1), False),
        (replace(OPEN, diff_center_high=-0.1), False),
        (replace(OPEN, better="lower"), False),
        (replace(OPEN, better="lower", diff_random_low=-0.1, diff_center_low=-0.2), None),
        (replace(OPEN, diff_random_high=None, diff_center_high=None), None),
    ],
)
def test_what_is_not_better_is_worse_only_if_an_interval_says_so(
    row: SummaryRow, holds: bool | None
) -> None:
    assert list(held([row], []).values()) == [holds]


@pytest.mark.parametrize(
    ("row", "named"),
    [
        (replace(ROW, diff_random=None), "center and its own maps of other faces"),
        (replace(ROW, diff_random=None, permuted=None), "center"),
        (replace(ROW, diff_center=None, permuted=None), "random_smooth"),
    ],
)
def test_no_control_is_named_that_was_not_scored(row: SummaryRow, named: str) -> None:
    (text,) = held([row], [])
    assert text.partition("; better than ")[2] == named


def test_nothing_is_claimed_without_a_control_or_an_interval() -> None:
    alone = replace(ROW, diff_random=None, diff_center=None, permuted=None)
    assert held([alone], []) == held([replace(ROW, low=None, high=None)], []) == {}


@pytest.mark.parametrize(
    ("pair", "text", "holds"),
    [
        (PAIR, "0.400 [0.300, 0.500]", True),
        (
            replace(PAIR, a="gradcam", b="contrib", diff=-0.4, low=-0.5, high=-0.3),
            "0.400 [0.300, 0.500]",
            True,
        ),
        (replace(PAIR, p_holm=0.06), "0.400 [0.300, 0.500]", None),
        (replace(PAIR, p_holm=None), "0.400 [0.300, 0.500]", None),
        (replace(PAIR, low=-0.1), "0.400 [-0.100, 0.500]", None),
        (replace(PAIR, low=None, high=None), "0.400", None),
        (replace(PAIR, diff=-0.4, low=-0.5, high=-0.3), "-0.400 [-0.500, -0.300]", False),
        (
            replace(PAIR, diff=-0.4, low=-0.5, high=-0.3, p_holm=0.06),
            "-0.400 [-0.500, -0.300]",
            None,
        ),
    ],
)
def test_a_rival_is_beaten_if_the_interval_and_holm_say_so(
    pair: PairRow, text: str, holds: bool | None
) -> None:
    assert held([ROW], [pair])[f"contrib is better than gradcam, by {text}"] is holds


def test_where_less_is_better_less_wins() -> None:
    row = replace(ROW, metric="repair", better="lower")
    pair = replace(PAIR, metric="repair", diff=-0.4, low=-0.5, high=-0.3)
    assert held([row], [pair])["contrib is better than gradcam, by 0.400 [0.300, 0.500]"] is True


def test_pairs_of_others_are_no_claims() -> None:
    others = [replace(PAIR, track="B"), replace(PAIR, b="lime"), replace(PAIR, a="ig")]
    assert len(held([ROW], others)) == 1


@pytest.mark.parametrize(
    ("mean", "ends", "told", "holds"),
    [
        (0.05, (0.02, 0.1), "[2 %, 10 %]", True),
        (0.05, (0.02, 0.12), "[2 %, 12 %]", None),
        (0.15, (0.08, 0.2), "[8 %, 20 %]", None),
        (0.2, (0.11, 0.3), "[11 %, 30 %]", False),
    ],
)
def test_decoys_may_fool_one_in_ten_and_the_interval_decides(
    mean: float, ends: tuple[float, float], told: str, holds: bool | None
) -> None:
    row = replace(ROW, track="C", metric="fooled", mean=mean, low=ends[0], high=ends[1])
    text = f"contrib: fooled by {100 * mean:.0f} % of the decoys of track C {told}, at most 10 %"
    assert held([ROW, row], [])[text] is holds


@pytest.mark.parametrize(("persons", "told", "holds"), [(20, "15 %", None), (40, "8 %", True)])
def test_a_few_persons_that_no_decoy_fools_do_not_show_that_none_is_fooled(
    persons: int, told: str, holds: bool | None
) -> None:
    """An interval without a width, and up to 3 in so many persons may be otherwise."""
    row = replace(ROW, track="C", metric="fooled", mean=0.0, low=0.0, high=0.0, n_groups=persons)
    text = f"contrib: fooled by 0 % of the decoys of track C [0 %, {told}], at most 10 %"
    assert held([ROW, row], [])[text] is holds


def test_without_an_interval_nothing_is_said_of_decoys() -> None:
    row = replace(ROW, track="C", metric="fooled", mean=0.0, low=None, high=None)
    assert held([row], []) == {
        "contrib: fooled by 0 % of the decoys of track C, at most 10 %": None
    }


def test_what_should_add_up_is_checked_and_what_is_told_is_counted() -> None:
    sums = [replace(ROW, metric="completeness", mean=mean, method=name) for name, mean in
            (("contrib", 1e-7), ("ig", 0.02))]  # fmt: skip
    bits = {
        "contrib": Estimate(2.5, 2.31, 2.6, 240, 9),
        "ig": Estimate(0.3, 0.0, 0.5, 240, 9),
        "lime": Estimate(None, None, None, 9, 1),
        "center": Estimate(0.1, 0.0, 0.2, 240, 9),
    }
    found = list(number_checks(sums, bits))
    assert [(check.value, check.holds) for check in found[:2]] == [("1e-07", True), ("0.02", False)]
    assert [(check.text.split(":")[0], check.value, check.holds) for check in found[2:]] == [
        ("contrib", "2.50 [2.31, 2.60]", True),
        ("ig", "0.30 [0.00, 0.50]", False),
        ("lime", "too few faces", None),
    ]
    assert found[-1].text == "lime: bits told of the altered region, of 3; 9 faces of 1 person"


def finding(check: str, value: float, beside: float | None, stage: str = "stem") -> Finding:
    def estimate(mean: float) -> Estimate:
        return Estimate(mean, mean, mean, 5, 5)

    return Finding(
        check, "cam", stage, estimate(value), None if beside is None else estimate(beside)
    )


@pytest.mark.parametrize(
    ("value", "beside", "holds"),
    [(0.05, 0.02, True), (0.3, 0.35, True), (0.3, 0.1, False), (1.0, 1.0, False)],
)
def test_a_map_must_not_outlive_the_weights_nor_be_the_same_for_all(
    value: float, beside: float, holds: bool
) -> None:
    stages = [
        finding("randomisation", 0.9, beside, "head"),
        finding("randomisation", value, beside),
    ]
    (check,) = sanity_checks({0: stages})
    assert check.holds is holds
    assert f"{beside:.2f}" in check.text
    assert check.value == f"{value:.2f} [{value:.2f}, {value:.2f}]"


WIDE, NARROW = Estimate(0.2, 0.05, 0.4, 9, 9), Estimate(0.2, 0.18, 0.22, 9, 9)


@pytest.mark.parametrize(
    ("value", "beside", "holds"),
    [
        (NARROW, Estimate(0.1, 0.0, 0.25, 9, 9), True),  # no more than unrelated maps may have
        (WIDE, Estimate(0.1, 0.0, 0.25, 9, 9), None),
        (NARROW, Estimate(0.1, 0.05, 0.15, 9, 9), False),
        (WIDE, Estimate(0.1, 0.05, 0.15, 9, 9), None),
        (NARROW, Estimate(0.45, 0.4, 0.55, 9, 9), None),  # habits, or not?
        (WIDE, Estimate(0.7, 0.6, 0.8, 9, 9), False),
        (Estimate(-0.4, -0.5, -0.3, 9, 9), Estimate(0.1, 0.05, 0.15, 9, 9), False),
        (Estimate(0.05, None, None, 9, 1), Estimate(0.1, None, None, 9, 1), None),
    ],
)
def test_the_intervals_decide_whether_a_map_outlives_the_weights(
    value: Estimate, beside: Estimate, holds: bool | None
) -> None:
    found = Finding("randomisation", "cam", "stem", value, beside)
    (check,) = sanity_checks({0: [found]})
    assert check.holds is holds


def test_degrees_and_nodes_that_their_intervals_do_not_settle_are_left_open() -> None:
    around = Estimate(0.45, 0.3, 0.6, 9, 9)
    chance = Estimate(0.2, 0.2, 0.2, 9, 9)
    found = [
        Finding("degree", "cam", "", around),
        Finding("degree", "ig", "", Estimate(-0.7, -0.8, -0.6, 9, 9)),
        Finding("locality", "", "own cell", around, chance),
    ]
    checks = list(sanity_checks({0: found}))
    assert [check.holds for check in checks] == [None, False, None]
    assert checks[0].value == "0.45 [0.30, 0.60]"


def test_degrees_and_locality_are_told() -> None:
    found = [finding("degree", 0.7, None), finding("locality", 0.3, 0.1, "own cell")]
    degree, locality = sanity_checks({0: found})
    assert (degree.value, degree.holds) == ("0.70 [0.70, 0.70]", False)
    assert locality.text == "share of a node's gradient inside its own cell; chance 0.100"
    assert locality.holds


def test_what_is_undefined_is_no_check() -> None:
    nothing = Finding("degree", "cam", "", Estimate(None, None, None, 0, 0))
    assert list(sanity_checks({0: [nothing]})) == []


def test_each_seed_s_checks_are_told_beside_each_other() -> None:
    of_seeds = {
        seed: [finding("randomisation", value, 0.02), finding("degree", value, None)]
        for seed, value in ((0, 0.05), (7, 0.9))
    }
    found = list(sanity_checks(of_seeds))
    assert [(check.text.rpartition("; ")[2], check.holds) for check in found] == [
        ("seed 0", True),
        ("seed 7", False),
    ] * 2
    assert [check.text.partition(":")[2][:20] for check in found[::2]] == [
        " rank correlation le",
        " rank correlation wi",
    ]


def scored(values: dict[str, list[float]], metric: str = "region_hit") -> pa.Table:
    rows = [
        {
            "model": "m", "train_seed": 0, "crop_id": f"c{face}", "video_id": f"v{face}",
            "group": f"g{face}", "label": 1, "prob": 0.9, "is_verified": True, "track": "A",
            "method": method, "metric": metric, "value": value, "is_degenerate": False,
        }
        for method, column in values.items()
        for face, value in enumerate(column)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, SCORES_SCHEMA)


def test_a_ranking_on_which_all_faces_agree_is_to_be_trusted() -> None:
    values = {"contrib": [3.0] * 6, "gradcam": [2.0] * 6, "ig": [1.0] * 6, "center": [9.0, 0.0] * 3}
    (check,) = ranking_checks(scored(values | {"permuted/contrib": [0.0] * 6}), "A")
    assert (check.value, check.holds) == ("1.00", True)
    assert check.text == (
        "Hit@1: how far the faces agree on the ranking of the methods (Kendall's W); 1.00 between "
        "halves of the faces"
    )


def test_a_ranking_on_which_no_two_faces_agree_is_not() -> None:
    (check,) = ranking_checks(scored({"contrib": [1.0, 0.0], "gradcam": [0.0, 1.0]}), "A")
    assert (check.value, check.holds) == ("0.00", False)
    assert "halves" not in check.text


def test_dear_methods_are_ranked_only_where_all_faces_have_them() -> None:
    values = {"contrib": [2.0] * 4, "gradcam": [1.0] * 4, "lime": [0.0, NAN, NAN, NAN]}
    (check,) = ranking_checks(scored(values), "A")
    assert check.value == "1.00"
    assert list(ranking_checks(scored(values), "B")) == []
