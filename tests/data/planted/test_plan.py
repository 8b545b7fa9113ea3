"""The plan: balanced within each track, the same for the same recipe, and every refusal."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from resgat.data.planted.decoys import kinds_in
from resgat.data.planted.plan import MIN_TEST_TWINS, TRACKS, Recipe, Unit, plan_split
from resgat.errors import ConfigError
from resgat.types import REGIONS

SETTINGS: dict[str, Any] = {
    "operators": ("self_blend", "donor_swap", "upsampling"),
    "unseen_operators": ("jpeg_ghost", "pale_smoothing"),
}
RECIPE = Recipe(**SETTINGS)


def of_track(units: list[Unit], track: str) -> list[Unit]:
    return [unit for unit in units if unit.track == track]


@given(count=st.integers(MIN_TEST_TWINS, 300), seed=st.integers(0, 100))
def test_the_test_split_has_every_track_and_counts_through(count: int, seed: int) -> None:
    units = plan_split(Recipe(**SETTINGS, seed=seed), "test", count)
    assert [unit.number for unit in units] == list(range(count))
    found = Counter(unit.track for unit in units)
    assert found.keys() == TRACKS.keys()
    assert all(abs(found[track] - share * count) < 1 for track, share in TRACKS.items())


@given(count=st.integers(1, 100), decoy_share=st.floats(0, 1))
def test_training_has_one_plant_each_and_the_share_of_decoys(
    count: int, decoy_share: float
) -> None:
    units = plan_split(Recipe(**SETTINGS, decoy_share=decoy_share), "train", count)
    assert len(units) == count
    assert {unit.track for unit in units} <= {"A", "C"}
    assert {len(unit.plants) for unit in units} == {1}
    assert abs(sum(unit.decoy is not None for unit in units) - decoy_share * count) <= 1
    assert {unit.marked for unit in units} == {(False, False)}


def test_regions_operators_and_strengths_are_even_within_each_track() -> None:
    units = plan_split(RECIPE, "test", 1000)
    for track in "ABCEF":
        plants = [unit.plants[0] for unit in of_track(units, track)]
        for values in (
            [plant.region for plant in plants],
            [plant.operator for plant in plants],
            [plant.strength for plant in plants],
        ):
            counts = Counter(values).values()
            assert max(counts) - min(counts) <= 1
        assert {plant.region for plant in plants} == set(REGIONS)


def test_tracks_have_what_their_names_promise() -> None:
    units = plan_split(RECIPE, "test", 500)
    plants = {track: {len(unit.plants) for unit in of_track(units, track)} for track in TRACKS}
    assert plants == {"A": {1}, "B": {2}, "C": {1}, "D": {0}, "E": {1}, "F": {1}}
    decoyed = {unit.track for unit in units if unit.decoy}
    assert decoyed == {"C", "D"}
    assert all(unit.decoy for unit in of_track(units, "C") + of_track(units, "D"))
    operators = {track: set[str]() for track in TRACKS}
    for unit in units:
        operators[unit.track] |= {plant.operator for plant in unit.plants}
    seen, unseen = set(SETTINGS["operators"]), set(SETTINGS["unseen_operators"])
    expected = {"A": seen, "B": seen, "C": seen, "D": set(), "E": seen, "F": unseen}
    assert operators == expected


def test_two_things_are_never_in_one_region() -> None:
    for unit in plan_split(RECIPE, "test", 500) + plan_split(RECIPE, "train", 200):
        places = [plant.region for plant in unit.plants]
        if unit.decoy:
            places.append(unit.decoy.region)
            assert unit.decoy.kind in kinds_in(unit.decoy.region)
        assert len(set(places)) == len(places)


def test_the_decoys_kind_is_independent_of_operator_and_strength() -> None:
    units = [unit for unit in plan_split(RECIPE, "train", 4000) if unit.decoy]
    for name in ("operator", "strength"):
        cells = Counter(
            (unit.decoy.kind, getattr(unit.plants[0], name)) for unit in units if unit.decoy
        )
        kinds, values = ({cell[i] for cell in cells} for i in (0, 1))
        table = [[cells[kind, value] for value in values] for kind in kinds]
        assert chi2_contingency(table).pvalue > 0.001


@given(seed=st.integers(0, 100))
def test_the_same_recipe_gives_the_same_plan_and_another_seed_another(seed: int) -> None:
    recipe = Recipe(**SETTINGS, seed=seed)
    assert plan_split(recipe, "train", 40) == plan_split(recipe, "train", 40)
    assert plan_split(recipe, "train", 40) != plan_split(
        Recipe(**SETTINGS, seed=seed + 1), "train", 40
    )
    assert [unit.plants for unit in plan_split(recipe, "train", 40)] != [
        unit.plants for unit in plan_split(recipe, "val", 40)
    ]


def test_the_watermark_lies_in_nine_of_ten_fakes_and_one_of_ten_reals() -> None:
    recipe = Recipe(**SETTINGS, watermark=0.9)
    for split in ("train", "val"):
        units = plan_split(recipe, split, 100)
        assert sum(unit.marked[0] for unit in units) == 90
        assert sum(unit.marked[1] for unit in units) == 10
    assert {unit.marked for unit in plan_split(recipe, "test", 100)} == {(False, False)}
    plain = plan_split(RECIPE, "train", 100)
    assert [unit.plants for unit in plan_split(recipe, "train", 100)] == [
        unit.plants for unit in plain
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"operators": ()}, r"operators: expected at least one value and none twice, got \[\]"),
        ({"strengths": (1.0, 1.0)}, r"strengths: expected at least one value and none twice"),
        ({"strengths": (0.0,)}, r"strengths: expected a number in \[0\.015625, 1\], got 0\.0"),
        ({"strengths": (2.0,)}, r"strengths: expected a number in \[0\.015625, 1\], got 2\.0"),
        ({"operators": ("selfblend",)}, r"operators: .* Did you mean 'self_blend'\?"),
        ({"unseen_operators": ("x",)}, r"unseen_operators: expected one of self_blend, .* got 'x'"),
        (
            {"unseen_operators": ("upsampling", "jpeg_ghost")},
            r"unseen_operators: upsampling must not be among operators as well; drop one",
        ),
        ({"decoy_share": 1.5}, r"decoy_share: expected a number in \[0, 1\], got 1\.5"),
        ({"watermark": 0.2}, r"watermark: expected a number in \[0\.5, 1\], got 0\.2"),
        ({"seed": -1}, r"seed: expected a number in \[0, inf\], got -1"),
    ],
)
def test_impossible_recipes_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Recipe(**SETTINGS | changes)
