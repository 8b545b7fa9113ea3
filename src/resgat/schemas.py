"""The keys that each command's configuration may have.

A section is ``Any`` here on purpose: what may stand in it is said once, by the constructor that its
``_target_`` names, and :func:`resgat.targets.check_targets` compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING


@dataclass
class TrainConfig:
    """What ``src/train.py`` reads."""

    model: Any = MISSING
    """The network: images to logit and evidence."""
    data: Any = MISSING
    """The corpus: where it lies, how it is split, loaded and augmented."""
    loss: Any = MISSING
    """The loss of logits and labels."""
    optimizer: Any = MISSING
    """The optimiser, partial: the parameters come later."""
    trainer: Any = MISSING
    """Lightning's Trainer."""
    evidence_loss: Any = None
    """Named terms on the evidence, added to the loss; each value is one, null leaves it out."""
    scheduler: Any = None
    """The learning-rate schedule, partial; null keeps the rate constant."""
    callbacks: Any = None
    """Named callbacks; each value is one of them, null leaves it out."""
    logger: Any = None
    """Named loggers; each value is one of them, null leaves it out."""
    seed: int = 0
    """Seeds every random number of the run."""
    ckpt_path: str | None = None
    """The ``last.ckpt`` of a stopped run, to go on from; or last: whatever is in the run's folder,
    be it nothing. In a sweep, null is last."""
    apart: bool = False
    """Run each job of a sweep as a command of its own, so that none can end the others."""


@dataclass
class EvalConfig:
    """What ``src/eval.py`` reads."""

    ckpt_path: str = MISSING
    """The checkpoint to judge; it also says how to build the model."""
    data: Any = MISSING
    """The corpus to judge it on, which need not be the one it was trained on."""
    trainer: Any = MISSING
    """Lightning's Trainer: device and precision."""
    callbacks: Any = None
    """Named callbacks; each value is one of them, null leaves it out."""
    logger: Any = None
    """Named loggers; each value is one of them, null leaves it out."""
    robustness: Any = None
    """The corruptions that the test crops are judged under, too; null or empty is none."""
    seed: int = 0
    """Seeds every random number of the run; the bootstrap has a seed of its own."""
    num_resamples: int = 1000
    """Bootstrap resamples of identity groups behind each interval."""
    attributes: str | None = None
    """A table of ``video_id`` and what is known of its people, to break the numbers down by."""
    allow_other_crop_spec: bool = False
    """Accept crops that were cut differently from the model's own."""
    allow_seen_videos: bool = False
    """Judge videos or people that the model learnt from; the numbers are marked then."""


@dataclass
class ExplainConfig:
    """What ``src/explain.py`` reads."""

    ckpt_path: Any = MISSING
    """The checkpoint to explain, or a list of the same model's, of several seeds."""
    data: Any = MISSING
    """The corpus whose test split is explained."""
    explain: Any = MISSING
    """Which methods and metrics run, on how many crops."""
    logger: Any = None
    """Named loggers; each value is one of them, null leaves it out."""
    name: str | None = None
    """What tables call the model; null is the class of its network and its graph layer."""
    mode: str = "measure"
    """measure, or single: one picture and one sentence about ``image``."""
    image: str | None = None
    """A face crop to explain, with mode=single."""
    method: str = "contrib"
    """The method that explains it."""
    device: str = "auto"
    """Where to: auto takes a GPU if there is one; or cpu, cuda, cuda:1."""
    seed: int = 0
    """Decides which crops are explained, and what methods draw at random."""
    allow_other_crop_spec: bool = False
    """Accept crops that were cut differently from the model's own."""
    allow_seen_videos: bool = False
    """Explain videos or people that the model learnt from; the page says so then."""


@dataclass
class ShardConfig:
    """Which part of a corpus a preprocessing run cuts."""

    index: int | None = None
    """From 0; null is all of the corpus, or, with a count above 1, the merge of its parts."""
    count: int = 1
    """How many parts there are."""


