"""From the folders of finished runs to the rows of the study."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from experiments.planted_evidence.rows import COMPARED, DIFFERENCE, Result, number
from resgat.data.videos import REAL_METHOD
from resgat.explain.stats.bootstrap import compare
from resgat.explain.stats.scores import block
from resgat.explain.stats.summary import summarise

KEPT = (
    *("region_hit", "reciprocal_rank", "region_recall2", "relevance_mass"),
    *("fooled", "decoy_named", "false_evidence"),
)
#: Tracks of one altered region and no decoy: by operators of the training, and by others.
ONE_REGION = {"A": "trained on", "F": "not seen"}
#: Limits, in logits, of the changes that are told apart.
_CHANGES = (0, 0.5, 1, 2, 4, math.inf)
#: What tells the subjects of several networks apart.
_RUN = ("train_seed", "crop_id")
_DRAWS = 10000


def read_study(folder: Path) -> list[Result]:
    """Read every model below a folder that is explained; of a half-done one, tables would be two.

    Of such a model results.csv keeps the rows that it has.
    """
    models = sorted(path.parents[1] for path in folder.glob("*/explained/done.json"))
    alone = [row for model in models for row in _read_model(model)]
    return [*alone, *paired(folder)]


def _read_model(folder: Path) -> Iterator[Result]:
    explained = folder / "explained"
    coverage = json.loads((explained / "coverage.json").read_text("utf-8"))
    seeds = " ".join(str(one["train_seed"]) for one in coverage)
    verified = 0
    for one in coverage:
        yield _detection(folder.name, folder / f"seed{one['train_seed']}" / "metrics.json")
        for track, counts in one["verified"].items():
            verified += counts["verified"]
            share = counts["verified"] / counts["subjects"]
            kept = ("verified_share", "", share, None, None, counts["subjects"])
            yield Result(folder.name, str(one["train_seed"]), "test", track, *kept)
    # Without a verified face the command's own tables are of all faces.
    tables = {"summary.csv": "verified" if verified else None, "summary_all.csv": "all"}
    for name, subjects in tables.items():
        if subjects is None:
            continue
        yield from _summary(folder.name, seeds, subjects, explained / name)
    yield from _by_operator(folder.name, seeds, explained / "scores.parquet")
    yield from _by_change(folder.name, seeds, folder)
    confusion = json.loads((explained / "confusion.json").read_text("utf-8"))
    for method, told in confusion["methods"].items():
        bits = told["mutual_information_bits"]
        low, high = told["mutual_information_interval"] or (None, None)
        key = (confusion["subjects"], confusion["track"], "bits", method)
        yield Result(folder.name, seeds, *key, bits, low, high, told["num_images"])
    if verified and (folder / "shapley" / "done.json").is_file():
        yield from _shapley(folder.name, seeds, folder / "shapley")


def _detection(model: str, path: Path) -> Result:
    frame = json.loads(path.read_text("utf-8"))["test"]["frame"]
    seed = path.parent.name.removeprefix("seed")
    low, high = frame["auc_ci"]
    return Result(model, seed, "test", "", "auc", "", frame["auc"], low, high, frame["n"])


def _summary(model: str, seeds: str, subjects: str, path: Path) -> Iterator[Result]:
    for row in _read_csv(path):
        if row["metric"] in KEPT:
            mean, low, high = (number(row[end]) for end in ("mean", "low", "high"))
            key = (row["track"], row["metric"], row["method"])
            yield Result(model, seeds, subjects, *key, mean, low, high, int(row["n_images"]))


def _by_operator(model: str, seeds: str, path: Path) -> Iterator[Result]:
    """Yield how often a contribution names what each operator altered alone."""
    wanted = {"is_verified": [True], "metric": ["region_hit"], "method": ["contrib"]}
    scores = pq.read_table(path, filters=[(key, "in", values) for key, values in wanted.items()])
    operators = pc.list_element(pc.split_pattern(scores["crop_id"], "/"), 1)
    for operator in pc.unique(operators).sort().to_pylist():
        altered = scores.filter(pc.equal(operators, operator))
        for row in summarise(altered, {"region_hit": "higher"}, draws=_DRAWS, seed=0):
            if row.track in ONE_REGION:
                key = (f"{operator}, verified", row.track, row.metric, row.method)
                yield Result(model, seeds, *key, row.mean, row.low, row.high, row.n_images)


def _by_change(model: str, seeds: str, folder: Path) -> Iterator[Result]:
    """Yield how often a contribution names the region, by how much altering it changed the logit.

    Of all fakes of track A, whatever the detector said of them: a psychometric curve. The change is
    ``|logit(fake) - logit(twin)|``, from the predictions of the training.
    """
    wanted = {"track": ["A"], "metric": ["region_hit"], "method": ["contrib"]}
    filters = [(key, "in", values) for key, values in wanted.items()]
    scores = pq.read_table(folder / "explained" / "scores.parquet", filters=filters)
    logit = {seed: _logits(folder / f"seed{seed}") for seed in seeds.split()}
    change = np.array(
        [
            abs(logit[str(seed)][crop_id] - logit[str(seed)][_twin(crop_id)])
            for seed, crop_id in zip(*(scores[name].to_pylist() for name in _RUN), strict=True)
        ]
    )
    for low, high in pairwise(_CHANGES):
        changed = scores.filter(pa.array((change >= low) & (change < high)))
        for row in summarise(changed, {"region_hit": "higher"}, draws=_DRAWS, seed=0):
            key = (f"changed by {low:g} to {high:g} logits", row.track, row.metric, row.method)
            yield Result(model, seeds, *key, row.mean, row.low, row.high, row.n_images)


def _logits(run_dir: Path) -> dict[str, float]:
    table = pq.read_table(run_dir / "predictions.parquet", columns=["crop_id", "logit"])
    return dict(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _twin(crop_id: str) -> str:
    """Return a fake's original.

    Example:
        >>> _twin("planted/self_blend/c0/test00001/0/0")
        'planted/original/c0/test00001/0/0'
    """
    dataset, _, name = crop_id.split("/", 2)
    return f"{dataset}/{REAL_METHOD}/{name}"


def _shapley(model: str, seeds: str, folder: Path) -> Iterator[Result]:
    """Yield what exact Shapley values score on the verified set, and how a contribution differs."""
    rows = _summary(model, seeds, "verified", folder / "summary.csv")
    found = [row for row in rows if row.method == "shap_region"]
    yield from found
    for row in _read_csv(folder / "pairwise.csv"):
        if (row["metric"], row["a"], row["b"]) == ("region_hit", "contrib", "shap_region"):
            mean, low, high = (number(row[end]) for end in ("diff", "low", "high"))
            key = ("verified", row["track"], row["metric"], DIFFERENCE)
            yield Result(model, seeds, *key, mean, low, high, found[0].n)


def paired(folder: Path) -> Iterator[Result]:
    """Yield by how much more often a contribution names the region than another model's map does.

    On the faces of track A that both models are sure of under the same seed; seeds and persons are
    resampled.
    """
    for ours, model, method in COMPARED:
        pair = ((ours, "contrib"), (model, method))
        if not all((folder / name / "explained" / "done.json").is_file() for name, _ in pair):
            continue
        sides = [_verified_hits(folder, name, map_of) for name, map_of in pair]
        if not all(map(len, sides)):
            continue
        both = block(pa.concat_tables(sides))
        first, second = (both.methods.index(" ".join(one)) for one in pair)
        (found,) = compare(
            both.values[..., [first]], both.values[..., [second]], both.groups, draws=_DRAWS
        )
        seeds = set.intersection(*(set(side["train_seed"].to_pylist()) for side in sides))
        told, names = found.estimate, " ".join(map(str, sorted(seeds)))
        key = ("verified by both", "A", "region_hit", f"contrib - {method}")
        ends = (told.mean, told.low, told.high)
        yield Result(f"{ours} - {model}", names, *key, *ends, told.num_images)


def _verified_hits(folder: Path, model: str, method: str) -> pa.Table:
    """Return whether a method names the region of each face that its model is sure of."""
    wanted = {"is_verified": [True], "track": ["A"], "metric": ["region_hit"], "method": [method]}
    filters = [(key, "in", values) for key, values in wanted.items()]
    scores = pq.read_table(folder / model / "explained" / "scores.parquet", filters=filters)
    named = pa.array([f"{model} {method}"] * len(scores), pa.string())
    return scores.set_column(scores.schema.get_field_index("method"), "method", named)


def _read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
