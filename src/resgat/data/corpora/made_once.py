"""A crops folder that a corpus makes by itself: once, whole, and only for the same settings."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from resgat.errors import ConfigError, DatasetNotFoundError
from resgat.holding import held


def refuse_videos(name: str, raw_dir: Path) -> NoReturn:
    """Say that a corpus which makes its own crops has no raw videos.

    Raises:
        DatasetNotFoundError: Always.
    """
    msg = (
        f"data={name} has no raw videos (asked for in {raw_dir}): it draws its own crops. "
        f"Run python src/train.py data={name} directly"
    )
    raise DatasetNotFoundError(msg)


def make_once(
    crops_dir: Path, name: str, settings: Mapping[str, Any], make: Callable[[Path], None]
) -> None:
    """Make a folder, unless it was made before; all of it or nothing.

    Where another run is making it, this one waits for it.

    Args:
        crops_dir: The folder; must not exist, be empty, or have been made under the same settings.
        name: The corpus; the settings are noted in ``<name>.json``.
        settings: What decides the content, for JSON.
        make: Fills the folder that it is given.

    Raises:
        ConfigError: The folder holds something else.
    """
    note = json.dumps(settings, indent=2) + "\n"
    if _is_made(crops_dir, name, note):
        return
    crops_dir.parent.mkdir(parents=True, exist_ok=True)
    lock = crops_dir.parent / f".making-{crops_dir.name}.lock"
    with held(lock, f"another run is making {crops_dir}; waiting for it", waits=True):
        if not _is_made(crops_dir, name, note):
            _make(crops_dir, name, note, make)


def _make(crops_dir: Path, name: str, note: str, make: Callable[[Path], None]) -> None:
    with tempfile.TemporaryDirectory(prefix=".making-", dir=crops_dir.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        make(made)
        (made / f"{name}.json").write_text(note, encoding="utf-8")
        try:
            made.rename(crops_dir)
        except OSError:
            # On a disk without locks another run was faster; what it made is the same.
            if not _is_made(crops_dir, name, note):
                raise


def _is_made(crops_dir: Path, name: str, note: str) -> bool:
    if not crops_dir.exists() or (crops_dir.is_dir() and not any(crops_dir.iterdir())):
        return False
    path = crops_dir / f"{name}.json"
    if path.is_file() and path.read_text(encoding="utf-8") == note:
        return True
    msg = f"{crops_dir} holds other crops than data={name} is now asked for; give another "
    raise ConfigError(msg + "data.crops_dir, or delete that folder")
