"""From loose crops to shards at the command line, and from shards to the same numbers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

Command = Callable[..., Any]


@pytest.fixture
def pack(command: Command, tiny_data: list[str], tmp_path: Path) -> Command:
    """Run ``src/pack.py`` on drawn faces."""

    def run(*overrides: str) -> Any:
        own = [key for key in tiny_data if "batch" not in key and "data.num_workers" not in key]
        return command("pack", "data=synthetic", *own, f"hydra.run.dir={tmp_path}/run", *overrides)

    return run


def test_shards_are_written_and_named(pack: Command, tmp_path: Path) -> None:
    done = pack(f"out={tmp_path}/packed")
    assert (done.status, done.err) == (0, "")
    rows = len(pq.read_table(tmp_path / "packed" / "index.parquet"))
    masks = rows - pq.read_table(tmp_path / "packed" / "index.parquet")["mask_path"].null_count
    assert f"{rows + masks} | 1 |" in " ".join(done.out.split())
    assert (tmp_path / "packed" / "crops-000000.tar").is_file()


def test_a_network_trained_from_shards_is_the_same(
    pack: Command, command: Command, tiny: list[str], tmp_path: Path
) -> None:
    assert pack(f"out={tmp_path}/packed").status == 0
    predictions = []
    for name, place in (("loose", []), ("shards", [f"data.crops_dir={tmp_path}/packed"])):
        run = f"hydra.run.dir={tmp_path}/{name}"
        done = command("train", "data=synthetic", *tiny, *place, run, "trainer.max_epochs=1")
        assert done.status == 0, done.err
        predictions.append(pq.read_table(tmp_path / name / "predictions.parquet"))
    assert predictions[0].equals(predictions[1])


def test_no_place_or_an_unfit_one_ends_in_one_line(pack: Command, tmp_path: Path) -> None:
    assert "out: a value is required; add out=..." in pack().err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    done = pack(f"out={tmp_path}/full")
    assert done.status == 1
    assert done.err.startswith(f"error: out={tmp_path}/full holds something else than these crops")
