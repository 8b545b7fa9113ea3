"""Does the explanation change when the network forgets what it has learned?

A map that survives random weights shows the picture, the face's usual place or the graph, and not
the network's reasons. The weights are redrawn stage by stage, from the output towards the input.
Legend: B images.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from resgat.errors import ConfigError
from resgat.explain.groups import Groups, group_list
from resgat.explain.metrics.agreement import ranked, spearman
from resgat.explain.seeded import seeded

# A part is opened while there are fewer parts than this, or it holds more than this.
_FEWEST_STAGES = 5
_LARGEST_SHARE = 0.8


@runtime_checkable
class _Resettable(Protocol):
    def reset_parameters(self) -> object: ...


def randomised(net: nn.Module, seed: int) -> Iterator[tuple[str, nn.Module]]:
    """Yield copies of a network with ever more of its stages at random weights, output first.

    The parts of the network are taken in reverse order of registration; the last copy is random
    throughout. The largest part that has parts is opened while it holds more than four fifths of
    the parameters, or there are fewer than five parts: so a trunk counts by its stages. A module
    is redrawn by its own ``reset_parameters``, which also takes a batch norm's statistics back to
    mean 0 and variance 1. A parameter of a module without one (a gain, a token of a class) stays.

    Args:
        net: The network; left as it is.
        seed: Same seed, same weights, on every device.

    Yields:
        The name of the stage that was redrawn last, and the network, which nobody else holds.

    Raises:
        ConfigError: Nothing in the network can be redrawn.

    Source:
        Adebayo et al. 2018 (arXiv 1810.03292), cascading randomisation.
    """
    stages = [name for name in reversed(_stages(net)) if _resettable(net.get_submodule(name))]
    if not stages:
        msg = (
            f"randomisation redraws modules by reset_parameters, and {type(net).__name__} has none "
            "that holds parameters; leave this check out"
        )
        raise ConfigError(msg)
    device = next(net.parameters()).device
    current = copy.deepcopy(net).cpu()
    for number, name in enumerate(stages):
        with seeded(seed * len(stages) + number):
            for module in _resettable(current.get_submodule(name)):
                module.reset_parameters()
        yield name, copy.deepcopy(current).to(device)


def similarity_to_original(original: Tensor, again: Tensor) -> Tensor:
    """Return how much of a map is left under other weights: Spearman's correlation on 28 x 28.

    Range -1 to 1, lower is better. A method passes if under random weights it is no larger than the
    interval of :func:`unrelated` allows, which is the chance level and seldom 0: the maps of two
    faces are alike wherever a method has habits. A map of habits alone, such as a centre or the
    degrees of a graph, is 1 in both; so read the level itself as well. A map that is constant,
    before or after, has nothing in common with the other: 0.

    Shape:
        original, again: (B, H, W), of the same faces
        returns: (B,) float64
    """
    return spearman(original, again).nan_to_num(nan=0.0)


def unrelated(maps: Tensor, groups: Groups | None = None) -> Tensor:
    """Return how alike each image's map is to those of other images, on average.

    The mean of Spearman's correlations with the maps of all images of other groups, so that it can
    be averaged and resampled beside :func:`similarity_to_original`, image by image. Range -1 to 1;
    0 is a method without habits, 1 one that says the same of every face. A constant map has nothing
    in common with others: 0, which counts. nan where no image is of another group.

    Args:
        maps: Of one method and network.
        groups: The identity group of each image; None takes every image for its own.

    Shape:
        maps: (B, H, W)
        returns: (B,) float64

    Raises:
        ShapeError: There is not one group per image.
    """
    names = group_list(range(len(maps)) if groups is None else groups, len(maps))
    codes = {name: code for code, name in enumerate(dict.fromkeys(names))}
    code = torch.tensor([codes[name] for name in names])
    ranks = ranked(maps).nan_to_num(nan=0.0)
    is_other = code[:, None] != code
    return torch.where(is_other, ranks @ ranks.T, 0.0).sum(1) / is_other.sum(1)


def _stages(net: nn.Module) -> list[str]:
    """Return the names of parts that hold all of a network's modules, in order of registration."""
    stages = _parts(net, "")
    while True:
        inner = {name: _parts(net.get_submodule(name), f"{name}.") for name in stages}
        sizes = {name: _size(net.get_submodule(name)) for name in stages if inner[name]}
        largest = max(sizes, key=sizes.__getitem__, default=None)
        if largest is None:
            return stages or [""]  # a network of one module
        if len(stages) >= _FEWEST_STAGES and sizes[largest] <= _LARGEST_SHARE * _size(net):
            return stages
        place = stages.index(largest)
        stages[place : place + 1] = inner[largest]


def _parts(module: nn.Module, prefix: str) -> list[str]:
    """Return the names of the children that hold parameters; none of a module that is redrawn."""
    if isinstance(module, _Resettable):
        return []
    return [f"{prefix}{name}" for name, child in module.named_children() if _size(child)]


def _resettable(stage: nn.Module) -> list[_Resettable]:
    """Return the modules of a stage that own parameters and can redraw them."""
    return [
        module
        for module in stage.modules()
        if isinstance(module, _Resettable) and any(True for _ in module.parameters(recurse=False))
    ]


def _size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
