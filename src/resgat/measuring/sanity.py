"""Does an explanation depend on the network? What is left of it when the weights are random.

Also how far a map of attention is the map of the graph's degrees, and how local nodes are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from resgat.errors import ConfigError
from resgat.explain.attribution import Explainer
from resgat.explain.explanation import explain
from resgat.explain.faces import Faces
from resgat.explain.groups import Groups, group_list
from resgat.explain.methods.controls import DegreeNull
from resgat.explain.metrics.locality import node_locality
from resgat.explain.metrics.sanity import randomised, similarity_to_original, unrelated
from resgat.explain.probe import Probe
from resgat.explain.stats.bootstrap import Estimate, estimate_means

#: Dearer methods are not asked again for each stage.
MAX_TIER = 1


@dataclass(frozen=True)
class Finding:
    """One number of a sanity check.

    Attributes:
        check: ``randomisation``, ``degree`` or ``locality``.
        method: Of which method; "" for a number of the network.
        stage: Of randomisation: the part that was redrawn last.
        value: The number, with its interval.
        reference: What it is to be read beside: of randomisation how alike maps of different faces
            are, of locality the footprint's share of the image; else None.
    """

    check: str
    method: str
    stage: str
    value: Estimate
    reference: Estimate | None = None


def check_sanity(
    methods: Mapping[str, Explainer],
    probe: Probe,
    faces: Faces,
    groups: Groups,
    grid: tuple[int, int],
    *,
    seed: int,
    draws: int,
) -> Iterator[Finding]:
    """Check the methods of at most a few passes, and the network.

    Args:
        methods: By name, without controls.
        probe: The detector, held still.
        faces: A few.
        groups: The identity group of each.
        grid: Of the node view.
        seed: Decides the random weights.
        draws: Resamplings behind each interval.
    """
    cheap = {name: method for name, method in methods.items() if method.tier <= MAX_TIER}
    names = group_list(groups, len(faces.pixels))

    def estimate(values: Tensor) -> Estimate:
        return estimate_means(values.double().numpy()[None, :, None], names, draws=draws)[0]

    maps = {name: _map(method, probe, faces, grid) for name, method in cheap.items()}
    for stage, net in randomised(probe.net, seed):
        redrawn = probe.of(net)
        with redrawn.open():
            for name, method in cheap.items():
                left = similarity_to_original(maps[name], _map(method, redrawn, faces, grid))
                level = estimate(unrelated(maps[name], names))
                yield Finding("randomisation", name, stage, estimate(left), level)
    yield from _degree(maps, probe, faces, grid, estimate)
    yield from _locality(probe, faces, estimate)


def _map(method: Explainer, probe: Probe, faces: Faces, grid: tuple[int, int]) -> Tensor:
    return explain(method, probe, faces, grid).pixel


def _degree(
    maps: Mapping[str, Tensor],
    probe: Probe,
    faces: Faces,
    grid: tuple[int, int],
    estimate: Callable[[Tensor], Estimate],
) -> Iterator[Finding]:
    try:
        null = _map(DegreeNull(), probe, faces, grid)
    except ConfigError:  # a model without a graph has no degrees
        return
    for name, values in maps.items():
        # A map that says nothing has nothing in common with the degrees either, and counts.
        yield Finding("degree", name, "", estimate(similarity_to_original(values, null)))


def _locality(
    probe: Probe, faces: Faces, estimate: Callable[[Tensor], Estimate]
) -> Iterator[Finding]:
    try:
        found = node_locality(probe, faces)
    except ConfigError:  # a model without nodes
        return
    yield Finding("locality", "", "own cell", estimate(found.own), estimate(found.own_chance))
    yield Finding(
        "locality", "", "own cell and around it", estimate(found.near), estimate(found.near_chance)
    )
