"""Collect the study's runs into results.csv, put their tables into the README, draw the figure.

python experiments/planted_evidence/analysis.py [FOLDER]

A model that the folder does not hold keeps the rows that it has: models can be run one by one, on
machines of their own.
"""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from matplotlib.figure import Figure

from resgat.data.videos import REAL_METHOD
from resgat.explain.stats.bootstrap import compare
from resgat.explain.stats.scores import block
from resgat.explain.stats.summary import summarise

HERE = Path(__file__).parent
KEPT = (
    *("region_hit", "reciprocal_rank", "region_recall2", "fooled", "false_evidence"),
    *("shuffled_auroc", "relevance_mass"),
)
#: What the tables show, and the figure from top to bottom.
METHODS = (
    *("contrib", "contrast", "attn_received", "attn_corrected", "attn_readout"),
    *("gradcam", "gradcam_layer1", "occlusion", "shap_region"),
    *("uniform", "degree_null", "center", "srm_energy", "random_smooth", "oracle_node"),
)
#: Models that stand in one table.
MAIN = ("resgatv2", "resgatv2_supervised", "resnet34", "resgatv2_paper34", "resgatv1_paper34")
READOUTS = (
    *("layer1", "layer1_v1", "layer1_signed", "layer1_topk"),
    *("layer1_bottleneck", "layer1_supervised"),
)
NODES = ("resgatv2", "layer1", "layer2", "layer3", "layer4", "levels", "layer2_mean")
CONTROLS = ("layer1_shuffled", "layer1_watermark")
#: The paired difference of two methods, beside each of them.
DIFFERENCE = "contrib - shap_region"
#: Whose contribution is compared with whose map. Each model is sure of other faces, so beside the
#: two intervals stands the difference on the faces that both are sure of.
COMPARED = tuple(
    (ours, model, method)
    for ours in ("resgatv2", "resgatv2_supervised")
    for model, method in (
        (ours, "gradcam"),
        ("resnet34", "gradcam"),
        ("resgatv2_paper34", "attn_received"),
    )
)
_CHANCE = 1 / 8
#: Tracks of one altered region and no decoy: by operators of the training, and by others.
_ONE_REGION = {"A": "trained on", "F": "not seen"}
#: Head, track and metric of what the table of the tracks shows.
_TRACK_COLUMNS = (
    ("A: Hit@1", "A", "region_hit"),
    ("A: bits of 3", "A", "bits"),
    ("B: both named", "B", "region_recall2"),
    ("C: Hit@1", "C", "region_hit"),
    ("C: fooled", "C", "fooled"),
    ("D: false evidence", "D", "false_evidence"),
    ("F: Hit@1", "F", "region_hit"),
)
#: Limits, in logits, of the changes that are told apart.
_CHANGES = (0, 0.5, 1, 2, 4, math.inf)
#: What tells the subjects of several networks apart.
_RUN = ("train_seed", "crop_id")
_DRAWS = 10000


class Result(NamedTuple):
    """One number of the study.

    Attributes:
        model: Of ``study.MODELS``; or ``OURS - OTHER``, the difference of two on the same faces.
        seeds: The training seeds that it is of, such as ``0 1 2``.
        subjects: ``verified``, ``all``, ``OPERATOR, verified``, ``changed by 1 to 2 logits``,
            ``verified by both``, or ``test`` for the detector's own numbers.
        track: A to F; empty for the detector's own numbers.
        metric: ``region_hit``, ``auc``, ``verified_share``, ...
        method: Which explanation, or the difference of two, as :data:`DIFFERENCE`; empty for the
            detector's own numbers.
        n: Images.
    """

    model: str
    seeds: str
    subjects: str
    track: str
    metric: str
    method: str
    mean: float | None
    low: float | None
    high: float | None
    n: int


def read_study(folder: Path) -> list[Result]:
    """Read every finished run below a folder."""
    models = sorted({path.parents[1].name for path in folder.glob("*/seed*/metrics.json")})
    alone = [row for model in models for row in _read_model(folder / model)]
    return [*alone, *_paired(folder)]


