"""Drawn people: anywhere in the crop, a new identity for each pair, a donor in the same pose."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.planted.drawn import DrawnPeople
from resgat.data.planted.subject import Subject


def draw(seed: int, number: int = 0) -> Subject:
    return DrawnPeople(64).subject("val", number, np.random.default_rng(seed))


@given(seed=st.integers(0, 10_000))
def test_a_subject_is_whole_and_in_the_crop(seed: int) -> None:
    subject = draw(seed)
    for image in (subject.image, subject.donor):
        assert image.shape == (64, 64, 3)
        assert image.dtype == np.float32
        assert np.array_equal(image, np.rint(image))
    assert subject.landmarks.min() > 0
    assert subject.landmarks.max() < 64
    assert not np.array_equal(subject.image, subject.donor)


def test_who_it_is() -> None:
    subject = draw(0, number=7)
    assert (subject.target_id, subject.donor_id) == ("val00007", "val00007donor")
    assert subject.identity_group == "planted/val00007"
    assert subject.bbox_xyxy == (0, 0, 64, 64)


def test_faces_lie_15_percent_and_10_degrees_about() -> None:
    points = np.array([draw(seed).landmarks for seed in range(300)]) / 64
    eyes = points[:, 1] - points[:, 0]
    turn = np.degrees(np.arctan2(eyes[:, 1], eyes[:, 0]))
    assert 9 < abs(turn).max() <= 10.01
    middle = points.mean(1)
    assert (np.ptp(middle, axis=0) > 0.26).all()
    assert (middle.std(0) > (0.07, 0.05)).all()  # a face is higher than it is wide


def test_the_same_seed_draws_the_same() -> None:
    assert np.array_equal(draw(5).image, draw(5).image)
    assert not np.array_equal(draw(5).image, draw(6).image)
