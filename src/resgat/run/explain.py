"""Explain the test crops of a corpus by many methods, and measure every explanation."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from resgat.checks import check_choice
from resgat.config import parse
from resgat.data.datamodule import CropDataModule
from resgat.data.planted.table import PLANTED_NAME, read_planted
from resgat.data.transforms import NORMALISATIONS
from resgat.errors import ConfigError, DatasetNotFoundError
from resgat.explain.attribution import Explainer
from resgat.explain.grid import view_grid
from resgat.explain.metrics.catalogue import MapMetric, ModelMetric
from resgat.explain.probe import Probe
from resgat.explain.stats.summary import CONTROLS
from resgat.lit.checkpoint import WHERE_AND_HOW_FAST
from resgat.measuring.faces import FaceLoader
from resgat.measuring.known import known_from
from resgat.measuring.sanity import Finding, check_sanity
from resgat.measuring.session import Session, choose_places
from resgat.measuring.subjects import Subjects, paired_subjects, planted_subjects
from resgat.measuring.table import Judged
from resgat.measuring.verified import verify
from resgat.run.alone import alone_in
from resgat.run.build import seed_all
from resgat.run.cut_alike import check_cut_alike
from resgat.run.device import choose_device
from resgat.run.explain_results import Explained, Source, save_explained
from resgat.run.explain_section import ExplainSection
from resgat.run.explain_single import explain_single
from resgat.run.explain_state import PARTS, claim_run
from resgat.run.instantiate import build
from resgat.run.provenance import checkpoint_paths, index_sha256, record_run
from resgat.run.quiet import hush_libraries
from resgat.run.trained import Trained, check_served_alike, load_trained
from resgat.run.unseen import check_unseen, seen_in_training
from resgat.run.zoo import find_checkpoint
from resgat.settings import differing, flat
from resgat.targets import check_targets

logger = logging.getLogger(__name__)

_MODES = ("measure", "single")
_SANITY_FACES = 24
#: In what the seeds of one recipe may differ: themselves, and where and how fast they were trained.
_OF_A_SEED = {"seed", "data.seed", *WHERE_AND_HOW_FAST}


def explain(cfg: DictConfig) -> None:
    """Explain once.

    Raises:
        ResgatError: The configuration, the data or a checkpoint cannot be used, or the run folder
            holds explanations that were made with other settings, or another run is at work there.
    """
    hush_libraries()
    config = parse(cfg)
    check_targets(config)
    check_choice("mode", config["mode"], _MODES)
    run_dir = Path(HydraConfig.get().runtime.output_dir)
    seed_all(config["seed"])
    device = choose_device(config["device"])
    config["ckpt_path"] = _found(config["ckpt_path"])
    paths = list(map(Path, checkpoint_paths(config)))
    if config["mode"] == "single":
        with alone_in(run_dir):
            explain_single(config, paths, run_dir, device)
        return
    if config["image"] is not None:
        msg = f"image={config['image']} is for mode=single; add that, or leave the image out"
        raise ConfigError(msg)
    settings = _Settings.of(config)
    trained = [load_trained(path) for path in paths]
    _check_same_model(trained)
    datamodule = _crops(config, trained[0])
    index = datamodule.index.select(datamodule.test_split)
    subjects = _subjects(index, datamodule, settings.section.tracks)
    chosen = subjects.at(subjects.spread(settings.section.num_images or len(subjects)))
    for one in trained:
        check_unseen(one.facts, datamodule, allow=config["allow_seen_videos"])
    checkpoints = {one.facts["config"]["seed"]: one.path for one in trained}
    with alone_in(run_dir):
        claim_run(run_dir / PARTS, config, checkpoints, index_sha256(datamodule.crops_dir))
        ready = [_prepare(one, chosen, datamodule, settings, device, run_dir) for one in trained]
        # Not before: where nothing can be explained, what an earlier run left here stays as it is.
        environment = record_run(run_dir, config, datamodule.crops_dir, trained[0].facts)
        explained = [_explain_one(one, settings) for one in ready]
        save_explained(explained, config, environment, run_dir)
    logger.info("results in %s", run_dir)


@dataclass(frozen=True, eq=False)
class _Settings:
    """What is done, by which methods, measured by what."""

    section: ExplainSection
    methods: Mapping[str, Explainer]
    metrics: Mapping[str, MapMetric | ModelMetric]
    name: str | None
    seed: int

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> _Settings:
        section = ExplainSection.of(config["explain"])
        methods, metrics = section.build_methods(), section.build_metrics()
        return cls(section, methods, metrics, config["name"], config["seed"])


@dataclass(frozen=True, eq=False)
class _Ready:
    """One checkpoint before it explains: whom, by which methods, measured by what."""

    source: Source
    session: Session
    methods: Mapping[str, Explainer]
    metrics: Mapping[str, MapMetric | ModelMetric]
    refused: Mapping[str, str]


def _prepare(
    trained: Trained,
    subjects: Subjects,
    datamodule: CropDataModule,
    settings: _Settings,
    device: torch.device,
    run_dir: Path,
) -> _Ready:
    """Ask one checkpoint about the crops, and find out what can be had of it."""
    facts = trained.facts
    mean, std = NORMALISATIONS[facts["config"]["data"]["normalise"]]
    loader = FaceLoader(datamodule.size_px, settings.seed, differences=settings.section.differences)
    train = datamodule.index.select(datamodule.train_split)
    known = known_from(facts["reference"], train if len(train) else None, datamodule.size_px)
    probe = Probe(trained.net.to(device), mean=mean, std=std, known=known)
    threshold = trained.frame_threshold()
    with probe.open():
        grid = _grid(probe, loader, subjects)
        verified = verify(
            probe,
            subjects,
            loader,
            threshold=threshold,
            batch_size=settings.section.batch_size,
            checkpoint=trained.path,
        )
        judged = Judged(
            settings.name or _model_name(facts), facts["config"]["seed"], subjects, verified
        )
        places = choose_places(subjects, verified, settings.section.sizes)
        folder = run_dir / PARTS / f"seed{facts['config']['seed']}"
        session = Session(probe, judged, places, loader, grid, folder, settings.section.batch_size)
        methods, metrics, refused = session.possible(settings.methods, settings.metrics)
    for reason in refused.values():
        logger.warning("left out: %s", reason)
    chosen = facts["thresholds"]["frame"]
    source = Source(trained.path, chosen, seen_in_training(facts, datamodule))
    return _Ready(source, session, methods, metrics, refused)


def _explain_one(ready: _Ready, settings: _Settings) -> Explained:
    """Explain the crops by one checkpoint."""
    session = ready.session
    with session.probe.open():
        plain_ms = session.plain_ms()
        parts = dict(session.run(ready.methods, ready.metrics))
        findings = _sanity(session, ready.methods, settings) if settings.section.randomise else ()
    return Explained(
        ready.source,
        session,
        ready.methods,
        ready.metrics,
        parts,
        ready.refused,
        findings,
        plain_ms,
    )


def _sanity(
    session: Session, methods: Mapping[str, Explainer], settings: _Settings
) -> tuple[Finding, ...]:
    """Check the network and the cheap methods on a few faces, if its weights can be redrawn."""
    places = np.flatnonzero(session.places.asked | session.places.costly)[:_SANITY_FACES]
    faces, truth = session.loader.load(session.judged.subjects.at(places))
    own = {name: method for name, method in methods.items() if name not in CONTROLS}
    findings = check_sanity(
        own,
        session.probe,
        faces,
        truth.groups,
        session.grid,
        seed=settings.seed,
        draws=settings.section.draws,
    )
    try:
        return tuple(findings)
    except ConfigError as error:
        logger.warning("left out: %s", error)
        return ()


def _grid(probe: Probe, loader: FaceLoader, subjects: Subjects) -> tuple[int, int]:
    with torch.no_grad():
        evidence = probe.evidence(loader.load(subjects.at(np.arange(1))).faces.pixels)
    return view_grid(evidence.grid)


def _crops(config: Mapping[str, Any], trained: Trained) -> CropDataModule:
    datamodule: CropDataModule = build(config["data"])
    check_served_alike(trained.facts, datamodule)  # before crops that do not fit are drawn
    datamodule.prepare_data()
    datamodule.setup("test")
    check_cut_alike(trained.facts, datamodule, allow=config["allow_other_crop_spec"])
    return datamodule


def _subjects(index: Any, datamodule: CropDataModule, tracks: object) -> Subjects:
    folder = datamodule.crops_dir
    if isinstance(folder, Path) and (folder / PLANTED_NAME).is_file():
        subjects = planted_subjects(index, read_planted(folder))
    else:
        subjects = paired_subjects(index)
    if not len(subjects):
        msg = (
            f"split {datamodule.test_split!r} of {folder} has no fake, and only fakes can be "
            "explained as such; choose another data.test_split"
        )
        raise DatasetNotFoundError(msg)
    return subjects if tracks is None else subjects.on(tracks)


def _found(ckpt_path: object) -> str | list[str]:
    """Return where the checkpoints lie: one, or several seeds'."""
    names = [ckpt_path] if isinstance(ckpt_path, str) else ckpt_path
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        msg = f"ckpt_path: expected the path of a checkpoint or a list of paths, got {ckpt_path!r}"
        raise ConfigError(msg)
    found = list(map(find_checkpoint, names))
    return found[0] if isinstance(ckpt_path, str) else found


def _check_same_model(trained: Sequence[Trained]) -> None:
    """Several checkpoints are seeds of one recipe; others would be averaged to nonsense."""
    first, *others = (flat(one.facts["config"]) for one in trained)
    seeds = [first["seed"], *(other["seed"] for other in others)]
    unequal = {key for other in others for key in differing(first, other)} - _OF_A_SEED
    if unequal or len(set(seeds)) < len(seeds):
        unlike = f" that differ in {min(unequal)}" if unequal else ""
        msg = (
            f"ckpt_path: expected checkpoints of one model with different seeds, got seeds {seeds}"
            f"{unlike}; explain each model in a run of its own"
        )
        raise ConfigError(msg)


def _model_name(facts: Mapping[str, Any]) -> str:
    model = facts["config"]["model"]
    name = str(model["_target_"]).rpartition(".")[2]
    version = (
        (model.get("head") or {}).get("version") if isinstance(model.get("head"), dict) else None
    )
    return f"{name}{version}" if version else name
