"""Does a node's feature speak of the node's own place? If not, no map of nodes can be a map."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from resgat.checks import check_range
from resgat.errors import ConfigError
from resgat.explain.faces import Faces
from resgat.explain.footprint import node_to_pixel
from resgat.explain.probe import Probe


class Locality(NamedTuple):
    """How local the nodes of each face are; every field is (B,) float64.

    Attributes:
        own: Share of the gradient's energy that lies in the node's own footprint.
        near: The same for the footprint and the cells around it.
        own_chance: The footprint's share of the image: ``own`` of a node that sees all alike.
        near_chance: The same for ``near``.
    """

    own: Tensor
    near: Tensor
    own_chance: Tensor
    near_chance: Tensor


def node_locality(probe: Probe, faces: Faces, num_nodes: int = 4) -> Locality:
    """Return how much of what nodes respond to lies in their own cells, for a few of them.

    ``sum_{p in F_i} |d<s, h_i> / dx_p|^2 / sum_p |d<s, h_i> / dx_p|^2``, averaged over the nodes
    ``i``, which are drawn by the face's seed. ``F_i`` is the footprint, ``h_i`` the node's features
    and ``s`` random signs: on average over ``s``, an energy is that of all features together, at
    the price of one backward pass.

    Range 0 to 1, higher is more local; chance is the footprint's share of the image. It describes a
    network and no method, and is to be read beside every explanation by nodes. A node that does not
    respond to the picture is left out; nan where none of the drawn ones does. One forward and one
    backward pass per drawn node.

    Args:
        probe: The detector, held still.
        faces: The batch.
        num_nodes: How many nodes are drawn for each face, with replacement.

    Raises:
        ConfigError: ``num_nodes`` is below one, or the nodes are not computed from the pixels.

    Source:
        Ours; the signs as in Hutchinson 1989 (Commun. Stat. Simul. Comput. 18), there for a trace.
    """
    check_range("num_nodes", num_nodes, low=1)
    generators = [torch.Generator().manual_seed(number) for number in faces.seed.tolist()]
    found = [_one_node_each(probe, faces.pixels, generators) for _ in range(num_nodes)]
    return Locality(*torch.stack(found).nanmean(0))


def _one_node_each(probe: Probe, pixels: Tensor, generators: list[torch.Generator]) -> Tensor:
    """Return the fields of :class:`Locality` (4, B) for the next node of each face."""
    asked = pixels.detach().clone().requires_grad_()
    nodes, grid = _nodes(probe, asked)
    picked = torch.tensor([int(torch.randint(nodes.shape[1], (), generator=g)) for g in generators])
    signs = torch.stack([torch.randint(2, nodes.shape[2:], generator=g) for g in generators])
    chosen = nodes[torch.arange(len(nodes)), picked]
    said = (chosen * (2 * signs - 1).to(nodes)).sum(1)
    energy = probe.gradient(said, asked).cpu().double().square().sum(1)
    cell = F.one_hot(picked, nodes.shape[1]).float()
    around = F.max_pool2d(cell.view(-1, 1, *grid), 3, stride=1, padding=1).flatten(1)
    places = [node_to_pixel(one, grid, pixels.shape[-1]).double() for one in (cell, around)]
    total = energy.sum((1, 2))
    shares = [(energy * place).sum((1, 2)) / total for place in places]
    chances = [place.mean((1, 2)) for place in places]
    return torch.stack((*shares, *chances)).masked_fill(total == 0, math.nan)


def _nodes(probe: Probe, pixels: Tensor) -> tuple[Tensor, tuple[int, int]]:
    evidence = probe.evidence(pixels)
    if not evidence.nodes.requires_grad:
        msg = (
            "node locality needs nodes that are computed from the pixels, and those of "
            f"{type(probe.net).__name__} are not; leave it out"
        )
        raise ConfigError(msg)
    return evidence.nodes, evidence.grid
