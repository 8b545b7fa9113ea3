"""Putting a video's files in place in one step: all of them or none."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from resgat.files import flush_to_disk, sweep_unfinished

PARTIAL_DIR = ".partial"


def commit(crops_dir: Path, video_id: str, files: Mapping[str, bytes]) -> None:
    """Write files under another name, then rename their folder to ``crops_dir/video_id``.

    A process killed at any moment, or a power cut, leaves the whole folder, or the one that was
    there before, or none; what was begun lies in ``.partial`` and is swept away at the end of a
    run. On return the files' contents are on the disk.

    Args:
        crops_dir: The crops folder.
        video_id: The video's folder in it.
        files: Name -> content.
    """
    scratch = crops_dir / PARTIAL_DIR / secrets.token_hex(8)
    made = scratch / "made"
    made.mkdir(parents=True)
    for name, content in files.items():
        (made / name).write_bytes(content)
    for name in files:  # after all are written, which takes half the time of one by one
        flush_to_disk(made / name)
    folder = crops_dir / video_id
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        folder.rename(scratch / "old")
    made.rename(folder)
    shutil.rmtree(scratch)


def is_whole(crops_dir: Path, video_id: str, num_files: int) -> bool:
    """Tell whether a video's folder holds as many files as it should."""
    try:
        return len(os.listdir(crops_dir / video_id)) >= num_files  # noqa: PTH208  (names suffice)
    except (FileNotFoundError, NotADirectoryError):
        return False


def sweep(crops_dir: Path) -> None:
    """Remove what killed processes had begun."""
    shutil.rmtree(crops_dir / PARTIAL_DIR, ignore_errors=True)
    sweep_unfinished(crops_dir)
