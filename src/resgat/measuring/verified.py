"""On which subjects an explanation can be judged: those that the detector gets right, and why.

The set depends on the detector alone, so it is the same for every method.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resgat.errors import CheckpointError
from resgat.explain.probe import Probe
from resgat.measuring.faces import FaceLoader
from resgat.measuring.subjects import ALL, Subjects
from resgat.progress import track

#: P(fake) of a subject, and of its twin, from which on their difference is what the detector sees.
FAKE_FROM, REAL_UPTO = 0.8, 0.2


class Verified(NamedTuple):
    """What the detector says of subjects.

    Attributes:
        prob: P(fake) of each.
        twin_prob: P(fake) of its twin, nan where there is none.
        is_verified: Whether it counts.

    Shape:
        all: (n,)
    """

    prob: NDArray[np.float64]
    twin_prob: NDArray[np.float64]
    is_verified: NDArray[np.bool_]


def verify(
    probe: Probe,
    subjects: Subjects,
    loader: FaceLoader,
    *,
    threshold: float,
    batch_size: int = 32,
    checkpoint: Path | None = None,
) -> Verified:
    """Ask the detector about subjects and their twins.

    A planted subject counts if P(fake) is at least 0.8, and at most 0.2 for its twin, which differs
    from it in the altered pixels only: they are then the cause. On track D nothing is altered, and
    a subject counts if it is taken for real. A fake of another corpus counts if it is found.

    Args:
        probe: The detector, held still.
        subjects: Whom to ask about.
        loader: Loads them.
        threshold: P(fake) from which on a crop of a corpus without tracks is called fake.
        batch_size: Crops per pass.
        checkpoint: Where the detector's weights are from, for the message.

    Raises:
        CheckpointError: The detector answers with no number.
    """

    def ask(positions: NDArray[np.int64]) -> NDArray[np.float64]:
        return _probs(probe, subjects, positions, loader, batch_size, checkpoint)

    own = ask(subjects.position)
    twin = np.full(len(subjects), np.nan)
    has_twin = subjects.twin >= 0
    twin[has_twin] = ask(subjects.twin[has_twin])
    tracks = np.asarray(subjects.track)
    planted = (own >= FAKE_FROM) & (twin <= REAL_UPTO)
    judged = np.where(tracks == "D", own <= REAL_UPTO, planted)
    return Verified(own, twin, np.where(tracks == ALL, own >= threshold, judged))


def coverage(subjects: Subjects, verified: Verified) -> dict[str, tuple[int, int]]:
    """Return for each track how many subjects count, and of how many."""
    tracks = np.asarray(subjects.track)
    return {
        str(name): (int(verified.is_verified[tracks == name].sum()), int((tracks == name).sum()))
        for name in np.unique(tracks)
    }


def _probs(
    probe: Probe,
    subjects: Subjects,
    positions: NDArray[np.int64],
    loader: FaceLoader,
    batch_size: int,
    checkpoint: Path | None,
) -> NDArray[np.float64]:
    starts = range(0, len(positions), batch_size)
    found = []
    for start in track(starts, "asking the detector", len(starts)):
        batch = positions[start : start + batch_size].tolist()
        pixels = torch.stack([loader.pixels(subjects.index, position) for position in batch])
        with torch.no_grad():
            logits = probe.logit(pixels).cpu()
        names = [subjects.index.value("crop_id", position) for position in batch]
        check_logits(logits, names, checkpoint)
        found.append(logits.sigmoid().double().numpy())
    return np.concatenate(found) if found else np.empty(0)


def check_logits(logits: Tensor, names: Sequence[str], checkpoint: Path | None = None) -> None:
    """Refuse a detector whose answer is no number; every explanation of it would say nothing.

    Args:
        logits: Its answers.
        names: About what.
        checkpoint: Where its weights are from, for the message.

    Shape:
        logits: (n,)

    Raises:
        CheckpointError: A logit is not finite.
    """
    for logit, name in zip(logits.tolist(), names, strict=True):
        if not math.isfinite(logit):
            which = "its checkpoint" if checkpoint is None else f"the checkpoint {checkpoint}"
            msg = (
                f"the detector's logit of {name} is {logit}; {which} is broken, as after a "
                "training that diverged. Use another"
            )
            raise CheckpointError(msg)
