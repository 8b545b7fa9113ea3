"""Build what a configuration names; the only place that instantiates. Imports no torch itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import hydra

from resgat.errors import ConfigError


def build(section: Mapping[str, Any], **extra: Any) -> Any:
    """Build a section's ``_target_`` with plain containers all the way down."""
    return hydra.utils.instantiate(dict(section), _convert_="all", **extra)


def build_entry(key: str, catalogue: Mapping[str, Any], name: str) -> Any:
    """Build a named entry of a catalogue.

    Args:
        key: Of the catalogue in the configuration, for messages.
        catalogue: Sections by name.
        name: Of one of them.

    Raises:
        ConfigError: The entry was emptied, or does not say what to build.
    """
    section = catalogue[name]
    if not isinstance(section, Mapping) or "_target_" not in section:
        msg = f"{key}.{name}: expected a _target_ and its values, got {section!r}"
        raise ConfigError(msg)
    return build(section)


def build_all(sections: Mapping[str, Any] | None) -> list[Any]:
    """Build every named section that is not null."""
    return list(build_named(sections).values())


def build_named(sections: Mapping[str, Any] | None) -> dict[str, Any]:
    """Build every named section that is not null, under its name."""
    named = (sections or {}).items()
    return {name: build(section) for name, section in named if section is not None}
