"""What each helper hands to which logger; ``test_media`` reads back what real runs store."""

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytorch_lightning as pl
import wandb
from matplotlib.figure import Figure
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger, WandbLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from resgat.callbacks.media import (
    log_artifact,
    log_config,
    log_figures,
    log_metrics,
    log_table,
)

SUMMARY = {
    "video": {"auc": 0.75, "n": 4, "ap": None, "auc_ci": [0.5, 1.0]},
    "frame": {"auc": 0.5, "reason": "none"},
    "by_method": {},
}


class FakeWandb(WandbLogger):
    """Keeps what a run would be sent."""

    def __init__(self, *, offline: bool = True, known: tuple[str, ...] = ()) -> None:
        self.logged: list[dict[str, Any]] = []
        self.artifacts: list[Any] = []
        self.used: list[Any] = []
        self.config: dict[str, Any] = {}
        self.is_offline, self.known = offline, known

    @property
    def experiment(self) -> Any:
        return SimpleNamespace(
            log=self.logged.append,
            log_artifact=self.artifacts.append,
            use_artifact=self.use,
            offline=self.is_offline,
        )

    def use(self, artifact: Any) -> None:
        if isinstance(artifact, str) and artifact not in self.known:
            msg = f"artifact '{artifact}' not found"
            raise wandb.errors.CommError(msg)
        self.used.append(artifact)

    def log_hyperparams(self, params: Any) -> None:
        self.config = params

    def log_metrics(self, metrics: Any, step: int | None = None) -> None:
        self.logged.append({**metrics, "step": step})


@pytest.fixture
def figure() -> Figure:
    figure = Figure(figsize=(1, 1))
    figure.subplots().plot([0, 1])
    return figure


@pytest.fixture
def tensorboard(tmp_path: Path) -> TensorBoardLogger:
    return TensorBoardLogger(tmp_path, name="tensorboard")


def trainer_with(*loggers: Any) -> pl.Trainer:
    trainer: Any = SimpleNamespace(loggers=list(loggers), global_step=12)
    return trainer  # type: ignore[no-any-return]


def file_in(folder: Path) -> Path:
    path = folder / "best.ckpt"
    path.write_bytes(b"weights")
    return path


def written(logger: TensorBoardLogger) -> Any:
    logger.experiment.flush()
    events = EventAccumulator(logger.log_dir)
    events.Reload()
    return events


def test_both_levels_are_logged_without_what_is_no_number(tensorboard: TensorBoardLogger) -> None:
    fake = FakeWandb()
    log_metrics(trainer_with(tensorboard, fake), "test", SUMMARY)
    expected = {"test/video_auc": 0.75, "test/video_n": 4.0, "test/frame_auc": 0.5}
    assert fake.logged == [{**expected, "step": 12}]
    events = written(tensorboard)
    assert set(expected) <= set(events.Tags()["scalars"])
    assert [(s.step, s.value) for s in events.Scalars("test/video_auc")] == [(12, 0.75)]


def test_figures_are_shown_where_figures_can_be(
    tensorboard: TensorBoardLogger, figure: Figure, tmp_path: Path
) -> None:
    fake = FakeWandb()
    loggers = (tensorboard, fake, CSVLogger(tmp_path))
    log_figures(trainer_with(*loggers), {"roc": figure, "pr": figure})
    assert written(tensorboard).Tags()["images"] == ["roc", "pr"]
    assert [next(iter(entry)) for entry in fake.logged] == ["roc", "pr"]
    assert isinstance(fake.logged[0]["roc"], wandb.Image)


def test_a_tables_figures_become_pictures(figure: Figure, tensorboard: TensorBoardLogger) -> None:
    fake = FakeWandb()
    rows = [("a", 0.5, figure), ("b", 0.25, figure)]
    log_table(trainer_with(tensorboard, fake), "faces", ("crop_id", "prob", "evidence"), rows)
    table = fake.logged[0]["faces"]
    assert table.columns == ["crop_id", "prob", "evidence"]
    assert [row[:2] for row in table.data] == [["a", 0.5], ["b", 0.25]]
    assert all(isinstance(row[2], wandb.Image) for row in table.data)


def test_a_file_is_kept_as_an_artifact_of_the_run(tmp_path: Path) -> None:
    path = file_in(tmp_path)
    fake = FakeWandb()
    log_artifact(trainer_with(CSVLogger(tmp_path), fake), path, "checkpoint")
    (artifact,) = fake.artifacts
    digest = hashlib.sha256(b"weights").hexdigest()
    assert (artifact.name, artifact.type) == (f"checkpoint-{digest[:12]}", "checkpoint")
    assert artifact.metadata == {"sha256": digest}
    assert list(artifact.manifest.entries) == ["best.ckpt"]


ENVIRONMENT = {"index_sha256": "c" * 64, "checkpoint_sha256": ["a" * 64, "b" * 64]}


def test_a_run_that_is_online_is_linked_to_what_it_was_made_from(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text("{}")
    fake = FakeWandb(offline=False, known=("checkpoint-aaaaaaaaaaaa:latest",))
    log_config(trainer_with(fake), {"seed": 0}, ENVIRONMENT, manifest)
    assert fake.config == {"seed": 0, "environment": ENVIRONMENT}
    crops, checkpoint = fake.used
    assert (crops.name, crops.type) == ("crops-cccccccccccc", "crops")
    assert list(crops.manifest.entries) == ["manifest.json"]
    assert checkpoint == "checkpoint-aaaaaaaaaaaa:latest"
    assert "W&B knows no artifact checkpoint-bbbbbbbbbbbb" in caplog.text


def test_a_run_that_is_offline_logs_its_crops_and_has_the_digests_in_its_configuration(
    tmp_path: Path,
) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text("{}")
    fake = FakeWandb()
    log_config(trainer_with(fake, CSVLogger(tmp_path)), {"seed": 0}, ENVIRONMENT, manifest)
    assert fake.used == []
    (crops,) = fake.artifacts
    assert (crops.name, crops.type) == ("crops-cccccccccccc", "crops")
    assert crops.metadata == {"sha256": "c" * 64}
    assert list(crops.manifest.entries) == ["manifest.json"]
    assert fake.config["environment"] == ENVIRONMENT


def test_pictures_tables_and_files_that_wandb_cannot_take_are_warnings(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    def refuse(_: Any) -> None:
        raise wandb.errors.CommError("no network")

    run = SimpleNamespace(log=refuse, log_artifact=refuse, use_artifact=refuse, offline=False)
    monkeypatch.setattr(FakeWandb, "experiment", run)
    trainer = trainer_with(FakeWandb())
    log_config(trainer, {"seed": 0}, ENVIRONMENT, None)
    log_figures(trainer, {"roc": Figure()})
    log_table(trainer, "videos", ["auc"], [[0.5]])
    log_artifact(trainer, file_in(tmp_path), "checkpoint")
    assert [record.getMessage() for record in caplog.records] == [
        f"W&B could not {what}; the run goes on: no network"
        for what in (
            "link the run to what it is made from",
            "show roc",
            "show videos",
            "keep the checkpoint",
        )
    ]


def test_no_file_is_no_artifact() -> None:
    fake = FakeWandb()
    log_artifact(trainer_with(fake), None, "checkpoint")
    assert fake.artifacts == []
