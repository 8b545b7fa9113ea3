"""The report page of explanations: what was measured, put into the page's own terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import yaml
from numpy.typing import NDArray

from resgat.explain.stats.bootstrap import estimate_means
from resgat.explain.stats.summary import CONTROLS, PairRow, SummaryRow
from resgat.files import write_text
from resgat.measuring.false_evidence import CLAIMED
from resgat.measuring.naming import Named
from resgat.measuring.sanity import MAX_TIER
from resgat.measuring.subjects import Subjects
from resgat.measuring.verified import coverage
from resgat.report.console_explain import SHOWN, main_track
from resgat.report.explain_checks import claims
from resgat.report.explanations.content import (
    Check,
    Column,
    Curve,
    ExplanationReport,
    Price,
)
from resgat.report.explanations.gallery import gallery_png
from resgat.report.explanations.page import render_page
from resgat.report.explanations.picture import Picture, page_row
from resgat.report.seen import seen_words

if TYPE_CHECKING:
    from resgat.run.explain_results import Explained

_TRACKS = {
    "A": "one altered region",
    "B": "two altered regions",
    "C": "one altered region, and a decoy elsewhere",
    "D": "nothing altered",
    "E": "a watermark, and nothing else",
    "F": "altered by operators that the training never showed",
    "all": "the fakes of the test split",
}
_NOTES = {
    "region_hit": "Is the altered region the one with the densest evidence?",
    "fooled": "Does the hottest pixel lie on a visible change that says nothing of the label?",
    "false_evidence": "Does a region of an unaltered face reach what 95 % of the fakes reach?",
    "shuffled_auroc": "Are altered pixels hotter than those that are altered in other faces?",
    "relevance_mass": "Which share of the evidence lies on altered pixels?",
    "repair": "P(fake) while the hottest pixels are given back from the original.",
    "deletion": "P(fake) while the hottest pixels are blurred away.",
    "jpeg70_rho": "Is the map the same after JPEG at quality 70?",
}
_SHOWN_METHODS = 10


def write_report(
    explained: Sequence[Explained],
    config: Mapping[str, Any],
    environment: Mapping[str, Any],
    summary: Sequence[SummaryRow],
    pairs: Sequence[PairRow],
    named: Mapping[str, Named],
    checks: Sequence[Check],
    run_dir: Path,
) -> tuple[Picture, ...]:
    """Write ``report.html`` and ``gallery/gallery.png``.

    Returns:
        The pictures of the gallery.
    """
    first = explained[0]
    track = main_track(summary)
    pictures = tuple(_pictures(first))
    if pictures:
        path = run_dir / "gallery" / "gallery.png"
        gallery_png(path, pictures, threshold_prob=first.source.threshold_prob)
    report = ExplanationReport(
        title=f"Explanations of {first.session.judged.model}",
        facts=tuple(_facts(explained, config, environment)),
        summary=tuple(summary),
        claims=tuple(claims(summary, pairs, track)),
        columns=_columns(summary),
        chance=dict(_chances(summary)),
        tracks={row.track: _TRACKS.get(row.track, row.track) for row in summary},
        coverage=_coverage(explained),
        pairs=tuple(pairs),
        prices={name: Price(p.price.ms, p.price.forward) for name, p in first.parts.items()},
        plain_ms=first.plain_ms,
        curves=_curves(first, config["explain"]["draws"], config["seed"]),
        confusion={name: one.table() for name, one in named.items()},
        gallery=tuple(page_row(picture) for picture in pictures),
        sanity=tuple(checks),
        pitfalls=tuple(_pitfalls(explained, summary, track)),
        config=yaml.safe_dump(dict(config), sort_keys=False),
    )
    write_text(run_dir / "report.html", render_page(report))
    return pictures


def _pictures(explained: Explained) -> Iterator[Picture]:
    """Yield the shown faces with the maps of the methods that all of them have."""
    session = explained.session
    places = np.flatnonzero(session.places.shown)
    methods = [name for name, part in explained.parts.items() if len(part.shown) == len(places)]
    methods = [m for m in methods if m not in CONTROLS][:_SHOWN_METHODS]
    if not methods:
        return
    subjects = session.judged.subjects
    faces, _ = session.loader.load(subjects.at(places))
    for row, place in enumerate(places.tolist()):
        regions = faces.regions[row].float()
        maps = {name: explained.parts[name].shown[row] for name in methods}
        yield Picture(
            image=(255 * faces.pixels[row].permute(1, 2, 0)).round().byte().numpy(),
            prob=float(session.judged.verified.prob[place]),
            label=int(subjects.index.labels[subjects.position[place]]),
            caption=_caption(subjects, place),
            maps=maps,
            regions={name: _densities(heat, regions) for name, heat in maps.items()},
            mask=None if faces.mask is None else faces.mask[row].numpy(),
        )


def _densities(heat: NDArray[np.float32], regions: torch.Tensor) -> NDArray[np.float64]:
    inside = torch.einsum("rhw,hw->r", regions, torch.from_numpy(heat))
    return (inside / regions.sum((1, 2)).clamp_min(1)).double().numpy()


def _caption(subjects: Subjects, place: int) -> str:
    return str(subjects.index.value("method", int(subjects.position[place])))


def _columns(summary: Sequence[SummaryRow]) -> tuple[Column, ...]:
    found = {row.metric for row in summary}
    return tuple(
        Column(name, label, _NOTES.get(name, "")) for name, label in SHOWN.items() if name in found
    )


def _chances(summary: Sequence[SummaryRow]) -> Iterator[tuple[tuple[str, str], float]]:
    """Yield the chance levels that are the same for every image."""
    fixed = {
        "region_hit": 1 / 8,
        "shuffled_auroc": 0.5,
        "pixel_auroc": 0.5,
        "region_recall2": 1 / 4,
        "false_evidence": CLAIMED,
    }
    for row in summary:
        if row.metric in fixed:
            yield (row.track, row.metric), fixed[row.metric]
        elif row.method == "uniform" and row.mean is not None:
            yield (row.track, row.metric), row.mean


def _coverage(explained: Sequence[Explained]) -> dict[tuple[str, str], tuple[int, int]]:
    total: dict[tuple[str, str], tuple[int, int]] = {}
    for one in explained:
        judged = one.session.judged
        for track, (verified, num) in coverage(judged.subjects, judged.verified).items():
            before = total.get((judged.model, track), (0, 0))
            total[judged.model, track] = (before[0] + verified, before[1] + num)
    return total


def _curves(explained: Explained, draws: int, seed: int) -> dict[str, dict[str, Curve]]:
    """Return each curve's mean over images and its interval over identity groups."""
    session = explained.session
    found: dict[str, dict[str, Curve]] = {}
    for method, part in explained.parts.items():
        at = session.subjects_of(explained.methods[method])
        asked = at[session.places.asked[at]]
        index, positions = session.judged.subjects.index, session.judged.subjects.position[asked]
        groups = index.take(["identity_group"], positions)["identity_group"].to_pylist()
        for name, values in part.curves.items():
            scores = values[None].astype(np.float64)
            points = estimate_means(scores, groups, draws=min(draws, 2000), seed=seed)
            mean, low, high = (
                np.array(
                    [getattr(p, end) if getattr(p, end) is not None else p.mean for p in points]
                )
                for end in ("mean", "low", "high")
            )
            x = np.linspace(0, 1, len(mean))
            found.setdefault(name, {})[method] = Curve(x, mean, low, high)
    return found


