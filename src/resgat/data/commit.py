"""Putting a video's files in place in one step: all of them or none."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from resgat.files import flush_to_disk, sweep_unfinished

PARTIAL_DIR = ".partial"

_CROP = re.compile(r"(\d{6,}_\d+(?:_mask)?)\.(?:png|jpg|webp)")


def commit(crops_dir: Path, video_id: str, files: Mapping[str, bytes]) -> None:
    """Write files under another name, then rename their folder to ``crops_dir/video_id``.

    Where there are no files, there is no folder afterwards.

    A process killed at any moment, or a power cut, leaves the whole folder, or the one that was
    there before, or none; what was begun lies in ``.partial`` and is swept away at the end of a
    run that is alone in the folder. On return the files' contents are on the disk.

    Args:
        crops_dir: The crops folder.
        video_id: The video's folder in it.
        files: Name -> content.
    """
    folder = crops_dir / video_id
    if not files and not folder.exists():
        return
    scratch = crops_dir / PARTIAL_DIR / secrets.token_hex(8)
    made = scratch / "made"
    made.mkdir(parents=True)
    for name, content in files.items():
        (made / name).write_bytes(content)
    for name in files:  # after all are written, which takes half the time of one by one
        flush_to_disk(made / name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        folder.rename(scratch / "old")
    if files:
        made.rename(folder)
    shutil.rmtree(scratch)


def is_whole(crops_dir: Path, video_id: str, files: str) -> bool:
    """Tell whether a video's folder holds the crops and masks that it should.

    Args:
        crops_dir: The crops folder.
        video_id: The video's folder in it.
        files: The :func:`fingerprint` of their names.
    """
    try:
        names = os.listdir(crops_dir / video_id)  # noqa: PTH208  (a million names)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return fingerprint(names) == files


def fingerprint(names: Iterable[str]) -> str:
    """Hash the names of crops and masks, whatever their image format; others are passed over."""
    stems = sorted(match[1] for match in map(_CROP.fullmatch, names) if match)
    return hashlib.sha256("/".join(stems).encode()).hexdigest()[:16]


def sweep(crops_dir: Path) -> None:
    """Remove what killed processes had begun."""
    shutil.rmtree(crops_dir / PARTIAL_DIR, ignore_errors=True)
    sweep_unfinished(crops_dir)
