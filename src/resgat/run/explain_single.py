"""One face crop, one picture, one sentence."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from resgat.checks import check_choice
from resgat.data.images import MIN_SIDE_PX
from resgat.data.stills import read_still
from resgat.data.transforms import NORMALISATIONS, eval_transform
from resgat.errors import ConfigError, VideoReadError
from resgat.explain.attribution import Explainer
from resgat.explain.explanation import Explanation, explain
from resgat.explain.faces import Faces
from resgat.explain.fills import filled
from resgat.explain.grid import view_grid
from resgat.explain.metrics.locality import node_locality
from resgat.explain.probe import Known, Probe
from resgat.explain.regions import region_masks
from resgat.files import write_json
from resgat.measuring.verified import check_logits
from resgat.report.explanations.gallery import single_png
from resgat.report.explanations.picture import Picture
from resgat.report.explanations.sentence import sentence
from resgat.report.html.wording import REGION_WORDS
from resgat.run.instantiate import build_entry
from resgat.run.provenance import record_run
from resgat.run.trained import Trained, load_trained

logger = logging.getLogger(__name__)


def explain_single(
    config: Mapping[str, Any], paths: Sequence[Path], run_dir: Path, device: torch.device
) -> None:
    """Write ``explanation.png`` and ``explanation.json``, and what they were made from.

    Raises:
        ConfigError: No image was given, or several checkpoints, or the method cannot be had.
        VideoReadError: The image cannot be read, or is too small for a face.
        CheckpointError: The checkpoint cannot be used, or its detector answers with no number.
    """
    method, catalogue = config["method"], config["explain"]["catalogue"]
    if config["image"] is None:
        msg = "mode=single explains one face crop; add image=PATH"
        raise ConfigError(msg)
    if len(paths) > 1:
        msg = f"mode=single explains by one checkpoint, got {len(paths)} in ckpt_path; give one"
        raise ConfigError(msg)
    check_choice("method", method, list(catalogue))
    trained = load_trained(paths[0])
    faces = _faces(Path(config["image"]), trained.facts["config"]["data"], config["seed"])
    single = _explained(
        build_entry("explain.catalogue", catalogue, method), trained, faces, config["image"], device
    )
    # Not before: where nothing can be explained, what an earlier run left here stays as it is.
    record_run(run_dir, dict(config), None, trained.facts)
    said = _sentence(single, trained.frame_threshold())
    picture = _picture(single, faces, method, Path(config["image"]).name)
    single_png(run_dir / "explanation.png", picture, method, said)
    told = {"image": str(config["image"]), "method": method, "prob": single.prob, "sentence": said}
    write_json(run_dir / "explanation.json", told | _numbers(single))
    logger.info("%s", said)
    logger.info("picture in %s", run_dir / "explanation.png")


class _Single(NamedTuple):
    """What a detector says of a face, and a method of the detector.

    Attributes:
        prob: P(fake).
        explanation: Of a batch of one.
        prob_without_top: P(fake) with the region that holds most of the evidence blurred; None
            where no region holds any.
        locality: Of the nodes; None where there is one node only, or it is undefined.
    """

    prob: float
    explanation: Explanation
    prob_without_top: float | None
    locality: float | None


def _faces(path: Path, data: Mapping[str, Any], seed: int) -> Faces:
    """Load a batch of one crop, with the regions of the average face."""
    size_px = data["size_px"]
    crop = read_still(path)
    height, width = crop.shape[:2]
    if min(height, width) < MIN_SIDE_PX:
        msg = f"{path} is {width}x{height} px; expected a face crop of at least {MIN_SIDE_PX} px "
        raise VideoReadError(msg + "a side")
    pixels = eval_transform(size_px, normalise="none")(crop, 0)[None]
    return Faces(pixels, region_masks(None, size_px)[None], torch.tensor([seed]))


def _explained(
    method: Explainer, trained: Trained, faces: Faces, name: str, device: torch.device
) -> _Single:
    mean, std = NORMALISATIONS[trained.facts["config"]["data"]["normalise"]]
    known = Known(trained.facts["reference"])
    probe = Probe(trained.net.to(device), mean=mean, std=std, known=known)
    with probe.open():
        evidence = probe.evidence(faces.pixels)
        logit = evidence.logit.float()
        check_logits(logit, [name], trained.path)
        found = explain(method, probe, faces, view_grid(evidence.grid))
        without = _prob_without_top(probe, faces, found)
        has_places = evidence.grid != (1, 1)  # all that one node responds to is in its cell
        local = float(node_locality(probe, faces).own[0]) if has_places else math.nan
    locality = local if math.isfinite(local) else None
    return _Single(float(logit.sigmoid()[0]), found, without, locality)


def _prob_without_top(probe: Probe, faces: Faces, found: Explanation) -> float | None:
    share, top = found.mass[0].max(0)
    if share <= 0:
        return None
    hidden = filled(faces.pixels, faces.regions[:, int(top)], "blur")
    return float(probe.prob(hidden)[0])


def _sentence(single: _Single, threshold: float) -> str:
    return sentence(
        single.prob,
        threshold,
        single.explanation.mass[0].tolist(),
        REGION_WORDS,
        prob_without_top=single.prob_without_top,
        locality=single.locality,
        average_face=True,
        is_degenerate=bool(single.explanation.is_degenerate[0]),
    )


def _picture(single: _Single, faces: Faces, method: str, caption: str) -> Picture:
    return Picture(
        (255 * faces.pixels[0].permute(1, 2, 0)).round().byte().numpy(),
        single.prob,
        None,
        caption,
        {method: single.explanation.pixel[0].numpy()},
        {method: single.explanation.region[0].numpy()},
    )


def _numbers(single: _Single) -> dict[str, Any]:
    return {
        "regions": "average face",
        "region_mass": dict(zip(REGION_WORDS, single.explanation.mass[0].tolist(), strict=True)),
        "prob_without_top_region": single.prob_without_top,
        "is_degenerate": bool(single.explanation.is_degenerate[0]),
    }
