"""The map of one face on another."""

import numpy as np
import pytest
import torch

from resgat.explain.attribution import Attribution
from resgat.explain.explanation import Cost, views
from resgat.explain.metrics.catalogue import Maps
from resgat.explain.probe import Passes
from resgat.measuring.exchange import kinds_of, moved, others_of_the_kind, region_numbers


def test_maps_go_to_other_persons_of_the_same_track_and_standing() -> None:
    tracks = ["A"] * 6 + ["D"] * 4
    counts = np.array([True, True, True, False, False, False, True, True, False, False])
    groups = ["p", "q", "r", "p", "q", "r", "p", "q", "p", "q"]
    others = others_of_the_kind(kinds_of(tracks, counts), groups)
    assert sorted(others.tolist()) == list(range(10))
    for place, other in enumerate(others.tolist()):
        assert (tracks[place], counts[place]) == (tracks[other], counts[other])
        assert groups[place] != groups[other]


def test_who_is_alone_keeps_its_map() -> None:
    kinds = kinds_of(["A", "A", "B"], np.array([True, False, True]))
    assert kinds == [("A", True), ("A", False), ("B", True)]
    others = others_of_the_kind(kinds, ["p", "q", "r"])
    assert others.tolist() == [0, 1, 2]


def test_a_map_that_is_given_away_falls_into_the_other_faces_regions() -> None:
    regions = torch.zeros(2, 8, 1, 4, dtype=torch.bool)
    regions[0, 0, 0, :2] = regions[0, 1, 0, 3] = True
    regions[1, 1, 0, :3] = True
    numbers = region_numbers(regions)
    assert numbers.tolist() == [[[1, 1, 0, 2]], [[2, 2, 2, 0]]]
    maps = Maps(torch.tensor([[[1.0, 3, 0, 8]], [[5, 5, 6, 7]]]), torch.rand(2, 8))
    others = torch.tensor([1, 0])
    found = moved(maps, others, numbers, "pixel", "density")
    assert found.pixel.tolist() == [[[5, 5, 6, 7]], [[1, 3, 0, 8]]]
    assert found.region[:, :2].tolist() == [[5, 7], [0, pytest.approx(4 / 3)]]
    painted = moved(maps, others, numbers, "region", "density")
    torch.testing.assert_close(painted.region, maps.region[others])
    torch.testing.assert_close(painted.pixel[0, 0, 3], maps.region[1, 1])
    assert painted.pixel[0, 0, 2] == 0


def test_a_sum_that_is_given_away_is_spread_over_the_other_faces_region() -> None:
    """Three pixels hold a third each; and a face that keeps its values keeps its own view."""
    regions = torch.zeros(2, 8, 1, 4, dtype=torch.bool)
    regions[0, 0, 0, :2] = regions[0, 1, 0, 3] = True
    regions[1, 1, 0, :3] = True
    said = Attribution(torch.rand(2, 8), "region", "additive")
    own = views(said, regions, (1, 4), Cost(Passes(), 0))
    maps, numbers = Maps(own.pixel, own.region), region_numbers(regions)
    given = moved(maps, torch.tensor([1, 0]), numbers, "region", "additive")
    torch.testing.assert_close(given.pixel[1, 0], said.values[0, 1] / 3 * regions[1, 1, 0])
    kept = moved(maps, torch.tensor([0, 1]), numbers, "region", "additive")
    torch.testing.assert_close(kept.pixel, own.pixel)
    torch.testing.assert_close(kept.region, own.region)
