"""What a training finds in its folder: nothing, a checkpoint to go on from, or its own results."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resgat.config import sweep_name
from resgat.errors import CheckpointError, RunFolderError
from resgat.lit.checkpoint import check_same_settings, read_checkpoint, settings_difference
from resgat.run.recorded import CONFIG_NAME, read_yaml

#: The sections that decide a run's numbers; a resumed run must have the same.
DECISIVE = ("model", "data", "loss", "evidence_loss", "optimizer", "scheduler", "trainer", "seed")

#: What ``ckpt_path`` may say instead of a file: go on with what the folder holds, if anything.
LAST = "last"
_LAST_PATH = Path("checkpoints", "last.ckpt")


def finished(config: Mapping[str, Any], run_dir: Path) -> bool:
    """Tell whether a run that may go on has nothing left to do.

    Raises:
        RunFolderError: The results in its folder are those of other settings, or the settings
            beside them are broken.
    """
    if not goes_on(config) or not (run_dir / "metrics.json").is_file():
        return False
    recorded = read_yaml(run_dir / CONFIG_NAME)
    difference = settings_difference({key: recorded.get(key) for key in DECISIVE}, config)
    if difference is not None:
        msg = (
            f"{run_dir} holds the results of other settings: {difference}. Choose another folder, "
            "or delete it"
        )
        raise RunFolderError(msg)
    return True


def check_resume(config: Mapping[str, Any], run_dir: Path) -> Path | None:
    """Return the checkpoint to go on from, if any.

    Raises:
        CheckpointError: It cannot be gone on from; nothing has been written yet.
    """
    path = _resume_path(config, run_dir)
    if path is None:
        return None
    checkpoint = read_checkpoint(path)
    check_same_settings(checkpoint, config, path)
    if path.parent.parent != run_dir.resolve():
        msg = (
            f"{path} belongs to the run in {path.parent.parent}; a resumed run goes on in its own "
            f"folder: add hydra.run.dir={path.parent.parent}"
        )
        raise CheckpointError(msg)
    _check_not_moved(checkpoint, path)
    return path


def _resume_path(config: Mapping[str, Any], run_dir: Path) -> Path | None:
    if not goes_on(config):
        return None if config["ckpt_path"] is None else Path(config["ckpt_path"]).resolve()
    path = (run_dir / _LAST_PATH).resolve()
    return path if path.is_file() else None


def goes_on(config: Mapping[str, Any]) -> bool:
    """Tell whether a run takes up what is in its folder; a sweep's job does unless told otherwise.

    The folder of a sweep is a new one, unless somebody asks for one that is there.
    """
    asked = config["ckpt_path"]
    return bool(asked == LAST or (asked is None and sweep_name() is not None))


def _check_not_moved(checkpoint: dict[str, Any], path: Path) -> None:
    """Refuse a run whose best epoch Lightning would look for, or forget, where the run was."""
    for state in checkpoint["callbacks"].values():
        folder = state.get("dirpath", path.parent)
        if Path(folder).resolve() != path.parent:
            msg = (
                f"{path} was written in {folder}, and the best epoch so far is looked for there; "
                "move the run back to resume it"
            )
            raise CheckpointError(msg)
