"""Judge images and videos by one detector, and draw what its verdicts rest on."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from resgat.checks import check_range
from resgat.config import parse
from resgat.data.layout.media import is_image, is_video
from resgat.data.naming import safe_name
from resgat.data.stills import read_still
from resgat.data.workers import usable_cores
from resgat.errors import VideoReadError
from resgat.files import write_json, write_text
from resgat.inference.inputs import STDIN, expand
from resgat.inference.limits import limits
from resgat.inference.result import FilePrediction
from resgat.inference.stream import Clock, Predicted, Predictor
from resgat.progress import track
from resgat.report.html.wording import percent
from resgat.report.plots import save_figure
from resgat.report.prediction.annotated import pyav, write_annotated
from resgat.report.prediction.document import document, predictions_csv, predictions_table
from resgat.report.prediction.image import image_figure
from resgat.report.prediction.timeline import timeline_figure
from resgat.report.terminal import print_table
from resgat.run.alone import alone_in
from resgat.run.build import seed_all
from resgat.run.interrupted import interrupted_by_sigterm
from resgat.run.predicting import build_predictor, model_facts, wishes_of
from resgat.run.provenance import record_run
from resgat.run.quiet import hush_libraries
from resgat.run.trained import Trained, load_trained
from resgat.run.zoo import find_model
from resgat.targets import check_targets

logger = logging.getLogger(__name__)

JSON_NAME, CSV_NAME, OVERLAYS = "predictions.json", "predictions.csv", "overlays"


def predict(cfg: DictConfig) -> None:
    """Predict once.

    Raises:
        ResgatError: The detector or the settings cannot be used, there is no input, or the run
            folder is of another command or busy; nothing has been written then.
        VideoReadError: Some files could not be read; all others have been predicted.
        KeyboardInterrupt: It was told to stop; what was done by then has been written.
    """
    hush_libraries()
    config = parse(cfg)
    _check(config)
    run_dir = Path(HydraConfig.get().runtime.output_dir)
    seed_all(config["seed"])
    trained = load_trained(find_model(config["ckpt_path"]))
    predictor = build_predictor(trained, wishes_of(config))
    paths = _paths(config["input"])
    start = time.perf_counter()
    with alone_in(run_dir), interrupted_by_sigterm():
        record_run(run_dir, {**config, "ckpt_path": str(trained.path)}, None)
        predictions = _predict_all(predictor, paths, config, run_dir, trained)
    print_table(predictions_table(predictions))
    _say_speed(predictor.clock, time.perf_counter() - start)
    logger.info("predictions in %s", run_dir)
    _raise_failed(predictions, run_dir)


def _check(config: Mapping[str, Any]) -> None:
    """Refuse what cannot be done before anything is loaded."""
    check_targets({"detector": config["detector"], "catalogue": config["explain"]["catalogue"]})
    check_range("jobs", config["jobs"] or 0, low=0)
    check_range("timeout_s", config["timeout_s"], low=1)
    if config["video"]:
        pyav()


def _paths(given: object) -> list[Path]:
    inputs = [str(one) for one in given] if isinstance(given, list) else [str(given)]
    # As bytes: a name need not be text, nor end where a carriage return stands.
    lines = map(os.fsdecode, sys.stdin.buffer) if STDIN in inputs else ()
    return expand(inputs, lines)


def _predict_all(
    predictor: Predictor,
    paths: Sequence[Path],
    config: Mapping[str, Any],
    run_dir: Path,
    trained: Trained,
) -> list[FilePrediction]:
    """Predict and write, in the order of the paths; what an interrupted run has, it writes, too."""
    names = _names(paths)
    found: dict[Path, FilePrediction] = {}
    try:
        for predicted in _stream(predictor, paths, config):
            path = predicted.prediction.path
            found[path] = _drawn(predicted, config, run_dir / OVERLAYS / names[path])
    finally:
        predictions = [found[path] for path in paths if path in found]
        if predictions:
            is_complete = len(predictions) == len(paths)
            _write(run_dir, predictions, trained, is_complete=is_complete)
    return predictions


def _stream(
    predictor: Predictor, paths: Sequence[Path], config: Mapping[str, Any]
) -> Iterable[Predicted]:
    jobs = usable_cores() if config["jobs"] is None else config["jobs"]
    # To start a process takes longer than to read an image; a video may hang, and a process of its
    # own can be ended.
    is_small = len(paths) == 1 and is_image(paths[0]) and config["jobs"] is None
    workers = 0 if is_small else min(jobs, len(paths))
    done = predictor.stream(paths, num_workers=workers, timeout_s=config["timeout_s"])
    return track(done, "predicting", len(paths))


def _names(paths: Sequence[Path]) -> dict[Path, str]:
    """Name the pictures after the files: as they lie below the folder that they share."""
    folders = [path.absolute().parent for path in paths]
    shared = os.path.commonpath(folders)
    return {path: safe_name(os.path.relpath(path.absolute(), shared)) for path in paths}


def _drawn(predicted: Predicted, config: Mapping[str, Any], stem: Path) -> FilePrediction:
    """Draw a file's pictures as soon as it is predicted, and let go of its crops and heat.

    Those of thousands of videos would fill the memory. A file that is gone by now has failed.
    """
    said = predicted.prediction
    try:
        _draw(predicted, config, stem)
    except VideoReadError as error:
        reason = str(error).removeprefix(f"{said.path}: ")
        return FilePrediction(said.path, said.kind, "failed", reason, None, ())
    return said


def _draw(predicted: Predicted, config: Mapping[str, Any], stem: Path) -> None:
    said = predicted.prediction
    if config["overlays"]:
        if said.kind == "image":
            figure = image_figure(read_still(said.path), predicted, str(said.path))
            save_figure(figure, stem.with_name(f"{stem.name}.png"))
        elif said.status == "scored":
            save_figure(
                timeline_figure(predicted, str(said.path)), stem.with_name(f"{stem.name}.png")
            )
    if config["video"] and said.status == "scored" and is_video(said.path):
        write_annotated(stem.with_name(f"{stem.name}.mp4"), said)


def _write(
    run_dir: Path, predictions: Sequence[FilePrediction], trained: Trained, *, is_complete: bool
) -> None:
    said = document(
        predictions,
        model=model_facts(trained),
        limits=limits(trained.facts),
        is_complete=is_complete,
    )
    write_json(run_dir / JSON_NAME, said)
    write_text(run_dir / CSV_NAME, predictions_csv(predictions))


def _say_speed(clock: Clock, seconds: float) -> None:
    work = {"decode": clock.decode_s, "detect": clock.detect_s, "model": clock.model_s}
    if not clock.num_faces:
        return
    shares = (f"{name} {percent(spent / sum(work.values()))}" for name, spent in work.items())
    logger.info(
        "%d faces in %.1f s, %.1f a second; of the work: %s; the model waited for faces %s of the "
        "time, for drawing and writing %s",
        clock.num_faces,
        seconds,
        clock.num_faces / seconds,
        ", ".join(shares),
        percent(clock.wait_s / seconds),
        percent(1 - (clock.wait_s + clock.model_s) / seconds),
    )


def _raise_failed(predictions: Sequence[FilePrediction], run_dir: Path) -> None:
    failed = [one for one in predictions if one.status == "failed"]
    if not failed:
        return
    msg = (
        f"{len(failed)} of {len(predictions)} files could not be read, such as {failed[0].path}: "
        f"{failed[0].reason}. All others are done; see {run_dir / CSV_NAME}"
    )
    raise VideoReadError(msg)
