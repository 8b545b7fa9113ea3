"""Reading a corpus's own JSON list without trusting it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from resgat.data.layout.paths import refuse_pipe
from resgat.errors import MetadataError


def read_object(path: Path, what: str, remedy: str) -> dict[str, Any]:
    """Read a JSON object in which no key occurs twice.

    Args:
        path: The file.
        what: What the file is, for the message when it is missing.
        remedy: What the user can do about a bad file.

    Raises:
        MetadataError: The file is missing, no JSON, or no object.
    """
    value = read_json(path, what, remedy)
    if not isinstance(value, dict):
        msg = f"{path}: expected an object of video names, got {type(value).__name__}; {remedy}"
        raise MetadataError(msg)
    return value


def read_json(path: Path, what: str, remedy: str) -> Any:
    """Read any JSON in which no key occurs twice.

    Raises:
        MetadataError: The file is missing or no JSON.
    """
    try:
        refuse_pipe(path)
        return json.loads(path.read_text("utf-8-sig"), object_pairs_hook=_without_repeats)
    except FileNotFoundError as error:
        msg = f"{path}: no such file, expected {what}; {remedy}"
        raise MetadataError(msg) from error
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{path}: expected JSON without repeated keys, got {error}; {remedy}"
        raise MetadataError(msg) from error


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that occurs twice: JSON would silently keep the last label."""
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        msg = f"a repeated key {next(name for name in names if names.count(name) > 1)!r}"
        raise ValueError(msg)
    return members
