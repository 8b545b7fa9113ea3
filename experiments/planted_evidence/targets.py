"""What was to be shown, fixed before the runs unless it says so, and whether it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from experiments.planted_evidence.cells import cell, difference
from experiments.planted_evidence.rows import COMPARED, DIFFERENCE, Result

#: Of a target that came to mind after the runs.
_LATER = " (added later)"


class Target(NamedTuple):
    """What was to be shown, and what was found; None: nothing, so far."""

    claim: str
    found: str
    holds: bool | None


def targets(rows: Sequence[Result]) -> Iterator[Target]:
    """Yield every target of the study."""
    found = {
        (row.model, row.track, row.metric, row.method): row
        for row in rows
        if row.subjects == "verified"
    }
    own = found.get(("resgatv2", "A", "region_hit", "contrib"))
    yield _at_least("contribution of `resgatv2` names the region", own, 0.85)
    taught = found.get(("resgatv2_supervised", "A", "region_hit", "contrib"))
    yield _at_least("with supervised evidence", taught, 0.95)
    for named, model, method in COMPARED:
        ours = found.get((named, "A", "region_hit", "contrib"))
        rival = found.get((model, "A", "region_hit", method))
        claim = f"`{named}` 10 points over {method} of `{model}`, intervals apart"
        yield _ahead(claim + (_LATER if method == "gradcam_layer1" else ""), ours, rival)
    unseen = found.get(("resgatv2", "F", "region_hit", "contrib"))
    yield _share_kept("operators never seen keep 70 % of it", own, unseen)
    beside, alone = (found.get(("resgatv2", track, "fooled", "contrib")) for track in "CD")
    yield _at_most("at most 10 % of the decoys fool it, beside an altered region", beside, 0.1)
    yield _at_most(
        f"at most 10 % of the decoys fool it, where nothing is altered{_LATER}", alone, 0.1
    )
    yield _detects_as_well(rows)
    yield _not_behind(
        "not 0.02 below exact Shapley values of the same faces (stretch)",
        found.get(("resgatv2", "A", "region_hit", DIFFERENCE)),
    )
    yield _at_least("2.2 bits of 3 (stretch)", found.get(("resgatv2", "A", "bits", "contrib")), 2.2)


def targets_table(rows: Sequence[Result]) -> str:
    """Return every target and whether it was met."""
    words: dict[bool | None, str] = {True: "met", False: "**not met**"}
    lines = ["| target | found | |", "|---|---|---|"]
    for one in targets(rows):
        missing = "not run yet" if one.found == "-" else "open"
        lines.append(f"| {one.claim} | {one.found} | {words.get(one.holds, missing)} |")
    return "\n".join(lines) + "\n"


def _at_least(claim: str, row: Result | None, wanted: float) -> Target:
    claim = f"{claim}: at least {wanted}"
    if row is None or row.mean is None:
        return Target(claim, "-" if row is None else f"too few faces: {row.n}", None)
    return Target(claim, cell(row), row.mean >= wanted)


def _at_most(claim: str, row: Result | None, wanted: float) -> Target:
    if row is None or row.mean is None:
        return Target(claim, "-", None)
    return Target(claim, cell(row), row.mean <= wanted)


def _not_behind(claim: str, row: Result | None) -> Target:
    if row is None or row.mean is None:
        return Target(claim, "-", None)
    return Target(claim, difference(row), row.mean >= -0.02)


def _ahead(claim: str, own: Result | None, rival: Result | None) -> Target:
    if own is None or rival is None or own.mean is None or rival.mean is None:
        return Target(claim, "-", None)
    is_apart = own.low is not None and rival.high is not None and own.low > rival.high
    shown = f"{cell(own)} against {cell(rival)}"
    return Target(claim, shown, is_apart and own.mean - rival.mean >= 0.1)


def _share_kept(claim: str, seen: Result | None, unseen: Result | None) -> Target:
    if seen is None or unseen is None or not seen.mean or unseen.mean is None:
        return Target(claim, "-", None)
    share = unseen.mean / seen.mean
    return Target(claim, f"{round(100 * share)} %: {cell(unseen)}", share >= 0.7)


def _detects_as_well(rows: Sequence[Result]) -> Target:
    claim = "test AUC at most 0.005 below `resnet34`'s, means of the seeds"
    means = []
    for model in ("resgatv2", "resnet34"):
        auc = [r.mean for r in rows if (r.model, r.metric) == (model, "auc") and r.mean is not None]
        if not auc:
            return Target(claim, "-", None)
        means.append(sum(auc) / len(auc))
    return Target(claim, f"{means[0]:.3f} against {means[1]:.3f}", means[0] >= means[1] - 0.005)
