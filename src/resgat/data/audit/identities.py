"""Is there an identity group in two splits? Then a detector can recognise faces, not forgeries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resgat.data.audit.crops import Video
from resgat.data.audit.verdict import Check, Verdict, listing
from resgat.data.crossing import crossing
from resgat.data.videos import examples

NAME = "identity_groups"

_NUM_EXAMPLES = 3


def check_identity_groups(videos: Sequence[Video]) -> Check:
    """Compare the splits by the ``identity_group`` that the corpus gave its videos."""
    groups = crossing((video.identity_group, video.split) for video in videos)
    num_groups = len({video.identity_group for video in videos})
    if not groups:
        return Check(
            NAME, Verdict.OK, f"{num_groups} groups, each in one split", {"crossing": listing([])}
        )
    members: dict[str, list[Video]] = {name: [] for name in groups}
    for video in videos:
        if video.split is not None and video.identity_group in members:
            members[video.identity_group].append(video)
    found = [_describe(name, members[name]) for name in groups]
    named = [f"{name} ({', '.join(splits)})" for name, splits in groups.items()]
    summary = f"{len(groups)} of {num_groups} groups lie in several splits: "
    return Check(NAME, Verdict.LEAK, summary + examples(named), {"crossing": listing(found)})


def _describe(name: str, members: Sequence[Video]) -> dict[str, Any]:
    by_split: dict[str, list[Video]] = {}
    for video in members:
        by_split.setdefault(str(video.split), []).append(video)
    return {
        "identity_group": name,
        "splits": {
            split: {
                "videos": len(inside),
                "crops": sum(video.num_crops for video in inside),
                "examples": [video.video_id for video in inside[:_NUM_EXAMPLES]],
            }
            for split, inside in sorted(by_split.items())
        },
    }
