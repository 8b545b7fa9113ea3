from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from resgat.errors import CheckpointError
from resgat.explain.probe import Probe
from resgat.measuring.faces import FaceLoader
from resgat.measuring.subjects import ALL, Subjects
from resgat.measuring.verified import check_logits, coverage, verify


class Oracle:
    """Says what was written down for each picture that it is shown."""

    def __init__(self) -> None:
        self.said: dict[float, float] = {}

    def logit(self, pixels: torch.Tensor) -> torch.Tensor:
        probs = [self.said[float(one.double().sum())] for one in pixels]
        return torch.tensor(probs, dtype=torch.float64).logit()


def told(subjects: Subjects, loader: FaceLoader, own: list[float], twin: list[float]) -> Any:
    oracle = Oracle()
    for positions, probs in ((subjects.position, own), (subjects.twin, twin)):
        for position, prob in zip(positions.tolist(), probs, strict=True):
            if position >= 0:
                key = float(loader.pixels(subjects.index, position).double().sum())
                oracle.said[key] = prob
    return oracle


def of_track(subjects: Subjects, track: str, count: int) -> Subjects:
    return subjects.at(np.flatnonzero(np.asarray(subjects.track) == track)[:count])


def test_a_planted_fake_counts_if_its_difference_from_the_twin_decides(
    subjects: Subjects, loader: FaceLoader
) -> None:
    some = of_track(subjects, "A", 4)
    probe = told(some, loader, [0.9, 0.9, 0.7, 0.81], [0.1, 0.3, 0.1, 0.19])
    found = verify(probe, some, loader, threshold=0.5, batch_size=3)
    assert found.is_verified.tolist() == [True, False, False, True]
    np.testing.assert_allclose(found.prob, [0.9, 0.9, 0.7, 0.81], rtol=1e-6)
    np.testing.assert_allclose(found.twin_prob, [0.1, 0.3, 0.1, 0.19], rtol=1e-6)
    assert coverage(some, found) == {"A": (2, 4)}


def test_a_face_without_a_plant_counts_if_it_is_taken_for_real(
    subjects: Subjects, loader: FaceLoader
) -> None:
    some = of_track(subjects, "D", 4)
    some = some.at(np.array([0, 2]))  # their twins are subjects, too
    probe = told(some, loader, [0.1, 0.4], [0.9, 0.9])
    assert verify(probe, some, loader, threshold=0.5).is_verified.tolist() == [True, False]


def test_a_fake_of_another_corpus_counts_if_it_is_found(
    subjects: Subjects, loader: FaceLoader
) -> None:
    some = of_track(subjects, "A", 3)
    some.twin[:] = -1
    plain = Subjects(
        some.index, some.position, some.twin, (ALL,) * 3, some.region, some.second,
        some.second_mask, some.decoy_mask, some.decoy,
    )  # fmt: skip
    probe = told(plain, loader, [0.51, 0.5, 0.49], [0.0, 0.0, 0.0])
    found = verify(probe, plain, loader, threshold=0.5)
    assert found.is_verified.tolist() == [True, True, False]
    assert np.isnan(found.twin_prob).all()


def test_a_real_probe_answers_in_batches_as_in_one(
    subjects: Subjects, loader: FaceLoader, probe: Probe
) -> None:
    some = of_track(subjects, "A", 5)
    with probe.open():
        whole = verify(probe, some, loader, threshold=0.5)
        parts = verify(probe, some, loader, threshold=0.5, batch_size=2)
    np.testing.assert_allclose(whole.prob, parts.prob, rtol=1e-6)


@pytest.mark.parametrize(("prob", "logit"), [(float("nan"), "nan"), (1.0, "inf"), (0.0, "-inf")])
def test_a_detector_that_answers_with_no_number_is_refused(
    prob: float, logit: str, subjects: Subjects, loader: FaceLoader
) -> None:
    """A probability of exactly 1 is a number; the logit behind it may be none."""
    some = of_track(subjects, "A", 2)
    probe = told(some, loader, [0.9, prob], [0.1, 0.1])
    crop_id = some.index.value("crop_id", int(some.position[1]))
    message = f"the detector's logit of {crop_id} is {logit}; its checkpoint is broken, as after"
    with pytest.raises(CheckpointError, match=message):
        verify(probe, some, loader, threshold=0.5)


def test_the_checkpoint_is_named_where_it_is_known() -> None:
    check_logits(torch.tensor([-80.0, 80.0]), ["a.png", "b.png"], Path("best.ckpt"))
    message = "logit of b.png is nan; the checkpoint best.ckpt is broken, as after a training that"
    with pytest.raises(CheckpointError, match=message):
        check_logits(torch.tensor([0.0, torch.nan]), ["a.png", "b.png"], Path("best.ckpt"))
