"""The long table of scores: what one method scored under one checkpoint, a row per number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resgat.explain.stats.scores import PERMUTED, SCORES_SCHEMA
from resgat.measuring.method import Columns, Measured
from resgat.measuring.subjects import Subjects
from resgat.measuring.verified import Verified


@dataclass(frozen=True, eq=False)
class Judged:
    """Whose explanations were measured, and on whom.

    Attributes:
        model: Name of the model; several seeds share one.
        train_seed: Of the checkpoint.
        subjects: All of them.
        verified: What the detector says of them.
    """

    model: str
    train_seed: int
    subjects: Subjects
    verified: Verified

    def at(self, places: NDArray[np.int64]) -> Judged:
        """Return some of the subjects."""
        prob, twin_prob, is_verified = self.verified
        chosen = Verified(prob[places], twin_prob[places], is_verified[places])
        return Judged(self.model, self.train_seed, self.subjects.at(places), chosen)


def score_table(judged: Judged, method: str, measured: Measured) -> pa.Table:
    """Lay out what one method scored, and what its maps of other subjects would.

    A number that is undefined on a whole track, as that of a second region where there is one, has
    no rows there; one that was not asked for has none, either.

    Args:
        judged: Those that the method was asked about.
        method: Its name.
        measured: What it scored.
    """
    facts = _facts(judged)
    own = _parts(facts, judged, method, measured.scores, measured.is_degenerate)
    null = _parts(facts, judged, PERMUTED + method, measured.permuted, measured.is_degenerate)
    return pa.concat_tables([SCORES_SCHEMA.empty_table(), *own, *null])


def _facts(judged: Judged) -> pa.Table:
    """Return what the rows of one subject share."""
    index, positions = judged.subjects.index, judged.subjects.position
    crops = index.take(["crop_id", "video_id", "identity_group", "label"], positions)
    shared = {
        "model": pa.repeat(judged.model, len(positions)),
        "train_seed": pa.repeat(judged.train_seed, len(positions)),
        "crop_id": crops["crop_id"],
        "video_id": crops["video_id"],
        "group": crops["identity_group"],
        "label": crops["label"].cast(pa.int8()),
        "prob": pa.array(judged.verified.prob),
        "is_verified": pa.array(judged.verified.is_verified),
        "track": pa.array(judged.subjects.track, pa.string()),
    }
    return pa.table(shared)


def _parts(
    facts: pa.Table, judged: Judged, method: str, scores: Columns, is_degenerate: NDArray[np.bool_]
) -> Iterator[pa.Table]:
    tracks = np.asarray(judged.subjects.track)
    for metric, values in scores.items():
        known = [name for name in np.unique(tracks) if np.isfinite(values[tracks == name]).any()]
        places = np.flatnonzero(np.isin(tracks, known))
        columns = {
            "method": pa.repeat(method, len(places)),
            "metric": pa.repeat(metric, len(places)),
            "value": pa.array(values[places]),
            "is_degenerate": pa.array(is_degenerate[places]),
        }
        part = facts.take(pa.array(places))
        for name, column in columns.items():
            part = part.append_column(name, column)
        yield part.select(SCORES_SCHEMA.names).cast(SCORES_SCHEMA)