def _facts(
    explained: Sequence[Explained], config: Mapping[str, Any], environment: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    for one in explained:
        seed = one.session.judged.train_seed
        yield f"checkpoint, seed {seed}", str(one.source.ckpt_path)
        yield f"called fake, seed {seed}", _threshold(one.source.threshold_prob)
    yield "of the crops, seen in training", seen_words(explained[0].source.seen)
    yield "data", str(config["data"]["crops_dir"])
    yield "index SHA-256", str(environment["index_sha256"])
    yield "code", str(environment["code"])
    yield "seed", str(config["seed"])
    yield "resamplings", str(config["explain"]["draws"])


def _threshold(prob: float | None) -> str:
    if prob is None:
        return "val gave no threshold; 0.5 where one is needed"
    return f"from P(fake) = {prob:.3f}, chosen on val"


def _pitfalls(
    explained: Sequence[Explained], summary: Sequence[SummaryRow], track: str
) -> Iterator[str]:
    refused = dict.fromkeys(reason for one in explained for reason in one.refused.values())
    yield from (f"Left out: {reason}" for reason in refused)
    yield from _sureness(explained)
    yield from _untested(explained[0])
    if len(explained) > 1:
        seed = explained[0].session.judged.train_seed
        yield f"Curves, cost and gallery are those of seed {seed}"
    silent = sorted({row.method for row in summary if row.track == track and row.n_degenerate})
    if silent:
        yield f"Maps that say nothing, scored as chance, occur with {', '.join(silent)}"


def _untested(explained: Explained) -> Iterator[str]:
    """Say which methods random weights were not tried with, if they were with others."""
    methods = explained.methods.items()
    dear = sorted(n for n, one in methods if one.tier > MAX_TIER and n not in CONTROLS)
    if dear and any(one.check == "randomisation" for one in explained.findings):
        yield f"Random weights were tried with methods of a few passes, not with {', '.join(dear)}"


def _sureness(explained: Sequence[Explained]) -> Iterator[str]:
    """Say of what the tables are, where it is not of nearly all."""
    if not any(one.session.judged.verified.is_verified.any() for one in explained):
        yield "The detector gets no subject right with certainty, so the tables are of all of them"
        return
    for one in explained:
        share = one.session.judged.verified.is_verified.mean()
        if share < 0.5:
            yield (
                f"The detector of seed {one.session.judged.train_seed} gets {100 * share:.1f} % of "
                "the subjects right with certainty; the tables are of these"
            )
