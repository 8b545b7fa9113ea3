"""How much of a map is node degree: untrained and trained models on drawn faces.

python experiments/planted_evidence/degrees.py [FOLDER]

Each map is correlated over the nodes of a face with the map that equal attention gives, and the
correlations are averaged over a network's faces. Without a folder, untrained networks of
:data:`MODELS` are measured; with the folder of ``study.py``, the trained ones that lie below it,
beside untrained networks of the same arrangement. Rows of degrees.csv that are not measured anew
are kept.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from torch import nn

from experiments.planted_evidence.drawn import drawn_pixels
from experiments.planted_evidence.kept import Row, read_rows, write_rows
from resgat.cli import CONF_DIR
from resgat.config import register
from resgat.data.transforms import MEAN, STD
from resgat.errors import ConfigError
from resgat.explain.attention import (
    attention_corrected,
    attention_received,
    degree_null,
    mean_attention,
)
from resgat.run.instantiate import build
from resgat.run.trained import Trained, load_trained
from resgat.types import Evidence

HERE = Path(__file__).parent
MODELS = {"resgatv1_paper": 224, "resgatv2_paper": 224, "resgatv1": 112, "resgatv2": 112}
NUM_MODELS, NUM_FACES = 100, 8
#: As evidence names them; the README's heads of the columns.
MAPS = {
    "published": "published map",
    "corrected": "corrected map",
    "contribution": "contribution",
    "readout": "readout",
}
_NUMBERS = ("mean", "std", "sem")
#: ``n`` counts networks; ``sem = std / sqrt(n)`` is the standard error of their mean.
COLUMNS = (
    *("weights", "model", "n"),
    *(f"{name}_{number}" for name in MAPS for number in _NUMBERS),
)
#: A map that varies by less than this share of its size is constant up to rounding.
_CONSTANT = 1e-5


def correlations(evidence: Evidence) -> tuple[float, ...]:
    """Return the degree null's mean correlation with each of :data:`MAPS`.

    NaN where the model has no such map, or a constant one.

    Raises:
        ConfigError: The model has no graph, and so no degrees.
    """
    _, edge_index = mean_attention(evidence)
    null = degree_null(edge_index, evidence.nodes.shape[1])
    maps = (
        *(attention_received(evidence), attention_corrected(evidence)),
        *(evidence.contribution, evidence.readout),
    )
    return tuple(math.nan if each is None else _correlation(each, null) for each in maps)


def _correlation(maps: torch.Tensor, null: torch.Tensor) -> float:
    centred, reference = maps - maps.mean(1, keepdim=True), (null - null.mean())[None]
    if bool((centred.norm(dim=1) <= _CONSTANT * maps.norm(dim=1)).any()):
        return math.nan
    return float(torch.cosine_similarity(centred, reference, dim=1).mean())


def untrained(
    section: Mapping[str, Any], size_px: int, num_models: int
) -> Iterator[tuple[float, ...]]:
    """Yield the correlations of networks as they are built, each with faces of its own."""
    for seed in range(num_models):
        torch.manual_seed(seed)
        yield measure(build(section), size_px, seed)


def trained(detectors: Iterable[Trained]) -> Iterator[tuple[float, ...]]:
    """Yield the correlations of trained networks, each with faces of its own."""
    for seed, detector in enumerate(detectors):
        yield measure(detector.net, detector.facts["config"]["data"]["size_px"], seed)


def measure(net: nn.Module, size_px: int, seed: int) -> tuple[float, ...]:
    """Return a model's correlations on genuine drawn faces."""
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))
    pixels = drawn_pixels(size_px, NUM_FACES, seed)
    with torch.no_grad():
        return correlations(net.eval()((pixels - mean) / std, return_evidence=True))


def row(weights: str, model: str, found: Sequence[tuple[float, ...]]) -> Row:
    """Return the row of one model: mean, deviation and standard error over its networks.

    A number that there is not is empty: of a map that a network lacks, or the deviation of one.
    """
    values, n = np.array(found), len(found)
    std = values.std(0, ddof=1) if n > 1 else np.full(len(MAPS), math.nan)
    numbers = np.stack((values.mean(0), std, std / math.sqrt(n)), axis=1).ravel()
    texts = ("" if math.isnan(number) else f"{number:.4f}" for number in numbers)
    return dict(zip(COLUMNS, (weights, model, str(n), *texts), strict=True))


def merge(kept: Sequence[Row], found: Sequence[Row]) -> list[Row]:
    """Return what was found after the rows that were not measured anew; untrained ones first."""
    new = {(one["weights"], one["model"]) for one in found}
    rest = [one for one in kept if (one["weights"], one["model"]) not in new]
    return sorted([*rest, *found], key=lambda one: one["weights"] != "untrained")


def table(rows: Sequence[Row]) -> str:
    """Return the README's table: mean, deviation over networks, and the mean's standard error."""
    lines = [f"| model | n | {' | '.join(MAPS.values())} |", f"|---|---|{'---|' * len(MAPS)}"]
    for one in rows:
        cells = " | ".join(_cell(one, name) for name in MAPS)
        lines.append(f"| `{one['model']}`, {one['weights']} | {one['n']} | {cells} |")
    return "\n".join(lines) + "\n"


def _cell(one: Row, name: str) -> str:
    texts = [one[f"{name}_{number}"] for number in _NUMBERS]
    if not all(texts):
        return f"{float(texts[0]):.2f}" if texts[0] else "-"
    mean, std, sem = map(float, texts)
    return f"{mean:.2f} ± {std:.2f} ({sem:.2f})"


def named_models() -> Iterator[Row]:
    """Yield the rows of :data:`MODELS`, untrained."""
    for model, size_px in MODELS.items():
        with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
            cfg = compose("train", overrides=[f"model={model}"])
        section: Any = OmegaConf.to_container(cfg.model, resolve=True)
        yield row("untrained", model, list(untrained(section, size_px, NUM_MODELS)))


def study_models(folder: Path) -> Iterator[Row]:
    """Yield two rows of each model of the study that has a graph: as it was built, and trained."""
    found = sorted(folder.glob("*/seed*/checkpoints/best.ckpt"))
    if not found:
        sys.exit(f"{folder}: no trained model of the study; run study.py first")
    for model in sorted({path.parts[-4] for path in found}):
        detectors = [load_trained(path) for path in found if path.parts[-4] == model]
        config = detectors[0].facts["config"]
        try:
            as_built = list(untrained(config["model"], config["data"]["size_px"], NUM_MODELS))
        except ConfigError as error:  # a control without a graph
            sys.stderr.write(f"{model} left out: {error}\n")
            continue
        yield row("untrained", model, as_built)
        yield row("trained", model, list(trained(detectors)))


def main(folder: Path | None) -> None:
    """Write degrees.csv and print the table."""
    register()
    results = HERE / "degrees.csv"
    rows = read_rows(results)
    for one in named_models() if folder is None else study_models(folder):
        rows = merge(rows, [one])
        sys.stderr.write(f"{one['model']}, {one['weights']}: done\n")
    write_rows(results, COLUMNS, rows)
    sys.stdout.write(table(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
