"""The keys of the commands that train, judge, explain, compare and repeat."""

from __future__ import annotations

from dataclasses import dataclass
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
    """The checkpoint to judge, which also says how to build the model; or a release, a name of the
    zoo, or owner/name of the Hugging Face Hub."""
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
    """The checkpoint to explain, or a list of the same model's, of several seeds; each may be a
    release, a name of the zoo, or owner/name of the Hugging Face Hub, too."""
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
