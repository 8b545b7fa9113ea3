"""Evidence that can only accuse: values >= 0 from one or more levels, gates, and their sum."""

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from resgat.errors import ConfigError
from resgat.explain.contribution import completeness_residual
from resgat.graph.grid import GridGraph
from resgat.models.additive_head import AdditiveHead
from resgat.models.bottleneck import NodeBottleneck

Maps = dict[str, Tensor]
BOTH = ("layer2", "layer3")


def local_head(channels: dict[str, int], **settings: Any) -> AdditiveHead:
    """Build a head whose nodes are the cells of layer2."""
    return AdditiveHead(
        channels, **{"level": "layer2", "pool": 1, "value_levels": ("layer2",), **settings}
    )


def look_evenly(head: AdditiveHead) -> None:
    """Give every neighbour the same attention, and every node the same gate."""
    for parameter in (head.attention.conv.att, *head.gate.parameters()):
        torch.nn.init.zeros_(parameter)


def test_a_head_whose_weights_are_zero_is_worked_out_by_hand(
    channels: dict[str, int], maps: Maps
) -> None:
    head = local_head(channels, heads=2).eval()
    for name, parameter in head.named_parameters():
        if name not in ("gain", "bias"):
            torch.nn.init.zeros_(parameter)
    evidence = head(maps, GridGraph(8))
    # Each of two heads has the value softplus(-2) everywhere; gain 2, bias -2.
    expected = -2 + 2 * 2 * math.log1p(math.exp(-2))
    torch.testing.assert_close(evidence.logit, torch.full((3,), expected))
    torch.testing.assert_close(evidence.constant, torch.full((3,), -2.0))


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("value_levels", [("layer2",), ("layer3",), BOTH])
def test_contributions_cannot_be_negative_and_add_up(
    version: str, value_levels: tuple[str, ...], channels: dict[str, int], maps: Maps
) -> None:
    torch.manual_seed(0)
    head = local_head(channels, version=version, value_levels=value_levels)
    for parameter in head.parameters():
        torch.nn.init.normal_(parameter)  # a gain or a value may then be far below zero
    evidence = head(maps, GridGraph(8))
    assert (evidence.contribution >= 0).all()
    assert completeness_residual(evidence).max() <= 1e-5


def test_the_gain_stays_above_its_least_value(channels: dict[str, int], maps: Maps) -> None:
    head = local_head(channels)
    torch.nn.init.constant_(head.gain, -3.0)
    torch.nn.init.constant_(head.bias, -1.0)
    assert (head(maps, GridGraph(8)).logit > -1.0).all()


def test_a_deeper_cells_value_stands_for_the_nodes_inside_it(
    channels: dict[str, int], maps: Maps
) -> None:
    head = local_head(channels, value_levels=("layer3",))
    look_evenly(head)
    evidence = head(maps, GridGraph(8))
    shares = (evidence.contribution / evidence.readout).view(3, 2, 2, 3, 2)
    deep = F.layer_norm(maps["layer3"].permute(0, 2, 3, 1), (10,))
    value = F.softplus(head.values["layer3"](deep) - 2).sum(-1)
    torch.testing.assert_close(shares, 2 * value[:, :, None, :, None].expand_as(shares))


def test_a_nodes_value_is_its_own(channels: dict[str, int], maps: Maps) -> None:
    """With attention and gates held equal, changing one node changes its contribution alone."""
    head = local_head(channels)
    look_evenly(head)
    before = head(maps, GridGraph(8)).contribution
    changed = maps["layer2"].clone()
    changed[:, :, 1, 2] = -changed[:, :, 1, 2]
    difference = (head({**maps, "layer2": changed}, GridGraph(8)).contribution - before).abs()
    assert (difference > 1e-4).any(0).nonzero().flatten().tolist() == [8]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"level": "layer5"}, "level: expected one of layer2, layer3; got 'layer5'"),
        ({"value_levels": ("layer1",)}, "level: expected one of layer2, layer3; got 'layer1'"),
        ({"value_levels": ()}, r"number of value_levels: expected a number in \[1, inf\], got 0"),
        ({"heads": 0}, r"heads: expected a number in \[1, inf\], got 0"),
        ({"dim": 0}, r"dim: expected a number in \[1, inf\], got 0"),
        ({"gate_dim": 0}, r"gate_dim: expected a number in \[1, inf\], got 0"),
        ({"version": "v3"}, "version: expected one of v1, v2; got 'v3'"),
    ],
)
def test_impossible_settings_are_refused(
    settings: dict[str, object], message: str, channels: dict[str, int]
) -> None:
    with pytest.raises(ConfigError, match=message):
        local_head(channels, **settings)


