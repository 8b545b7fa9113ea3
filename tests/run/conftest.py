"""One finished run of seconds, which many tests look at; and what looks like finished runs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import yaml

from resgat.files import file_sha256
from resgat.lit.checkpoint import read_checkpoint

Write = Callable[..., Path]
Rows = list[dict[str, Any]]


@pytest.fixture
def diverged(best: Path, tmp_path: Path) -> Path:
    """The checkpoint of the finished run, if its training had diverged."""
    path = tmp_path / "broken" / "checkpoints" / "best.ckpt"
    path.parent.mkdir(parents=True)
    checkpoint = read_checkpoint(best)
    for name, tensor in checkpoint["state_dict"].items():
        if name.endswith("head.bias"):
            tensor.fill_(float("nan"))
    torch.save(checkpoint, path)
    return path


@pytest.fixture
def write_run(tmp_path: Path) -> Write:
    """Return what writes a run as src/train.py leaves it: two videos of three crops each."""

    def run(
        folder: str,
        *,
        seed: int = 0,
        lr: float = 0.1,
        said: list[str] | None = None,
        change: Callable[[Rows], Rows] = list,
        data: dict[str, Any] | None = None,
        callbacks: dict[str, Any] | None = None,
        **environment: Any,
    ) -> Path:
        path = tmp_path / folder
        _begin(path)
        rows = [
            {
                "crop_id": f"v{video}/{frame}",
                "video_id": f"v{video}",
                "dataset": "d",
                "method": "original" if video == 0 else "swap",
                "compression": "c23",
                "identity_group": f"g{video}",
                "label": video,
                "frame_idx": frame,
                "logit": float(video + frame),
                "prob": 0.5,
                "split": split,
            }
            for split in ("test", "val")
            for video in (1, 0)
            for frame in (2, 0, 1)
        ]
        table = pa.Table.from_pylist(change(rows))
        place = table.schema.get_field_index("label")
        table = table.set_column(place, "label", table["label"].cast(pa.int8()))
        pq.write_table(table, path / "predictions.parquet")
        config: dict[str, Any] = {"seed": seed, "optimizer": {"lr": lr}}
        config |= {"data": {"num_workers": seed, **(data or {})}, "callbacks": callbacks}
        (path / "config.yaml").write_text(yaml.safe_dump(config))
        told = {"task": "train", "code": "abc", **environment}
        (path / "environment.json").write_text(json.dumps(told))
        results = {"test": {level: {"threshold_prob": 0.3} for level in ("video", "frame")}}
        (path / "metrics.json").write_text(json.dumps(results))
        (path / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump(said or []))
        return path

    return run


def _begin(path: Path, task: str = "train") -> None:
    """Leave what Hydra leaves of a command before its first line."""
    (path / ".hydra").mkdir(parents=True)
    chosen = {"hydra": {"job": {"name": task}}}
    (path / ".hydra" / "hydra.yaml").write_text(yaml.safe_dump(chosen))


@pytest.fixture
def judge_run(write_run: Write, tmp_path: Path) -> Write:
    """Return what writes an evaluation of a checkpoint, with the facts that this carries."""

    def run(
        folder: str,
        *,
        seed: int = 0,
        data: dict[str, Any] | None = None,
        states: dict[str, Any] | None = None,
        gone: bool = False,
        **facts: Any,
    ) -> Path:
        trained = {"seed": seed, "optimizer": {"lr": 0.1}, "data": {"seed": seed, **(data or {})}}
        checkpoint = tmp_path / f"{folder}.ckpt"
        facts = {"schema": 1, "config": trained, **facts}
        torch.save({"resgat": facts, "state_dict": {}, "callbacks": states or {}}, checkpoint)
        hashes = [file_sha256(checkpoint)]
        path = write_run(folder, task="eval", trained_config=trained, checkpoint_sha256=hashes)
        config = yaml.safe_load((path / "config.yaml").read_text())
        config["ckpt_path"] = str(checkpoint)
        (path / "config.yaml").write_text(yaml.safe_dump(config))
        if gone:
            checkpoint.unlink()
        return path

    return run


@pytest.fixture
def begin_run() -> Callable[..., None]:
    """Return what leaves of a command what Hydra leaves before its first line."""
    return _begin
