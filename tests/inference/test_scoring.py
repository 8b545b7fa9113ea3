import numpy as np
import pytest
import torch
from torch import Tensor, nn

from resgat.data.transforms import eval_transform
from resgat.errors import CheckpointError, ConfigError
from resgat.explain.methods.contribution import Contribution
from resgat.explain.methods.controls import CenterMap
from resgat.explain.probe import Probe
from resgat.inference.cutting import FaceCut
from resgat.inference.scoring import FaceScorer
from resgat.types import REGIONS, Evidence

SIZE_PX = 32


class Additive(nn.Module):
    """Four nodes, each the mean brightness of its quarter; the logit is their sum."""

    def __init__(self, *, is_additive: bool = True) -> None:
        super().__init__()
        self.one = nn.Parameter(torch.ones(()))
        self.is_additive = is_additive

    def forward(self, image: Tensor, *, return_evidence: bool = False) -> Tensor | Evidence:
        parts = nn.functional.adaptive_avg_pool2d(image.mean(1, keepdim=True), 2).flatten(1)
        logit = self.one * parts.sum(1)
        if not return_evidence:
            return logit
        shares = parts if self.is_additive else None
        return Evidence(logit, torch.zeros(len(image)), parts[..., None], (2, 2), shares)


def cut_of(crop: np.ndarray, landmarks: tuple[tuple[float, float], ...] | None = None) -> FaceCut:
    return FaceCut(0, (0, 0, 9, 9), (0, 0, 9, 9), None, landmarks, crop)


def scorer(net: nn.Module, explainer: CenterMap | None = None) -> FaceScorer:
    probe = Probe(net, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    return FaceScorer(probe, eval_transform(SIZE_PX, normalise="none"), explainer)


def quarters(*levels: int) -> np.ndarray:
    grey = np.kron(np.array(levels, np.uint8).reshape(2, 2), np.ones((16, 16), np.uint8))
    return np.repeat(grey[..., None], 3, axis=2)


def test_logit_heat_and_regions_come_from_one_pass() -> None:
    calls: list[int] = []
    net = Additive()
    net.register_forward_hook(lambda *_: calls.append(1))
    (score,) = scorer(net).score([cut_of(quarters(0, 0, 0, 255))])
    assert calls == [1]
    assert score.logit == pytest.approx(1.0)
    assert score.heat is not None
    assert score.mass is not None
    np.testing.assert_allclose(score.heat.sum(), 1.0, rtol=1e-5)
    np.testing.assert_array_equal(score.heat[16:, 16:] > 0, True)
    assert score.heat[:16].any() == score.heat[:, :16].any() == False  # noqa: E712
    assert score.mass[REGIONS.index("r_cheek")] > 0
    assert score.mass[REGIONS.index("l_eye")] == 0


def test_a_batch_says_of_each_face_what_it_says_of_it_alone() -> None:
    cuts = [cut_of(quarters(*levels)) for levels in ((9, 90, 200, 3), (250, 1, 7, 80))]
    together = scorer(Additive()).score(cuts)
    for cut, score in zip(cuts, together, strict=True):
        (alone,) = scorer(Additive()).score([cut])
        assert alone.logit == pytest.approx(score.logit, abs=1e-6)
        assert alone.heat is not None
        assert score.heat is not None
        np.testing.assert_allclose(alone.heat, score.heat, atol=1e-9)


@pytest.mark.parametrize("weight", [float("nan"), float("inf")])
def test_a_logit_that_is_no_number_is_no_verdict(weight: float) -> None:
    net = Additive()
    nn.init.constant_(net.one, weight)
    with pytest.raises(CheckpointError, match="is no number: its weights are damaged"):
        scorer(net).score([cut_of(quarters(0, 0, 0, 255))])


def test_landmarks_place_the_regions() -> None:
    upper_left = ((4.0, 4.0), (10.0, 4.0), (7.0, 7.0), (5.0, 10.0), (9.0, 10.0))
    crop = quarters(255, 0, 0, 0)
    plain, placed = scorer(Additive()).score([cut_of(crop), cut_of(crop, upper_left)])
    assert plain.mass is not None
    assert placed.mass is not None
    chin = REGIONS.index("chin")
    assert plain.mass[chin] == 0
    assert placed.mass[chin] > 0


def test_a_head_that_is_not_additive_gives_no_evidence_unless_a_method_is_named() -> None:
    net = Additive(is_additive=False)
    (plain,) = scorer(net).score([cut_of(quarters(0, 0, 0, 255))])
    assert (plain.mass, plain.region, plain.heat) == (None, None, None)
    (named,) = scorer(net, CenterMap()).score([cut_of(quarters(0, 0, 0, 255))])
    assert named.logit == pytest.approx(plain.logit)
    assert named.heat is not None
    assert named.heat.argmax() // SIZE_PX in (15, 16)


def test_methods_are_compared_on_the_faces_as_the_network_sees_them() -> None:
    bright = [cut_of(quarters(0, 0, 0, 255)), cut_of(quarters(255, 0, 0, 0))]
    compared = scorer(Additive()).compare(
        bright, {"contrib": Contribution(), "center": CenterMap()}
    )
    np.testing.assert_array_equal(compared.images[0], bright[0].crop)
    assert list(compared.by_method) == ["contrib", "center"]
    scores = scorer(Additive()).score(bright)
    for place, score in enumerate(scores):
        own = compared.by_method["contrib"]
        assert score.heat is not None
        assert score.mass is not None
        np.testing.assert_allclose(own.pixel[place], score.heat, atol=1e-9)
        np.testing.assert_allclose(own.mass[place], score.mass, atol=1e-6)


def test_a_method_that_the_model_cannot_have_is_named() -> None:
    net = Additive(is_additive=False)
    with pytest.raises(ConfigError, match="contrib"):
        scorer(net).compare([cut_of(quarters(0, 0, 0, 255))], {"contrib": Contribution()})
