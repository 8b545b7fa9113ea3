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
    data = facts["config"]["data"]
    corpus = str(data["corpus"]["_target_"]).rpartition(".")[2]
    said = [
        f"The detector was trained on {corpus} and judges by what its fakes have in common; a "
        "forgery of another kind may look real to it, and a real face under another camera or "
        "compression fake.",
        "A probability is calibrated for faces like those of its val split, and for no other "
        "source.",
        "The evidence says where the network found what raised its logit, which need not be where "
        "a face was altered.",
        "A verdict is a lead for a person to follow, and no proof.",
    ]
    if corpus in _DRAWN:
        said.insert(
            0, "The detector has seen drawn faces only; of photographs it says nothing at all."
        )
    if facts["thresholds"]["video"] is None:
        said.append("Its val split held one class only, so the threshold is 0.5, untested.")
    return said
