"""One checkpoint: whose explanations are measured, which methods can be had, and each in turn."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from resgat.errors import ConfigError
from resgat.explain.attribution import Explainer
from resgat.explain.metrics.catalogue import MapMetric, ModelMetric
from resgat.explain.metrics.localisation import MaskPool, pool_masks
from resgat.explain.probe import Probe
from resgat.measuring.exchange import kinds_of
from resgat.measuring.faces import FaceLoader
from resgat.measuring.method import Judges, measure
from resgat.measuring.part import Part, read_part, write_part
from resgat.measuring.possible import try_map_metrics, try_methods, try_model_metrics
from resgat.measuring.subjects import REAL_TRACKS, Subjects
from resgat.measuring.table import Judged, score_table
from resgat.measuring.verified import Verified

logger = logging.getLogger(__name__)

_COSTLY_TIER = 3
_PLAIN_PASSES = 5
_SAMPLE = 32


class Sizes(NamedTuple):
    """How much is done.

    Attributes:
        costly: Subjects of methods of more than a hundred passes, and of metrics that ask.
        shown: Subjects of whom pictures are made.
        batch: Faces per batch.
    """

    costly: int
    shown: int
    batch: int


class Places(NamedTuple):
    """Which subjects serve for what; decided before anything is explained.

    Attributes:
        costly: (n,) bool, those of costly methods.
        asked: (n,) bool, those that metrics ask the network about.
        shown: (n,) bool, those of whom pictures are made.
    """

    costly: NDArray[np.bool_]
    asked: NDArray[np.bool_]
    shown: NDArray[np.bool_]


def choose_places(subjects: Subjects, verified: Verified, sizes: Sizes) -> Places:
    """Choose subjects, the same number of each kind, among those that count if there are any.

    Args:
        subjects: All.
        verified: What the detector says of them.
        sizes: How many.
    """
    counts = verified.is_verified if verified.is_verified.any() else np.ones(len(subjects), bool)
    costly = _spread(subjects, counts, sizes.costly)
    # On tracks without a fake nothing can be deleted or repaired.
    fakes = costly & ~np.isin(np.asarray(subjects.track), REAL_TRACKS)
    paired = fakes & (subjects.twin >= 0)
    asked = paired if paired.any() else fakes
    return Places(costly, asked, _spread(subjects, asked if asked.any() else costly, sizes.shown))


def _spread(subjects: Subjects, among: NDArray[np.bool_], wanted: int) -> NDArray[np.bool_]:
    places = np.flatnonzero(among)
    chosen = np.zeros(len(subjects), np.bool_)
    chosen[places[subjects.at(places).spread(wanted)]] = True
    return chosen


@dataclass(frozen=True, eq=False)
class Session:
    """Explains and scores, method by method; what is done already is read back.

    Args:
        probe: The detector, held still.
        judged: Whose explanations these are, and of whom.
        places: Which subjects serve for what.
        loader: Loads subjects.
        grid: Of the node view.
        folder: Where parts are kept.
        batch_size: Faces per batch.
    """

    probe: Probe
    judged: Judged
    places: Places
    loader: FaceLoader
    grid: tuple[int, int]
    folder: Path
    batch_size: int

    def possible(
        self,
        methods: Mapping[str, Explainer],
        metrics: Mapping[str, MapMetric | ModelMetric],
    ) -> tuple[dict[str, Explainer], dict[str, MapMetric | ModelMetric], dict[str, str]]:
        """Return the methods and metrics that can be had here, and why each other one cannot.

        Raises:
            ConfigError: No method can, or no metric.
        """
        subjects = self.judged.subjects
        among = self.places.asked if self.places.asked.any() else self.places.costly
        # A face with a mask, if any has one: what needs masks is not to be refused for one without.
        masked = among & subjects.is_masked
        one = subjects.at(np.flatnonzero(masked if masked.any() else among)[:1])
        faces = self.loader.load(one).faces
        few = np.union1d(subjects.spread(_SAMPLE), np.flatnonzero(subjects.is_masked)[:1])
        some = self.loader.load(subjects.at(few))
        explainers = try_methods(methods, self.probe, faces, self.grid)
        if not explainers.kept:
            why = next(iter(explainers.refused.values()))
            msg = f"explain.methods: none of them can be had here; the first: {why}"
            raise ConfigError(msg)
        on_maps = {name: m for name, m in metrics.items() if isinstance(m, MapMetric)}
        on_model = {name: m for name, m in metrics.items() if isinstance(m, ModelMetric)}
        size_px = faces.pixels.shape[-1]
        scored = try_map_metrics(on_maps, some.truth, size_px)
        asked = try_model_metrics(on_model, self.probe, faces, self.grid)
        refused = explainers.refused | scored.refused | asked.refused
        kept: dict[str, MapMetric | ModelMetric] = {**scored.kept, **asked.kept}
        if metrics and not kept:
            why = next(iter((scored.refused | asked.refused).values()))
            msg = f"explain.metrics: none of them can be had here; the first: {why}"
            raise ConfigError(msg)
        return explainers.kept, kept, refused

    def run(
        self,
        methods: Mapping[str, Explainer],
        metrics: Mapping[str, MapMetric | ModelMetric],
    ) -> Iterator[tuple[str, Part]]:
        """Explain by each method, and yield what is kept of it."""
        for name, method in methods.items():
            known = read_part(self.folder, name)
            if known is None:
                self._measure(name, method, metrics)
                known = read_part(self.folder, name)
            if known is not None:
                yield name, known

    @cached_property
    def pool(self) -> MaskPool | None:
        """The altered pixels of all subjects, by their kind; None where no mask is known."""
        subjects = self.judged.subjects
        places = np.arange(len(subjects))
        starts = range(0, len(subjects), self.batch_size)
        batches = (subjects.at(places[start : start + self.batch_size]) for start in starts)
        truths = (self.loader.load(batch).truth for batch in batches)
        kinds = kinds_of(subjects.track, self.judged.verified.is_verified)
        return pool_masks(
            (truth.mask, truth.groups, kinds[start : start + len(truth.groups)])
            for start, truth in zip(starts, truths, strict=True)
            if truth.mask is not None
        )

    def plain_ms(self) -> float:
        """Return what one face takes without an explanation: the median of a few passes, in ms."""
        num = min(self.batch_size, len(self.judged.subjects))
        pixels = self.loader.load(self.judged.subjects.at(np.arange(num))).faces.pixels
        took = []
        with torch.no_grad():
            for _ in range(_PLAIN_PASSES):
                start = time.perf_counter()
                self.probe.logit(pixels).cpu()  # waits for the device, too
                took.append(time.perf_counter() - start)
        return 1e3 * float(np.median(took)) / num

    def subjects_of(self, method: Explainer) -> NDArray[np.int64]:
        """Return the places of those that a method is asked about: fewer, if it is dear."""
        if method.tier < _COSTLY_TIER:
            return np.arange(len(self.judged.subjects))
        return np.flatnonzero(self.places.costly)

    def _measure(
        self, name: str, method: Explainer, metrics: Mapping[str, MapMetric | ModelMetric]
    ) -> None:
        at = self.subjects_of(method)
        judged = self.judged.at(at)
        is_dear = method.tier >= _COSTLY_TIER
        judges = Judges(
            {key: metric for key, metric in metrics.items() if isinstance(metric, MapMetric)},
            {
                key: metric
                for key, metric in metrics.items()
                if isinstance(metric, ModelMetric) and not (is_dear and metric.explains_again)
            },
            self.places.asked[at],
            self.places.shown[at],
            judged.verified.is_verified,
            self.pool,
        )
        measured = measure(
            name,
            method,
            self.probe,
            judged.subjects,
            self.loader,
            judges,
            grid=self.grid,
            batch_size=self.batch_size,
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        write_part(self.folder, name, score_table(judged, name, measured), measured)