def _read_model(folder: Path) -> Iterator[Result]:
    for path in sorted(folder.glob("seed*/metrics.json")):
        yield _detection(folder.name, path)
    explained = folder / "explained"
    if not (explained / "done.json").is_file():  # stopped halfway: tables of two states
        return
    coverage = json.loads((explained / "coverage.json").read_text("utf-8"))
    seeds = " ".join(str(one["train_seed"]) for one in coverage)
    verified = 0
    for one in coverage:
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
        bits, ends = told["mutual_information_bits"], told["mutual_information_interval"]
        key = (confusion["subjects"], confusion["track"], "bits", method)
        yield Result(folder.name, seeds, *key, bits, *(ends or (None, None)), told["num_images"])
    if verified and (folder / "shapley" / "done.json").is_file():
        yield from _shapley(folder.name, seeds, folder / "shapley")


def _summary(model: str, seeds: str, subjects: str, path: Path) -> Iterator[Result]:
    for row in _read_csv(path):
        if row["metric"] in KEPT:
            ends = (_number(row[end]) for end in ("mean", "low", "high"))
            key = (row["track"], row["metric"], row["method"])
            yield Result(model, seeds, subjects, *key, *ends, int(row["n_images"]))


def _by_operator(model: str, seeds: str, path: Path) -> Iterator[Result]:
    """Yield how often a contribution names what each operator altered alone."""
    wanted = {"is_verified": [True], "metric": ["region_hit"], "method": ["contrib"]}
    scores = pq.read_table(path, filters=[(key, "in", values) for key, values in wanted.items()])
    operators = pc.list_element(pc.split_pattern(scores["crop_id"], "/"), 1)
    for operator in pc.unique(operators).sort().to_pylist():
        altered = scores.filter(pc.equal(operators, operator))
        for row in summarise(altered, {"region_hit": "higher"}, draws=_DRAWS, seed=0):
            if row.track in _ONE_REGION:
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
            ends = (_number(row[end]) for end in ("diff", "low", "high"))
            key = ("verified", row["track"], row["metric"], DIFFERENCE)
            yield Result(model, seeds, *key, *ends, found[0].n)


def _paired(folder: Path) -> Iterator[Result]:
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


def _detection(model: str, path: Path) -> Result:
    frame = json.loads(path.read_text("utf-8"))["test"]["frame"]
    seed = path.parent.name.removeprefix("seed")
    return Result(model, seed, "test", "", "auc", "", frame["auc"], *frame["auc_ci"], frame["n"])


