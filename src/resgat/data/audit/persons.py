"""Is there a person in two splits? Asked of the ids alone, whatever the identity groups say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from resgat.data.audit.crops import Video
from resgat.data.audit.verdict import Check, Verdict, listing
from resgat.data.crossing import crossing
from resgat.data.videos import examples, identity_groups
from resgat.types import FAKE

NAME = "persons"

#: The split whose persons a detector has seen.
_SEEN = "train"


def check_persons(videos: Sequence[Video]) -> Check:
    """Compare the splits by the persons in them: whose video it is, and whose face was put in.

    Persons are connected by the fakes that join them, over all splits. An identity group may be
    smaller than such a circle, and of a wrong split rule it says nothing: a rule that looks at the
    target alone gives each fake the group of its target, and the sources cross unseen.
    """
    pairs = [(person, video.split) for video in videos for person in people(video)]
    if not pairs:
        reason = "the index names no target_id or source_id"
        return Check(NAME, Verdict.NOT_CHECKED, reason, {})
    found = crossing(pairs)
    circles = _circles(videos)
    exposed = _exposed_fakes(videos)
    details = {
        "num_persons": len({person for person, _ in pairs}),
        "circles": len(set(circles.values())),
        "largest_circle": max(Counter(circles.values()).values()),
        "crossing_circles": len({circles[person] for person in found}),
        "crossing": listing(list(_describe(videos, found))),
        "fakes_with_a_person_of_train": exposed,
    }
    if not found:
        summary = f"{details['num_persons']} persons, each in one split"
        return Check(NAME, Verdict.OK, summary, details)
    named = [f"{person} ({', '.join(splits)})" for person, splits in found.items()]
    summary = f"{len(found)} of {details['num_persons']} persons lie in several splits: "
    return Check(NAME, Verdict.LEAK, summary + examples(named) + _say_exposed(exposed), details)


def people(video: Video) -> set[str]:
    """Return the persons that a video shows, apart from those of other corpora.

    Example:
        >>> video = Video("d/m/c/9", "d", "m", "c", 1, "071", "054", "g", None, "train", 8)
        >>> sorted(people(video))
        ['d/054', 'd/071']
    """
    return {f"{video.dataset}/{one}" for one in (video.target_id, video.source_id) if one}


def _circles(videos: Sequence[Video]) -> dict[str, str]:
    """Map each person to the name of the circle that fakes connect it to."""
    return identity_groups((min(shown), max(shown)) for video in videos if (shown := people(video)))


def _describe(
    videos: Sequence[Video], found: Mapping[str, Sequence[str]]
) -> Iterator[dict[str, Any]]:
    """Say in which videos of which split a person lies, and in which part."""
    places: dict[str, dict[str, dict[str, list[str]]]] = {person: {} for person in found}
    for video in videos:
        parts = {"target": video.target_id, "source": video.source_id}
        for part, name in parts.items():
            person = f"{video.dataset}/{name}"
            if video.split is not None and person in places:
                inside = places[person].setdefault(video.split, {})
                inside.setdefault(part, []).append(video.video_id)
    for person, splits in places.items():
        yield {
            "person": person,
            "splits": {
                split: {
                    part: {"videos": len(ids), "example": ids[0]} for part, ids in parts.items()
                }
                for split, parts in sorted(splits.items())
            },
        }


def _exposed_fakes(videos: Sequence[Video]) -> dict[str, dict[str, int]]:
    """Count the fakes of each other split that show a person of the train split."""
    seen = {person for video in videos if video.split == _SEEN for person in people(video)}
    counts: dict[str, dict[str, int]] = {}
    for video in videos:
        if video.label == FAKE and video.split not in (None, _SEEN):
            cell = counts.setdefault(str(video.split), {"fakes": 0, "exposed": 0})
            cell["fakes"] += 1
            cell["exposed"] += bool(people(video) & seen)
    return dict(sorted(counts.items()))


def _say_exposed(exposed: Mapping[str, Mapping[str, int]]) -> str:
    parts = [
        f"{cell['exposed']} of {cell['fakes']} {split} fakes show a person of {_SEEN}"
        for split, cell in exposed.items()
        if cell["exposed"]
    ]
    return f"; {', '.join(parts)}" if parts else ""
