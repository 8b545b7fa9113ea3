"""A trained detector as a release that others can load without this code."""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from resgat.config import parse
from resgat.data.transforms import NORMALISATIONS
from resgat.errors import CheckpointError, ConfigError, RunFolderError
from resgat.export.card import model_card
from resgat.export.onnx import write_onnx
from resgat.export.release import FILES, check_release, is_release, seal, write_release
from resgat.files import write_json, write_text
from resgat.inference.limits import limits
from resgat.report.metrics_json import LEVELS
from resgat.run.alone import alone_in
from resgat.run.quiet import hush_libraries
from resgat.run.recorded import read_results
from resgat.run.released import import_released
from resgat.run.trained import Trained, load_trained
from resgat.run.zoo import find_model, upload

logger = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


def export(cfg: DictConfig) -> None:
    """Write a release, all of it or nothing; or upload one that is there.

    Raises:
        ResgatError: The checkpoint cannot be used, a folder is taken, a package is missing, or what
            was written says something else than the detector.
    """
    hush_libraries()
    config = parse(cfg)
    with alone_in(Path(HydraConfig.get().runtime.output_dir)):
        _export(config)


def _export(config: Mapping[str, Any]) -> None:
    path = _given(config)
    if path is not None and is_release(path):
        release_dir = _finished(path, config)
    else:
        release_dir = _release_dir(config)
        _write(release_dir, _source(path, config), config)
    if config["push_to"] is not None:
        logger.info("uploaded to %s", upload(release_dir, config["push_to"]))


def _given(config: Mapping[str, Any]) -> Path | None:
    """Return the checkpoint or the release; None where bare weights are imported."""
    given = config["ckpt_path"]
    if (given is None) == (config["model"] is None):
        msg = (
            "give either ckpt_path=RUN/checkpoints/best.ckpt, or a model of the paper with its "
            "weights: model=resgatv2_paper model.released=model_weights.pth"
        )
        raise ConfigError(msg)
    return None if given is None else find_model(given)


def _finished(folder: Path, config: Mapping[str, Any]) -> Path:
    """Check a release that shall be uploaded as it is."""
    if config["push_to"] is None:
        msg = (
            f"{folder} is a release already; give a run's checkpoints/best.ckpt, or upload it with "
            "push_to=owner/name"
        )
        raise CheckpointError(msg)
    for key in ("name", "release_dir"):
        if config[key] is not None:
            msg = f"{key}: {folder} is a release already, and is uploaded as it is; leave {key} out"
            raise ConfigError(msg)
    check_release(folder)
    return folder


def _release_dir(config: Mapping[str, Any]) -> Path:
    name = config["name"]
    if name is None or not _NAME.fullmatch(name):
        got = "nothing; add name=..." if name is None else repr(name)
        msg = f"name: expected letters, digits, '.', '_' and '-' such as resgatv2-ffpp, got {got}"
        raise ConfigError(msg)
    folder = Path(config["release_dir"] or Path(HydraConfig.get().runtime.output_dir) / name)
    _refuse_taken(folder)
    return folder


def _write(release_dir: Path, source: _Source, config: Mapping[str, Any]) -> None:
    release_dir.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".release-", dir=release_dir.parent) as scratch:
        made = Path(scratch) / "release"
        _fill(made, source, config)
        seal(made)
        _refuse_taken(release_dir)
        if release_dir.exists():
            release_dir.rmdir()
        made.rename(release_dir)
    logger.info("release in %s", release_dir)


class _Source(NamedTuple):
    """What a release is made from.

    Attributes:
        trained: The detector.
        metrics: What its run measured; None where the weights came bare.
        checkpoint: Its file; None likewise.
    """

    trained: Trained
    metrics: dict[str, Any] | None
    checkpoint: Path | None


def _source(path: Path | None, config: Mapping[str, Any]) -> _Source:
    """Load a run's checkpoint, or import released weights."""
    if path is None:
        return _Source(import_released(config["model"]), None, None)
    return _Source(load_trained(path), _metrics(path), path)


def _refuse_taken(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        msg = f"release_dir {folder} holds something already; choose another, or remove it"
        raise RunFolderError(msg)


def _metrics(checkpoint: Path) -> dict[str, Any]:
    """Read what the run measured; a release without numbers would be a claim."""
    path = checkpoint.parent.parent / "metrics.json"
    if not path.is_file():
        msg = (
            f"{checkpoint}: there is no {path.name} beside its folder, so there is nothing to say "
        )
        raise RunFolderError(msg + "of how good it is; export it where its run left it")
    found = read_results(path.parent, "train")
    test = found.get("test")
    if not isinstance(test, dict) or not test.keys() >= set(LEVELS):
        msg = f"{path} holds no numbers of the test split by level; let its run end, or resume it"
        raise RunFolderError(msg)
    return found


def _fill(folder: Path, source: _Source, config: Mapping[str, Any]) -> None:
    net, facts = source.trained.net, source.trained.facts
    write_release(folder, net.state_dict(), facts, source.checkpoint)
    data, off = facts["config"]["data"], {}
    if config["onnx"]:
        logger.info("writing ONNX, and comparing it with the detector ...")
        mean, std = NORMALISATIONS[data["normalise"]]
        off = write_onnx(net, mean, std, data["size_px"], folder)
        write_json(folder / "onnx.json", off)
    card = model_card(
        config["name"],
        facts,
        source.metrics,
        files={name: what for name, what in FILES.items() if (folder / name).exists()},
        outputs=list(off.get("model.onnx", ())),
        limits=limits(facts),
        licence=config["licence"],
        data_licence=config["data_licence"],
    )
    write_text(folder / "README.md", card)
