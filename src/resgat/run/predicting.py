"""A predictor from a trained detector and a user's wishes; behind the command and the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from resgat.checks import check_choice, check_range
from resgat.data.transforms import NORMALISATIONS, eval_transform
from resgat.explain.attribution import Explainer
from resgat.explain.probe import Known, Probe
from resgat.files import file_sha256
from resgat.inference.faces import FaceChoice, FaceSettings, choose_cutter
from resgat.inference.result import FilePrediction
from resgat.inference.scoring import FaceScorer
from resgat.inference.stream import Predictor
from resgat.inference.verdict import judge
from resgat.run.device import choose_device
from resgat.run.instantiate import build, build_entry
from resgat.run.trained import Trained, load_trained
from resgat.run.zoo import find_model

#: The evidence that an additive head yields in the same pass; no evidence of another head.
OWN = "own"


@dataclass(frozen=True)
class Wishes:
    """What a user may choose.

    Attributes:
        faces: How faces are found.
        method: ``own``, or the name of a method of the catalogue.
        catalogue: Name -> how to build a method.
        device: auto, cpu, cuda, cuda:1.
        batch_size: Faces per pass.
    """

    faces: FaceSettings = field(default_factory=FaceSettings)
    method: str = OWN
    catalogue: Mapping[str, Any] = field(default_factory=dict)
    device: str = "auto"
    batch_size: int = 32


def wishes_of(config: Mapping[str, Any]) -> Wishes:
    """Read the wishes from a command's settings."""
    detector = config["detector"]
    return Wishes(
        FaceSettings(
            config["faces"],
            None if detector is None else build(detector),
            config["margin"],
            config["frames"],
            config["allow_other_crop_spec"],
        ),
        config["method"],
        config["explain"]["catalogue"],
        config["device"],
        config["batch_size"],
    )


def model_facts(trained: Trained) -> dict[str, Any]:
    """Return what a prediction says of the detector that made it."""
    facts = trained.facts
    return {
        "path": str(trained.path),
        "sha256": file_sha256(trained.file),
        "config": facts["config"]["model"],
        "corpus": facts["config"]["data"]["corpus"],
        "crop_spec": facts["crop_spec"],
        "code": facts.get("code"),
    }


def build_predictor(trained: Trained, wishes: Wishes) -> Predictor:
    """Build a predictor.

    Raises:
        ConfigError: A wish cannot be met.
        CheckpointError: The crops would be cut differently from those of training.
        DeviceError: The device is not there.
    """
    check_range("batch_size", wishes.batch_size, low=1)
    facts, data = trained.facts, trained.facts["config"]["data"]
    mean, std = NORMALISATIONS[data["normalise"]]
    net = trained.net.to(choose_device(wishes.device))
    known = Known(facts.get("reference"))
    probe = Probe(net, mean=mean, std=std, known=known, chunk=wishes.batch_size)
    return Predictor(
        choose_cutter(facts, wishes.faces),
        FaceScorer(probe, eval_transform(data["size_px"], normalise="none"), _explainer(wishes)),
        judge(facts, "frame"),
        judge(facts, "video"),
        wishes.batch_size,
    )


def _explainer(wishes: Wishes) -> Explainer | None:
    if wishes.method == OWN:
        return None
    check_choice("method", wishes.method, [OWN, *wishes.catalogue])
    explainer: Explainer = build_entry("explain.catalogue", wishes.catalogue, wishes.method)
    return explainer


def load(
    source: str | Path,
    *,
    faces: FaceSettings | FaceChoice | None = None,
    device: str = "auto",
) -> Predictor:
    """Load a trained detector, ready to predict.

    Args:
        source: A run's ``checkpoints/best.ckpt``, the folder of a release, a name of
            ``zoo/models.yaml``, or ``owner/name`` on the Hugging Face Hub.
        faces: How faces are found: ``auto``, as in training, or ``crop``, every picture is a face
            crop; or both and more as ``FaceSettings``.
        device: auto takes a GPU if there is one; or cpu, cuda, cuda:1.

    Raises:
        ResgatError: It cannot be loaded, or not be used here; the message says why.
    """
    if not isinstance(faces, FaceSettings):
        faces = FaceSettings() if faces is None else FaceSettings(faces)
    return build_predictor(load_trained(find_model(source)), Wishes(faces, device=device))


def predict(detector: Predictor, path: str | Path) -> FilePrediction:
    """Predict one image or video, in this process.

    A file that cannot be read has the status "failed" and a reason, one without a face "no_face".
    """
    (found,) = detector.stream([Path(path)], num_workers=0, timeout_s=float("inf"))
    return found.prediction
