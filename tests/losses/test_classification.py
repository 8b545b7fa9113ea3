"""Losses against values worked out by hand and against torchvision's."""

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torchvision.ops import sigmoid_focal_loss

from resgat.errors import ConfigError
from resgat.losses.classification import BceLoss, FocalLoss

LOGIT = torch.tensor([0.0, math.log(3)])  # probabilities 1/2 and 3/4
LABEL = torch.tensor([0.0, 1.0])


@st.composite
def batches(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    size = draw(st.integers(1, 8))
    logits = st.lists(st.floats(-12, 12, width=32), min_size=size, max_size=size)
    labels = st.lists(st.sampled_from([0.0, 1.0]), min_size=size, max_size=size)
    return torch.tensor(draw(logits)), torch.tensor(draw(labels))


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (BceLoss(), (math.log(2) + math.log(4 / 3)) / 2),
        (BceLoss(fake_weight=0.25), (math.log(2) + 0.25 * math.log(4 / 3)) / 2),
        # Smoothed, the labels are 0.1 and 0.9.
        (
            BceLoss(label_smoothing=0.2),
            (math.log(2) + 0.9 * math.log(4 / 3) + 0.1 * math.log(4)) / 2,
        ),
        (FocalLoss(gamma=1), (0.5 * math.log(2) + 0.25 * math.log(4 / 3)) / 2),
        (FocalLoss(gamma=2, fake_weight=3), (math.log(2) / 4 + 3 * math.log(4 / 3) / 16) / 2),
    ],
)
def test_two_crops_by_hand(loss: nn.Module, expected: float) -> None:
    assert loss(LOGIT, LABEL).item() == pytest.approx(expected, rel=1e-6)


@given(batch=batches(), fake_weight=st.floats(0, 4))
def test_focal_loss_without_focus_is_cross_entropy(
    batch: tuple[Tensor, Tensor], fake_weight: float
) -> None:
    focal = FocalLoss(gamma=0, fake_weight=fake_weight)(*batch)
    torch.testing.assert_close(focal, BceLoss(fake_weight=fake_weight)(*batch))


@given(batch=batches(), gamma=st.floats(0, 4))
def test_focal_loss_is_torchvisions(batch: tuple[Tensor, Tensor], gamma: float) -> None:
    expected = sigmoid_focal_loss(*batch, alpha=-1, gamma=gamma, reduction="mean")
    torch.testing.assert_close(FocalLoss(gamma)(*batch), expected, atol=1e-6, rtol=1e-5)


@given(batch=batches())
def test_torchvisions_alpha_is_a_weight_of_fakes(batch: tuple[Tensor, Tensor]) -> None:
    expected = sigmoid_focal_loss(*batch, alpha=0.25, gamma=2, reduction="mean")
    ours = 0.75 * FocalLoss(gamma=2, fake_weight=1 / 3)(*batch)
    torch.testing.assert_close(ours, expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("loss", [BceLoss(0.1, 0.5), FocalLoss(2, 0.5)])
@pytest.mark.parametrize("size", [1e4, -1e4])
def test_extreme_logits_have_a_finite_loss_and_gradient(loss: nn.Module, size: float) -> None:
    logit = torch.tensor([size, size], requires_grad=True)
    value = loss(logit, LABEL)
    value.backward()
    assert value.isfinite()
    assert logit.grad is not None
    assert logit.grad.isfinite().all()


@pytest.mark.parametrize(
    ("make", "settings", "message"),
    [
        (BceLoss, {"label_smoothing": 1.5}, r"label_smoothing: expected a number in \[0, 1\]"),
        (BceLoss, {"fake_weight": -1}, r"fake_weight: expected a number in \[0, inf\], got -1"),
        (FocalLoss, {"gamma": -0.5}, r"gamma: expected a number in \[0, inf\], got -0\.5"),
        (FocalLoss, {"fake_weight": "x"}, "fake_weight: expected a number"),
    ],
)
def test_impossible_settings_are_refused(
    make: Callable[..., nn.Module], settings: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        make(**settings)


def test_a_focus_below_one_has_a_finite_slope_where_the_model_is_sure() -> None:
    logit = torch.tensor([200.0, -200.0], requires_grad=True)
    FocalLoss(gamma=0.5)(logit, torch.tensor([1.0, 0.0])).backward()
    assert logit.grad is not None
    assert torch.isfinite(logit.grad).all()
