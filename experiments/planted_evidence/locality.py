"""How local the nodes of the study's trained models are, on drawn faces.

python experiments/planted_evidence/locality.py [FOLDER]

A node's features are asked which pixels they respond to: the share of their gradient's energy that
lies in the node's own cell, and in that and the cells around it. Models that the folder of
``study.py`` does not hold keep their rows of locality.csv.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from experiments.planted_evidence.drawn import drawn_pixels
from experiments.planted_evidence.kept import Row, read_rows, write_rows
from experiments.planted_evidence.study import MODELS, finished
from resgat.data.transforms import MEAN, STD
from resgat.explain.faces import Faces
from resgat.explain.metrics.locality import Locality, node_locality
from resgat.explain.probe import Probe
from resgat.explain.regions import region_masks
from resgat.run.trained import Trained, load_trained

HERE = Path(__file__).parent
NUM_FACES = 24
#: ``n`` counts networks; each number is the mean over their faces, ``low`` and ``high`` the least
#: and the largest network's.
COLUMNS = ("model", "grid", "n", *(
    f"{name}_{number}" for name in ("own", "near") for number in ("mean", "low", "high", "chance")
))  # fmt: skip


def measure(detector: Trained, seed: int) -> tuple[Locality, tuple[int, int]]:
    """Return how local the nodes of each of a few drawn faces are, and the grid of the nodes."""
    size_px = detector.facts["config"]["data"]["size_px"]
    pixels = drawn_pixels(size_px, NUM_FACES, seed)
    regions = region_masks(None, size_px).expand(NUM_FACES, -1, -1, -1)
    faces = Faces(pixels, regions, torch.arange(NUM_FACES))
    with Probe(detector.net, mean=MEAN, std=STD).open() as probe:
        return node_locality(probe, faces), probe.evidence(pixels[:1]).grid


def row(model: str, grid: tuple[int, int], found: Sequence[Locality]) -> Row:
    """Return the row of one model: the mean over networks, the least and the largest."""
    numbers: list[float] = []
    for name in ("own", "near"):
        of_networks = [float(getattr(one, name).nanmean()) for one in found]
        chance = float(getattr(found[0], f"{name}_chance").nanmean())
        mean = sum(of_networks) / len(of_networks)
        numbers += [mean, min(of_networks), max(of_networks), chance]
    texts = (f"{number:.4f}" for number in numbers)
    facts = (model, f"{grid[0]} x {grid[1]}", str(len(found)))
    return dict(zip(COLUMNS, (*facts, *texts), strict=True))


def study_models(folder: Path) -> Iterator[Row]:
    """Yield the row of each model of the study that has nodes and a trained seed."""
    for model in MODELS:
        detectors = [load_trained(path) for path in finished(folder / model.name)]
        found = [measure(detector, seed) for seed, detector in enumerate(detectors)]
        if found and found[0][1] != (1, 1):
            yield row(model.name, found[0][1], [one for one, _ in found])


def merge(kept: Iterable[Row], found: Iterable[Row]) -> list[Row]:
    """Return all rows in the order of the study, the new ones in the place of the old."""
    by_model = {one["model"]: one for one in (*kept, *found)}
    return [by_model[model.name] for model in MODELS if model.name in by_model]


def table(rows: Iterable[Row]) -> str:
    """Return the README's table."""
    lines = ["| model | nodes | in its own cell | chance | with the cells around it | chance |"]
    lines.append(f"|{'---|' * 6}")
    for one in rows:
        own, near = (f"{_span(one, name)} | {float(one[f'{name}_chance']):.3f}" for name in
                     ("own", "near"))  # fmt: skip
        lines.append(f"| `{one['model']}` | {one['grid']} | {own} | {near} |")
    return "\n".join(lines) + "\n"


def _span(one: Mapping[str, str], name: str) -> str:
    mean, low, high = (float(one[f"{name}_{number}"]) for number in ("mean", "low", "high"))
    return f"{mean:.2f} ({low:.2f} to {high:.2f})" if one["n"] != "1" else f"{mean:.2f}"


def main(folder: Path) -> None:
    """Write locality.csv and print the table."""
    found = list(study_models(folder))
    if not found:
        sys.exit(f"{folder}: no trained model of the study with nodes; run study.py first")
    results = HERE / "locality.csv"
    rows = merge(read_rows(results), found)
    write_rows(results, COLUMNS, rows)
    sys.stdout.write(table(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "outputs/planted_evidence"))
