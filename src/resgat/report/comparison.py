"""A comparison of detectors laid out: for the terminal, and as one page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from rich import box
from rich.table import Table

from resgat.metrics.comparison import Gap, Standing
from resgat.metrics.detection import LOWER_IS_BETTER
from resgat.metrics.measure import why_not_resampled
from resgat.report.cell import number_cell
from resgat.report.html.blocks import fact_list, folded, grid_table
from resgat.report.html.forest import Bar, forest
from resgat.report.html.markup import Markup, element, join
from resgat.report.html.shell import Section, render
from resgat.report.html.wording import chance_of, counted, interval, number

#: What each metric is called in a table.
METRIC_WORDS = {
    "auc": "AUC",
    "ap": "AP",
    "eer": "EER",
    "log_loss": "log loss",
    "balanced_accuracy": "balanced accuracy",
    "f1": "F1",
    "tpr_at_fpr_1pct": "TPR at 1 % FPR",
    "tpr_at_fpr_01pct": "TPR at 0.1 % FPR",
    "brier": "Brier score",
    "ece": "ECE",
}
_SHOWN = ("auc", "ap", "eer", "balanced_accuracy", "log_loss", "ece")
_ON_TERMINAL = ("auc", "eer", "balanced_accuracy")


class RunFacts(NamedTuple):
    """Where a number comes from.

    Attributes:
        name: Of the detector.
        folder: Of the run.
        seed: That it was trained with.
        code: Version.
        index_sha256: Of the crops it was tested on.
        seen: What of them it had learnt from, in words; "nothing" is as it should be.
        cut: How they were cut otherwise than those it learnt from, in words; likewise.
    """

    name: str
    folder: str
    seed: int
    code: str
    index_sha256: str
    seen: str = "not checked"
    cut: str = "not recorded"


@dataclass(frozen=True)
class ComparisonReport:
    """What is laid out.

    Attributes:
        metric: That ranks and is tested.
        level: "video" or "frame".
        num_rows: Videos or frames.
        num_groups: Identity groups of these.
        standings: Best first.
        gaps: Every pair.
        runs: Behind the detectors.
    """

    metric: str
    level: str
    num_rows: int
    num_groups: int
    standings: tuple[Standing, ...]
    gaps: tuple[Gap, ...]
    runs: tuple[RunFacts, ...]

    @property
    def names(self) -> list[str]:
        """The detectors, best first."""
        return list(dict.fromkeys(one.name for one in self.standings))

    def standing(self, name: str, metric: str) -> Standing:
        """Return one number."""
        return next(one for one in self.standings if (one.name, one.metric) == (name, metric))

    @property
    def untested(self) -> str | None:
        """Why there is a pair whose difference is not tested; None where every one is."""
        names = self.names
        if len(names) == 1:
            return "there is one detector"
        words = METRIC_WORDS[self.metric]
        without = [name for name in names if self.standing(name, self.metric).value is None]
        if without:
            return (
                f"{words} cannot be had of {', '.join(without)}: a class or a threshold is missing"
            )
        if not self.gaps:
            return f"there are no resamples of {words}: {why_not_resampled(self.metric)}"
        return None

    def verdict(self, name: str) -> str:
        """Return in words how a detector stands to the best."""
        best = self.names[0]
        if self.standing(best, self.metric).value is None:
            return "not tested"
        if name == best:
            return "best"
        gap = next((one for one in self.gaps if (one.first, one.second) == (best, name)), None)
        if gap is None or gap.p_holm is None:
            return "not tested"
        return "worse" if gap.is_real else "not told apart"


def standings_table(report: ComparisonReport) -> Table:
    """Lay out the detectors for the terminal, best first."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, collapse_padding=True, pad_edge=False)
    table.add_column(f"{report.level} level", overflow="fold")
    table.add_column("seeds", justify="right")
    shown = list(dict.fromkeys((report.metric, *_ON_TERMINAL)))[:3]
    for metric in shown:
        table.add_column(METRIC_WORDS[metric], justify="right", no_wrap=True)
    table.add_column("against the best")
    for name in report.names:
        cells = [_plain(report.standing(name, metric)) for metric in shown]
        seeds = str(report.standing(name, report.metric).num_seeds)
        table.add_row(name, seeds, *cells, report.verdict(name))
    return table


