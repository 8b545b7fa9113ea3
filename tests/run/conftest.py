"""One finished run of seconds, which many tests look at."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest


class Finished(NamedTuple):
    folder: Path
    out: str
    err: str


@pytest.fixture(scope="session")
def finished(
    command: Callable[..., Any], tiny: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Finished:
    """Two epochs of resgatv2 on drawn faces, with a gallery of two faces."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    overrides = [*tiny[:-1], "callbacks.gallery.num_faces=2"]
    done = command("train", *overrides, f"hydra.run.dir={folder}")
    assert done.status == 0, done.err
    return Finished(folder, done.out, done.err)


@pytest.fixture(scope="session")
def best(finished: Finished) -> Path:
    """The checkpoint of the finished run."""
    return finished.folder / "checkpoints" / "best.ckpt"
