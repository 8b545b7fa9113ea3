"""What the report page says: plain containers and arrays, no model and no markup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resgat.checks import check_choice
from resgat.errors import ConfigError, ShapeError
from resgat.explain.blend import check_image, check_size
from resgat.explain.stats.summary import PairRow, SummaryRow
from resgat.types import REGIONS

#: The parts of the page that a run may lack, and what the page says where no reason is given.
REASONS = {
    "verdicts": "this run makes no claim of its own",
    "pairs": "this run compares no pair of methods",
    "costs": "this run did not measure what the methods cost",
    "curves": "no metric of this run is a curve",
    "confusion": "no region is known to be the altered one, so no name can be right or wrong",
    "gallery": "this run kept no picture",
    "sanity": "this run made no sanity check",
    "pitfalls": "this run met no known pitfall",
    "config": "the configuration was not kept",
}


class Claim(NamedTuple):
    """A sentence that this run shows to hold, or not to, or leaves open: None."""

    text: str
    holds: bool | None


class Check(NamedTuple):
    """A sanity check: what was asked, what came out, and whether it passed; None leaves it open."""

    text: str
    value: str
    holds: bool | None


class Column(NamedTuple):
    """A primary metric: a column of the verdict table, and a forest plot.

    Attributes:
        metric: As in the summary rows.
        label: As on the page, such as ``Hit@1``.
        note: What it asks, in one sentence; may be empty.
    """

    metric: str
    label: str
    note: str = ""


class Price(NamedTuple):
    """What a method takes for one image."""

    ms: float
    forwards: float


@dataclass(frozen=True, eq=False)
class Curve:
    """The mean of a curve over images, with its 95 % interval at each point.

    Shape:
        x, mean, low, high: (P,)

    Raises:
        ShapeError: The four differ in length, or are empty.
    """

    x: NDArray[np.floating[Any]]
    mean: NDArray[np.floating[Any]]
    low: NDArray[np.floating[Any]]
    high: NDArray[np.floating[Any]]

    def __post_init__(self) -> None:
        shapes = [part.shape for part in (self.x, self.mean, self.low, self.high)]
        if len(set(shapes)) != 1 or len(shapes[0]) != 1 or not self.x.size:
            msg = f"curve: expected x, mean, low and high of one length, got {shapes}"
            raise ShapeError(msg)


@dataclass(frozen=True, eq=False)
class GalleryRow:
    """One face under several methods.

    Attributes:
        face: The crop, (H, W, 3) uint8 RGB.
        overlays: Method -> its map over the face, (H, W, 3) uint8 RGB.
        caption: What the face is, and what the detector called it.
        outline: The truly altered pixels, (H, W) bool; or None.

    Raises:
        ShapeError: A picture is no uint8 RGB image, or of another size than the face.
    """

    face: NDArray[np.uint8]
    overlays: Mapping[str, NDArray[np.uint8]]
    caption: str
    outline: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        check_image(self.face)
        for method, picture in self.overlays.items():
            check_image(picture)
            check_size(method, picture, self.face.shape)
        if self.outline is not None:
            check_size("outline", self.outline, self.face.shape[:2])


@dataclass(frozen=True, eq=False)
class ExplanationReport:
    """All that the page shows. A part that is empty is left out, and the page says why.

    Attributes:
        title: The page's heading.
        facts: Key and value: checkpoint, data, code version, hashes, seeds, counts.
        summary: Of any number of models, tracks and metrics. The first model, and its track "A" or
            first track, is what costs, curves, confusion and gallery belong to.
        claims: The headline.
        columns: The primary metrics; the first is the headline's, and ranks the methods. Empty: all
            metrics, by their names.
        chance: (track, metric) -> what a map that says nothing scores.
        tracks: Track -> what it asks, in a few words.
        coverage: (model, track) -> images of the verified set, and of all.
        pairs: Only the comparisons with the best method are shown.
        prices: Method -> its cost.
        plain_ms: One image through the detector, without explanation.
        curves: Name -> method -> curve; the name is the panel's title.
        confusion: Method -> counts, planted region (row) against named region, (8, 8).
        gallery: The pictures.
        sanity: The checks.
        pitfalls: Known traps that this run met.
        config: The resolved configuration.
        missing: Part (see :data:`REASONS`) -> why this run lacks it.

    Raises:
        ConfigError: There is no summary row, a column has none, or ``missing`` names no part.
        ShapeError: A confusion matrix is not 8 by 8.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    summary: tuple[SummaryRow, ...]
    claims: tuple[Claim, ...] = ()
    columns: tuple[Column, ...] = ()
    chance: Mapping[tuple[str, str], float] = field(default_factory=dict)
    tracks: Mapping[str, str] = field(default_factory=dict)
    coverage: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    pairs: tuple[PairRow, ...] = ()
    prices: Mapping[str, Price] = field(default_factory=dict)
    plain_ms: float | None = None
    curves: Mapping[str, Mapping[str, Curve]] = field(default_factory=dict)
    confusion: Mapping[str, NDArray[np.floating[Any]]] = field(default_factory=dict)
    gallery: tuple[GalleryRow, ...] = ()
    sanity: tuple[Check, ...] = ()
    pitfalls: tuple[str, ...] = ()
    config: str = ""
    missing: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.summary:
            msg = "summary: expected at least one row, got none; explain at least one image"
            raise ConfigError(msg)
        metrics = sorted({row.metric for row in self.summary})
        for column in self.columns:
            check_choice("columns", column.metric, metrics)
        for part in self.missing:
            check_choice("missing", part, REASONS)
        for method, counts in self.confusion.items():
            if counts.shape != (len(REGIONS), len(REGIONS)):
                msg = f"confusion of {method}: expected shape (8, 8), got {counts.shape}"
                raise ShapeError(msg)
