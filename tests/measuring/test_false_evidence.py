from dataclasses import replace

import numpy as np
import pytest

from resgat.measuring.false_evidence import CLAIMED, false_evidence
from resgat.measuring.subjects import Subjects


def on_tracks(subjects: Subjects, tracks: str) -> Subjects:
    return replace(subjects.at(np.zeros(len(tracks), np.int64)), track=tuple(tracks))


def regions(most: list[float]) -> np.ndarray:
    """Maps whose largest region is so high, each another one."""
    found = np.full((len(most), 8), -1.0)
    for row, value in enumerate(most):
        found[row, row % 8] = value
    return found


ALL = np.ones(24, bool)
#: Twenty fakes from 1 to 20, of which 95 % reach 2; then three unaltered faces and a marked one.
MOST = [*np.arange(1.0, 21.0), 1.9, 2.0, -0.5, 9.0]
TRACKS = "A" * 10 + "BCF" + "A" * 7 + "DDDE"


def test_by_hand(subjects: Subjects) -> None:
    found = false_evidence(regions(MOST), on_tracks(subjects, TRACKS), ALL)
    assert found[20:23].tolist() == [0, 1, 0]
    assert np.isnan(np.delete(found, [20, 21, 22])).all()


def test_the_unit_of_a_method_does_not_matter(subjects: Subjects) -> None:
    people, region = on_tracks(subjects, TRACKS), regions(MOST)
    scaled = false_evidence(1e-6 * region, people, ALL)
    np.testing.assert_array_equal(scaled, false_evidence(region, people, ALL))


def test_the_threshold_is_that_of_the_fakes_that_count_if_any_does(subjects: Subjects) -> None:
    people, region = on_tracks(subjects, TRACKS), regions(MOST)
    sure = ALL.copy()
    sure[:10] = False  # those that count reach 11
    assert false_evidence(region, people, sure)[20:23].tolist() == [0, 0, 0]
    assert false_evidence(region, people, ~ALL)[20:23].tolist() == [0, 1, 0]


def test_maps_that_are_alike_on_fakes_and_reals_claim_as_often_as_chance(
    subjects: Subjects,
) -> None:
    most = np.random.default_rng(0).normal(size=4000)
    people = on_tracks(subjects, "A" * 2000 + "D" * 2000)
    found = false_evidence(most[:, None].repeat(8, 1), people, np.ones(4000, bool))
    assert np.nanmean(found) == pytest.approx(CLAIMED, abs=0.02)


def test_silence_on_reals_is_right_and_silence_on_all_is_no_answer(subjects: Subjects) -> None:
    people = on_tracks(subjects, TRACKS)
    silent = regions([*MOST[:20], 0.0, 0.0, 0.0, 0.0])
    assert false_evidence(silent, people, ALL)[20:23].tolist() == [0, 0, 0]
    nothing = false_evidence(np.zeros((24, 8)), people, ALL)[20:23]
    assert nothing.tolist() == pytest.approx([CLAIMED] * 3)


@pytest.mark.parametrize("ties", [1, 3, 10, 20])
def test_ties_at_the_threshold_are_claimed_in_part(subjects: Subjects, ties: int) -> None:
    """So many of twenty fakes are at 0, as the unaltered faces are: 19 fakes are claimed anyway."""
    people = on_tracks(subjects, "A" * 20 + "D" * 4)
    most = np.array([0.0] * ties + [1.0] * (20 - ties) + [0.0] * 4)
    found = false_evidence(most[:, None].repeat(8, 1), people, ALL)[20:]
    assert found.tolist() == pytest.approx([(19 - (20 - ties)) / ties] * 4)


def test_without_a_fake_there_is_no_threshold(subjects: Subjects) -> None:
    people = on_tracks(subjects, "DDE")
    assert np.isnan(false_evidence(regions([1, 2, 3]), people, np.ones(3, bool))).all()
