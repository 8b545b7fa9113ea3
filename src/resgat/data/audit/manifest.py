"""``manifest.json`` as far as the audit compares it with what is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from resgat.data.audit.crops import Crops
from resgat.data.manifest import MANIFEST_NAME, MANIFEST_SCHEMA

Counts = dict[str, dict[str, int]]


class Manifest(NamedTuple):
    """What preprocessing noted.

    Attributes:
        frames_per_video: Crops asked for; None for every frame.
        found: Method -> split -> videos that were there.
        with_face: Method -> split -> videos that gave crops.
        official: Method -> split, or ``"all"`` -> videos of a complete copy; may be empty.
        absent: Names of what a complete copy has besides.
        missing_videos: video_ids that the corpus's own lists name and that are no file.
        failed_videos: How many videos gave no crop.
        index_sha256: Of the index as it was written.
    """

    frames_per_video: int | None
    found: Counts
    with_face: Counts
    official: Counts
    absent: list[str]
    missing_videos: list[str]
    failed_videos: int
    index_sha256: str


def read_manifest(crops: Crops) -> Manifest | str:
    """Read the manifest, or say why it cannot be had; nothing in it is trusted to be of a kind."""
    data = crops.read_beside(MANIFEST_NAME)
    if data is None:
        return f"no {MANIFEST_NAME}, so preprocessing did not make these crops"
    try:
        return _parse(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return (
            f"{MANIFEST_NAME} is not what preprocessing writes (schema {MANIFEST_SCHEMA}): "
            f"{type(error).__name__} {error}; preprocess the corpus again"
        )


def _parse(values: Mapping[str, Any]) -> Manifest:
    if values["schema"] != MANIFEST_SCHEMA:
        msg = f"schema {values['schema']!r}"
        raise ValueError(msg)
    asked = values["crop_spec"]["frames_per_video"]
    return Manifest(
        frames_per_video=None if asked is None else int(asked),
        found=_counts(values["counts"], "videos_found"),
        with_face=_counts(values["counts"], "videos_with_face"),
        official={
            str(method): {str(split): int(number) for split, number in splits.items()}
            for method, splits in values["official"].items()
        },
        absent=[str(name) for name in values["absent"]],
        missing_videos=[str(name) for name in values["missing_videos"]],
        failed_videos=int(values["failed_videos"]),
        index_sha256=str(values["index_sha256"]),
    )


def _counts(counts: Mapping[str, Any], name: str) -> Counts:
    return {
        str(method): {str(split): int(cell[name]) for split, cell in splits.items()}
        for method, splits in counts.items()
    }
