"""The page of one checkpoint on several corpora."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from resgat.report.cell import metric_cell
from resgat.report.comparison import METRIC_WORDS
from resgat.report.html.blocks import fact_list, grid_table
from resgat.report.html.forest import Bar, forest
from resgat.report.html.markup import Markup, element, join
from resgat.report.html.shell import Section, render
from resgat.report.html.wording import counted
from resgat.report.other_crops import other_crops_words
from resgat.report.seen import seen_words

_SHOWN = ("auc", "ap", "eer", "balanced_accuracy", "tpr_at_fpr_1pct", "log_loss", "ece")


def across_page(
    judged: Mapping[str, Mapping[str, Any]],
    left_out: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return the page as HTML.

    Args:
        judged: Folder beside the page -> ``corpus``, ``ckpt_path`` and ``test``, which is what
            ``summarise`` returned.
        left_out: Folder -> why it is not among them.
    """
    corpora = list(dict.fromkeys(run["corpus"] for run in judged.values()))
    checkpoints = list(dict.fromkeys(run["ckpt_path"] for run in judged.values()))
    sections = [
        Section(
            "auc",
            "AUC of the videos",
            "95 % intervals over identity groups; the mark is chance.",
            element("figure", forest(_bars(judged), 0.5), class_="forest-plot"),
        ),
        Section(
            "numbers",
            "Numbers",
            "Per video, at the threshold and without the temperature that val chose where the "
            "checkpoint was trained. Corpora differ in what is hard about them: a number of one is "
            "no number of another.",
            _tables(judged, checkpoints),
        ),
    ]
    if left_out:
        sections.append(Section("left-out", "Left out", "", fact_list(left_out.items())))
    title = f"{counted(len(checkpoints), 'checkpoint')} on {', '.join(corpora)}"
    opening = join(element("p", path) for path in checkpoints)
    return render(title, opening, sections, "Written by resgat. Numbers in full: across.csv.")


def _bars(judged: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Bar]]:
    """Return a group for each checkpoint; without a heading where there is one."""
    groups: dict[str, list[Bar]] = {}
    is_one = len({run["ckpt_path"] for run in judged.values()}) == 1
    for run in judged.values():
        video = run["test"]["video"]
        low, high = video["auc_ci"] or (None, None)
        bar = Bar(run["corpus"], video["auc"], low, high, words="undefined")
        groups.setdefault("" if is_one else run["ckpt_path"], []).append(bar)
    return groups


def _tables(judged: Mapping[str, Mapping[str, Any]], checkpoints: Sequence[str]) -> Markup:
    """Return a table for each checkpoint; without a heading where there is one."""
    parts = []
    for path in checkpoints:
        own = {folder: run for folder, run in judged.items() if run["ckpt_path"] == path}
        heading = element("h3", path) if len(checkpoints) > 1 else ""
        parts.append(join((heading, _table(own))))
    return join(parts)


def _table(judged: Mapping[str, Mapping[str, Any]]) -> Markup:
    head = ("corpus", "videos", *(METRIC_WORDS[metric] for metric in _SHOWN))
    rows = []
    for folder, run in judged.items():
        video = run["test"]["video"]
        corpus = join(
            (element("a", run["corpus"], href=f"{folder}/report.html"), _mark(run["test"]))
        )
        rows.append((corpus, f"{video['n']:,}", *(metric_cell(video, metric) for metric in _SHOWN)))
    return grid_table(head, rows, "Numbers on each corpus")


def _mark(test: Mapping[str, Any]) -> Markup:
    """Say beside a corpus what is amiss with its numbers."""
    marks = {
        "seen_in_training": f"too good: {seen_words(test)}",
        "other_crop_spec": f"cut otherwise than in training: {other_crops_words(test)}",
    }
    return join(element("small", mark) for key, mark in marks.items() if test.get(key))
