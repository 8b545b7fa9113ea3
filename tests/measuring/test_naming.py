from typing import Any

import numpy as np
import pytest

from resgat.explain.stats.information import estimate_information
from resgat.measuring.naming import name_regions
from resgat.measuring.subjects import Subjects
from resgat.measuring.table import Judged
from resgat.measuring.verified import Verified


class Index:
    """Crops 0 to 9, each of a person of its own."""

    def take(self, names: list[str], positions: Any) -> Any:
        return {"identity_group": Groups([f"p{position}" for position in positions])}


class Groups(list[str]):
    def to_pylist(self) -> list[str]:
        return list(self)


def judged(positions: list[int], regions: list[int], verified: list[bool], track: str) -> Judged:
    num = len(positions)
    nothing = np.full(num, -1)
    subjects = Subjects(
        Index(),  # type: ignore[arg-type]
        np.array(positions),
        nothing,
        tuple(track),
        np.array(regions),
        nothing,
        (None,) * num,
        (None,) * num,
        nothing,
    )
    prob = np.zeros(num)
    return Judged("m", 0, subjects, Verified(prob, prob, np.array(verified)))


def test_answers_of_two_seeds_meet_at_their_crops() -> None:
    first = judged([2, 5, 7], [0, 1, 2], [True, True, False], "AAA")
    second = judged([5, 9], [1, 3], [True, True], "AA")
    named = name_regions([(first, np.eye(8)[[0, 4, 4]]), (second, np.eye(8)[[1, 3]])], "A")
    assert named is not None
    assert named.groups == ("p2", "p5", "p9")
    assert named.true.tolist() == [0, 1, 3]
    assert np.isnan(named.answers[:, :, 0]).tolist() == [[False, False, True], [True, False, False]]
    table = named.table()
    assert (table[0, 0], table[1, 4], table[1, 1], table[3, 3]) == (1, 1, 1, 1)
    assert table.sum() == 4


def test_a_seed_that_is_sure_of_nothing_has_no_answer() -> None:
    sure = judged([2], [1], [True], "A")
    unsure = judged([2, 5], [1, 2], [False, False], "AA")
    named = name_regions([(sure, np.eye(8)[[1]]), (unsure, np.eye(8)[[0, 0]])], "A")
    assert named is not None
    assert named.groups == ("p2",)
    assert np.isnan(named.answers[1]).all()
    assert named.table().sum() == named.table()[1, 1] == 1
    bits = estimate_information(named.answers, named.true, named.groups)
    assert bits.num_images == 1


def test_those_that_do_not_count_are_named_on_request_only() -> None:
    asked = [(judged([1, 2], [0, 1], [False, False], "AA"), np.ones((2, 8)))]
    assert name_regions(asked, "A") is None
    named = name_regions(asked, "A", only_verified=False)
    assert named is not None
    assert named.table()[:2] == pytest.approx(1 / 8)


def test_other_tracks_and_unknown_regions_do_not_count() -> None:
    some = judged([1, 2], [0, -1], [True, True], "BA")
    assert name_regions([(some, np.ones((2, 8)))], "A") is None
