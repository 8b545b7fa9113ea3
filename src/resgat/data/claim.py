"""Whose crops a folder holds: one corpus, cut in one way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from resgat.data.cropping import CropSpec
from resgat.data.schema import INDEX_NAME
from resgat.errors import ConfigError
from resgat.files import write_json

SPEC_NAME = "crop_spec.json"

_REMEDY = "choose another crops_dir, or delete this one"


def claim(crops_dir: Path, corpus: str, spec: CropSpec) -> None:
    """Refuse a folder with other crops, else note whose crops it will hold, before the first.

    Raises:
        ConfigError: The folder holds crops of another corpus or spec, or is none.
    """
    if crops_dir.exists() and not crops_dir.is_dir():
        msg = f"crops_dir {crops_dir}: expected a folder, got a file; choose another crops_dir"
        raise ConfigError(msg)
    mine = {"corpus": corpus, "crop_spec": described(spec)}
    path = crops_dir / SPEC_NAME
    if path.is_file():
        theirs = _read(path)
        if theirs != mine:
            found = _difference(theirs, mine)
            msg = f"crops_dir {crops_dir} holds other crops: {found}; {_REMEDY}"
            raise ConfigError(msg)
        return
    if (crops_dir / INDEX_NAME).exists():
        msg = f"crops_dir {crops_dir} holds an {INDEX_NAME} that preprocessing did not write; "
        raise ConfigError(msg + _REMEDY)
    try:
        write_json(path, mine)
    except OSError as error:
        msg = f"crops_dir {crops_dir}: cannot be written to ({error.strerror}); "
        raise ConfigError(msg + "choose another crops_dir") from error


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
