"""The tables of the README."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from experiments.planted_evidence.cells import cell, difference
from experiments.planted_evidence.reading import ONE_REGION
from experiments.planted_evidence.rows import COMPARED, Result
from experiments.planted_evidence.targets import targets_table

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
#: Head, track and metric of what the table of the tracks shows.
_TRACK_COLUMNS = (
    ("A: Hit@1", "A", "region_hit"),
    ("A: bits of 3", "A", "bits"),
    ("B: share of the two named", "B", "region_recall2"),
    ("C: Hit@1", "C", "region_hit"),
    ("C: fooled", "C", "fooled"),
    ("D: false evidence", "D", "false_evidence"),
    ("D: fooled", "D", "fooled"),
    ("F: Hit@1", "F", "region_hit"),
)


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
        "tracks": tracks_table(rows, "resgatv2", (*METHODS[:9], "center", "random_smooth")),
        "operators": operators_table(rows, [m for m in main if m.startswith("resgatv2")]),
        "readouts": methods_table(rows, readouts, **hits, subjects="verified"),
        "nodes": methods_table(rows, nodes, **hits, subjects="verified"),
        "nothing": methods_table(rows, controls, **hits, subjects="all"),
        "watermark": methods_table(rows, controls, "relevance_mass", "E", "verified"),
    }


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


def paired_table(rows: Sequence[Result]) -> str:
    """Return the differences of two models' maps on the faces that both are sure of."""
    found = {(row.model, row.method): row for row in rows if row.subjects == "verified by both"}
    lines = ["| contribution of | less | seeds | faces | difference |", "|---|---|---|---|---|"]
    for ours, model, method in COMPARED:
        row = found.get((f"{ours} - {model}", f"contrib - {method}"))
        if row is not None:
            told = f"{row.seeds} | {row.n} | {difference(row)}"
            lines.append(f"| `{ours}` | {method} of `{model}` | {told} |")
    return "\n".join(lines) + "\n" if found else "Not run yet.\n"


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
        cells = [cell(found.get((method, model))) for model in models]
        if any(text != "-" for text in cells):
            lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n" if found and models else "Not run yet.\n"


def tracks_table(rows: Sequence[Result], model: str, methods: Sequence[str]) -> str:
    """Return what a model's explanations score on every track.

    Beside each score of the verified faces stands that of all faces of the track, whatever the
    detector said of them; the first row counts both. Bits are of one of the two only.
    """
    columns = [
        (name if subjects == "verified" else f"{name}, all faces", (subjects, track, metric))
        for name, track, metric in _TRACK_COLUMNS
        for subjects in ("verified", "all")
        if (subjects, metric) != ("all", "bits")
    ]
    found = {
        (row.method, (row.subjects, row.track, row.metric)): row
        for row in rows
        if row.model == model and row.method in methods
    }
    counts = [
        max((str(row.n) for (_, key), row in found.items() if key == column), key=int, default="-")
        for _, column in columns
    ]
    lines = [f"| | {' | '.join(name for name, _ in columns)} |", f"|---|{'---|' * len(columns)}"]
    lines.append(f"| faces | {' | '.join(counts)} |")
    for method in methods:
        cells = [cell(found.get((method, column))) for _, column in columns]
        if any(text != "-" for text in cells):
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
            cells.append("-" if row is None else f"{cell(row)}, n = {row.n}")
        name = subjects.removesuffix(", verified")
        lines.append(f"| {name}, {ONE_REGION[track]} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n" if own else "Not run yet.\n"


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
