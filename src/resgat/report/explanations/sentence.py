"""One honest sentence about one face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resgat.checks import check_range
from resgat.errors import ShapeError
from resgat.report.html.wording import percent

#: A second place is named only if it holds at least this share of the evidence.
_WORTH_NAMING = 0.1

#: Shares that differ by less are told to be equal: a percent or two is no finding.
_SAME = 0.01

Shares = Sequence[float] | NDArray[np.floating[Any]]

_OUTSIDE = "outside all regions"


def sentence(
    prob: float,
    threshold: float,
    region_mass: Shares,
    names: Sequence[str],
    *,
    prob_without_top: float | None = None,
    locality: float | None = None,
    average_face: bool = False,
    is_degenerate: bool = False,
) -> str:
    """Say what a detector called a face, where its evidence lies, and what that is worth.

    Args:
        prob: P(fake).
        threshold: P(fake) from which a face is called fake.
        region_mass: Share of the positive evidence in each region; what is left of 1 lies outside
            all of them. All zero: there is no positive evidence.
        names: Of the regions.
        prob_without_top: P(fake) once the evidence of the region with the largest share, of equal
            ones the first, is taken away.
        locality: Share of a node's gradient inside its own cell.
        average_face: Whether the regions are those of the average face, for want of landmarks.
        is_degenerate: Whether the map is constant or not finite; then it says nothing, and nothing
            is said of places.

    Raises:
        ConfigError: A probability or share is outside [0, 1].
        ShapeError: There are not as many names as regions, or none.

    Example:
        >>> sentence(0.97, 0.5, [0.61, 0.3], ["mouth", "nose"])
        'fake, p = 0.97; 61 % of the positive evidence lies in the mouth, 30 % in the nose'
    """
    _check(region_mass, names)
    for name, value in (("prob", prob), ("threshold", threshold)):
        check_range(name, float(value), low=0, high=1)
    is_fake = prob >= threshold
    parts = [f"{'fake' if is_fake else 'real'}, p = {prob:.2f}"]
    if is_degenerate:
        return f"{parts[0]}; the map says nothing: it is constant, or not finite"
    evidence = "positive evidence" if is_fake else "evidence for fake"
    parts.append(_where(region_mass, names, evidence))
    if prob_without_top is not None and max(region_mass) > 0:
        check_range("prob_without_top", float(prob_without_top), low=0, high=1)
        top = names[list(region_mass).index(max(region_mass))]
        parts.append(f"without the {top} evidence p = {prob_without_top:.2f}")
    if locality is not None:
        check_range("locality", float(locality), low=0, high=1)
        parts.append(f"locality of the nodes {locality:.2f}")
    if average_face:
        parts.append("regions are those of the average face, so a neighbour may be meant")
    return "; ".join(parts)


def _check(region_mass: Shares, names: Sequence[str]) -> None:
    if len(region_mass) != len(names) or not len(names):
        msg = (
            f"region_mass: expected one share for each name, got {len(region_mass)} shares and "
            f"{len(names)} names"
        )
        raise ShapeError(msg)
    for share in region_mass:
        # A sum of many small shares may end a little above 1.
        check_range("region_mass", float(share), low=0, high=1 + 1e-4)


def _where(region_mass: Shares, names: Sequence[str], evidence: str) -> str:
    """Say where the evidence lies: one place and the next one, or several equal ones."""
    if max(region_mass) <= 0:
        # Whether there is none at all, or all of it lies elsewhere, the shares do not tell.
        return f"no region of the face holds {evidence}"
    places = [
        (float(share), f"in the {name}") for share, name in zip(region_mass, names, strict=True)
    ]
    places.append((1 - sum(map(float, region_mass)), _OUTSIDE))
    places.sort(key=lambda place: -place[0])
    most = places[0][0]
    equal = [where for share, where in places if most - share < _SAME]
    if len(equal) > 2:
        return (
            f"no region stands out: {len(equal)} places hold {percent(most)} of the {evidence} each"
        )
    if len(equal) == 2:
        return f"{percent(most)} of the {evidence} lies {equal[0]}, and as much {equal[1]}"
    second, where = places[1]
    more = f", {percent(second)} {where}" if second >= _WORTH_NAMING else ""
    return f"{percent(most)} of the {evidence} lies {equal[0]}{more}"
