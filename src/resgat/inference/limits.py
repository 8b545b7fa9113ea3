"""What a verdict of a detector cannot say, from what its checkpoint says of its training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Corpora whose faces are drawn.
_DRAWN = ("SyntheticFaces", "PlantedFaces")


def limits(facts: Mapping[str, Any]) -> list[str]:
    """Return, as sentences, what to bear in mind about every verdict of a detector.

    Args:
        facts: Of its checkpoint.
    """
    corpus = corpus_name(facts)
    said = [
        f"The detector was trained on {corpus or 'data that is not known'} and judges by what its "
        "fakes have in common; a forgery of another kind may look real to it, and a real face "
        "under another camera or compression fake.",
        _calibrated(facts),
        "The evidence says where the network found what raised its logit, which need not be where "
        "a face was altered.",
        "A verdict is a lead for a person to follow, and no proof.",
    ]
    if corpus in _DRAWN:
        said.insert(
            0, "The detector has seen drawn faces only; of photographs it says nothing at all."
        )
    if facts["thresholds"]["video"] is None:
        said.append(_untested(facts))
    return said


def corpus_name(facts: Mapping[str, Any]) -> str | None:
    """Return the class of the corpus that a detector was trained on; None if it is not known."""
    corpus = facts["config"]["data"]["corpus"]
    return None if corpus is None else str(corpus["_target_"]).rpartition(".")[2]


def _calibrated(facts: Mapping[str, Any]) -> str:
    if (facts.get("temperatures") or {}).get("video") is None:
        return "Its probabilities are not calibrated."
    return (
        "A probability is calibrated for faces like those of its val split, and for no other "
        "source."
    )


def _untested(facts: Mapping[str, Any]) -> str:
    reason = (
        "It came without a threshold" if "imported" in facts else "Its val split held one class"
    )
    return f"{reason}, so the threshold is 0.5, untested."
