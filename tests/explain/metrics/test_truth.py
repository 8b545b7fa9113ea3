"""What is known of faces: nothing of any, or of some; and that the others' scores do not notice."""

import pytest
import torch
from torch import Tensor

from resgat.errors import ShapeError
from resgat.explain.metrics import on_maps
from resgat.explain.metrics.catalogue import MapMetric, Maps
from resgat.explain.metrics.region import UNKNOWN
from resgat.explain.metrics.truth import Truth

SIDE, NUM = 16, 4
#: The face of which nothing is known.
BLANK = 2


@pytest.fixture
def maps() -> Maps:
    generator = torch.Generator().manual_seed(0)
    shapes = ((NUM, SIDE, SIDE), (NUM, 8))
    return Maps(*(torch.rand(shape, generator=generator) for shape in shapes))


@pytest.fixture
def truth() -> Truth:
    mask, decoy = torch.zeros(2, NUM, SIDE, SIDE, dtype=torch.bool)
    for place in range(NUM):
        mask[place, 2 * place : 2 * place + 4, :6] = True
        decoy[place, :4, 10:] = True
    region, second = torch.tensor([0, 3, 5, 7]), torch.full((NUM,), UNKNOWN)
    lies_in = torch.tensor([4, 4, 1, 0])
    return Truth(["a", "b", "c", "d"], mask, region, second, decoy, lies_in)


def known_of_all_but_one(truth: Truth, place: int) -> Truth:
    """The same, but for one face, as a loader says that it knows nothing of it."""
    fields: dict[str, Tensor] = {}
    unknown = {"mask": 0, "decoy": 0, "region": -1, "second": -1, "decoy_region": -1}
    for name, nothing in unknown.items():
        known: Tensor = getattr(truth, name)
        fields[name] = known.clone()
        fields[name][place] = nothing
    return truth._replace(**fields)  # type: ignore[arg-type]


def test_nothing_need_be_known_but_who_it_is() -> None:
    truth = Truth(["a", "b"])
    assert truth[0] == ["a", "b"]
    assert set(truth[1:]) == {None}
    assert UNKNOWN == -1


@pytest.mark.parametrize(
    ("metric", "numbers"),
    [
        (
            on_maps.Localisation(),
            ["pixel_auroc", "pixel_ap", "pointing_game", "relevance_mass", "relevance_rank"],
        ),
        (on_maps.RegionNaming(), ["region_hit", "reciprocal_rank"]),
        (on_maps.DecoyNaming(), ["fooled", "decoy_named"]),
    ],
)
def test_a_face_of_which_nothing_is_known_has_no_score_and_changes_no_other(
    metric: MapMetric, numbers: list[str], maps: Maps, truth: Truth
) -> None:
    whole = metric.score(maps, truth)
    partly = metric.score(maps, known_of_all_but_one(truth, BLANK))
    for name in numbers:
        assert whole[name].isfinite().all()
        assert partly[name].isnan().tolist() == [place == BLANK for place in range(NUM)]
        others = torch.arange(NUM) != BLANK
        torch.testing.assert_close(partly[name][others], whole[name][others])


def test_faces_of_one_region_are_scored_alike_if_no_second_one_is_known_of_any(
    maps: Maps, truth: Truth
) -> None:
    metric = on_maps.RegionNaming()
    none, unknown = metric.score(maps, truth._replace(second=None)), metric.score(maps, truth)
    for name in metric.better:
        torch.testing.assert_close(none[name], unknown[name], equal_nan=True)


def test_without_a_mask_a_decoy_counts_wherever_it_lies(truth: Truth) -> None:
    assert truth.decoy is not None
    heat = truth.decoy.float()
    everywhere = truth._replace(mask=torch.ones_like(truth.decoy))
    unmasked = truth._replace(mask=None)
    metric = on_maps.DecoyNaming()
    blind = Maps(heat, torch.zeros(NUM, 8))
    assert metric.score(blind, unmasked)["fooled"].tolist() == [1] * NUM
    assert metric.score(blind, everywhere)["fooled"].tolist() == [0] * NUM


def test_groups_may_be_names_or_numbers(maps: Maps, truth: Truth) -> None:
    metric = on_maps.Localisation()
    named = metric.score(maps, truth)
    for groups in (torch.tensor([4, 2, 9, 1]), [(0, "x"), (1, "x"), (0, "y"), (1, "y")]):
        again = metric.score(maps, truth._replace(groups=groups))
        for name, values in named.items():
            torch.testing.assert_close(again[name], values, equal_nan=True)
    alone = metric.score(maps, truth._replace(groups=["a"] * NUM))
    assert not torch.equal(alone["shuffled_auroc"], named["shuffled_auroc"])


def test_a_group_for_each_face_is_asked_for(maps: Maps, truth: Truth) -> None:
    with pytest.raises(ShapeError, match="groups: expected one per image, 4 in all, got 3"):
        on_maps.Localisation().score(maps, truth._replace(groups=["a", "b", "c"]))
