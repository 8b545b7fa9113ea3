"""Who is at work in a crops folder: one run, or one for each shard; on one machine or on many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from resgat.data.families import Shard
from resgat.data.storing import storing
from resgat.holding import held


@contextmanager
def at_work(crops_dir: Path, shard: Shard) -> Iterator[None]:
    """Hold a folder, or a shard of it, while it is worked on; a killed process lets go of it.

    Shards of one partition may be worked on at the same time. Anything else would cut videos twice:
    two runs of one shard, a shard beside the whole or beside a shard of another partition. On a
    disk without locks nothing is held, and a warning says so.

    Args:
        crops_dir: The crops folder, which exists.
        shard: What is worked on.

    Raises:
        ConfigError: Another run is at work.
        StorageError: The folder cannot be written to.
    """
    path = crops_dir / f".{shard.part}.lock"
    with ExitStack() as stack:
        with storing(crops_dir, "its lock"):
            stack.enter_context(held(path, _busy(path)))
            for other in set(crops_dir.glob(".*.lock")) - {path}:
                if not _may_run_beside(other, shard):
                    with held(other, _busy(other)):
                        pass  # that of a run that was killed; it is gone now
        yield


def _busy(path: Path) -> str:
    part = path.name[1:].removesuffix(".lock")
    return (
        f"another run is at work in crops_dir {path.parent} ({part}); wait for its end, or stop it "
        "and run again: finished videos are kept"
    )


def _may_run_beside(other: Path, shard: Shard) -> bool:
    count = other.name.removesuffix(".lock").partition("-of-")[2]
    return shard.index is not None and count == str(shard.count)
