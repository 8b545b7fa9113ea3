"""Train and explain every model of the study, three seeds each; what is done is left alone.

python experiments/planted_evidence/study.py [FOLDER] [--only NAME ...] [--seeds 0 1 2] [--jobs 2]

A run that was stopped goes on where it was. One model is done before the next, in order of
importance or as named: whenever it is stopped, what there is can be read with analysis.py.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock

#: Tells that a folder of explanations is whole, and of what.
DONE = "done.json"
#: Raised when what a metric says of the same maps changes: then all is explained anew.
MEASURES = 2
ROOT = Path(__file__).resolve().parents[2]

_LAYER1 = ("model/head=additive_layer1", "model.backbone.last=layer1")
_PAPER34 = ("model.backbone.arch=resnet34",)


@dataclass(frozen=True)
class Model:
    """One model of the study.

    Attributes:
        name: Of its folder and its rows.
        overrides: What ``src/train.py`` is told beside ``experiment=planted_evidence``.
        is_rival: Whether every face of all tracks is explained.
        shapley: Whether exact Shapley values of the regions explain it, on track A.
    """

    name: str
    overrides: tuple[str, ...] = ()
    is_rival: bool = False
    shapley: bool = False


MODELS = (
    # The claim: ResGAT's own evidence against what explains a ResNet.
    Model("resgatv2", is_rival=True, shapley=True),
    Model("resnet34", ("model=resnet34",), is_rival=True, shapley=True),
    Model("resgatv2_supervised", ("evidence_loss=mask_share",), is_rival=True),
    # As published, layer4 and mean readout, on the trunk of the others.
    Model("resgatv2_paper34", (*_PAPER34, "model=resgatv2_paper"), is_rival=True),
    Model("resgatv1_paper34", (*_PAPER34, "model=resgatv1_paper"), is_rival=True),
    # Versions, readouts and supervision on the same local nodes, without deep stages.
    Model("layer1", _LAYER1),
    Model("layer1_v1", ("model=resgatv1", *_LAYER1)),
    Model("layer1_signed", (*_LAYER1, "model.head.values=signed")),
    Model("layer1_topk", (*_LAYER1, "model.head.top_k=8")),
    Model(
        "layer1_bottleneck",
        (
            "model/head=additive_bottleneck",
            "model.head.context=null",
            "model.backbone.last=layer1",
            "evidence_loss=bottleneck",
        ),
    ),
    Model("layer1_supervised", (*_LAYER1, "evidence_loss=mask_share")),
    # Where nodes and values come from.
    Model("layer2", ("model/head=additive_layer2", "model.backbone.last=layer2")),
    Model("layer3", ("model/head=additive_layer3", "model.backbone.last=layer3")),
    Model("layer4", ("model/head=additive_layer4",)),
    Model("levels", ("model/head=additive_levels",)),
    Model(
        "layer2_mean",
        (
            "model/head=mean",
            "model.head.level=layer2",
            "model.head.dim=16",
            "model.head.heads=4",
            "model.backbone.last=layer2",
        ),
    ),
    # Controls: nothing to learn, and a shortcut to learn.
    Model("layer1_shuffled", (*_LAYER1, "data.shuffle_labels=true")),
    Model("layer1_watermark", (*_LAYER1, "data.corpus.watermark=0.9")),
)

#: Faces of models that are no rivals, over the tracks A to F.
_NUM_VARIANTS = 480
#: Of each seed, for methods of 256 passes: more than track A has, so every judged face of it.
_NUM_SHAPLEY = 320
_OWN = ("contrib", "contrast", "attn_received", "attn_corrected", "attn_readout")
_RIVALS = ("gradcam", "gradcam_layer1", "occlusion")
_CONTROLS = ("random_smooth", "center", "uniform", "srm_energy", "degree_null", "oracle_node")


class Study:
    """The runs of one folder.

    Args:
        folder: Where they lie: ``MODEL/seedN`` and ``MODEL/explained``.
        seeds: Of each model, explained together once the last of them is trained.
        threads: Per run.
    """

    def __init__(self, folder: Path, seeds: Sequence[int], threads: int) -> None:
        self.folder = folder
        self.seeds = seeds
        self.environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        self._explaining = {model.name: Lock() for model in MODELS}
        self._has_failed = Event()

    def run(self, model: Model, seed: int) -> None:
        """Train a seed of a model; explain the model after its last. Nothing after a failure."""
        if self._has_failed.is_set():
            return
        if not self._is_trained(model, seed):
            run_dir = self._run_dir(model, seed)
            command = train_command(model, seed, run_dir)
            self._call("train.py", f"{model.name} seed {seed}", run_dir, command)
        with self._explaining[model.name]:
            if all(self._is_trained(model, asked) for asked in self.seeds):
                self._explain(model)

    def _is_trained(self, model: Model, seed: int) -> bool:
        return (self._run_dir(model, seed) / "metrics.json").is_file()

    def _run_dir(self, model: Model, seed: int) -> Path:
        return self.folder / model.name / f"seed{seed}"

    def _explain(self, model: Model) -> None:
        """Explain a model, unless these very checkpoints have been explained in this way."""
        checkpoints = finished(self.folder / model.name)
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in checkpoints]
        for folder, command in explain_commands(model, checkpoints).items():
            made = {"measures": MEASURES, "command": command, "checkpoints": digests}
            wanted = json.dumps(made, indent=2)
            explained = self.folder / model.name / folder
            note = explained / DONE
            if note.is_file() and note.read_text("utf-8") == wanted:
                continue
            if note.is_file() and json.loads(note.read_text("utf-8")).get("measures") != MEASURES:
                shutil.rmtree(explained)  # or its scores would be read back
            note.unlink(missing_ok=True)
            what = f"{model.name} {folder}, seeds: {len(checkpoints)}"
            self._call("explain.py", what, explained, command)
            note.write_text(wanted, encoding="utf-8")

    def _call(self, script: str, what: str, run_dir: Path, options: Sequence[str]) -> None:
        run_dir.mkdir(parents=True, exist_ok=True)
        sys.stderr.write(f"{what} ...\n")
        command = [sys.executable, f"src/{script}", *options, f"hydra.run.dir={run_dir}"]
        with (run_dir / "output.txt").open("ab") as log:
            done = subprocess.run(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        if done.returncode:
            self._has_failed.set()
            sys.stderr.write(f"{what}: failed, see {run_dir / 'output.txt'}\n")
            raise SystemExit(1)
        sys.stderr.write(f"{what}: done\n")


def finished(folder: Path) -> list[Path]:
    """Return the checkpoints of a model's finished seeds, by seed."""
    runs = [path.parent for path in folder.glob("seed*/metrics.json")]
    runs.sort(key=lambda run: int(run.name.removeprefix("seed")))
    return [run / "checkpoints" / "best.ckpt" for run in runs]


