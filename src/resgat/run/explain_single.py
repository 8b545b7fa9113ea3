"""One face crop, one picture, one sentence."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from resgat.checks import check_choice
from resgat.data.stills import read_still
from resgat.data.transforms import NORMALISATIONS, eval_transform
from resgat.errors import CheckpointError, ConfigError
from resgat.explain.explanation import explain
from resgat.explain.faces import Faces
from resgat.explain.fills import filled
from resgat.explain.metrics.locality import node_locality
from resgat.explain.probe import Known, Probe
from resgat.explain.regions import region_masks
from resgat.files import write_json
from resgat.report.explanations.gallery import single_png
from resgat.report.explanations.picture import Picture
from resgat.report.explanations.sentence import sentence
from resgat.report.html.wording import REGION_WORDS
from resgat.run.instantiate import build
from resgat.run.provenance import record_run
from resgat.run.trained import load_trained

logger = logging.getLogger(__name__)

_THRESHOLD = 0.5  # where val had one class only


def explain_single(
    config: Mapping[str, Any], paths: Sequence[Path], run_dir: Path, device: torch.device
) -> None:
    """Write ``explanation.png`` and ``explanation.json``, and what they were made from.

    Raises:
        ConfigError: No image was given, or several checkpoints, or the method cannot be had.
        VideoReadError: The image cannot be read.
        CheckpointError: The checkpoint cannot be used.
    """
    if config["image"] is None:
        msg = "mode=single explains one face crop; add image=PATH"
        raise ConfigError(msg)
    if len(paths) > 1:
        msg = f"mode=single explains by one checkpoint, got {len(paths)} in ckpt_path; give one"
        raise ConfigError(msg)
    catalogue = config["explain"]["catalogue"]
    check_choice("method", config["method"], list(catalogue))
    trained = load_trained(paths[0])
    data = trained.facts["config"]["data"]
    size_px = data["size_px"]
    mean, std = NORMALISATIONS[data["normalise"]]
    image = read_still(Path(config["image"]))
    record_run(run_dir, dict(config), None, trained.facts)
    pixels = eval_transform(size_px, normalise="none")(image, 0)[None]
    faces = Faces(pixels, region_masks(None, size_px)[None], torch.tensor([config["seed"]]))
    known = Known(trained.facts["reference"])
    probe = Probe(trained.net.to(device), mean=mean, std=std, known=known)
    with probe.open():
        evidence = probe.evidence(pixels)
        prob = float(evidence.logit.float().sigmoid()[0])
        if not math.isfinite(prob):
            msg = (
                f"the detector's answer about {config['image']} is no number; the weights in "
                f"{paths[0]} are broken, as after a training that diverged. Use another checkpoint"
            )
            raise CheckpointError(msg)
        grid = evidence.grid if evidence.grid != (1, 1) else (14, 14)
        found = explain(build(catalogue[config["method"]]), probe, faces, grid)
        top = int(found.mass[0].argmax())
        hidden = filled(pixels, faces.regions[:, top], "blur")
        without = float(probe.prob(hidden)[0])
        has_nodes = evidence.nodes.requires_grad or evidence.grid != (1, 1)
        locality = float(node_locality(probe, faces).own[0]) if has_nodes else None
    threshold = trained.facts["thresholds"]["frame"]
    said = sentence(
        prob,
        _THRESHOLD if threshold is None else threshold,
        found.mass[0].tolist(),
        REGION_WORDS,
        prob_without_top=without,
        locality=locality if locality is not None and np.isfinite(locality) else None,
        average_face=True,
        is_degenerate=bool(found.is_degenerate[0]),
    )
    shown = (255 * pixels[0].permute(1, 2, 0)).round().byte().numpy()
    method = config["method"]
    picture = Picture(
        shown,
        prob,
        None,
        Path(config["image"]).name,
        {method: found.pixel[0].numpy()},
        {method: found.region[0].numpy()},
    )
    single_png(run_dir / "explanation.png", picture, method, said)
    write_json(
        run_dir / "explanation.json",
        {
            "image": str(config["image"]),
            "method": method,
            "prob": prob,
            "sentence": said,
            "regions": "average face",
            "region_mass": dict(zip(REGION_WORDS, found.mass[0].tolist(), strict=True)),
            "prob_without_top_region": without,
            "is_degenerate": bool(found.is_degenerate[0]),
        },
    )
    logger.info("%s", said)
    logger.info("picture in %s", run_dir / "explanation.png")
