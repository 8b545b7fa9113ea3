"""What the page of explanations claims, and what it checks, each with whether it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from resgat.explain.stats.bootstrap import Estimate
from resgat.explain.stats.reliability import LEAST_AGREEMENT, kendalls_w, split_half
from resgat.explain.stats.scores import PERMUTED, Better, block
from resgat.explain.stats.summary import CONTROLS, PairRow, SummaryRow
from resgat.measuring.sanity import Finding
from resgat.report.console_explain import SHOWN, main_track
from resgat.report.explanations.content import Check, Claim

#: What the model's own evidence is compared with in the headline.
_OWN = ("contrib", "contrast")
_RIVALS = ("gradcam", "gradcam_layer1", "attn_received", "shap_region")
_MOST_FOOLED = 0.1
#: Maps that are more alike than this say what a method does, and not what it sees.
_HABIT = 0.5
_NOTHING = 0.1
_COMPLETE = 1e-4
_LEAST_BITS = 0.1
_LEVEL = 0.05


def claims(summary: Sequence[SummaryRow], pairs: Sequence[PairRow], track: str) -> Iterator[Claim]:
    """Yield what is to be shown of the model's own evidence, under the first metric there is.

    Args:
        summary: All rows.
        pairs: All comparisons.
        track: The one that the claims are about.
    """
    metric = next((name for name in SHOWN if any(row.metric == name for row in summary)), "")
    rows = {row.method: row for row in summary if row.track == track and row.metric == metric}
    for name in _OWN:
        row = rows.get(name)
        if row and row.mean is not None and row.low is not None and row.high is not None:
            label = SHOWN.get(metric, metric)
            text = f"{name}: {label} {row.mean:.3f} [{row.low:.3f}, {row.high:.3f}]; better than "
            yield Claim(f"{text}random, centred and permuted maps", row.beats_controls)
    for pair in pairs:
        is_ours = "contrib" in (pair.a, pair.b) and {pair.a, pair.b} & set(_RIVALS)
        if is_ours and (pair.track, pair.metric) == (track, metric) and pair.diff is not None:
            yield _against(pair, pair.diff, rows["contrib"].better)
    fooled = next((r for r in summary if r.metric == "fooled" and r.method == "contrib"), None)
    if fooled and fooled.mean is not None:
        text = f"contrib: fooled by {100 * fooled.mean:.0f} % of the decoys, at most 10 %"
        yield Claim(text, fooled.mean <= _MOST_FOOLED)


def _against(pair: PairRow, diff: float, better: Better) -> Claim:
    """Tell whether the model's own evidence is better than a rival, and the interval says so."""
    is_first = pair.a == "contrib"
    sign = 1 if is_first == (better == "higher") else -1
    ends = [sign * end for end in (pair.low, pair.high) if end is not None]
    is_sure = pair.p_holm is not None and pair.p_holm < _LEVEL
    rival = pair.b if is_first else pair.a
    text = f"contrib is better than {rival}, by {sign * diff:.3f}"
    return Claim(text, is_sure and bool(ends) and min(ends) > 0)


def number_checks(summary: Sequence[SummaryRow], bits: Mapping[str, Estimate]) -> Iterator[Check]:
    """Yield whether what should add up does, and how much of the altered region is told.

    Args:
        summary: All rows; the main track counts.
        bits: Method -> mutual information of altered and named region.
    """
    track = main_track(summary)
    sums = [row for row in summary if (row.metric, row.track) == ("completeness", track)]
    for row in sums:
        if row.mean is not None:
            text = f"{row.method}: what the parts add up to misses the logit by, relatively"
            yield Check(text, f"{row.mean:.2g}", row.mean <= _COMPLETE)
    for name, told in bits.items():
        if name not in CONTROLS and told.mean is not None:
            text = f"{name}: bits told of the altered region, of 3"
            surely = told.mean if told.low is None else told.low
            yield Check(text, _with_interval(told), surely > _LEAST_BITS)


def _with_interval(told: Estimate) -> str:
    if told.low is None or told.high is None:
        return f"{told.mean:.2f}"
    return f"{told.mean:.2f} [{told.low:.2f}, {told.high:.2f}]"


def ranking_checks(scores: pa.Table, track: str) -> Iterator[Check]:
    """Yield whether the faces agree on which method is better, for each metric that is shown.

    Of the methods that every face has. Where faces disagree, narrow intervals make no ranking.

    Args:
        scores: Of :data:`~resgat.explain.stats.scores.SCORES_SCHEMA`, those that the tables show.
        track: The one that the claims are about.
    """
    for metric, label in SHOWN.items():
        is_mine = (pc.field("track") == track) & (pc.field("metric") == metric)
        rows = scores.filter(is_mine)
        if not len(rows):
            continue
        part = block(rows)
        own = [place for place, name in enumerate(part.methods) if _is_ranked(name)]
        values = part.values.reshape(-1, len(part.methods))[:, own]
        known = np.isfinite(values).sum(0)
        values = values[:, known == known.max(initial=0)]
        agreement = kendalls_w(values)
        if agreement is not None:
            text = f"{label}: how far the faces agree on the ranking of the methods (Kendall's W)"
            halves = split_half(values)
            beside = "" if halves is None else f"; {halves:.2f} between halves of the faces"
            yield Check(f"{text}{beside}", f"{agreement:.2f}", agreement >= LEAST_AGREEMENT)


def _is_ranked(method: str) -> bool:
    return method not in CONTROLS and not method.startswith(PERMUTED)


def sanity_checks(findings: Mapping[int, Sequence[Finding]]) -> Iterator[Check]:
    """Yield what is left of maps under random weights, and what is known of the nodes.

    Args:
        findings: Training seed -> what was found of its checkpoint; the seeds of a check come one
            after the other.
    """
    by_check: dict[tuple[str, str, str], list[tuple[int, Finding]]] = {}
    for seed, found in findings.items():
        for one in _last_stages(found):
            by_check.setdefault((one.check, one.method, one.stage), []).append((seed, one))
    for seed, one in (pair for pairs in by_check.values() for pair in pairs):
        value = one.value.mean
        if value is not None:
            check = _SANITY[one.check](one, value, one.reference.mean if one.reference else None)
            text = f"{check.text}; seed {seed}" if len(findings) > 1 else check.text
            yield check._replace(text=text)


def _last_stages(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield what is left once all weights are random, and then what was not asked by stages."""
    last = {found.method: found for found in findings if found.check == "randomisation"}
    yield from last.values()
    yield from (found for found in findings if found.check != "randomisation")


def _randomisation(found: Finding, value: float, beside: float | None) -> Check:
    text = f"{found.method}: rank correlation left under random weights"
    if beside is None:
        return Check(text, f"{value:.2f}", abs(value) < _HABIT)
    text += f"; between the maps of different faces {beside:.2f}"
    holds = abs(value) <= max(abs(beside), _NOTHING) and abs(beside) < _HABIT
    return Check(text, f"{value:.2f}", holds)


def _degree(found: Finding, value: float, beside: float | None) -> Check:
    text = f"{found.method}: rank correlation with the map of the graph's degrees"
    return Check(text, f"{value:.2f}", abs(value) < _HABIT)


def _locality(found: Finding, value: float, beside: float | None) -> Check:
    chance = beside or 0.0
    text = f"share of a node's gradient inside its {found.stage}; chance {chance:.3f}"
    return Check(text, f"{value:.2f}", value > 2 * chance)


_SANITY = {"randomisation": _randomisation, "degree": _degree, "locality": _locality}
