"""Serve a page that judges what is dropped on it, by one detector."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from omegaconf import DictConfig

from resgat.app.desk import Desk
from resgat.app.examine import Examiner
from resgat.app.intake import Intake
from resgat.app.limits import LimitedCutter, Limits, duration_words
from resgat.app.sections import limits_list
from resgat.checks import check_choice, check_range
from resgat.config import parse
from resgat.errors import ConfigError
from resgat.explain.attribution import Explainer
from resgat.inference.cutting import FaceCut
from resgat.inference.limits import limits
from resgat.inference.scoring import FaceScorer
from resgat.measuring.possible import tried
from resgat.run.build import seed_all
from resgat.run.instantiate import build_entry
from resgat.run.interrupted import interrupted_by_sigterm
from resgat.run.predicting import build_predictor, model_facts, wishes_of
from resgat.run.quiet import hush_libraries
from resgat.run.trained import Trained, load_trained
from resgat.run.without_folders import without_folders
from resgat.run.zoo import find_model
from resgat.targets import check_targets

logger = logging.getLogger(__name__)

_BLANK = FaceCut(0, (0, 0, 64, 64), (0, 0, 64, 64), None, None, np.full((64, 64, 3), 127, np.uint8))


def app(cfg: DictConfig) -> None:
    """Serve until the process is told to stop.

    Raises:
        ResgatError: The detector or the settings cannot be used, or Gradio is not installed.
    """
    hush_libraries()
    config = parse(cfg)
    check_targets({"detector": config["detector"], "catalogue": config["explain"]["catalogue"]})
    for name in ("workers", "timeout_s"):
        check_range(name, config[name], low=1)
    accepted = Limits(config["max_upload_mb"], config["max_clip_s"], config["max_megapixels"])
    seed_all(config["seed"])
    trained = load_trained(find_model(config["ckpt_path"]))
    examiner = _examiner(trained, config, accepted)
    with tempfile.TemporaryDirectory(prefix="resgat-app-") as folder:
        uploads, gradios = Path(folder) / "uploads", Path(folder) / "gradio"
        for made in (uploads, gradios):
            made.mkdir()
        intake = Intake(uploads, config["max_waiting"])
        desk = Desk(intake, examiner, without_folders(model_facts(trained)), limits(trained.facts))
        with (
            contextlib.suppress(KeyboardInterrupt),
            interrupted_by_sigterm(),
            _environment(gradios),
        ):
            _serve(desk, config, accepted)
    logger.info("stopped")


def _examiner(trained: Trained, config: Mapping[str, Any], accepted: Limits) -> Examiner:
    predictor = build_predictor(trained, wishes_of(config))
    methods = _methods(config["methods"], config["explain"]["catalogue"], predictor.scorer)
    limited = replace(predictor, cutter=LimitedCutter(predictor.cutter, accepted))
    return Examiner(limited, methods, config["timeout_s"])


def _methods(
    names: list[str], catalogue: Mapping[str, Any], scorer: FaceScorer
) -> dict[str, Explainer]:
    """Build the methods and leave out those that the model cannot have."""
    for name in names:
        check_choice("methods", name, list(catalogue))
    built = {name: build_entry("explain.catalogue", catalogue, name) for name in names}
    possible = tried(built, lambda method: scorer.compare([_BLANK], {"": method}))
    for reason in possible.refused.values():
        logger.warning("left out: %s", reason)
    return possible.kept


def _serve(desk: Desk, config: Mapping[str, Any], accepted: Limits) -> None:
    page, serving = (_module(name) for name in ("page", "serving"))
    listening = serving.listen(config["host"], config["port"])
    with listening:
        blocks = page.build_page(
            desk.answer,
            lead=page.lead_of(_name(desk.model), _accepts(accepted)),
            limits=limits_list(desk.limits),
            workers=config["workers"],
            room=config["max_waiting"],
        )
        app = serving.build_app(
            blocks,
            desk.intake,
            max_mb=accepted.max_upload_mb,
            allowed_hosts=serving.own_names(listening),
        )
        if not serving.is_loopback(listening):
            logger.warning(
                "host=%s: whoever reaches this machine can use the page, without a password and "
                "without encryption",
                config["host"],
            )
        logger.info("serving at %s (Ctrl-C ends it)", serving.address(listening))
        serving.serve(app, listening)


def _module(name: str) -> ModuleType:
    """Import what needs Gradio."""
    try:
        return importlib.import_module(f"resgat.app.{name}")
    except ModuleNotFoundError as error:
        msg = f"the page needs {error.name}; install it with pip install 'resgat[app]'"
        raise ConfigError(msg) from error


def _name(model: Mapping[str, Any]) -> str:
    kind = str(model["config"]["_target_"]).rpartition(".")[2]
    return f"{kind} ({model['path']}, SHA-256 {model['sha256'][:12]})"


def _accepts(accepted: Limits) -> str:
    return (
        f"It takes images of up to {accepted.max_megapixels:g} megapixels and clips of up to "
        f"{duration_words(accepted.max_clip_s)}, {accepted.max_upload_mb:g} MB at most. A file "
        "stays on the machine that serves this page, and is deleted once it is judged."
    )


@contextlib.contextmanager
def _environment(gradios: Path) -> Iterator[None]:
    """Tell Gradio where to write and to keep quiet."""
    told = {"GRADIO_TEMP_DIR": str(gradios), "GRADIO_ANALYTICS_ENABLED": "False"}
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
