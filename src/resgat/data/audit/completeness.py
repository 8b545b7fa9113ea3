"""Is this the whole corpus? What preprocessing found, against what the publisher lists."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from resgat.data.audit.crops import Crops
from resgat.data.audit.manifest import Counts, Manifest
from resgat.data.audit.verdict import Check, Verdict, listing
from resgat.data.schema import INDEX_NAME
from resgat.data.videos import examples

NAME = "completeness"

_ALL = "all"


def check_completeness(crops: Crops, manifest: Manifest | str) -> Check:
    """Compare the manifest with the official counts, and with the index that is there now.

    Args:
        crops: The crops folder.
        manifest: What preprocessing noted, or why that cannot be had.
    """
    if isinstance(manifest, str):
        return Check(NAME, Verdict.NOT_CHECKED, manifest)
    official = _compare(manifest)
    is_as_written = _sha256(crops) == manifest.index_sha256
    details = {
        "official": official,
        "absent": listing(manifest.absent),
        "missing_videos": listing(manifest.missing_videos),
        "failed_videos": manifest.failed_videos,
        "index_is_as_written": is_as_written,
    }
    remarks = list(_remarks(manifest, official))
    if not is_as_written:
        remarks.append("the index was changed since preprocessing wrote it")
    if remarks:
        return Check(NAME, Verdict.WARNING, "; ".join(remarks), details)
    total = sum(cell["found"] for cell in official.values())
    summary = f"all {total} published videos" if official else "no published count to compare with"
    return Check(NAME, Verdict.OK, summary, details)


def _remarks(manifest: Manifest, official: dict[str, dict[str, int]]) -> Iterator[str]:
    """Say what lacks."""
    short = [
        f"{name} ({cell['found']} of {cell['official']})"
        for name, cell in official.items()
        if cell["found"] < cell["official"]
    ]
    if short:
        yield f"fewer videos than published in {examples(short)}"
    if manifest.absent:
        yield f"{len(manifest.absent)} absent: {examples(manifest.absent)}"
    if manifest.missing_videos:
        names = examples(manifest.missing_videos)
        yield f"{len(manifest.missing_videos)} listed but no file: {names}"
    if manifest.failed_videos:
        yield f"{manifest.failed_videos} videos gave no crop, see failures.csv"


def _compare(manifest: Manifest) -> dict[str, dict[str, int]]:
    """Return ``method/split`` -> published, found and usable videos."""
    return {
        f"{method}/{split}": {
            "official": number,
            "found": _total(manifest.found, method, split),
            "with_face": _total(manifest.with_face, method, split),
        }
        for method, splits in manifest.official.items()
        for split, number in splits.items()
    }


def _total(counts: Counts, method: str, split: str) -> int:
    splits = counts.get(method, {})
    return sum(splits.values()) if split == _ALL else splits.get(split, 0)


def _sha256(crops: Crops) -> str:
    return hashlib.sha256(crops.read_beside(INDEX_NAME) or b"").hexdigest()
