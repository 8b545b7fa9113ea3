"""What the section ``robustness`` of a configuration asks for, checked before anything is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resgat.checks import check_choice, check_range
from resgat.errors import ConfigError

_KEYS = ("num_videos", "only", "corruptions")
_REMEDY = "choose robustness=paper, and change what is in it"


def chosen_sections(section: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return what the corruptions that are asked for are built from, by name.

    Raises:
        ConfigError: A key is missing, unknown, or holds what it may not hold.
    """
    _check_keys(section)
    _check_num_videos(section["num_videos"])
    catalogue = _catalogue(section["corruptions"])
    names = list(catalogue) if section["only"] is None else _names(section["only"])
    if not names:
        msg = f"robustness.only: expected at least one of {', '.join(section['corruptions'])}"
        raise ConfigError(msg)
    for name in names:
        check_choice("robustness.only", name, catalogue)
    return {name: catalogue[name] for name in names}


def _check_keys(section: Mapping[str, Any]) -> None:
    if not isinstance(section, Mapping):
        msg = f"robustness: expected {', '.join(_KEYS)}, got {section!r}; {_REMEDY}"
        raise ConfigError(msg)
    for key in section:
        check_choice("robustness", key, _KEYS)
    for key in _KEYS:
        if key not in section:
            msg = f"robustness.{key}: needs a value; {_REMEDY}"
            raise ConfigError(msg)


def _check_num_videos(wanted: object) -> None:
    if wanted is None:
        return
    if isinstance(wanted, float):
        msg = f"robustness.num_videos: expected a whole number, or null for all, got {wanted!r}"
        raise ConfigError(msg)
    check_range("robustness.num_videos", wanted, low=1)  # type: ignore[arg-type]


def _catalogue(corruptions: object) -> dict[str, Mapping[str, Any]]:
    """Return the corruptions that are not left out."""
    if not isinstance(corruptions, Mapping) or not corruptions:
        msg = f"robustness.corruptions: expected corruptions by name, got {corruptions!r}; "
        raise ConfigError(msg + _REMEDY)
    catalogue = {name: one for name, one in corruptions.items() if one is not None}
    for name, one in catalogue.items():
        if not isinstance(one, Mapping) or "_target_" not in one:
            msg = f"robustness.corruptions.{name}: expected a _target_ and values, got {one!r}; "
            raise ConfigError(msg + "conf/robustness/paper.yaml shows how")
    return catalogue


def _names(only: object) -> Sequence[str]:
    names = [only] if isinstance(only, str) else only
    if not isinstance(names, list | tuple):
        msg = f"robustness.only: expected null, a name or a list of names, got {only!r}"
        raise ConfigError(msg)
    return names
