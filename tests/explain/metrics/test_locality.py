from collections.abc import Mapping
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resgat.errors import ConfigError
from resgat.explain.faces import Faces
from resgat.explain.footprint import node_to_pixel
from resgat.explain.metrics.locality import Locality, node_locality
from resgat.explain.probe import Passes, Probe
from resgat.graph.grid import GridGraph
from resgat.models.additive_head import AdditiveHead
from resgat.models.resgat import ResGAT
from resgat.models.trunk import ResNetTrunk
from resgat.types import Evidence
from tests.explain.methods.toys import Convnet, Toy, faces, probe

SIDE, CELL = 24, 4


class Patches(Toy):
    """Nodes that see their own 4 x 4 pixels, plus ``shared`` of what all pixels are on average."""

    def __init__(self, shared: float = 0.0) -> None:
        super().__init__()
        self.shared = shared

    def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
        image = maps["map"]
        cells = F.avg_pool2d(image, CELL) + self.shared * image.mean((2, 3), keepdim=True)
        logit = cells.mean((1, 2, 3))
        grid = (cells.shape[2], cells.shape[3])
        return Evidence(logit, logit, cells.flatten(2).transpose(1, 2), grid)


class Edges(Toy):
    """Nodes that see a 3 x 3 neighbourhood of cells alike, so their own cell is a ninth of it."""

    def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
        pooled = F.avg_pool2d(maps["map"], CELL)
        cells = F.avg_pool2d(pooled, 3, stride=1, padding=1)
        logit = cells.mean((1, 2, 3))
        return Evidence(logit, logit, cells.flatten(2).transpose(1, 2), (6, 6))


def asked(net: nn.Module, batch: Faces, num_nodes: int = 4) -> Locality:
    with probe(net).open() as opened:
        return node_locality(opened, batch, num_nodes)


def close(found: Tensor, expected: float) -> None:
    torch.testing.assert_close(found, torch.full_like(found, expected))


def test_nodes_that_see_their_own_cells_are_local() -> None:
    found = asked(Patches(), faces(3, SIDE))
    close(found.own, 1.0)
    close(found.near, 1.0)
    close(found.own_chance, 1 / 36)
    assert ((found.near_chance >= 4 / 36) & (found.near_chance <= 9 / 36)).all()


def test_nodes_that_see_all_alike_are_at_chance() -> None:
    class Everywhere(Patches):
        def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
            alike = maps["map"].mean((2, 3), keepdim=True).expand(-1, -1, SIDE, SIDE)
            return super().decide({"map": alike})

    found = asked(Everywhere(), faces(3, SIDE))
    torch.testing.assert_close(found.own, found.own_chance)
    torch.testing.assert_close(found.near, found.near_chance)


def test_a_share_by_hand() -> None:
    """Own pixels weigh 1/16 + 1/576, the 560 others 1/576."""
    own, other = 16 * (1 / 16 + 1 / 576) ** 2, 560 * (1 / 576) ** 2
    close(asked(Patches(shared=1.0), faces(2, SIDE)).own, own / (own + other))


def test_the_neighbours_count_as_near() -> None:
    found = asked(Edges(), faces(3, SIDE), num_nodes=8)
    close(found.near, 1.0)
    # A ninth in the middle, a quarter in a corner.
    assert ((found.own >= 1 / 9 - 1e-6) & (found.own <= 1 / 4)).all()


def energy_shares(opened: Probe, image: Tensor, grid: tuple[int, int]) -> Tensor:
    """The same, exactly: from the whole Jacobian, for every node."""
    jacobian = torch.func.jacrev(lambda x: opened.evidence(x).nodes[0])(image)
    energy: Tensor = jacobian.square().sum((1, 2, 3))  # (N, D, 1, 3, H, W) -> (N, H, W)
    place = node_to_pixel(torch.eye(grid[0] * grid[1]), grid, image.shape[-1])
    shares: Tensor = (energy * place).sum((1, 2)) / energy.sum((1, 2))
    return shares


def test_it_agrees_with_the_whole_jacobian() -> None:
    net, one = Convnet(), faces(1, 16)
    with probe(net).open() as opened:
        evidence = opened.evidence(one.pixels)
        expected = energy_shares(opened, one.pixels, evidence.grid)
    many = Faces(
        one.pixels.expand(150, -1, -1, -1), one.regions.expand(150, -1, -1, -1), torch.arange(150)
    )
    found = asked(net, many, num_nodes=2)
    assert found.own.mean().item() == pytest.approx(expected.nanmean().item(), rel=0.1)


def one_of(batch: Faces, row: int) -> Faces:
    return Faces(
        batch.pixels[row : row + 1], batch.regions[row : row + 1], batch.seed[row : row + 1]
    )


def test_a_face_alone_scores_as_in_a_batch_at_one_pass_a_node() -> None:
    net, batch = Convnet(), faces(3, 16)
    together = asked(net, batch)
    for field, whole in zip(asked(net, one_of(batch, 1)), together, strict=True):
        torch.testing.assert_close(field, whole[1:2])
    with probe(net).open() as opened:
        node_locality(opened, batch, 5)
        assert opened.passes == Passes(forward=15, backward=15)
    assert all(parameter.grad is None for parameter in net.parameters())


def resgat(level: str) -> ResGAT:
    torch.manual_seed(0)

    def head(channels: Mapping[str, int]) -> AdditiveHead:
        return AdditiveHead(channels, level=level, pool=1, value_levels=(level,))

    return ResGAT(ResNetTrunk("resnet18"), GridGraph(8), head)


def test_early_cells_are_more_local_than_late_ones() -> None:
    batch = faces(2, 64)
    shares = [asked(resgat(level), batch) for level in ("layer1", "layer2", "layer3")]
    lift = [(share.own / share.own_chance).mean().item() for share in shares]
    assert lift[0] > lift[1] > lift[2] > 1


def test_nodes_that_do_not_respond_have_no_place() -> None:
    class Silent(Patches):
        def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
            evidence = super().decide(maps)
            return evidence._replace(nodes=evidence.nodes * 0)

    assert all(field.isnan().all() for field in asked(Silent(), faces(2, SIDE)))


def test_what_has_no_such_nodes_is_refused() -> None:
    class Detached(Patches):
        def decide(self, maps: Mapping[str, Tensor]) -> Any:
            evidence = super().decide(maps)
            return evidence._replace(nodes=evidence.nodes.detach())

    with pytest.raises(ConfigError, match="computed from the pixels, and those of Detached are no"):
        asked(Detached(), faces(1, SIDE))
    with pytest.raises(ConfigError, match=r"num_nodes: expected a number in \[1, inf\], got 0"):
        asked(Patches(), faces(1, SIDE), num_nodes=0)
