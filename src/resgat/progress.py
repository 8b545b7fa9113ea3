"""A progress bar on anything longer than two seconds, and silence where nobody watches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import track as rich_track

Item = TypeVar("Item")


def is_watched() -> bool:
    """Tell whether stderr is a terminal; ``TTY_COMPATIBLE=0`` denies it, as notebooks do."""
    return Console(stderr=True).is_terminal


def track(items: Iterable[Item], description: str, total: int) -> Iterator[Item]:
    """Yield ``items`` under a progress bar on stderr; without one if that is no terminal."""
    console = Console(stderr=True)
    yield from rich_track(
        items, description, total=total, console=console, disable=not is_watched()
    )
