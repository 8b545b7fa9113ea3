from dataclasses import replace

import numpy as np
import pytest
import torch

from resgat.measuring import faces as faces_module
from resgat.measuring.faces import FaceLoader
from resgat.measuring.subjects import ALL, Subjects
from tests.data.planted.conftest import SIDE_PX


def of_track(subjects: Subjects, track: str, count: int = 3) -> Subjects:
    return subjects.at(np.flatnonzero(np.asarray(subjects.track) == track)[:count])


def test_a_face_and_its_twin_differ_inside_the_mask_alone(
    subjects: Subjects, loader: FaceLoader
) -> None:
    faces, truth = loader.load(of_track(subjects, "A"))
    assert faces.pixels.shape == (3, 3, SIDE_PX, SIDE_PX)
    assert faces.pixels.min() >= 0
    assert faces.pixels.max() <= 1
    assert faces.twin is not None
    assert faces.mask is not None
    differs = (faces.pixels != faces.twin).any(1)
    assert differs.any((1, 2)).all()
    assert not (differs & ~faces.mask).any()
    assert truth.mask is faces.mask
    assert truth.region is not None
    inside = torch.stack([faces.regions[i, r] for i, r in enumerate(truth.region.tolist())])
    assert (inside & faces.mask).any((1, 2)).all()
    assert truth.decoy is None


def test_the_evidence_of_a_mark_is_the_mark(subjects: Subjects, loader: FaceLoader) -> None:
    faces, truth = loader.load(of_track(subjects, "E"))
    assert faces.mask is not None
    assert faces.twin is not None
    torch.testing.assert_close(faces.mask, (faces.pixels != faces.twin).any(1))
    assert faces.mask.any((1, 2)).all()
    assert truth.region is None


def test_decoys_and_second_plants_are_known(subjects: Subjects, loader: FaceLoader) -> None:
    _, decoyed = loader.load(of_track(subjects, "C"))
    assert decoyed.decoy is not None
    assert decoyed.mask is not None
    assert decoyed.decoy.any((1, 2)).all()
    assert not (decoyed.decoy & decoyed.mask).any()
    _, twice = loader.load(of_track(subjects, "B"))
    assert twice.second is not None
    assert (twice.second >= 0).all()


def test_where_nothing_was_altered_no_mask_is_known(subjects: Subjects, loader: FaceLoader) -> None:
    faces, truth = loader.load(of_track(subjects, "D"))
    assert faces.mask is truth.mask is None


def test_a_face_does_not_depend_on_its_batch(subjects: Subjects, loader: FaceLoader) -> None:
    some = of_track(subjects, "A")
    together, _ = loader.load(some)
    for place in range(len(some)):
        alone, _ = loader.load(some.at(np.array([place])))
        torch.testing.assert_close(alone.pixels[0], together.pixels[place], rtol=0, atol=0)
        assert alone.seed[0] == together.seed[place]
        torch.testing.assert_close(alone.regions[0], together.regions[place])
    assert len(set(together.seed.tolist())) == 3


def test_another_seed_draws_otherwise(subjects: Subjects, loader: FaceLoader) -> None:
    some = of_track(subjects, "A")
    first, _ = loader.load(some)
    second, _ = FaceLoader(SIDE_PX, seed=1).load(some)
    assert not set(first.seed.tolist()) & set(second.seed.tolist())


@pytest.mark.parametrize("size_px", [32, 96])
def test_everything_has_the_size_of_the_detectors_input(size_px: int, subjects: Subjects) -> None:
    faces, truth = FaceLoader(size_px, seed=0).load(of_track(subjects, "C"))
    assert faces.mask is not None
    assert truth.decoy is not None
    planes = (faces.pixels, faces.regions, faces.mask, truth.decoy)
    assert all(plane.shape[-2:] == (size_px, size_px) for plane in planes)


def test_without_all_twins_there_is_none(subjects: Subjects, loader: FaceLoader) -> None:
    some = of_track(subjects, "A")
    some.twin[1] = -1
    assert loader.load(some).faces.twin is None


def test_what_differs_from_the_original_is_a_mask_on_request(
    subjects: Subjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = replace(of_track(subjects, "A"), track=(ALL,) * 3)
    monkeypatch.setattr(faces_module, "load_mask", lambda *_: None)
    assert FaceLoader(SIDE_PX, seed=0).load(some).truth.mask is None
    faces, truth = FaceLoader(SIDE_PX, seed=0, differences=True).load(some)
    assert faces.twin is not None
    assert truth.mask is not None
    differs = (faces.pixels != faces.twin).any(1)
    assert truth.mask.any()
    assert not (truth.mask & ~differs).any()
