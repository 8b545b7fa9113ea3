"""One method over all subjects: its explanations, its scores and what it cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resgat.explain.attribution import Explainer
from resgat.explain.explanation import Explanation, explain
from resgat.explain.faces import Faces
from resgat.explain.groups import group_list
from resgat.explain.metrics.catalogue import Answer, Asked, MapMetric, Maps, ModelMetric
from resgat.explain.metrics.localisation import MaskPool
from resgat.explain.metrics.region import UNKNOWN
from resgat.explain.metrics.truth import Truth
from resgat.explain.probe import Probe
from resgat.measuring.exchange import kinds_of, moved, others_of_the_kind, region_numbers
from resgat.measuring.faces import FaceLoader
from resgat.measuring.false_evidence import false_evidence
from resgat.measuring.subjects import Subjects
from resgat.progress import track

#: Score -> one number per subject, nan where it was not made.
Columns = dict[str, NDArray[np.float64]]


class Price(NamedTuple):
    """What one explanation takes, on average."""

    ms: float
    forward: float
    backward: float
    head_forward: float
    head_backward: float


@dataclass(frozen=True, eq=False)
class Measured:
    """What one method says of subjects, and how good that is.

    Attributes:
        scores: Of its own maps, (n,) each; nan where one is undefined or was not made.
        permuted: The same numbers of the maps of other subjects.
        curves: P(fake) along curves of the subjects that model metrics were asked of, (m, 21).
        is_degenerate: Whether its map says nothing, (n,).
        node: The node view, (n, N) float32.
        region: The region view, (n, 8).
        shown: The pixel view of those that pictures are made of, (k, H, W) float32.
        price: What an explanation costs.
    """

    scores: Columns
    permuted: Columns
    curves: Mapping[str, NDArray[np.float32]]
    is_degenerate: NDArray[np.bool_]
    node: NDArray[np.float32]
    region: NDArray[np.float32]
    shown: NDArray[np.float32]
    price: Price


@dataclass(frozen=True, eq=False)
class Judges:
    """The metrics that a method is judged by.

    Attributes:
        maps: They look at maps; of every subject.
        model: They ask the network again; of the subjects at ``asked``.
        asked: (n,) bool.
        shown: (n,) bool, of whom pictures are made.
        counts: (n,) bool, whom the tables are of; maps are exchanged among these, and among others.
        pool: The altered pixels of all subjects, whoever the method is asked about; or None.
    """

    maps: Mapping[str, MapMetric]
    model: Mapping[str, ModelMetric]
    asked: NDArray[np.bool_]
    shown: NDArray[np.bool_]
    counts: NDArray[np.bool_]
    pool: MaskPool | None = None


def measure(
    name: str,
    explainer: Explainer,
    probe: Probe,
    subjects: Subjects,
    loader: FaceLoader,
    judges: Judges,
    *,
    grid: tuple[int, int],
    batch_size: int = 32,
) -> Measured:
    """Explain subjects by one method, and score it.

    Args:
        name: Of the method, for the progress bar.
        explainer: The method.
        probe: The detector, held still.
        subjects: Whom to explain.
        loader: Loads them.
        judges: The metrics.
        grid: Of the node view.
        batch_size: Faces per batch.

    Raises:
        ConfigError: The model, the faces or the installation lack what the method needs.
    """
    work = _Work(explainer, probe, loader, judges.model, grid)
    order = np.argsort(~judges.asked, kind="stable")
    batches = list(_batches(order, judges.asked, batch_size))
    steps = track(batches, name, len(batches))
    done = [work.batch(subjects.at(at), is_asked=is_asked) for at, is_asked in steps]
    return _collected(done, subjects, judges, np.argsort(order))


@dataclass(frozen=True, eq=False)
class _Done:
    """One batch."""

    explanation: Explanation
    regions: Tensor
    truth: Truth
    answers: tuple[Answer, ...]


@dataclass(frozen=True, eq=False)
class _Work:
    explainer: Explainer
    probe: Probe
    loader: FaceLoader
    metrics: Mapping[str, ModelMetric]
    grid: tuple[int, int]

    def batch(self, subjects: Subjects, *, is_asked: bool) -> _Done:
        """Explain a batch, and ask the network about it if that is wanted."""
        faces, truth = self.loader.load(subjects)
        if faces.mask is None:  # nothing was altered here; what needs masks was tried before
            faces = faces._replace(mask=torch.zeros_like(faces.pixels[:, 0], dtype=torch.bool))
        explanation = self._explain(faces)
        asked = Asked(self.probe, faces, explanation, self._explain)
        metrics = self.metrics.values() if is_asked else ()
        answers = tuple(metric.ask(asked) for metric in metrics)
        return _Done(explanation, region_numbers(faces.regions), truth, answers)

    def _explain(self, faces: Faces) -> Explanation:
        return explain(self.explainer, self.probe, faces, self.grid)


def _batches(
    order: NDArray[np.int64], asked: NDArray[np.bool_], batch_size: int
) -> Iterator[tuple[NDArray[np.int64], bool]]:
    """Cut places, those that are asked about first, into batches of one kind."""
    num_asked = int(asked.sum())
    for part, is_asked in ((order[:num_asked], True), (order[num_asked:], False)):
        for start in range(0, len(part), batch_size):
            yield part[start : start + batch_size], is_asked


def _collected(
    done: Sequence[_Done], subjects: Subjects, judges: Judges, back: NDArray[np.int64]
) -> Measured:
    """Join batches, in the order of the subjects again."""
    explanations = [part.explanation for part in done]

    def joined(view: str) -> Tensor:
        return torch.cat([getattr(explanation, view) for explanation in explanations])[back]

    maps = Maps(joined("pixel"), joined("region"))
    truth = _joined_truth([part.truth for part in done], maps.pixel, back)
    kinds = kinds_of(subjects.track, judges.counts)
    truth = truth._replace(kinds=kinds, pool=judges.pool)
    others = others_of_the_kind(kinds, truth.groups)
    regions = torch.cat([part.regions for part in done])[back]
    null = moved(maps, others, regions, explanations[0].native, explanations[0].kind)
    answers = [part.answers for part in done if part.answers]
    own = _map_scores(judges.maps, maps, truth) | _answered(answers, judges.asked)
    own["false_evidence"] = false_evidence(maps.region.numpy(), subjects, judges.counts)
    if all(explanation.residual is not None for explanation in explanations):
        own["completeness"] = joined("residual").double().numpy()
    return Measured(
        own,
        _map_scores(judges.maps, null, truth),
        _curves(answers),
        joined("is_degenerate").numpy(),
        joined("node").numpy(),
        maps.region.numpy(),
        maps.pixel.numpy()[judges.shown],
        _price(explanations, len(subjects)),
    )


def _map_scores(metrics: Mapping[str, MapMetric], maps: Maps, truth: Truth) -> Columns:
    return {
        name: values.double().numpy()
        for metric in metrics.values()
        for name, values in metric.score(maps, truth).items()
    }


def _answered(answers: Sequence[tuple[Answer, ...]], asked: NDArray[np.bool_]) -> Columns:
    """Return the scores of the subjects that were asked about, nan for the others."""
    columns: Columns = {}
    for place in range(len(answers[0]) if answers else 0):
        for name in answers[0][place].scores:
            column = np.full(len(asked), np.nan)
            column[asked] = torch.cat([one[place].scores[name] for one in answers]).double().numpy()
            columns[name] = column
    return columns


def _curves(answers: Sequence[tuple[Answer, ...]]) -> dict[str, NDArray[np.float32]]:
    return {
        name: torch.cat([one[place].curves[name] for one in answers]).float().numpy()
        for place in range(len(answers[0]) if answers else 0)
        for name in answers[0][place].curves
    }


def _joined_truth(parts: Sequence[Truth], pixel: Tensor, back: NDArray[np.int64]) -> Truth:
    """Join what is known; where a batch knows nothing of a kind, its scores will be nan."""
    groups = [group for part in parts for group in group_list(part.groups, len(part.groups))]

    def joined(name: str, missing: Callable[[int], Tensor]) -> Tensor:
        pairs = [(getattr(part, name), len(part.groups)) for part in parts]
        return torch.cat([missing(n) if found is None else found for found, n in pairs])[back]

    def empty(count: int) -> Tensor:
        return torch.zeros(count, *pixel.shape[1:], dtype=torch.bool)

    def unknown(count: int) -> Tensor:
        return torch.full((count,), UNKNOWN, dtype=torch.int64)

    return Truth(
        [groups[place] for place in back],
        joined("mask", empty),
        joined("region", unknown),
        joined("second", unknown),
        joined("decoy", empty),
        joined("decoy_region", unknown),
    )


def _price(explanations: Sequence[Explanation], num: int) -> Price:
    costs = [explanation.cost for explanation in explanations]
    passes = [cost.passes for cost in costs]
    return Price(
        sum(cost.ms for cost in costs) / num,
        sum(one.forward for one in passes) / num,
        sum(one.backward for one in passes) / num,
        sum(one.head_forward for one in passes) / num,
        sum(one.head_backward for one in passes) / num,
    )
