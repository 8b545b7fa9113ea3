"""The parts of the page that say what was seen in a file; every text is escaped."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from resgat.app.examine import ComparedFace, Examined
from resgat.data.naming import safe_name
from resgat.inference.result import FilePrediction, TrackPrediction, Verdict
from resgat.inference.verdict import most_fake
from resgat.report.explanations.picture import page_row
from resgat.report.explanations.tiles import face_tiles, picture_url
from resgat.report.html.blocks import fact_list, grid_table, scrolling
from resgat.report.html.markup import Markup, breakable, element, join
from resgat.report.html.wording import DASH, REGION_WORDS, counted, percent
from resgat.report.prediction.words import OUTSIDE, region_words
from resgat.types import REGIONS

_NOTE = (
    "The interval comes from how faces of the detector's val split with like scores turned out: "
    "one of its ends is calibrated for faces like those. It is wide where val had few such faces."
)


def answer(examined: Examined, document: Mapping[str, Any]) -> Markup:
    """Say what was found: the verdict first, the picture, the people in it.

    Args:
        examined: What was seen.
        document: What ``predictions.json`` would hold, for download.
    """
    said = examined.predicted.prediction
    parts = [_verdict(said), _picture(examined), _people(said)]
    if said.status != "failed":
        parts.append(_download(said, document))
    return join(part for part in parts if part)


def refused(reason: str, name: str = "") -> Markup:
    """Say that there is no answer, and why."""
    return _headline("none", "Not judged", name, element("p", _sentence(reason)))


def waiting(num_methods: int) -> Markup:
    """Say that the comparison is still being made."""
    return element(
        "p", f"Comparing {counted(num_methods, 'method')} of explanation ...", class_="note"
    )


def comparison(prediction: FilePrediction, faces: Sequence[ComparedFace]) -> Markup:
    """Show the evidence of each person, as the detector itself has it and by every method."""
    if prediction.status != "scored":
        return Markup("")
    by_track = {face.track: face for face in faces}
    panels = [
        _panel(place, prediction, prediction.tracks[at], by_track.get(prediction.tracks[at].track))
        for place, at in enumerate(most_fake(prediction.tracks), start=1)
    ]
    return element("section", *panels)


def limits_list(limits: Sequence[str], *more: str) -> Markup:
    """List what a verdict cannot say; it is on the page before and after every verdict."""
    return element(
        "section",
        element("h2", "What this cannot know"),
        element("ul", *(element("li", sentence) for sentence in (*limits, *more))),
        class_="limits",
    )


def _verdict(said: FilePrediction) -> Markup:
    verdict, name = said.verdict, said.path.name
    if verdict is None:
        if said.status == "failed":
            return refused(str(said.reason), name)
        return _headline("none", "No face found", name, element("p", _sentence(str(said.reason))))
    kind = "doubt" if verdict.is_in_doubt else verdict.label
    title = verdict.label.capitalize() + (", in doubt" if verdict.is_in_doubt else "")
    return _headline(
        kind,
        title,
        name,
        _scale(verdict, kind),
        fact_list(_facts(verdict)),
        element("p", _NOTE, class_="note") if verdict.low is not None else "",
    )


def _headline(kind: str, title: str, name: str, *inner: object) -> Markup:
    return element(
        "section",
        element("p", name, class_="file") if name else "",
        element("h2", title),
        *inner,
        class_=f"said {kind}",
        role="status",
    )


def _facts(verdict: Verdict) -> list[tuple[str, str]]:
    calibrated = "none: val gave no temperature"
    if verdict.calibrated_prob is not None:
        calibrated = f"{verdict.calibrated_prob:.2f}"
    return [
        ("calibrated P(fake)", calibrated),
        ("interval of doubt", _doubt(verdict) or "none: the checkpoint carries no scores of val"),
        # The threshold was chosen on these, and not on calibrated ones.
        (
            "P(fake) before calibration",
            f"{verdict.prob:.2f}, called fake from {verdict.threshold_prob:.2f}",
        ),
    ]


def _doubt(verdict: Verdict) -> str:
    if verdict.low is None or verdict.high is None:
        return ""
    return f"{verdict.low:.2f} to {verdict.high:.2f}"


def _scale(verdict: Verdict, kind: str) -> Markup:
    """Draw the interval of doubt and the calibrated probability between real and fake."""
    low, high, prob = verdict.low, verdict.high, verdict.calibrated_prob
    band = mark = ""
    if low is not None and high is not None:
        width = max(100 * (high - low), 0.8)
        band = element("span", class_="band", style=f"left:{100 * low:.1f}%;width:{width:.1f}%")
    if prob is not None:
        mark = element("span", class_="mark", style=f"left:{100 * prob:.1f}%")
    line = element(
        "div", band, element("span", class_="half"), mark, class_="line", aria_hidden="true"
    )
    ends = element(
        "div", element("span", "real"), element("span", "fake"), class_="ends", aria_hidden="true"
    )
    return element("div", line, ends, class_=f"scale {kind}")


def _picture(examined: Examined) -> Markup | str:
    name = examined.predicted.prediction.path.name
    if examined.frame is not None:
        height, width = examined.frame.shape[:2]
        alt = f"{name}, with a frame around each face"
        image = element("img", src=picture_url(examined.frame), alt=alt, width=width, height=height)
        return element("section", element("div", image, class_="frame"))
    if examined.timeline is None:
        return ""
    source = f"data:image/png;base64,{base64.b64encode(examined.timeline).decode()}"
    image = element("img", src=source, alt=f"P(fake) of each person over the time of {name}")
    return element(
        "section", element("h2", "Over time"), scrolling(image, "over time"), class_="time"
    )


def _people(said: FilePrediction) -> Markup | str:
    if not said.tracks:
        return ""
    shown = most_fake(said.tracks)
    head = ("person", "verdict", "calibrated", "doubt", "seen", "evidence")
    rows = [_row(place, said, said.tracks[at]) for place, at in enumerate(shown, start=1)]
    heads = (element("th", one, scope="col") for one in head)
    table = element("table", element("thead", element("tr", *heads)), element("tbody", *rows))
    more = len(said.tracks) - len(shown)
    note = "Choose a person to see the evidence below. The most suspicious one decides."
    if more:
        note += f" {more} more, who look less fake, are in the JSON."
    return element(
        "section",
        element("h2", "People in it"),
        element("p", note, class_="note"),
        scrolling(table, "people"),
        class_="people",
    )


def _row(place: int, said: FilePrediction, track: TrackPrediction) -> Markup:
    verdict = track.verdict
    key = f"chosen-{place}"
    button = element(
        "input", type="radio", name_="chosen", id=key, checked=True if place == 1 else None
    )
    words = verdict.label + (", in doubt" if verdict.is_in_doubt else "")
    if track.is_brief:
        words += "; brief, may be no face"
    if verdict is said.verdict:
        words += "; decides"
    calibrated = DASH if verdict.calibrated_prob is None else f"{verdict.calibrated_prob:.2f}"
    cells = (words, calibrated, _doubt(verdict) or DASH, _seen(track), region_words(track.regions))
    label = element("label", button, f" {track.track}", for_=key)
    return element("tr", element("th", label, scope="row"), *(element("td", one) for one in cells))


def _seen(track: TrackPrediction) -> str:
    first, last = track.faces[0], track.faces[-1]
    if len(track.faces) == 1:
        return "once"
    if first.time_s is None or last.time_s is None:
        return f"in {len(track.faces)} frames"
    return f"{first.time_s:.1f} to {last.time_s:.1f} s, in {len(track.faces)} frames"


def _panel(
    place: int, said: FilePrediction, track: TrackPrediction, face: ComparedFace | None
) -> Markup:
    title = f"Evidence of person {track.track}"
    inner = [element("h2", title), _regions(track.regions, said.kind)]
    if face is not None:
        inner += [
            element("h3", "Methods of explanation side by side"),
            element("p", _COMPARED, class_="note"),
            face_tiles(page_row(face.picture)),
            _shares(face),
        ]
    return element("div", *inner, class_=f"panel panel-{place}")


_COMPARED = (
    "Red speaks for fake, blue for real, each map relative to its own strength. Where methods "
    "disagree, not all of them can be right about what the detector looked at."
)


def _regions(regions: Mapping[str, float] | None, kind: str | None) -> Markup:
    if regions is None:
        return element(
            "p", "This model yields no evidence of its own; see the methods.", class_="note"
        )
    where = "each region's share of what raised the logit of fake; left and right are the image's"
    over = ", mean over the frames" if kind == "video" else ""
    shares = dict(zip(REGION_WORDS, (regions[name] for name in REGIONS), strict=True))
    rest = 1 - sum(regions.values())
    shares[OUTSIDE] = rest if max(regions.values()) > 0 else 0.0
    bars = [part for name, share in shares.items() for part in _bar(name, share)]
    return join(
        [
            element("p", f"{where}{over}".capitalize() + ".", class_="note"),
            element("div", *bars, class_="bars", role="group", aria_label="regions"),
        ]
    )


def _bar(name: str, share: float) -> tuple[Markup, Markup, Markup]:
    width = f"width:{100 * min(max(share, 0.0), 1.0):.1f}%"
    line = element(
        "span", element("span", class_="fill", style=width), class_="track", aria_hidden="true"
    )
    return element("span", name), line, element("span", percent(max(share, 0.0)), class_="value")


def _shares(face: ComparedFace) -> Markup:
    rows = [
        [name, *(_share(shares, place) for shares in face.shares.values())]
        for place, name in enumerate((*REGION_WORDS, OUTSIDE))
    ]
    head = ["share of the evidence", *(breakable(name) for name in face.shares)]
    return grid_table(head, rows, "regions by method")


def _share(shares: Sequence[float] | None, place: int) -> object:
    if shares is None:
        return DASH
    text = percent(shares[place])
    return element("b", text) if shares[place] > 0 and shares[place] == max(shares) else text


def _download(said: FilePrediction, document: Mapping[str, Any]) -> Markup:
    text = json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False)
    coded = base64.b64encode(text.encode()).decode()
    link = element(
        "a",
        "Download the result as JSON",
        href=f"data:application/json;base64,{coded}",
        download=f"{safe_name(said.path.name)}.json",
    )
    return element("p", link)


def _sentence(words: str) -> str:
    """Begin with a capital and end with a full stop.

    Example:
        >>> _sentence("no face found")
        'No face found.'
    """
    return words[:1].upper() + words[1:].rstrip(".") + "."
