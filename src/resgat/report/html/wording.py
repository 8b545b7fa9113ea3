"""Numbers and names as the page writes them."""

from __future__ import annotations

import math

from resgat.types import REGIONS

MINUS, DASH, TIMES = "\N{MINUS SIGN}", "\N{EN DASH}", "\N{MULTIPLICATION SIGN}"

#: The eight regions in words. Left and right are the image's.
REGION_WORDS = tuple(name.replace("l_", "left ").replace("r_", "right ") for name in REGIONS)


def number(value: float | None) -> str:
    """Write a number with about three digits; a dash where there is none.

    Example:
        >>> [number(value) for value in (0.8625, 12.345, 4321.0, 2e-7, 0.0, None)]
        ['0.863', '12.3', '4,321', '2.0e\N{MINUS SIGN}07', '0.000', '\N{EN DASH}']
    """
    if value is None or math.isnan(value):
        return DASH
    size = abs(value)
    if 0 < size < 5e-4:
        text = f"{value:.1e}"
    else:
        text = f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 3}f}"
    return text.replace("-", MINUS)


def interval(low: float | None, high: float | None) -> str:
    """Write an interval.

    Example:
        >>> interval(0.81, 0.9), interval(None, None)
        ('[0.810, 0.900]', 'no interval')
    """
    if low is None or high is None:
        return "no interval"
    return f"[{number(low)}, {number(high)}]"


def chance_of(p_value: float | None) -> str:
    """Write a p-value.

    Example:
        >>> chance_of(0.0312), chance_of(0.0001)
        ('0.031', '< 0.001')
    """
    return "< 0.001" if p_value is not None and p_value < 0.001 else number(p_value)


def percent(share: float) -> str:
    """Write a share in whole percent.

    Example:
        >>> percent(0.614)
        '61 %'
    """
    return f"{100 * share:.0f} %"


def counted(count: int, thing: str) -> str:
    """Write how many there are of a thing.

    Example:
        >>> counted(1, "image"), counted(1200, "image")
        ('1 image', '1,200 images')
    """
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