def results_csv(rows: Sequence[Result]) -> str:
    """Return rows as CSV; None is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Result._fields)
    writer.writerows([_plain(value) for value in row] for row in rows)
    return text.getvalue()


def read_results(text: str) -> list[Result]:
    """Read what :func:`results_csv` wrote."""
    kinds = {"mean": _number, "low": _number, "high": _number, "n": int}
    return [
        Result(**{name: kinds.get(name, str)(value) for name, value in row.items()})
        for row in csv.DictReader(io.StringIO(text))
    ]


def merge(kept: Sequence[Result], found: Sequence[Result]) -> list[Result]:
    """Return what was found, and the rows that are kept of the models that were not, by model.

    A difference of two models goes if either was found: it was of another run of it.
    """
    new = {row.model for row in found}
    both = [*(row for row in kept if not new & set(row.model.split(" - "))), *found]
    return sorted(both, key=lambda row: row.model)


def detection_table(rows: Sequence[Result], models: Sequence[str]) -> str:
    """Return what each model detects, and on how many of track A it can be judged."""
    lines = ["| model | test AUC, each seed | verified, of track A |", "|---|---|---|"]
    for model in models:
        auc = [row for row in rows if (row.model, row.metric) == (model, "auc")]
        share = [r for r in rows if (r.model, r.metric, r.track) == (model, "verified_share", "A")]
        shown = ", ".join(f"{row.mean:.3f}" for row in auc)
        verified = ", ".join(f"{round(100 * (row.mean or 0))} %" for row in share)
        lines.append(f"| `{model}` | {shown} | {verified} |")
    return "\n".join(lines) + "\n"


def methods_table(
    rows: Sequence[Result], models: Sequence[str], metric: str, track: str, subjects: str
) -> str:
    """Return one metric, a method in each row and a model in each column."""
    found = {
        (row.method, row.model): row
        for row in rows
        if (row.metric, row.track, row.subjects) == (metric, track, subjects)
    }
    lines = [f"| | {' | '.join(f'`{m}`' for m in models)} |", f"|---|{'---|' * len(models)}"]
    for method in METHODS:
        cells = [_cell(found.get((method, model))) for model in models]
        if any(cell != "-" for cell in cells):
            lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n" if found and models else "Not run yet.\n"


def tracks_table(rows: Sequence[Result], model: str, methods: Sequence[str]) -> str:
    """Return what a model's explanations score on every track.

    Beside each score of the verified faces stands that of all faces of the track, whatever the
    detector said of them; the first row counts both. Bits are of one of the two only.
    """
    columns = [
        (name if subjects == "verified" else f"{name}, all faces", subjects, *key)
        for name, *key in _TRACK_COLUMNS
        for subjects in ("verified", "all")
        if (subjects, key[1]) != ("all", "bits")
    ]
    found = {
        (row.method, row.subjects, row.track, row.metric): row
        for row in rows
        if row.model == model and row.method in methods
    }
    counts = [
        max((row.n for key, row in found.items() if key[1:] == tuple(column)), default="-")
        for _, *column in columns
    ]
    lines = [f"| | {' | '.join(name for name, *_ in columns)} |", f"|---|{'---|' * len(columns)}"]
    lines.append(f"| faces | {' | '.join(map(str, counts))} |")
    for method in methods:
        cells = [_cell(found.get((method, *key))) for _, *key in columns]
        if any(cell != "-" for cell in cells):
            lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def operators_table(rows: Sequence[Result], models: Sequence[str]) -> str:
    """Return how often a contribution names what each operator altered, and on how many faces."""
    own = [row for row in rows if row.subjects.endswith(", verified") and row.model in models]
    models = [model for model in models if any(row.model == model for row in own)]
    found = {(row.track, row.subjects, row.model): row for row in own}
    lines = [f"| | {' | '.join(f'`{m}`' for m in models)} |", f"|---|{'---|' * len(models)}"]
    for track, subjects in sorted({(row.track, row.subjects) for row in own}):
        cells = []
        for model in models:
            row = found.get((track, subjects, model))
            cells.append("-" if row is None else f"{_cell(row)}, n = {row.n}")
        name = subjects.removesuffix(", verified")
        lines.append(f"| {name}, {_ONE_REGION[track]} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n" if own else "Not run yet.\n"


def paired_table(rows: Sequence[Result]) -> str:
    """Return the differences of two models' maps on the faces that both are sure of."""
    found = {(row.model, row.method): row for row in rows if row.subjects == "verified by both"}
    lines = ["| contribution of | less | seeds | faces | difference |", "|---|---|---|---|---|"]
    for ours, model, method in COMPARED:
        row = found.get((f"{ours} - {model}", f"contrib - {method}"))
        if row is not None:
            told = f"{row.seeds} | {row.n} | {_difference(row)}"
            lines.append(f"| `{ours}` | {method} of `{model}` | {told} |")
    return "\n".join(lines) + "\n" if found else "Not run yet.\n"


class Target(NamedTuple):
    """What was to be shown, fixed before the runs, and what was found; None: nothing, so far."""

    claim: str
    found: str
    holds: bool | None


