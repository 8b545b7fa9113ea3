"""Can a recorded run come to the same numbers here? Asked before hours are spent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from resgat.data.datamodule import CropDataModule
from resgat.data.schema import INDEX_NAME
from resgat.errors import CheckpointError, DatasetNotFoundError, DeviceError, RunFolderError
from resgat.files import file_sha256
from resgat.report.metrics_json import SCHEMA
from resgat.run.instantiate import build
from resgat.run.provenance import checkpoint_paths, index_sha256, surroundings
from resgat.run.recorded import Recorded
from resgat.settings import differing, flat


def check_comparable(recorded: Recorded, config: Mapping[str, Any]) -> list[str]:
    """Refuse what would make the numbers incomparable, and name what may.

    Args:
        recorded: The run.
        config: What will be run: the recorded settings, with today's places of the files.

    Returns:
        A line for each thing that is another than then, or was not recorded.

    Raises:
        DatasetNotFoundError: The crops are gone.
        CheckpointError: A checkpoint is gone, or another.
        RunFolderError: The crops have another index, or the numbers another layout.
        DeviceError: The run needs a GPU and there is none.
    """
    _check_layout(recorded)
    _check_device(config)
    notes = [*_check_checkpoints(recorded, config), *_check_crops(recorded, config)]
    return [*notes, *_departures(recorded.environment, config)]


def _check_layout(recorded: Recorded) -> None:
    layout = recorded.results.get("schema", SCHEMA)
    if layout != SCHEMA:
        msg = (
            f"{recorded.run_dir} has numbers of layout {layout}, and this version of resgat writes "
            f"{SCHEMA}. Repeat it with the code that made it: {recorded.environment.get('code')}"
        )
        raise RunFolderError(msg)


def _check_device(config: Mapping[str, Any]) -> None:
    trainer = config.get("trainer") or {}
    asked = str(config.get("device") or trainer.get("accelerator"))
    if asked.startswith(("gpu", "cuda")) and not torch.cuda.is_available():
        msg = (
            f"the run asks for {asked}, and this machine has no usable GPU: other numbers would "
            "come out. Repeat it where there is one"
        )
        raise DeviceError(msg)


def _check_checkpoints(recorded: Recorded, config: Mapping[str, Any]) -> Iterator[str]:
    paths = [Path(path) for path in checkpoint_paths(config)]
    hashes = recorded.environment.get("checkpoint_sha256")
    for place, path in enumerate(paths):
        if not path.is_file():
            msg = f"the run's checkpoint {path} is gone; say where it lies with ckpt_path=..."
            raise CheckpointError(msg)
        if hashes is None:
            continue
        found, known = file_sha256(path), hashes[place] if place < len(hashes) else None
        if found != known:
            msg = (
                f"{path} is another checkpoint than that of {recorded.run_dir}: SHA-256 {found} "
                f"here, {known} there. Say where that one lies with ckpt_path=..."
            )
            raise CheckpointError(msg)
    if paths and hashes is None:
        yield "the checkpoint may be another: its SHA-256 was not recorded"


def _check_crops(recorded: Recorded, config: Mapping[str, Any]) -> Iterator[str]:
    datamodule: CropDataModule = build(config["data"])
    datamodule.prepare_data()
    folder, known = datamodule.crops_dir, recorded.environment.get("index_sha256")
    if not (folder / INDEX_NAME).is_file():
        msg = (
            f"the run's crops are gone: {folder} holds no {INDEX_NAME} (its SHA-256 was {known}). "
            "Say where they lie with crops_dir=..., or cut them again with src/preprocess.py and "
            "the settings of then"
        )
        raise DatasetNotFoundError(msg)
    if known is None:
        yield "the crops may be others: the SHA-256 of their index was not recorded"
        return
    found = index_sha256(folder)
    if found != known:
        msg = (
            f"{folder} holds other crops than {recorded.run_dir} was made from: SHA-256 of "
            f"{INDEX_NAME} {found} here, {known} there. Say where those lie with crops_dir=..., or "
            "cut them again with src/preprocess.py and the settings of then"
        )
        raise RunFolderError(msg)


def _departures(environment: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[str]:
    """Name each part of the surroundings that is not known to be what it was."""
    here = surroundings()
    if (config.get("trainer") or {}).get("accelerator") == "cpu":
        del here["gpus"]  # they took no part
    then = flat({key: environment[key] for key in here if key in environment})
    now = flat(here)
    for key in differing(then, now):
        if key in then:
            yield f"{key} was {then[key]}, and is {now.get(key)}"
        else:
            yield f"{key} was not recorded, and is {now[key]}"
    if str(now["code"]).endswith("-dirty") and then.get("code") == now["code"]:
        yield f"code is {now['code']}: files differ from the commit, then and now"