@dataclass
class PreprocessConfig:
    """What ``src/preprocess.py`` reads."""

    data: Any = MISSING
    """The corpus: its raw folder, its crops folder, its layout."""
    detector: Any = MISSING
    """The face detector."""
    size_px: int = 224
    """Side of a stored crop."""
    margin: float = 1.3
    """Side of the crop over the longer side of the face box."""
    alignment: str = "none"
    """none, or similarity: the five landmarks come to lie in the same place in every crop."""
    image_format: str = "png"
    """png (lossless), jpeg or webp."""
    quality: int | None = None
    """1 to 100 for JPEG and WebP; null is 95."""
    frames_per_video: int | None = 32
    """Crops wanted of each video, spread evenly over all of it; null takes every frame."""
    stride: int = 1
    """Only every so many-th frame may be taken."""
    resample: int = 2
    """How often other frames are tried where a wanted one shows no face."""
    shard: ShardConfig = field(default_factory=ShardConfig)
    """Which part of the corpus this run cuts."""
    num_workers: int | None = None
    """Worker processes; null is one for each usable core, 0 works in this process."""
    timeout_s: float = 600.0
    """Seconds that one video may take before it counts as failed."""
    retry_failures: bool = False
    """Try videos again that failed in an earlier run."""
    allow_failures: bool = False
    """Succeed although some videos could not be read or show no face."""
    contact_sheet: bool = False
    """Write pictures of the crops to look at; --contact-sheet does the same."""


@dataclass
class HashConfig:
    """Which crops of two splits count as copies of each other."""

    frames_per_video: int = 2
    """Crops compared of each video, spread evenly over it."""
    max_distance: int = 6
    """Bits of 64 in which their hashes may differ."""
    min_correlation: float = 0.96
    """How alike their reliefs, of 16 x 16 cells, must be as well."""


@dataclass
class FilesConfig:
    """Which crops are read, with their masks."""

    sample: int | None = None
    """So many, spread evenly over the index; null is all."""


@dataclass
class AuditConfig:
    """What ``src/audit.py`` reads."""

    data: Any = MISSING
    """The corpus: its crops folder, its rule of splits."""
    hash: HashConfig = field(default_factory=HashConfig)
    """The search for near-duplicates across splits."""
    files: FilesConfig = field(default_factory=FilesConfig)
    """The search for broken files."""
    num_threads: int | None = None
    """Threads that read images; null is Python's own choice."""


@dataclass
class PackConfig:
    """What ``src/pack.py`` reads."""

    data: Any = MISSING
    """The corpus whose crops are packed: its crops folder."""
    out: str = MISSING
    """The folder to fill with tar shards: new or empty, or a URL such as s3://bucket/crops."""
    shard_mb: int = 256
    """Size of a shard, in MiB."""


@dataclass
class CompareConfig:
    """What ``src/compare.py`` reads."""

    runs: list[str] = MISSING
    """Folders of runs, or of multiruns; may be said without the key."""
    metric: str = "auc"
    """That ranks, and is tested between all pairs."""
    level: str = "video"
    """Of the numbers: video or frame."""
    num_resamples: int = 10_000
    """Draws of the bootstrap behind each interval."""


@dataclass
class ExportConfig:
    """What ``src/export.py`` reads."""

    ckpt_path: str | None = None
    """A run's best.ckpt, where its run left it."""
    model: Any = None
    """In its place: a model of the paper, whose weights model.released=... names."""
    name: str = MISSING
    """Of the release, such as resgatv2-ffpp."""
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


@dataclass
class ReproduceConfig:
    """What ``src/reproduce.py`` reads."""

    run_dir: str = MISSING
    """The folder of the run to repeat; may be said without the key."""
    atol: float = 1e-6
    """Two numbers agree that differ by at most so much."""
    crops_dir: str | None = None
    """Where the run's crops lie now; null is where they lay."""
    ckpt_path: Any = None
    """Where the checkpoint lies now that the run judged, or a list; null is where it lay."""
