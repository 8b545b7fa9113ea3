"""How what a detector was judged on was cut otherwise than what it learnt from, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def other_crops_words(test: Mapping[str, Any]) -> str:
    """Say it of the numbers of one split; those of an older version do not tell.

    Args:
        test: As ``metrics.json`` holds it.

    Example:
        >>> spec = {"trained": "0a1b", "judged": "2c3d"}
        >>> margin = {"trained": 1.3, "judged": 1.5}
        >>> other_crops_words({"other_crop_spec": {"crop_spec": spec, "margin": margin}})
        'margin 1.5 instead of 1.3'
        >>> other_crops_words({"other_crop_spec": {"crop_spec": spec}})
        'crop_spec 2c3d instead of 0a1b, and what differs was not recorded'
        >>> other_crops_words({"other_crop_spec": {}}), other_crops_words({})
        ('nothing', 'not recorded')
    """
    differs = test.get("other_crop_spec")
    if differs is None:
        return "not recorded"
    if not differs:
        return "nothing"
    known = {key: sides for key, sides in differs.items() if key != "crop_spec"}
    said = ", ".join(
        f"{key} {sides['judged']} instead of {sides['trained']}"
        for key, sides in (known or differs).items()
    )
    return said if known else f"{said}, and what differs was not recorded"
