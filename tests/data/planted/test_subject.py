"""What every source of genuine faces promises of the faces it gives."""

import inspect
import pickle
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import numpy as np
import pytest

from resgat.data.planted.drawn import DrawnPeople
from resgat.data.planted.real import RealCrops, find_real_crops
from resgat.data.planted.regions import left_first
from resgat.data.planted.subject import Source, Subject
from resgat.data.schema import SPLITS

SIZE_PX = 64
KINDS = {"drawn": DrawnPeople, "real": RealCrops}


@pytest.fixture(scope="module", params=list(KINDS))
def source(request: pytest.FixtureRequest, drawn_crops: Path) -> Source:
    """Each source in turn."""
    if request.param == "drawn":
        return DrawnPeople(SIZE_PX)
    return find_real_crops(str(drawn_crops), SIZE_PX, seed=0)


def drawn(source: Source, split: str = "test", number: int = 0, seed: int = 0) -> Subject:
    return source.subject(split, number, np.random.default_rng(seed))


def assert_equal(first: Subject, second: Subject) -> None:
    for part in fields(Subject):
        np.testing.assert_array_equal(getattr(first, part.name), getattr(second, part.name))


def test_a_subject_has_the_shapes_that_are_documented(source: Source) -> None:
    for number in range(4):
        found = drawn(source, number=number, seed=number)
        for image in (found.image, found.donor):
            assert image.shape == (SIZE_PX, SIZE_PX, 3)
            assert image.dtype == np.float32
            assert image.min() >= 0
            assert 1 < image.max() <= 255
        assert found.landmarks.shape == (5, 2)
        assert found.landmarks.dtype == np.float32
        left, top, right, bottom = found.bbox_xyxy
        assert left < right
        assert top < bottom


def test_of_each_pair_of_landmarks_the_image_s_left_one_is_first(source: Source) -> None:
    for number in range(4):
        points = drawn(source, number=number, seed=number).landmarks
        np.testing.assert_array_equal(points, left_first(points))


def test_the_donor_is_another_face(source: Source) -> None:
    found = drawn(source)
    assert found.donor_id != found.target_id
    assert not np.array_equal(found.donor, found.image)


def test_no_identity_group_crosses_splits(source: Source) -> None:
    groups = [
        {drawn(source, split, number).identity_group for number in range(3)} for split in SPLITS
    ]
    assert len(set.union(*groups)) == sum(map(len, groups))


def test_pose_and_noise_follow_from_the_generator_alone(source: Source) -> None:
    assert_equal(drawn(source, seed=5), drawn(source, seed=5))
    assert not np.array_equal(drawn(source, seed=5).image, drawn(source, seed=6).image)


def test_a_source_gives_the_same_faces_in_another_process(source: Source) -> None:
    sent = pickle.loads(pickle.dumps(source))
    for split in SPLITS:
        assert_equal(drawn(source, split), drawn(sent, split))


def test_a_subject_is_not_written_to(subject: Subject) -> None:
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'target_id'"):
        subject.target_id = None  # type: ignore[misc]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_sources_are_asked_in_one_way(kind: type) -> None:
    wanted, found = (inspect.signature(one.subject) for one in (Source, kind))  # type: ignore[attr-defined]
    assert list(found.parameters) == list(wanted.parameters) == ["self", "split", "number", "rng"]
    assert found.return_annotation == wanted.return_annotation == "Subject"
