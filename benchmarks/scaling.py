"""How cost grows, one thing changed at a time: ``python benchmarks/scaling.py``.

Each case is a process of its own, so that its peak memory is its own, too. Absolute numbers are of
one machine; what carries over is how they grow.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
# A script sees only its own folder.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from torch.utils.data import DataLoader

from benchmarks.cost import cost_figure, cost_table, hours_table
from benchmarks.loading import crops
from benchmarks.networks import batch, section
from benchmarks.preprocessing import preprocess, raw_videos
from benchmarks.training import detector
from resgat.files import write_json
from resgat.progress import track
from resgat.report.plots import save_figure
from resgat.run.allocation import keep_freed_memory
from resgat.run.build import build_trainer
from resgat.run.quiet import hush_libraries
from resgat.types import FaceBatch

_NUM_STEPS = 3
_EPOCHS_OF_LOADING = 6
_NUM_ORIGINALS = 6  # with their fakes 30 videos
_OUT_DIR = Path("outputs/bench")
_CPUINFO = Path("/proc/cpuinfo")
#: The first epoch warms up, the second is measured.
_SHORT = (
    "trainer.max_epochs=2",
    "trainer.default_root_dir=null",
    "+trainer.enable_checkpointing=false",
)


@dataclass(frozen=True)
class Case:
    """One configuration.

    Args:
        factor: What is varied.
        value: To what; the rest is as in the base case.
        overrides: Of ``src/train.py``, or of ``src/preprocess.py`` where frames are varied.
        batch_size: Faces in a batch of each process.
        size_px: Their side.
        num_threads: Of each process; None leaves it to PyTorch.
    """

    factor: str
    value: str
    overrides: tuple[str, ...] = ()
    batch_size: int = 32
    size_px: int = 224
    num_threads: int | None = None

    @property
    def name(self) -> str:
        """Of the case on the command line."""
        return f"{self.factor}={self.value}"


def all_cases() -> list[Case]:
    """List the cases; the base is ``resgatv2`` in float32, 32 faces of 224 px, one process."""
    models = ("resnet34", "resgatv1", "resgatv2", "resgatv1_paper", "resgatv2_paper")
    precisions = ("32-true", "bf16-mixed")
    ddp = ("strategy=ddp", "trainer.devices=2")
    return [
        *(Case("model", name, (f"model={name}",)) for name in models),
        *(Case("precision", name, (f"trainer.precision={name}",)) for name in precisions),
        *(Case("size_px", str(side), size_px=side) for side in (112, 160, 224, 320)),
        *(
            Case("nodes", str((56 // pool) ** 2), (f"model.head.pool={pool}",))
            for pool in (4, 2, 1)
        ),
        *(Case("batch_size", str(size), batch_size=size) for size in (8, 16, 32, 64)),
        Case("ranks", "1", num_threads=1),
        Case("ranks", "2", ddp, num_threads=1),
        *(Case("workers", str(n), (f"data.num_workers={n}",)) for n in (0, 1, 2)),
        *(Case("frames", str(n), (f"frames_per_video={n}",)) for n in (8, 16, 32, 64)),
    ]


def measure(case: Case, folder: Path) -> dict[str, float]:
    """Measure one case in this process.

    Args:
        case: What to measure.
        folder: Of the crops and videos that cases share.

    Returns:
        ``faces_per_s``; of training also ``peak_gib``, and of preprocessing ``videos_per_s``.
    """
    hush_libraries()
    if case.factor == "workers":
        return _loading(case, folder)
    if case.factor == "frames":
        return _preprocessing(case, folder)
    return _training(case)


def _training(case: Case) -> dict[str, float]:
    keep_freed_memory()
    if case.num_threads:
        torch.set_num_threads(case.num_threads)
    trainer = build_trainer(
        {
            "trainer": section("trainer", *case.overrides, *_SHORT),
            "callbacks": {"speed_log": {"_target_": "resgat.callbacks.speed_log.SpeedLog"}},
            "logger": {},
        },
        show_progress=False,
    )
    faces = [batch(case.batch_size, case.size_px)] * _NUM_STEPS
    loader: DataLoader[FaceBatch] = DataLoader(faces, batch_size=None)  # type: ignore[arg-type]
    trainer.fit(detector(*case.overrides), loader)
    measured = trainer.callback_metrics
    return {key: float(measured[f"train/{key}"]) for key in ("faces_per_s", "peak_gib")}


def _loading(case: Case, folder: Path) -> dict[str, float]:
    loader = crops(folder / "crops", *case.overrides).train_dataloader()
    num_faces = sum(len(faces.label) for faces in loader)  # workers start here
    began = time.perf_counter()
    for _ in range(_EPOCHS_OF_LOADING):
        for _ in loader:
            pass
    return {"faces_per_s": _EPOCHS_OF_LOADING * num_faces / (time.perf_counter() - began)}


def _preprocessing(case: Case, folder: Path) -> dict[str, float]:
    raw_dir = raw_videos(folder / "videos", _NUM_ORIGINALS)
    num_videos = sum(1 for _ in raw_dir.rglob("*.mp4"))
    began = time.perf_counter()
    preprocess(raw_dir, folder / "videos", *case.overrides)
    videos_per_s = num_videos / (time.perf_counter() - began)
    return {"faces_per_s": videos_per_s * int(case.value), "videos_per_s": videos_per_s}


def main() -> None:
    """Measure all cases, or the one that the command line names."""
    cases = {case.name: case for case in all_cases()}
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--case", choices=sorted(cases), help="this one alone, as JSON")
    parser.add_argument("--folder", type=Path, help="of crops and videos that are kept")
    parser.add_argument("--out", type=Path, default=_OUT_DIR)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="resgat-scaling-") as scratch:
        folder = asked.folder or Path(scratch)
        if asked.case:
            found = measure(cases[asked.case], folder)
            if int(os.environ.get("LOCAL_RANK", "0")) == 0:
                sys.stdout.write(json.dumps(found) + "\n")
            return
        rows = []
        for row in track(_rows(list(cases.values()), folder), "cases", total=len(cases)):
            rows.append(row)
            write_json(asked.out / "scaling.json", {"machine": machine(), "cases": rows})
    save_figure(cost_figure(rows), asked.out / "scaling.png")
    sys.stdout.write(f"{machine()}\n\n{cost_table(rows)}\n\n{hours_table(rows)}\n")


def _rows(cases: Sequence[Case], folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what was measured; a case that ends badly, for want of memory say, is left out."""
    for case in cases:
        command = [sys.executable, __file__, "--case", case.name, "--folder", str(folder)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            sys.stderr.write(f"{case.name} ended with status {done.returncode}; left out\n")
            continue
        measured = json.loads(done.stdout.splitlines()[-1])
        yield {"factor": case.factor, "value": case.value, **measured}


def machine() -> str:
    """Name the processor and how many of its cores there are."""
    said = _CPUINFO.read_text("utf-8") if _CPUINFO.is_file() else ""
    names = re.findall(r"^model name\s*: (.*)$", said, re.MULTILINE)
    return f"{os.cpu_count()} cores of {names[0] if names else platform.processor()}"


if __name__ == "__main__":
    main()
