"""Figures of a run. Each function returns a Figure of its own; no state is shared."""

from __future__ import annotations

import csv
import io
import warnings
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor
from torchmetrics.functional.classification import (
    binary_confusion_matrix,
    binary_precision_recall_curve,
    binary_roc,
)

from resgat.errors import DatasetNotFoundError
from resgat.files import write_atomic
from resgat.metrics.calibration import calibrated
from resgat.metrics.detection import ECE_BINS
from resgat.metrics.inputs import as_binary, sigmoid, unit_rank

#: Source: Okabe and Ito 2008, "Color Universal Design": told apart with any colour vision.
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#707070"

#: Curve of the training history -> (title, axis label); a column belongs where its name says so.
_PANELS = {"loss": "Loss", "auc": "AUC"}

#: Tells the curves of one stage apart.
_DASHES = ("-", "--", "-.")
_DPI = 150


def plot_roc(table: pa.Table, metrics: Mapping[str, Any]) -> Figure:
    """Draw the ROC curve of a video or frame table, beside the line of chance.

    Args:
        table: Columns ``logit`` and ``label``.
        metrics: That level's numbers from ``summarise``; the legend shows its AUC and interval.
    """
    figure, axes = _square("False positive rate (real called fake)", "True positive rate")
    axes.set_title("ROC curve")
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1.2, label="chance, AUC 0.500")
    if metrics["auc"] is None:
        _write_note(axes, f"No ROC curve: {metrics['auc_reason']}")
    else:
        fpr, tpr, _ = binary_roc(*_ranks(table))
        axes.plot(fpr, tpr, color=BLUE, linewidth=2, label=_auc_label(metrics), clip_on=False)
    axes.legend(loc="lower right", frameon=False)
    return figure


def plot_pr(table: pa.Table, metrics: Mapping[str, Any]) -> Figure:
    """Draw the precision-recall curve of a table; chance is the share of fakes.

    Args:
        table: Columns ``logit`` and ``label``.
        metrics: That level's numbers from ``summarise``.
    """
    figure, axes = _square("Recall (share of fakes found)", "Precision")
    axes.set_title("Precision-recall curve")
    if metrics["ap"] is None:
        _write_note(axes, f"No precision-recall curve: {metrics['ap_reason']}")
        return figure
    share = metrics["n_fake"] / metrics["n"]
    axes.axhline(share, color=GREY, linestyle="--", linewidth=1.2, label=f"chance, AP {share:.3f}")
    precision, recall, _ = binary_precision_recall_curve(*_ranks(table))
    label = f"detector, AP {metrics['ap']:.3f}"
    axes.step(recall, precision, color=BLUE, linewidth=2, label=label, where="post", clip_on=False)
    axes.legend(loc="lower left", frameon=False)
    return figure


def plot_confusion(table: pa.Table, threshold_prob: float) -> Figure:
    """Draw counts, and shares of each true class, at a threshold on the probability.

    Args:
        table: Columns ``prob`` and ``label``.
        threshold_prob: A row is called fake where its probability is at least this.
    """
    prob, label = as_binary(table["prob"].to_numpy(), table["label"].to_numpy())
    called_fake = torch.from_numpy((prob >= threshold_prob).astype(np.int64))
    counts = binary_confusion_matrix(called_fake, torch.from_numpy(label)).numpy()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(4.6, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        color = "white" if shares[row, column] > 0.7 else "black"
        text = f"{count:,}\n{shares[row, column]:.1%}"
        axes.text(column, row, text, ha="center", va="center", color=color, fontsize=13)
    names = ("real", "fake")
    axes.set_xticks([0, 1], names)
    axes.set_yticks([0, 1], names)
    axes.set(xlabel="Predicted class", ylabel="True class")
    axes.set_title(f"Confusion at threshold {threshold_prob:.3f}")
    axes.tick_params(length=0)
    return figure


def plot_calibration(table: pa.Table, metrics: Mapping[str, Any]) -> Figure:
    """Draw how often rows of a probability are fake, as it is and calibrated; counts below.

    Args:
        table: Columns ``logit`` and ``label``.
        metrics: That level's numbers from ``summarise``.
    """
    figure = Figure(figsize=(5.0, 5.6), layout="constrained")
    axes, counts = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    axes.set(ylabel="Share of fakes", xlim=(0, 1), ylim=(0, 1), title="Calibration")
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1.2, label="honest")
    logit, label = as_binary(table["logit"].to_numpy(), table["label"].to_numpy())
    temperature = metrics["temperature"]
    shown = [("as it is", "ece", logit, BLUE, "o")]
    if temperature is not None:
        told = f"temperature {temperature:.2f}"
        shown.append((told, "ece_calibrated", calibrated(logit, temperature), ORANGE, "s"))
    for name, key, values, color, marker in shown:
        if metrics[key] is None:
            _write_note(axes, f"No calibration curve: {metrics[f'{key}_reason']}")
            continue
        prob = sigmoid(values)
        places = np.minimum((prob * ECE_BINS).astype(int), ECE_BINS - 1)
        size = np.bincount(places, minlength=ECE_BINS)
        full = size > 0
        mean, share = (
            np.bincount(places, one, ECE_BINS)[full] / size[full] for one in (prob, label)
        )
        drawn = f"{name}, ECE {metrics[key]:.3f}"
        axes.plot(mean, share, color=color, marker=marker, markersize=5, label=drawn, clip_on=False)
        counts.stairs(size, np.linspace(0, 1, ECE_BINS + 1), color=color, linewidth=1.5)
    counts.set(xlabel="P(fake)", ylabel="Rows")
    for one in (axes, counts):
        _tidy(one)
    axes.legend(loc="upper left", frameon=False)
    return figure


