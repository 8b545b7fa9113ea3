"""A verdict in words."""

from __future__ import annotations

from collections.abc import Mapping

from resgat.data.naming import on_one_line
from resgat.inference.result import FilePrediction, Verdict
from resgat.report.html.wording import DASH, REGION_WORDS, percent
from resgat.types import REGIONS

#: Where evidence lies that lies in no region.
OUTSIDE = "outside the regions"
#: Below every picture of a verdict.
CAVEAT = (
    "Left and right are the image's. A verdict holds for faces like those of training; it is no "
    "proof."
)


def verdict_words(verdict: Verdict) -> str:
    """Say a verdict in a line.

    Example:
        >>> verdict_words(Verdict("fake", 0.97, 3.5, 0.5, 0.93, 0.85, 1.0, False))
        'fake, P(fake) = 0.97; calibrated 0.93, doubt 0.85 to 1.00'
        >>> verdict_words(Verdict("real", 0.4, -0.4, 0.5, None, 0.3, 0.6, True))
        'real, P(fake) = 0.40, in doubt; doubt 0.30 to 0.60'
    """
    said = [f"{verdict.label}, P(fake) = {verdict.prob:.2f}"]
    if verdict.is_in_doubt:
        said.append(", in doubt")
    rest = []
    if verdict.calibrated_prob is not None:
        rest.append(f"calibrated {verdict.calibrated_prob:.2f}")
    if verdict.low is not None and verdict.high is not None:
        rest.append(f"doubt {verdict.low:.2f} to {verdict.high:.2f}")
    return "".join(said) + ("; " + ", ".join(rest) if rest else "")


def file_words(prediction: FilePrediction) -> str:
    """Say what a file came to: its verdict, or why there is none."""
    if prediction.status == "failed":
        return f"failed: {prediction.reason}"
    if prediction.verdict is None:
        return str(prediction.reason)
    return verdict_words(prediction.verdict)


def short_name(name: str) -> str:
    """Return a file's name as a line of a picture that holds its beginning and its end."""
    line = on_one_line(name)
    return line if len(line) <= 90 else f"{line[:40]} … {line[-45:]}"


def region_words(regions: Mapping[str, float] | None, *, most: int = 2) -> str:
    """Name the places with most of the positive evidence.

    Args:
        regions: Region -> its share; what is left of 1 lies outside of all; None without evidence.
        most: How many places are named.

    Example:
        >>> region_words(dict.fromkeys(REGIONS, 0.05) | {"mouth": 0.6, "nose": 0.1})
        'mouth 60 %, nose 10 %'
        >>> region_words(dict.fromkeys(REGIONS, 0.0) | {"mouth": 0.2})
        'outside the regions 80 %, mouth 20 %'
    """
    if regions is None or max(regions.values()) <= 0:
        return DASH
    words = dict(zip(REGIONS, REGION_WORDS, strict=True))
    shares = {words[name]: share for name, share in regions.items()}
    shares[OUTSIDE] = 1 - sum(regions.values())
    ranked = sorted(shares, key=lambda name: -shares[name])[:most]
    return ", ".join(f"{name} {percent(shares[name])}" for name in ranked)