def targets(rows: Sequence[Result]) -> Iterator[Target]:
    """Yield every target of the study."""
    found = {
        (row.model, row.track, row.metric, row.method): row
        for row in rows
        if row.subjects == "verified"
    }
    own = found.get(("resgatv2", "A", "region_hit", "contrib"))
    yield _at_least("contribution of `resgatv2` names the region", own, 0.85)
    taught = found.get(("resgatv2_supervised", "A", "region_hit", "contrib"))
    yield _at_least("with supervised evidence", taught, 0.95)
    for named, model, method in COMPARED:
        ours = found.get((named, "A", "region_hit", "contrib"))
        rival = found.get((model, "A", "region_hit", method))
        claim = f"`{named}` 10 points over {method} of `{model}`, intervals apart"
        yield _ahead(claim, ours, rival)
    unseen = found.get(("resgatv2", "F", "region_hit", "contrib"))
    yield _share_kept("operators never seen keep 70 % of it", own, unseen)
    misled = found.get(("resgatv2", "C", "fooled", "contrib"))
    yield _at_most("at most 10 % of the decoys fool it", misled, 0.1)
    yield _detects_as_well(rows)
    yield _not_behind(
        "not 0.02 below exact Shapley values of the same faces (stretch)",
        found.get(("resgatv2", "A", "region_hit", DIFFERENCE)),
    )
    yield _at_least("2.2 bits of 3 (stretch)", found.get(("resgatv2", "A", "bits", "contrib")), 2.2)


def _at_least(claim: str, row: Result | None, wanted: float) -> Target:
    claim = f"{claim}: at least {wanted}"
    if row is None or row.mean is None:
        return Target(claim, "-" if row is None else f"too few faces: {row.n}", None)
    return Target(claim, _cell(row), row.mean >= wanted)


def _at_most(claim: str, row: Result | None, wanted: float) -> Target:
    if row is None or row.mean is None:
        return Target(claim, "-", None)
    return Target(claim, _cell(row), row.mean <= wanted)


def _not_behind(claim: str, difference: Result | None) -> Target:
    if difference is None or difference.mean is None:
        return Target(claim, "-", None)
    return Target(claim, _difference(difference), difference.mean >= -0.02)


def _ahead(claim: str, own: Result | None, rival: Result | None) -> Target:
    if own is None or rival is None or own.mean is None or rival.mean is None:
        return Target(claim, "-", None)
    is_apart = own.low is not None and rival.high is not None and own.low > rival.high
    shown = f"{_cell(own)} against {_cell(rival)}"
    return Target(claim, shown, is_apart and own.mean - rival.mean >= 0.1)


def _share_kept(claim: str, seen: Result | None, unseen: Result | None) -> Target:
    if seen is None or unseen is None or not seen.mean or unseen.mean is None:
        return Target(claim, "-", None)
    share = unseen.mean / seen.mean
    return Target(claim, f"{round(100 * share)} %: {_cell(unseen)}", share >= 0.7)


def _detects_as_well(rows: Sequence[Result]) -> Target:
    claim = "test AUC at most 0.005 below `resnet34`'s, means of the seeds"
    means = []
    for model in ("resgatv2", "resnet34"):
        auc = [r.mean for r in rows if (r.model, r.metric) == (model, "auc") and r.mean is not None]
        if not auc:
            return Target(claim, "-", None)
        means.append(sum(auc) / len(auc))
    return Target(claim, f"{means[0]:.3f} against {means[1]:.3f}", means[0] >= means[1] - 0.005)


def targets_table(rows: Sequence[Result]) -> str:
    """Return every target and whether it was met."""
    words = {True: "met", False: "**not met**"}
    lines = ["| target | found | |", "|---|---|---|"]
    for one in targets(rows):
        missing = "not run yet" if one.found == "-" else "open"
        lines.append(f"| {one.claim} | {one.found} | {words.get(one.holds, missing)} |")
    return "\n".join(lines) + "\n"


