"""Whose crops a folder holds: one corpus, cut in one way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from resgat.data.cropping import CropSpec
from resgat.errors import ConfigError
from resgat.files import write_json

SPEC_NAME = "crop_spec.json"
#: All that is left of a run without a crop, whose folder is free.
FAILURES_NAME = "failures.csv"

_REMEDY = "choose another crops_dir, or delete this one"


def claim(crops_dir: Path, corpus: str, spec: CropSpec) -> None:
    """Note whose crops a folder will hold, before the first.

    Raises:
        ConfigError: The folder holds something else, or cannot be written to.
    """
    refuse_others(crops_dir, corpus, spec)
    path = crops_dir / SPEC_NAME
    if path.is_file():
        return
    try:
        write_json(path, {"corpus": corpus, "crop_spec": described(spec)})
    except OSError as error:
        msg = f"crops_dir {crops_dir}: cannot be written to ({error.strerror}); "
        raise ConfigError(msg + "choose another crops_dir") from error


def refuse_others(crops_dir: Path, corpus: str, spec: CropSpec) -> None:
    """Refuse a folder with other crops, or with files that preprocessing did not write.

    Raises:
        ConfigError: The folder holds something else, or is none.
    """
    if crops_dir.exists() and not crops_dir.is_dir():
        msg = f"crops_dir {crops_dir}: expected a folder, got a file; choose another crops_dir"
        raise ConfigError(msg)
    mine = {"corpus": corpus, "crop_spec": described(spec)}
    path = crops_dir / SPEC_NAME
    # First the files, then the note: another shard writes its note before anything else, so what
    # is seen of it here cannot be without one below.
    foreign = _foreign(crops_dir)
    if path.is_file():
        theirs = _read(path)
        if theirs != mine:
            found = _difference(theirs, mine)
            msg = f"crops_dir {crops_dir} holds other crops: {found}; {_REMEDY}"
            raise ConfigError(msg)
        return
    if foreign is not None:
        # A folder of crops may be replaced as a whole; nobody else's may lie in its place.
        msg = f"crops_dir {crops_dir} holds {foreign}, which preprocessing did not write; "
        raise ConfigError(msg + "choose a new or empty crops_dir")


def _foreign(crops_dir: Path) -> str | None:
    """Return the name of a file or folder that is not ours, hidden ones aside."""
    if not crops_dir.is_dir():
        return None
    names = sorted(path.name for path in crops_dir.iterdir())
    return next((n for n in names if n != FAILURES_NAME and not n.startswith(".")), None)


def described(spec: CropSpec) -> dict[str, Any]:
    """Return a spec with its hash, as the claim and the manifest hold it."""
    return {"hash": spec.hash, **spec.to_dict()}


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        msg = f"{path}: expected JSON, got {error}; {_REMEDY}"
        raise ConfigError(msg) from error
    if not isinstance(found, dict) or not isinstance(found.get("crop_spec"), dict):
        msg = f"{path}: expected an object with a crop_spec; {_REMEDY}"
        raise ConfigError(msg)
    return found


def _difference(theirs: dict[str, Any], mine: dict[str, Any]) -> str:
    """Name what differs, of both: ``size_px 224 there, 112 now``."""
    ours = {"corpus": mine["corpus"], **mine["crop_spec"]}
    others = {"corpus": theirs.get("corpus"), **theirs["crop_spec"]}
    return ", ".join(
        f"{key} {others.get(key)} there, {value} now"
        for key, value in ours.items()
        if others.get(key) != value
    )
