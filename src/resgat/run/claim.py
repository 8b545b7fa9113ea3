"""Whose unfinished work a folder holds: that of one run, which may go on with its own alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from resgat.errors import ConfigError
from resgat.files import write_json
from resgat.settings import first_difference

_REMEDY = "Choose another hydra.run.dir, or delete it"


def claim(
    path: Path,
    mine: Mapping[str, Any],
    may_be_added: str,
    what: str,
    *,
    decides: Callable[[str], bool] = lambda _: True,
) -> None:
    """Note what the files of a folder are made with, or refuse to go on with others.

    Args:
        path: The note, in that folder.
        mine: All that decides what the files hold, flat.
        may_be_added: A setting ``may_be_added + NAME`` or ``may_be_added + NAME.KEY`` is one of the
            part NAME. A part may be there and not asked for, or asked for and not there; one that
            is both has the same settings.
        what: The files, in messages.
        decides: Whether a setting, noted or mine, has decided a file that is there. One that was
            noted for files that were never made binds nobody.

    Raises:
        ConfigError: The files are made with other settings, or with what is not known any more.
    """
    found = _read(path, what)
    theirs = mine if found is None else {key: found[key] for key in found if decides(key)}
    alone = _parts(mine, may_be_added) ^ _parts(theirs, may_be_added)
    excused = {
        key
        for key in mine.keys() | theirs.keys()
        if _part(key, may_be_added) in alone or not decides(key)
    }
    difference = first_difference(mine, theirs, excused)
    if difference is not None:
        msg = f"{path.parent} holds {what} made with other settings: {difference}. {_REMEDY}"
        raise ConfigError(msg)
    write_json(path, {**theirs, **mine})


def _read(path: Path, what: str) -> dict[str, Any] | None:
    """Return what a folder's files are made with; None if there are none."""
    if not path.is_file():
        _refuse_unknown(path, what)
        return None
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        msg = f"{path.parent} holds {what}, but {path.name} is no JSON: {error}. {_REMEDY}"
        raise ConfigError(msg) from error
    if not isinstance(found, dict):
        msg = f"{path.parent} holds {what}, but {path.name} holds no settings. {_REMEDY}"
        raise ConfigError(msg)
    return found


def _refuse_unknown(path: Path, what: str) -> None:
    # Another process of this run may just be writing the note, under a hidden name at first.
    files = path.parent.iterdir() if path.parent.is_dir() else ()
    if any(file != path and not file.name.startswith(".") for file in files):
        msg = f"{path.parent} holds {what}, but no {path.name} to say how they are made. {_REMEDY}"
        raise ConfigError(msg)


def _parts(settings: Mapping[str, Any], prefix: str) -> set[str]:
    return {_part(key, prefix) for key in settings} - {""}


def _part(key: str, prefix: str) -> str:
    """Return the name of the part that a setting is one of; empty if it is of all parts."""
    return key.removeprefix(prefix).partition(".")[0] if key.startswith(prefix) else ""