def figure(rows: Sequence[Result], models: Sequence[str]) -> Figure | None:
    """Draw Hit@1 on track A: a panel for each model that can be judged, a line for each method."""
    found = {
        (row.model, row.method): row
        for row in rows
        if (row.track, row.metric, row.subjects) == ("A", "region_hit", "verified")
        and row.mean is not None
    }
    models = [model for model in models if any(model == judged for judged, _ in found)]
    if not models:
        return None
    drawn = Figure(figsize=(3.1 * len(models) + 1.2, 4.2), layout="constrained")
    panels = drawn.subplots(1, len(models), sharex=True, sharey=True, squeeze=False)[0]
    for axes, model in zip(panels, models, strict=True):
        axes.axvline(_CHANCE, color="#707070", linestyle="--", linewidth=1)
        for place, method in enumerate(METHODS):
            row = found.get((model, method))
            if row is None:
                continue
            color = "#0072B2" if method in METHODS[:2] else "#D55E00"
            color = color if method in METHODS[:9] else "#707070"
            if row.low is not None:
                axes.plot((row.low, row.high), (place, place), color=color, linewidth=2)
            axes.plot(row.mean, place, "o", color=color, markersize=6)
        axes.set_title(model, fontsize=10)
        axes.set_xlim(-0.02, 1.02)
        axes.grid(axis="x", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_yticks(range(len(METHODS)), METHODS)
    panels[0].invert_yaxis()
    drawn.supxlabel(
        "altered region named first, track A, verified set (dashed: chance)", fontsize=9
    )
    return drawn


def _cell(row: Result | None) -> str:
    if row is None or row.mean is None:
        return "-"
    if row.low is None or row.high is None:
        return f"{row.mean:.2f}"
    return f"{row.mean:.2f} [{row.low:.2f}, {row.high:.2f}]"


def _difference(row: Result) -> str:
    if row.mean is None:
        return "-"
    if row.low is None or row.high is None:
        return f"{row.mean:+.2f}"
    return f"{row.mean:+.2f} [{row.low:+.2f}, {row.high:+.2f}]"


def _number(text: str) -> float | None:
    return float(text) if text else None


def _plain(value: Any) -> Any:
    return "" if value is None else value


def tables(rows: Sequence[Result]) -> dict[str, str]:
    """Return the tables of the README by their names, of the models that there are."""
    there = {row.model for row in rows}
    groups = [[m for m in group if m in there] for group in (MAIN, READOUTS, NODES, CONTROLS)]
    main, readouts, nodes, controls = groups
    every = list(dict.fromkeys(model for group in groups for model in group))
    hits = {"metric": "region_hit", "track": "A"}
    return {
        "targets": targets_table(rows),
        "detection": detection_table(rows, every),
        "paired": paired_table(rows),
        "hits": methods_table(rows, main, **hits, subjects="verified"),
        "tracks": tracks_table(rows, "resgatv2", METHODS[:9]),
        "operators": operators_table(rows, [m for m in main if m.startswith("resgatv2")]),
        "readouts": methods_table(rows, readouts, **hits, subjects="verified"),
        "nodes": methods_table(rows, nodes, **hits, subjects="verified"),
        "nothing": methods_table(rows, controls, **hits, subjects="all"),
        "watermark": methods_table(rows, controls, "relevance_mass", "E", "verified"),
    }


def fill(text: str, found: Mapping[str, str]) -> str:
    """Return a text with each table between its marks ``<!-- NAME -->`` and ``<!-- end -->``."""
    for name, table in found.items():
        before, mark, rest = text.partition(f"<!-- {name} -->\n")
        if not mark:
            msg = f"no place for the table {name!r}: expected a line '<!-- {name} -->'"
            raise ValueError(msg)
        after = rest[rest.index("<!-- end -->") :]
        text = f"{before}{mark}{table}{after}"
    return text


def main(folder: Path) -> None:
    """Write results.csv, the figure, and the tables of the README."""
    found = read_study(folder)
    if not found:
        sys.exit(f"{folder}: no finished run of the study; run study.py first")
    results, readme = HERE / "results.csv", HERE / "README.md"
    rows = merge(read_results(results.read_text(encoding="utf-8")), found)
    told = fill(readme.read_text(encoding="utf-8"), tables(rows))
    results.write_text(results_csv(rows), encoding="utf-8")
    if drawn := figure(rows, MAIN):
        drawn.savefig(HERE / "hits.png", dpi=110)
    readme.write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "outputs/planted_evidence"))