def train_command(model: Model, seed: int, run_dir: Path) -> list[str]:
    """Return what ``src/train.py`` is told; a run with a checkpoint goes on from it."""
    last = run_dir / "checkpoints" / "last.ckpt"
    resumed = [f"ckpt_path={last}"] if last.is_file() else []
    return ["experiment=planted_evidence", *model.overrides, f"seed={seed}", *resumed]


def explain_commands(model: Model, checkpoints: Sequence[Path]) -> dict[str, list[str]]:
    """Return what ``src/explain.py`` is told, by folder; the crops are the same for all models."""
    shared = [
        f"ckpt_path=[{','.join(map(str, checkpoints))}]",
        f"name={model.name}",
        *("data=planted", "explain=planted", "explain.randomise=false"),
    ]
    methods = (*_OWN, *(_RIVALS if model.is_rival else _RIVALS[:2]), *_CONTROLS)
    commands = {
        "explained": [
            *shared,
            "explain.num_costly=64",
            f"explain.num_images={'null' if model.is_rival else _NUM_VARIANTS}",
            f"explain.methods=[{','.join(methods)}]",
            "explain.metrics=[localisation,region,decoy,complexity]",
        ]
    }
    if model.shapley:
        commands["shapley"] = [
            *shared,
            "explain.tracks=[A]",
            f"explain.num_costly={_NUM_SHAPLEY}",
            "explain.methods=[contrib,shap_region]",
            "explain.metrics=[region]",
        ]
    return commands


def in_order(names: Sequence[str], seeds: Sequence[int]) -> Iterator[tuple[Model, int]]:
    """Yield what is to be done: all seeds of a model, then the next; no names for all models."""
    models = {model.name: model for model in MODELS}
    for name in dict.fromkeys(names or models):
        yield from ((models[name], seed) for seed in dict.fromkeys(seeds))


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("outputs/planted_evidence"))
    parser.add_argument("--only", nargs="+", default=[], choices=[model.name for model in MODELS])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--jobs", type=int, default=1, help="runs beside each other")
    asked = parser.parse_args()
    threads = max(1, (os.cpu_count() or 1) // asked.jobs)
    study = Study(asked.folder.resolve(), asked.seeds, threads)
    with ThreadPoolExecutor(asked.jobs) as pool:
        runs = [pool.submit(study.run, *task) for task in in_order(asked.only, asked.seeds)]
        try:
            for run in as_completed(runs):
                run.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


if __name__ == "__main__":
    main()
