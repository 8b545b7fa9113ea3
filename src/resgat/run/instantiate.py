"""Build what a configuration names; the only place that instantiates. Imports no torch itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import hydra


def build(section: Mapping[str, Any], **extra: Any) -> Any:
    """Build a section's ``_target_`` with plain containers all the way down."""
    return hydra.utils.instantiate(dict(section), _convert_="all", **extra)


def build_all(sections: Mapping[str, Any] | None) -> list[Any]:
    """Build every named section that is not null."""
    return list(build_named(sections).values())


def build_named(sections: Mapping[str, Any] | None) -> dict[str, Any]:
    """Build every named section that is not null, under its name."""
    named = (sections or {}).items()
    return {name: build(section) for name, section in named if section is not None}
