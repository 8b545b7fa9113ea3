"""``manifest.json`` of a crops folder, read back: what became of each split's videos."""

from __future__ import annotations

import json
from typing import Any

from resgat.data.folder import Folder
from resgat.errors import MetadataError

MANIFEST_NAME = "manifest.json"
MANIFEST_SCHEMA = 2
VIDEO_COUNTS = ("videos_asked", "videos_found", "videos_decoded", "videos_with_face")


def read_crop_spec(crops_dir: Folder, spec_hash: str) -> dict[str, Any] | None:
    """Return how a folder's crops were cut: the fields of ``CropSpec``.

    Args:
        crops_dir: The folder.
        spec_hash: What its index calls their crop spec.

    Returns:
        None where preprocessing did not make them: drawn faces, or crops of other programs.

    Raises:
        MetadataError: The manifest is malformed, or says another crop spec than the index.
    """
    path = crops_dir / MANIFEST_NAME
    if not path.is_file():
        return None
    try:
        said = dict(json.loads(path.read_text("utf-8"))["crop_spec"])
        found = said.pop("hash")
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{MANIFEST_NAME}: expected what preprocessing writes (schema {MANIFEST_SCHEMA}), "
        msg += f"got {type(error).__name__}: {error}; preprocess the corpus again"
        raise MetadataError(msg) from error
    if found != spec_hash:
        msg = f"{MANIFEST_NAME} says crop spec {found}, and the index {spec_hash}; preprocess the "
        raise MetadataError(msg + "corpus again")
    return said


def count_videos(crops_dir: Folder, split: str) -> dict[str, int]:
    """Return how many of a split's videos were listed, there, decoded, and showed a face.

    Args:
        crops_dir: The folder that preprocessing filled.
        split: The split, over all manipulation methods.

    Returns:
        ``videos_asked``, ``videos_found``, ``videos_decoded`` and ``videos_with_face``.

    Raises:
        MetadataError: The folder has no manifest, as one whose crops were not cut from videos; or
            the manifest is malformed, or has no video of this split.
    """
    path = crops_dir / MANIFEST_NAME
    if not path.is_file():
        msg = f"{MANIFEST_NAME}: not in the crops folder, so preprocessing did not make the crops"
        raise MetadataError(msg)
    try:
        cells = _cells_of_split(json.loads(path.read_text("utf-8")), split)
        totals = {name: sum(int(cell[name]) for cell in cells) for name in VIDEO_COUNTS}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"{MANIFEST_NAME}: expected what preprocessing writes (schema {MANIFEST_SCHEMA}), "
        msg += f"got {type(error).__name__}: {error}; preprocess the corpus again"
        raise MetadataError(msg) from error
    if not cells:
        msg = f"{MANIFEST_NAME}: no video of split {split!r}; the index was changed since"
        raise MetadataError(msg)
    return totals


def _cells_of_split(
    manifest: dict[str, dict[str, dict[str, dict[str, int]]]], split: str
) -> list[dict[str, int]]:
    """Return the counts of every method that has videos in the split."""
    methods = manifest["counts"].values()
    return [splits[split] for splits in methods if split in splits]
