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
from resgat.report.html.wording import counted, percent

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
        if row and (beaten := _controls_beside(row)):
            label = SHOWN.get(metric, metric)
            text = f"{name}: {label} {row.mean:.3f} {_interval(row.low, row.high)}"
            yield Claim(f"{text}; better than {beaten}", _beats(row))
    for pair in pairs:
        is_ours = "contrib" in (pair.a, pair.b) and {pair.a, pair.b} & set(_RIVALS)
        if is_ours and (pair.track, pair.metric) == (track, metric) and pair.diff is not None:
            yield _against(pair, pair.diff, rows["contrib"].better)
    for row in summary:
        if (row.metric, row.method) == ("fooled", "contrib") and row.mean is not None:
            yield _fooled(row, row.mean)


def _controls_beside(row: SummaryRow) -> str:
    """Name the controls that a row was compared with; none where there is no interval."""
    if row.low is None:
        return ""
    beside = {
        "random_smooth": row.diff_random,
        "center": row.diff_center,
        "its own maps of other faces": row.permuted,
    }
    names = [name for name, value in beside.items() if value is not None]
    return " and ".join((", ".join(names[:-1]), names[-1])) if names[1:] else "".join(names)


def _beats(row: SummaryRow) -> bool | None:
    """Tell whether a row is better than all its controls, or worse than one, as far as sure."""
    if row.beats_controls:
        return True
    if row.better == "lower":
        sign, nearest = -1, (row.diff_random_low, row.diff_center_low)
    else:
        sign, nearest = 1, (row.diff_random_high, row.diff_center_high)
    is_worse = any(end is not None and sign * end < 0 for end in nearest)
    return False if is_worse else None


def _against(pair: PairRow, diff: float, better: Better) -> Claim:
    """Tell whether the model's own evidence is better than a rival, as far as that is sure."""
    is_first = pair.a == "contrib"
    sign = 1 if is_first == (better == "higher") else -1
    ends = sorted(sign * end for end in (pair.low, pair.high) if end is not None)
    rival = pair.b if is_first else pair.a
    text = f"contrib is better than {rival}, by {sign * diff:.3f}"
    if not ends:
        return Claim(text, None)
    is_sure = pair.p_holm is not None and pair.p_holm < _LEVEL and ends[0] * ends[-1] > 0
    return Claim(f"{text} {_interval(ends[0], ends[-1])}", ends[0] > 0 if is_sure else None)


def _fooled(row: SummaryRow, mean: float) -> Claim:
    """Tell whether decoys fool the model's own evidence too often, as far as that is sure.

    Where all faces score the same the interval has no width: of n persons without an exception up
    to 3 / n may be one.
    """
    text = f"contrib: fooled by {percent(mean)} of the decoys of track {row.track}"
    if row.low is None or row.high is None:
        return Claim(f"{text}, at most {percent(_MOST_FOOLED)}", None)
    unseen = 3 / row.n_groups if row.low == row.high else 0.0
    low, high = max(row.low - unseen, 0.0), min(row.high + unseen, 1.0)
    is_open = low <= _MOST_FOOLED < high
    holds = None if is_open else high <= _MOST_FOOLED
    return Claim(
        f"{text} [{percent(low)}, {percent(high)}], at most {percent(_MOST_FOOLED)}", holds
    )


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
        if name not in CONTROLS:
            yield _told(name, told)


def _told(method: str, bits: Estimate) -> Check:
    """Tell whether a method's answers say something of the altered region."""
    text = f"{method}: bits told of the altered region, of 3"
    if bits.mean is None or bits.low is None:
        few = f"{text}; {counted(bits.num_images, 'face')} of {counted(bits.num_groups, 'person')}"
        return Check(few, "too few faces", None)
    return Check(
        text, f"{bits.mean:.2f} {_interval(bits.low, bits.high, 2)}", bits.low > _LEAST_BITS
    )


def _interval(low: float | None, high: float | None, digits: int = 3) -> str:
    return f"[{low:.{digits}f}, {high:.{digits}f}]"


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
        if one.value.mean is not None:
            check = _SANITY[one.check](one)
            text = f"{check.text}; seed {seed}" if len(findings) > 1 else check.text
            yield check._replace(text=text)


def _last_stages(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield what is left once all weights are random, and then what was not asked by stages."""
    last = {found.method: found for found in findings if found.check == "randomisation"}
    yield from last.values()
    yield from (found for found in findings if found.check != "randomisation")


def _randomisation(found: Finding) -> Check:
    text, beside = f"{found.method}: rank correlation left under random weights", found.reference
    if beside is None or beside.mean is None:
        return Check(text, _told_by(found.value), _is_below(found.value, _HABIT))
    text += f"; between the maps of different faces {_told_by(beside)}"
    # No more than unrelated maps have in common is all that can be asked.
    ends = (abs(end) for end in (beside.mean, beside.low, beside.high) if end is not None)
    answers = (_is_below(found.value, max(*ends, _NOTHING)), _is_below(beside, _HABIT))
    all_hold = None if None in answers else True
    return Check(text, _told_by(found.value), False if False in answers else all_hold)


def _degree(found: Finding) -> Check:
    text = f"{found.method}: rank correlation with the map of the graph's degrees"
    return Check(text, _told_by(found.value), _is_below(found.value, _HABIT))


def _locality(found: Finding) -> Check:
    chance = (found.reference and found.reference.mean) or 0.0
    text = f"share of a node's gradient inside its {found.stage}; chance {chance:.3f}"
    is_below = _is_below(found.value, 2 * chance)
    return Check(text, _told_by(found.value), None if is_below is None else not is_below)


def _told_by(estimate: Estimate) -> str:
    ends = "" if estimate.low is None else f" {_interval(estimate.low, estimate.high, 2)}"
    return f"{estimate.mean:.2f}{ends}"


def _is_below(estimate: Estimate, limit: float) -> bool | None:
    """Tell whether the size of a correlation is below a limit; None if its interval holds both."""
    mean, low, high = estimate.mean, estimate.low, estimate.high
    if mean is None or low is None or high is None:
        return None
    if max(abs(low), abs(high)) < limit:
        return True
    nearest = 0.0 if low < 0 < high else min(abs(low), abs(high))
    return False if nearest >= limit else None


_SANITY = {"randomisation": _randomisation, "degree": _degree, "locality": _locality}
