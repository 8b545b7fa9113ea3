"""The keys of the commands that hand a detector on, and that ask it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING


@dataclass
class ExportConfig:
    """What ``src/export.py`` reads."""

    ckpt_path: str | None = None
    """A run's best.ckpt, where its run left it; or, with push_to, a release to upload."""
    model: Any = None
    """In its place: a model of the paper, whose weights model.released=... names."""
    name: str | None = None
    """Of the release, such as resgatv2-ffpp; a release that is uploaded has its own."""
    release_dir: str | None = None
    """Where to; null is a folder of that name in the run folder."""
    onnx: bool = True
    """Write model.onnx and backbone.onnx, too."""
    licence: str = "other"
    """Of the weights, as the Hugging Face Hub abbreviates it."""
    data_licence: str = "The terms of the corpus hold for what is made from it; read them first."
    """A sentence about the licence of the training data."""
    push_to: str | None = None
    """owner/name on the Hugging Face Hub; the repository is private at first."""


@dataclass
class _PredictorConfig:
    """What a detector is asked with, whoever asks."""

    ckpt_path: str = MISSING
    """A run's best.ckpt, a release, a name of the zoo, or owner/name of the Hugging Face Hub."""
    detector: Any = None
    """The face detector in the place of the one of training; null takes that one."""
    explain: Any = MISSING
    """Its catalogue holds the methods that can explain."""
    faces: str = "auto"
    """auto: found as in training, or by detector; crop: every picture is a face crop."""
    margin: float | None = None
    """Side of a crop over the face box's longer side, where training does not say; null: 1.3."""
    frames: int | None = None
    """Frames looked at in a video, spread evenly; null takes as many as training."""
    method: str = "own"
    """own: the contributions of the head, in the same pass; or a method of the catalogue."""
    batch_size: int = 32
    """Faces per pass of the detector."""
    device: str = "auto"
    """Where to: auto takes a GPU if there is one; or cpu, cuda, cuda:1."""
    seed: int = 0
    """Decides what methods draw at random."""
    allow_other_crop_spec: bool = False
    """Accept another face detector than that of training."""


@dataclass
class PredictConfig(_PredictorConfig):
    """What ``src/predict.py`` reads."""

    input: Any = MISSING
    """Images, videos, folders, globs, or - for a list on standard input; without the key, too."""
    overlays: bool = True
    """Draw a picture for each file."""
    video: bool = False
    """Write each video again with what was found drawn in."""
    jobs: int | None = None
    """Processes that read and find faces; null is one for each usable core, 0 works in this one."""
    timeout_s: float = 600.0
    """Seconds that reading one file may take before it counts as failed."""


@dataclass
class AppConfig(_PredictorConfig):
    """What ``src/app.py`` reads."""

    host: str = "127.0.0.1"
    """Where the page is served; any other address than this machine's own lets others in."""
    port: int | None = None
    """Null takes a free one."""
    max_upload_mb: float = 100.0
    """The largest file that is taken, in millions of bytes."""
    max_clip_s: float = 120.0
    """The longest clip that is looked at."""
    max_megapixels: float = 50.0
    """The largest image, or frame of a clip, that is looked at."""
    max_waiting: int = 16
    """Files that may be on their way, waiting and being judged; more are refused."""
    workers: int = 2
    """Files judged at the same time; the detector itself judges one after the other."""
    timeout_s: float = 120.0
    """Seconds that reading a file and finding its faces may take."""
    methods: list[str] = field(
        default_factory=lambda: ["contrib", "contrast", "attn_corrected", "gradcam", "occlusion"]
    )
    """Of the catalogue, compared on each face; those that the model cannot have are left out."""