def comparison_page(report: ComparisonReport) -> str:
    """Return the page as HTML."""
    words = METRIC_WORDS[report.metric]
    sections = [
        Section(
            "ranking",
            "Ranking",
            f"{words}, the mean over seeds. 95 % intervals over identity groups, and over seeds "
            "where there are several.",
            _ranking(report),
        ),
        Section(
            "pairs",
            "Which differences are real",
            f"Differences in {words} on the same {report.level}s, by the same resamples. An "
            "interval is of its pair alone; p-values hold for all pairs together (Holm) and "
            "decide.",
            _pairs(report),
        ),
        Section("metrics", "All metrics", "", _metrics(report)),
        Section("runs", "Runs", "", _runs(report)),
    ]
    title = f"Comparison of {counted(len(report.names), 'detector')}"
    return render(
        title,
        _opening(report),
        sections,
        "Written by resgat. Numbers in full: comparison.csv, pairs.csv.",
    )


def _opening(report: ComparisonReport) -> Markup:
    names = report.names
    alike = [name for name in names[1:] if report.verdict(name) == "not told apart"]
    words = METRIC_WORDS[report.metric]
    sentences = [
        f"{counted(report.num_rows, report.level)} of "
        f"{counted(report.num_groups, 'identity group')}.",
    ]
    if report.standing(names[0], report.metric).value is None:
        sentences.append(f"{words} cannot be had: a class is missing, or a threshold.")
        return element("p", " ".join(sentences))
    sentences.append(f"Best by {words}: {names[0]}.")
    if len(names) > 1 and report.untested:
        sentences.append(f"Not every difference is tested: {report.untested}.")
    if alike:
        sentences.append(f"Not told apart from it: {', '.join(alike)}.")
    elif len(names) > 1 and all(report.verdict(name) == "worse" for name in names[1:]):
        sentences.append("It is better than every other one.")
    if any(report.standing(name, report.metric).num_seeds == 1 for name in names):
        sentences.append(
            "What was trained with one seed stands for that one checkpoint: trained again, it may "
            "well change places."
        )
    return element("p", " ".join(sentences))


def _ranking(report: ComparisonReport) -> Markup:
    bars = []
    for name in report.names:
        one = report.standing(name, report.metric)
        is_behind = report.verdict(name) == "worse"
        bars.append(Bar(name, one.value, one.low, one.high, is_dull=is_behind, words="undefined"))
    better = "lower" if report.metric in LOWER_IS_BETTER else "higher"
    note = f"{better} is better; hollow: worse than the best beyond chance"
    chance = 0.5 if report.metric in ("auc", "eer", "balanced_accuracy") else None
    plot = forest({"": bars}, chance)
    return element("figure", plot, element("figcaption", note), class_="forest-plot")


def _pairs(report: ComparisonReport) -> Markup:
    why = report.untested
    left_out = element("p", f"Left out: {why}.", class_="note absent") if why else ""
    if not report.gaps:
        return join((left_out,))
    rows = [
        (
            f"{gap.first} against {gap.second}",
            number(gap.diff),
            interval(gap.low, gap.high),
            chance_of(gap.p_holm),
            "real" if gap.is_real else "not shown",
        )
        for gap in report.gaps
    ]
    head = ("pair", "difference", "95 % interval", "p (Holm)", "difference is")
    return join((grid_table(head, rows, "Pairs of detectors"), left_out))


def _metrics(report: ComparisonReport) -> Markup:
    main = _metric_table(report, [m for m in METRIC_WORDS if m in _SHOWN])
    rest = _metric_table(report, [m for m in METRIC_WORDS if m not in _SHOWN])
    return join((main, folded("More metrics", rest)))


def _metric_table(report: ComparisonReport, metrics: list[str]) -> Markup:
    head = ("detector", "seeds", *(METRIC_WORDS[metric] for metric in metrics))
    rows = [
        (
            name,
            report.standing(name, report.metric).num_seeds,
            *(_cell(report.standing(name, metric)) for metric in metrics),
        )
        for name in report.names
    ]
    return grid_table(head, rows, "Metrics of all detectors")


def _runs(report: ComparisonReport) -> Markup:
    by_name: Mapping[str, list[RunFacts]] = {
        name: [run for run in report.runs if run.name == name] for name in report.names
    }
    parts: list[Markup] = []
    for name, runs in by_name.items():
        facts = [
            (
                f"seed {run.seed}",
                f"{run.folder}, code {run.code}; learnt from: {run.seen}; cut otherwise than in "
                f"training: {run.cut}",
            )
            for run in runs
        ]
        parts += [element("h3", name), fact_list(facts)]
    crops = sorted({run.index_sha256 for run in report.runs})
    parts.append(element("p", f"Crops: index SHA-256 {', '.join(crops)}", class_="note"))
    return join(parts)


def _cell(one: Standing) -> Markup:
    ends = None if one.low is None or one.high is None else (one.low, one.high)
    return number_cell(one.value, ends)


def _plain(one: Standing) -> str:
    if one.value is None:
        return "-"
    if one.low is None or one.high is None:
        return f"{one.value:.3f}"
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"