def test_a_node_of_pooled_cells_is_their_average(channels: dict[str, int], maps: Maps) -> None:
    torch.manual_seed(0)
    head = local_head(channels, pool=2)
    evidence = head(maps, GridGraph(8))
    averaged = {**maps, "layer2": F.avg_pool2d(maps["layer2"], 2)}
    unpooled = local_head(channels)
    unpooled.load_state_dict(head.state_dict())
    assert evidence.grid == (2, 3)
    torch.testing.assert_close(evidence.logit, unpooled(averaged, GridGraph(8)).logit)


def test_an_odd_side_keeps_its_last_cells(channels: dict[str, int]) -> None:
    maps = {"layer2": torch.ones(1, 6, 5, 3), "layer3": torch.ones(1, 10, 3, 2)}
    evidence = local_head(channels, pool=2)(maps, GridGraph(8))
    assert evidence.grid == (3, 2)
    assert torch.isfinite(evidence.contribution).all()


def test_values_finer_than_the_nodes_are_refused(channels: dict[str, int]) -> None:
    message = "value_levels: layer2 is finer than the nodes of layer3 with pool=1"
    with pytest.raises(ConfigError, match=message):
        local_head(channels, level="layer3", value_levels=("layer2",))


def test_the_order_of_the_parameters_does_not_depend_on_the_process() -> None:
    """A resumed optimiser finds its state by the parameters' order; that of a set is random."""
    levels = ["layer1", "layer4", "layer2", "layer3"]
    settings = {"level": "layer1", "value_levels": levels[1:]}
    head = local_head(dict.fromkeys(levels, 2), **settings)
    assert list(head.norms) == levels


def test_signed_values_speak_for_both_classes(channels: dict[str, int], maps: Maps) -> None:
    torch.manual_seed(0)
    head = local_head(channels, values="signed")
    for parameter in head.parameters():
        torch.nn.init.normal_(parameter)
    evidence = head(maps, GridGraph(8))
    assert (evidence.contribution < 0).any()
    assert (evidence.contribution > 0).any()
    assert completeness_residual(evidence).max() <= 1e-5


@pytest.mark.parametrize("values", ["positive", "signed"])
def test_only_the_largest_contributions_reach_the_logit(
    values: str, channels: dict[str, int], maps: Maps
) -> None:
    torch.manual_seed(0)
    whole = local_head(channels, values=values)
    topped = local_head(channels, values=values, top_k=3)
    topped.load_state_dict(whole.state_dict())
    everything, evidence = (head(maps, GridGraph(8)) for head in (whole, topped))
    top = everything.contribution.abs().topk(3, dim=1).indices
    assert (evidence.contribution != 0).sum(1).tolist() == [3, 3, 3]
    torch.testing.assert_close(
        evidence.contribution.gather(1, top), everything.contribution.gather(1, top)
    )
    assert completeness_residual(evidence).max() <= 1e-5


def test_a_top_k_beyond_the_nodes_changes_nothing(channels: dict[str, int], maps: Maps) -> None:
    whole, topped = local_head(channels), local_head(channels, top_k=1000)
    topped.load_state_dict(whole.state_dict())
    torch.testing.assert_close(topped(maps, GridGraph(8)).logit, whole(maps, GridGraph(8)).logit)


def test_what_passes_the_bottleneck_adds_up(channels: dict[str, int], maps: Maps) -> None:
    whole, head = local_head(channels), local_head(channels, bottleneck=NodeBottleneck)
    head.load_state_dict(whole.state_dict(), strict=False)
    evidence = head.eval()(maps, GridGraph(8))
    expected = whole.eval()(maps, GridGraph(8)).contribution * evidence.keep
    torch.testing.assert_close(evidence.contribution, expected)
    assert completeness_residual(evidence).max() <= 1e-5
    head.train()
    torch.manual_seed(0)
    drawn = head(maps, GridGraph(8))
    torch.testing.assert_close(drawn.keep, evidence.keep)
    assert not torch.allclose(drawn.contribution, evidence.contribution)


def test_settings_of_the_values_are_checked(channels: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=r"top_k: expected a number in \[1, inf\], got 0"):
        local_head(channels, top_k=0)
    with pytest.raises(ConfigError, match=r"values: expected one of positive, signed; got 'both'"):
        local_head(channels, values="both")
