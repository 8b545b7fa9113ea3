"""How much of an attention map is node degree: untrained models on drawn faces.

python experiments/planted_evidence/degrees.py
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from resgat.cli import CONF_DIR
from resgat.config import register
from resgat.data.planted.drawn import DrawnPeople
from resgat.data.transforms import MEAN, STD
from resgat.explain.attention import attention_corrected, attention_received, degree_null
from resgat.run.instantiate import build
from resgat.types import Evidence

HERE = Path(__file__).parent
MODELS = {"resgatv1_paper": 224, "resgatv2_paper": 224, "resgatv1": 112, "resgatv2": 112}
NUM_MODELS, NUM_FACES = 20, 8
COLUMNS = ("model", "published", "published_std", "corrected", "corrected_std")


def correlations(evidence: Evidence) -> tuple[float, float]:
    """Return the degree null's mean correlation with the published map, and with the corrected."""
    if evidence.edge_index is None:
        msg = "a model without a graph has no degrees"
        raise ValueError(msg)
    null = degree_null(evidence.edge_index, evidence.nodes.shape[1])
    maps = (attention_received(evidence), attention_corrected(evidence))
    published, corrected = (_correlation(each, null) for each in maps)
    return published, corrected


def _correlation(maps: torch.Tensor, null: torch.Tensor) -> float:
    centred, reference = maps - maps.mean(1, keepdim=True), (null - null.mean())[None]
    return float(torch.cosine_similarity(centred, reference, dim=1).mean())


def measure(model: str, size_px: int, num_models: int) -> Iterator[tuple[float, float]]:
    """Yield the correlations of untrained models, each with faces of its own."""
    with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
        cfg = compose("train", overrides=[f"model={model}"])
    section = OmegaConf.to_container(cfg.model, resolve=True)
    people = DrawnPeople(size_px)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))
    for seed in range(num_models):
        rng = np.random.default_rng(seed)
        faces = np.stack([people.subject("test", k, rng).image for k in range(NUM_FACES)])
        pixels = torch.from_numpy(faces).permute(0, 3, 1, 2) / 255
        torch.manual_seed(seed)
        net = build(section).eval()
        with torch.no_grad():
            yield correlations(net((pixels - mean) / std, return_evidence=True))


def table(rows: list[dict[str, str]]) -> str:
    """Return the README's table."""
    lines = ["| untrained | published map | corrected map |", "|---|---|---|"]
    lines += [
        f"| `{row['model']}` | {float(row['published']):.2f} ± {float(row['published_std']):.2f} | "
        f"{float(row['corrected']):.2f} ± {float(row['corrected_std']):.2f} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write degrees.csv and print the table."""
    register()
    rows = []
    for model, size_px in MODELS.items():
        found = np.array(list(measure(model, size_px, NUM_MODELS)))
        numbers = np.stack((found.mean(0), found.std(0, ddof=1)), axis=1).ravel()
        texts = [model, *(f"{number:.4f}" for number in numbers)]
        rows.append(dict(zip(COLUMNS, texts, strict=True)))
        sys.stderr.write(f"{model} done\n")
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (HERE / "degrees.csv").write_text(text.getvalue(), encoding="utf-8")
    sys.stdout.write(table(rows))


if __name__ == "__main__":
    main()
