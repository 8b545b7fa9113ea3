"""What both heads promise: shares that add up to the logit, and no favourite node numbers."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from resgat.explain.contribution import completeness_residual
from resgat.graph.grid import GridGraph
from resgat.types import GraphBuilder

Maps = dict[str, Tensor]


def test_the_contributions_and_the_constant_are_the_logit(
    make_head: Callable[..., nn.Module], channels: dict[str, int], maps: Maps
) -> None:
    torch.manual_seed(0)
    evidence = make_head(channels).eval()(maps, GridGraph(8))
    assert evidence.contribution.shape == (3, 24)
    assert evidence.grid == (4, 6)
    assert completeness_residual(evidence).max() <= 1e-5


def test_the_readout_is_a_distribution_over_the_nodes(
    make_head: Callable[..., nn.Module], channels: dict[str, int], maps: Maps
) -> None:
    evidence = make_head(channels).eval()(maps, GridGraph(8))
    assert evidence.readout.shape == (3, 24)
    assert (evidence.readout >= 0).all()
    torch.testing.assert_close(evidence.readout.sum(1), torch.ones(3))


def test_permuting_the_nodes_permutes_the_contributions(
    make_head: Callable[..., nn.Module],
    channels: dict[str, int],
    maps: Maps,
    relabelled: Callable[[Tensor], GraphBuilder],
) -> None:
    head = make_head(channels).eval()
    order = torch.randperm(24, generator=torch.Generator().manual_seed(4))
    moved = maps["layer2"].flatten(2)[:, :, order].view_as(maps["layer2"])
    before = head(maps, GridGraph(8))
    after = head({**maps, "layer2": moved}, relabelled(order))
    torch.testing.assert_close(after.logit, before.logit)
    torch.testing.assert_close(after.contribution, before.contribution[:, order])
    torch.testing.assert_close(after.readout, before.readout[:, order])


def test_the_gradient_reaches_every_parameter(
    make_head: Callable[..., nn.Module], channels: dict[str, int], maps: Maps
) -> None:
    head = make_head(channels)
    head(maps, GridGraph(8)).logit.sum().backward()
    untouched = [n for n, p in head.named_parameters() if p.grad is None or not p.grad.any()]
    assert untouched == []
