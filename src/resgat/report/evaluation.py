"""The page of an evaluation: every number with its interval, its curves, and its worst mistakes."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from resgat.explain.item import GalleryItem
from resgat.report.cell import metric_cell
from resgat.report.comparison import METRIC_WORDS
from resgat.report.face_rows import face_rows
from resgat.report.html.blocks import fact_list, folded, grid_table
from resgat.report.html.forest import Bar, forest
from resgat.report.html.markup import Markup, breakable, element, join
from resgat.report.html.shell import Section, render
from resgat.report.html.wording import DASH, counted, interval, number
from resgat.report.metrics_json import LEVELS
from resgat.report.other_crops import other_crops_words
from resgat.report.plots import figure_png
from resgat.report.seen import seen_words
from resgat.types import FAKE, REAL

_CALIBRATED = {
    "log_loss_calibrated": "log loss, calibrated",
    "brier_calibrated": "Brier score, calibrated",
    "ece_calibrated": "ECE, calibrated",
}
_CAPTIONS = {
    "roc": "ROC curve of the videos.",
    "pr": "Precision and recall of the videos.",
    "calibration": "Of all videos that get a probability, how many are fake?",
    "scores": "Where the videos' logits lie.",
    "confusion": "At the threshold that val chose.",
    "robustness": "AUC under corruptions, by severity.",
    "history": "Training.",
}
_COVERAGE = {
    "videos_asked": "videos asked for",
    "videos_found": "found",
    "videos_decoded": "decoded",
    "videos_with_face": "with a face",
    "videos": "judged",
    "crops": "crops judged",
}
_VERDICTS = {True: "beats its controls", False: "not shown to beat them", None: "control"}
_READING = (
    "Intervals are 95 %, from resamples of identity groups: all videos that share a person are "
    "drawn together, so that frames of one video do not pass for independent witnesses. The "
    "interval in brackets behind the AUC, by DeLong, takes rows for independent and is there to "
    "show what that would claim. Threshold and temperature were chosen on val and are carried in "
    "the checkpoint. A video's probability is the sigmoid of its mean frame logit. A manipulation "
    "method is measured against all real videos."
)


@dataclass(frozen=True)
class EvaluationReport:
    """What is laid out.

    Attributes:
        title: Of the page.
        test: What ``summarise`` returned, with coverage and evidence.
        figures: Name -> figure, in the order of the page.
        videos: Of each its name, method, compression, label, probability and number of frames, the
            hardest first.
        errors: The worst mistakes with their evidence.
        faces: A few others, chosen before anything was known about them.
        facts: What was run on what.
        config: As YAML.
    """

    title: str
    test: Mapping[str, Any]
    figures: Mapping[str, Figure]
    videos: Sequence[Sequence[Any]]
    errors: Sequence[GalleryItem]
    faces: Sequence[GalleryItem]
    facts: tuple[tuple[str, str], ...]
    config: str


def evaluation_page(report: EvaluationReport) -> str:
    """Return the page as HTML."""
    test = report.test
    sections = [
        Section("numbers", "Numbers", "Each with its 95 % interval.", _numbers(test)),
        *_breakdowns(test),
        Section("curves", "Curves", "", _figures(report.figures)),
        Section("errors", "Worst mistakes", _ERRORS_LEAD, _errors(report)),
        Section("videos", "Hardest videos", _VIDEOS_LEAD, _videos(report.videos)),
        *_faces(report),
        Section("evidence", "Does the evidence point at what was altered?", "", _evidence(test)),
        Section("coverage", "Coverage", "", _coverage(test)),
        Section("facts", "The run", "", fact_list(report.facts)),
        Section(
            "config",
            "Configuration",
            "",
            folded("The resolved configuration", element("pre", report.config)),
        ),
        Section("reading", "How to read this", "", element("p", _READING)),
    ]
    footer = (
        "Written by resgat. Numbers in full: metrics.json, predictions.parquet, "
        "video_predictions.parquet."
    )
    return render(report.title, _opening(test), sections, footer)


_ERRORS_LEAD = (
    "The frames on the wrong side of the threshold that the detector is surest of, no video twice: "
    "false alarms first, then misses."
)
_VIDEOS_LEAD = (
    "Those whose probability lies farthest from the truth. All are in video_predictions.parquet."
)
_FACES_LEAD = "Some of each method, chosen before anything was known about them."
_NUM_VIDEOS = 20


def _opening(test: Mapping[str, Any]) -> Markup:
    marks = {
        "seen_in_training": f"Too good to be true: of what was judged, {seen_words(test)}.",
        "other_crop_spec": "These crops were cut otherwise than those of the training: "
        f"{other_crops_words(test)}. The numbers are of that difference, too.",
    }
    said = [element("p", element("b", mark)) for key, mark in marks.items() if test.get(key)]
    return join((*said, _headline(test)))


def _headline(test: Mapping[str, Any]) -> Markup:
    video = test["video"]
    if video["auc"] is None:
        return element("p", f"No AUC: {video['auc_reason']}.")
    ends = video["auc_ci"] or (None, None)
    text = (
        f"Video AUC {number(video['auc'])} {interval(*ends)} on {counted(video['n'], 'video')}, "
        f"{video['n_fake']:,} of them fake."
    )
    return element("p", element("b", text))


def _numbers(test: Mapping[str, Any]) -> Markup:
    words = METRIC_WORDS | _CALIBRATED
    rows = [
        (name, *(_cell(test[level], metric) for level in LEVELS)) for metric, name in words.items()
    ]
    rows.append(("threshold on P(fake)", *(number(test[x]["threshold_prob"]) for x in LEVELS)))
    rows.append(("temperature", *(_temperature(test[x]) for x in LEVELS)))
    rows.append(("n", *(f"{test[x]['n']:,}" for x in LEVELS)))
    rows.append(("identity groups", *(f"{test[x]['n_groups']:,}" for x in LEVELS)))
    for what in ("real", "fake"):
        held = (f"{test[x][f'n_groups_{what}']:,}" for x in LEVELS)
        rows.append((f"identity groups with {what} rows", *held))
    return grid_table(("metric", *LEVELS), rows, "Numbers at video and frame level")


def _temperature(level: Mapping[str, Any]) -> Markup:
    """Write the temperature, and why it is not to be believed where it is not."""
    return join(
        (number(level["temperature"]), element("small", level.get("temperature_reason", "")))
    )


def _cell(level: Mapping[str, Any], metric: str) -> Markup:
    cell = metric_cell(level, metric)
    if metric != "auc" or not level["auc_delong_ci"]:
        return cell
    return join((cell, element("small", f"(DeLong {interval(*level['auc_delong_ci'])})")))


def _breakdowns(test: Mapping[str, Any]) -> list[Section]:
    parts = {
        "By manipulation method": test["by_method"],
        "By compression": test["by_compression"],
        **{f"By {name}": part for name, part in test["by_attribute"].items()},
    }
    return [
        Section(f"part-{place}", title, "AUC of the videos; the mark is chance.", _breakdown(part))
        for place, (title, part) in enumerate(parts.items())
        if part
    ]


def _breakdown(parts: Mapping[str, Mapping[str, Any]]) -> Markup:
    bars = [_bar(name, part["video"]) for name, part in parts.items()]
    shown = ("auc", "ap", "eer", "balanced_accuracy", "tpr_at_fpr_1pct")
    head = ("", "videos", "groups", *(METRIC_WORDS[metric] for metric in shown))
    rows = [
        (
            name,
            f"{part['video']['n']:,}",
            f"{part['video']['n_groups']:,}",
            *(_cell(part["video"], metric) for metric in shown),
        )
        for name, part in parts.items()
    ]
    plot = element("figure", forest({"": bars}, 0.5), class_="forest-plot")
    return join((plot, grid_table(head, rows, "Numbers of each part")))


def _bar(name: str, level: Mapping[str, Any]) -> Bar:
    low, high = level["auc_ci"] or (None, None)
    return Bar(name, level["auc"], low, high, words="undefined")


def _figures(figures: Mapping[str, Figure]) -> Markup:
    return element(
        "div",
        *(_figure(figure, _CAPTIONS.get(name, name)) for name, figure in figures.items()),
        class_="grid wide",
    )


def _figure(figure: Figure, caption: str) -> Markup:
    width, height = (round(96 * inches) for inches in figure.get_size_inches())
    coded = base64.b64encode(figure_png(figure)).decode()
    source = f"data:image/png;base64,{coded}"
    style = f"max-width: min(100%, {width}px); height: auto"
    image = element("img", src=source, alt=caption, width=width, height=height, style=style)
    return element("figure", image, element("figcaption", caption))


def _errors(report: EvaluationReport) -> Markup:
    threshold_prob = report.test["frame"]["threshold_prob"]
    if report.errors:
        return face_rows(report.errors, threshold_prob)
    why = "no threshold could be chosen on val" if threshold_prob is None else "there is no mistake"
    return element("p", f"Left out: {why}.", class_="note absent")


def _videos(videos: Sequence[Sequence[Any]]) -> Markup:
    head = ("video", "truth", "P(fake)", "method", "compression", "frames")
    words = {FAKE: "fake", REAL: "real"}
    rows = [
        (breakable(video), words[label], number(prob), method, compression, f"{num:,}")
        for video, method, compression, label, prob, num in videos[:_NUM_VIDEOS]
    ]
    return grid_table(head, rows, "The hardest videos")


def _faces(report: EvaluationReport) -> list[Section]:
    if not report.faces:
        return []
    rows = face_rows(report.faces, report.test["frame"]["threshold_prob"])
    return [Section("faces", "Faces and their evidence", _FACES_LEAD, rows)]


def _evidence(test: Mapping[str, Any]) -> Markup:
    evidence = test["evidence"]
    if "reason" in evidence:
        return element("p", f"Left out: {evidence['reason']}.", class_="note absent")
    rows = [
        (
            name,
            _share(one, "hit"),
            _share(one, "auroc"),
            number(one.get("permuted_hit")),
            _VERDICTS[one.get("beats_controls")],
        )
        for name, one in evidence.items()
        if isinstance(one, Mapping)
    ]
    head = ("map", "hottest cell altered", "cell AUROC", "own maps of other images", "verdict")
    return grid_table(head, rows, "Evidence against true masks")


def _share(one: Mapping[str, Any], key: str) -> Markup:
    ends = one.get(f"{key}_ci") or (None, None)
    found = element("small", interval(*ends)) if ends[0] is not None else ""
    return join((element("b", number(one.get(key))), found))


def _coverage(test: Mapping[str, Any]) -> Markup:
    coverage = test["coverage"]
    facts = [
        (words, DASH if coverage.get(key) is None else f"{coverage[key]:,}")
        for key, words in _COVERAGE.items()
        if key in coverage
    ]
    facts.append(("seen in training", seen_words(test)))
    facts.append(("cut otherwise than in training", other_crops_words(test)))
    reason = test.get("coverage_reason")
    note = element("p", f"Earlier counts are not known: {reason}", class_="note") if reason else ""
    return join((fact_list(facts), note))
