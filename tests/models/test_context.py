"""What the whole face may add: a bounded factor, or a term of the constant; dropped in training."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from resgat.errors import ConfigError
from resgat.explain.contribution import completeness_residual
from resgat.graph.grid import GridGraph
from resgat.models.additive_head import AdditiveHead
from resgat.models.context import GlobalGain, GlobalTerm

Maps = dict[str, Tensor]
SHARES, CONSTANT = torch.tensor([[1.0, 3.0]] * 3), torch.full((3,), -2.0)


def saying(context: Any, value: float) -> Any:
    """Make a context say the same of every face, before it is bounded."""
    nn.init.zeros_(context.linear.weight)
    nn.init.constant_(context.linear.bias, value)
    return context.eval()


@pytest.mark.parametrize(("value", "factor"), [(0.0, 1.0), (50.0, 4.0), (-50.0, 0.25)])
def test_a_gain_scales_all_shares_within_its_limit(
    value: float, factor: float, channels: dict[str, int], maps: Maps
) -> None:
    gain = saying(GlobalGain(channels, level="layer3", limit=4.0), value)
    shares, constant = gain(maps, SHARES, CONSTANT)
    torch.testing.assert_close(shares, SHARES * factor)
    assert torch.equal(constant, CONSTANT)


def test_a_new_gain_changes_nothing(channels: dict[str, int], maps: Maps) -> None:
    shares, _ = GlobalGain(channels, level="layer3").train()(maps, SHARES, CONSTANT)
    assert torch.equal(shares, SHARES)


def test_a_gain_between_its_limits_by_hand(channels: dict[str, int], maps: Maps) -> None:
    gain = saying(GlobalGain(channels, level="layer3", limit=2.0), 0.5)
    shares, _ = gain(maps, SHARES, CONSTANT)
    torch.testing.assert_close(shares, SHARES * 2 ** math.tanh(0.5))


def test_a_term_belongs_to_no_node(channels: dict[str, int], maps: Maps) -> None:
    term = saying(GlobalTerm(channels, level="layer3"), 0.75)
    shares, constant = term(maps, SHARES, CONSTANT)
    assert torch.equal(shares, SHARES)
    torch.testing.assert_close(constant, CONSTANT + 0.75)


@pytest.mark.parametrize(("drop", "kept"), [(0.0, 1.0), (1.0, 0.0), (0.25, 0.75)])
def test_a_share_of_the_training_images_goes_without(
    drop: float, kept: float, channels: dict[str, int]
) -> None:
    torch.manual_seed(0)
    term = saying(GlobalTerm(channels, level="layer3", drop=drop), 1.0).train()
    many = {"layer3": torch.zeros(4000, 10, 1, 1)}
    _, constant = term(many, torch.zeros(4000, 2), torch.zeros(4000))
    assert set(constant.tolist()) <= {0.0, 1.0}
    assert constant.mean().item() == pytest.approx(kept, abs=0.03)
    _, evaluated = term.eval()(many, torch.zeros(4000, 2), torch.zeros(4000))
    assert (evaluated == 1).all()


@pytest.mark.parametrize("make", [GlobalGain, GlobalTerm])
def test_the_sum_stays_exact(
    make: Callable[..., nn.Module], channels: dict[str, int], maps: Maps
) -> None:
    torch.manual_seed(0)
    local: dict[str, Any] = {"level": "layer2", "pool": 1, "value_levels": ("layer2",)}
    head = AdditiveHead(channels, context=partial(make, level="layer3"), **local).eval()
    for parameter in head.parameters():
        nn.init.normal_(parameter)
    evidence = head(maps, GridGraph(8))
    assert (evidence.contribution >= 0).all()
    assert completeness_residual(evidence).max() <= 1e-5


@pytest.mark.parametrize(
    ("make", "settings", "message"),
    [
        (GlobalGain, {"level": "layer4"}, "level: expected one of layer2, layer3; got 'layer4'"),
        (GlobalTerm, {"level": "layer4"}, "level: expected one of layer2, layer3; got 'layer4'"),
        (GlobalGain, {"limit": 0.5}, r"limit: expected a number in \[1, inf\], got 0\.5"),
        (GlobalGain, {"drop": 2}, r"drop: expected a number in \[0, 1\], got 2"),
        (GlobalTerm, {"drop": -1}, r"drop: expected a number in \[0, 1\], got -1"),
    ],
)
def test_impossible_settings_are_refused(
    make: Callable[..., nn.Module],
    settings: dict[str, Any],
    message: str,
    channels: dict[str, int],
) -> None:
    with pytest.raises(ConfigError, match=message):
        make(channels, **{"level": "layer3", **settings})