def plot_scores(table: pa.Table, threshold_prob: float | None) -> Figure:
    """Draw where the logits of reals and of fakes lie, and the threshold.

    Args:
        table: Columns ``logit`` and ``label``.
        threshold_prob: A row is called fake where its probability is at least this.
    """
    figure = Figure(figsize=(5.4, 4.0), layout="constrained")
    axes = figure.subplots()
    axes.set(xlabel="Logit (above 0: rather fake)", ylabel="Share of the class", title="Scores")
    logit, label = as_binary(table["logit"].to_numpy(), table["label"].to_numpy())
    if logit.size:
        edges = np.histogram_bin_edges(logit, 40)
        for side, name, color in ((0, "real", BLUE), (1, "fake", ORANGE)):
            size = np.histogram(logit[label == side], edges)[0]
            if size.sum():
                axes.stairs(
                    size / size.sum(), edges, color=color, fill=True, alpha=0.35, linewidth=1.5
                )
                axes.stairs(size / size.sum(), edges, color=color, linewidth=1.5, label=name)
    if threshold_prob is not None and 0 < threshold_prob < 1:
        place = np.log(threshold_prob / (1 - threshold_prob))
        axes.axvline(place, color=GREY, linestyle="--", linewidth=1.2, label="threshold from val")
    _tidy(axes)
    axes.legend(frameon=False)
    return figure


def plot_history(path: Path) -> Figure:
    """Draw loss and AUC over the epochs from a CSV logger's ``metrics.csv``.

    Columns named ``train/...`` and ``val/...`` that hold "loss" or "auc" are drawn; several rows of
    one epoch are averaged.

    Raises:
        DatasetNotFoundError: The file is missing, or holds no such column.
    """
    curves = _read_curves(path)
    panels = [panel for panel in _PANELS if any(panel in name for name in curves)]
    if not panels:
        msg = f"{path}: expected columns such as train/loss or val/auc; train with the csv logger"
        raise DatasetNotFoundError(msg)
    figure = Figure(figsize=(5.2 * len(panels), 4.0), layout="constrained")
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _draw_curves(axes, {name: curve for name, curve in curves.items() if panel in name})
        axes.set(xlabel="Epoch", ylabel=_PANELS[panel], title=f"{_PANELS[panel]} per epoch")
    return figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whole or not at all."""
    write_atomic(path, lambda beside: beside.write_bytes(figure_png(figure)))


def figure_png(figure: Figure) -> bytes:
    """Return a figure as PNG; a letter that no font has is a box."""
    held = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing from font")
        figure.savefig(held, format="png", dpi=_DPI)
    return held.getvalue()


def _square(xlabel: str, ylabel: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5.0, 5.0), layout="constrained")
    axes = figure.subplots()
    axes.set(xlabel=xlabel, ylabel=ylabel, xlim=(0, 1), ylim=(0, 1), aspect="equal")
    _tidy(axes)
    return figure, axes


def _tidy(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)


def _write_note(axes: Axes, text: str) -> None:
    backdrop = {"facecolor": "white", "edgecolor": "none", "pad": 6}
    place: dict[str, Any] = {"ha": "center", "va": "center", "transform": axes.transAxes}
    axes.text(0.5, 0.5, text, wrap=True, bbox=backdrop, **place)


def _ranks(table: pa.Table) -> tuple[Tensor, Tensor]:
    logit, label = as_binary(table["logit"].to_numpy(), table["label"].to_numpy())
    return torch.from_numpy(unit_rank(logit)), torch.from_numpy(label)


def _auc_label(metrics: Mapping[str, Any]) -> str:
    label = f"detector, AUC {metrics['auc']:.3f}"
    if metrics.get("auc_ci"):
        low, high = metrics["auc_ci"]
        label += f"\n95 % CI [{low:.3f}, {high:.3f}]"
    return label


def _read_curves(path: Path) -> dict[str, dict[int, float]]:
    """Return column -> epoch -> mean value."""
    if not path.is_file():
        msg = f"{path}: no such file; train with the csv logger"
        raise DatasetNotFoundError(msg)
    values: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for name, text in row.items():
                is_curve = name.startswith(("train/", "val/")) and not name.endswith("_step")
                if is_curve and text and row.get("epoch"):
                    values[name][int(row["epoch"])].append(float(text))
    return {
        name: {epoch: float(np.mean(seen)) for epoch, seen in sorted(epochs.items())}
        for name, epochs in values.items()
    }


def _draw_curves(axes: Axes, curves: Mapping[str, Mapping[int, float]]) -> None:
    dashes = {"train": iter(_DASHES), "val": iter(_DASHES)}
    for name, curve in sorted(curves.items()):
        stage = name.split("/")[0]
        axes.plot(
            list(curve),
            list(curve.values()),
            color=BLUE if stage == "train" else ORANGE,
            linestyle=next(dashes[stage], ":"),
            marker="o" if stage == "train" else "s",
            markersize=4,
            label=name,
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _tidy(axes)
    axes.legend(frameon=False)
