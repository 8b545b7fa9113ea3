"""The LightningModule in a real trainer: what it logs, keeps, optimises, saves, and resumes."""

import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor, nn

from resgat.errors import ConfigError
from resgat.lit.checkpoint import load_net, read_checkpoint
from resgat.lit.detector import DetectorModule, decay_groups, ranking_metrics
from resgat.lit.schedules import cosine, plateau
from resgat.metrics.predictions import Predictions
from resgat.types import Evidence, FaceBatch

MakeModule = Callable[..., DetectorModule]
MakeTrainer = Callable[..., pl.Trainer]


def predictions(logit: list[float], label: list[int], video_idx: list[int]) -> Predictions:
    return Predictions(
        np.arange(len(logit)),
        np.array(video_idx),
        np.array(label, np.int8),
        np.array(logit, np.float32),
    )


def weights(module: nn.Module) -> Tensor:
    return torch.cat([value.flatten().float() for value in module.state_dict().values()])


def test_frames_and_videos_are_ranked_by_hand() -> None:
    # Of four pairs of a fake and a real frame three are in order; video 1 (mean 1) is above 0 (0).
    metrics = ranking_metrics(predictions([-1, 1, 0, 2], [0, 0, 1, 1], [0, 0, 1, 1]))
    assert metrics == {"frame_auc": 0.75, "video_auc": 1.0}


def test_one_class_alone_cannot_be_ranked() -> None:
    metrics = ranking_metrics(predictions([1, 2], [1, 1], [0, 1]))
    assert np.isnan(metrics["frame_auc"])
    assert np.isnan(metrics["video_auc"])


def test_only_matrices_and_filters_decay() -> None:
    net = nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2), nn.Linear(2, 1))
    net.register_parameter("gain", nn.Parameter(torch.tensor(1.0)))
    net[0].bias.requires_grad_(False)
    decayed, spared = decay_groups(net)
    assert [p.dim() for p in decayed["params"]] == [4, 2]
    assert [p.dim() for p in spared["params"]] == [0, 1, 1, 1]
    assert "weight_decay" not in decayed
    assert spared["weight_decay"] == 0.0
    assert len(decayed["params"]) + len(spared["params"]) == len(list(net.parameters())) - 1


def test_training_lowers_the_loss_and_logs_what_selects_the_best_epoch(
    make_module: MakeModule, make_trainer: MakeTrainer, loader: Any
) -> None:
    module, trainer = make_module(), make_trainer(max_epochs=10)
    trainer.fit(module, loader, loader)
    logged = trainer.callback_metrics
    assert {"train/loss", "val/loss", "val/frame_auc", "val/video_auc"} <= logged.keys()
    assert logged["val/loss"] < 0.5
    assert logged["val/video_auc"] > 0.9


def test_the_loss_of_val_is_that_of_all_its_crops_whatever_batches_they_came_in(
    make_module: MakeModule, make_trainer: MakeTrainer, loader: Any
) -> None:
    module, trainer = make_module(), make_trainer()
    trainer.validate(module, loader, verbose=False)
    said = module.predictions
    assert said is not None
    label = said.label.astype(np.float64)
    logit = said.logit.astype(np.float64)
    expected = np.mean(np.log1p(np.exp(logit)) - label * logit)
    assert float(trainer.callback_metrics["val/loss"]) == pytest.approx(expected, abs=1e-6)


def test_every_row_of_a_pass_is_kept_once_in_order(
    make_module: MakeModule, make_trainer: MakeTrainer, loader: Any, batches: list[FaceBatch]
) -> None:
    module = make_module()
    for run in (make_trainer().validate, make_trainer().test):
        run(module, loader, verbose=False)
        found = module.predictions
        assert found is not None
        assert found.row.tolist() == list(range(16))
        assert found.label.tolist() == [0, 1] * 8
        with torch.no_grad():
            expected = module.net.eval()(torch.cat([batch.image for batch in batches]))
        np.testing.assert_allclose(found.logit, expected.numpy(), atol=1e-6)


def test_the_schedule_is_given_every_step_of_the_run(
    make_module: MakeModule, make_trainer: MakeTrainer, loader: Any
) -> None:
    asked: list[int] = []

    def schedule(optimizer: torch.optim.Optimizer, num_steps: int) -> list[dict[str, Any]]:
        asked.append(num_steps)
        return []

    module = make_module(schedule=schedule)
    make_trainer(max_epochs=3, accumulate_grad_batches=2).fit(module, loader, loader)
    assert asked == [3 * 4 // 2]


def test_a_run_without_an_end_is_refused(
    make_module: MakeModule, make_trainer: MakeTrainer, loader: Any
) -> None:
    with pytest.raises(ConfigError, match=r"max_epochs, trainer\.limit_train_batches: training st"):
        make_trainer(max_epochs=-1, max_steps=-1).fit(make_module(), loader, loader)


class _StopAfter(pl.Callback):
    """Ends a run after an epoch as a killed process does: with what is on disk."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        trainer.should_stop = trainer.current_epoch + 1 >= self.epochs


def checkpoint_in(folder: Path) -> ModelCheckpoint:
    return ModelCheckpoint(folder, filename="last", enable_version_counter=False)


@pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists and is not empty")
@pytest.mark.parametrize("schedule", [cosine, partial(plateau, patience=0, factor=0.1)])
def test_a_resumed_run_ends_with_the_numbers_of_one_that_was_not_stopped(
    schedule: Any, make_module: MakeModule, make_trainer: MakeTrainer, loader: Any, tmp_path: Path
) -> None:
    def fit(folder: str, *stop: pl.Callback, path: Path | None = None) -> DetectorModule:
        module = make_module(schedule=schedule)
        torch.manual_seed(99 if path else 1)  # another process is in another state
        callbacks = [checkpoint_in(tmp_path / folder), *stop]
        trainer = make_trainer(max_epochs=4, enable_checkpointing=True, callbacks=callbacks)
        trainer.fit(module, loader, loader, ckpt_path=path, weights_only=True)
        return module

    whole = fit("whole")
    fit("stopped", _StopAfter(2))
    resumed = fit("stopped", path=tmp_path / "stopped" / "last.ckpt")
    assert torch.equal(weights(resumed), weights(whole))
    assert resumed.predictions is not None
    assert whole.predictions is not None
    assert resumed.predictions.logit.tolist() == whole.predictions.logit.tolist()


def test_a_schedule_that_watches_a_metric_steps_once_an_epoch(
    make_module: MakeModule, make_trainer: MakeTrainer, loader: Any
) -> None:
    class Stuck(nn.Module):
        """Its logits do not depend on the image, so its AUC stays at one half."""

        def __init__(self) -> None:
            super().__init__()
            self.bias = nn.Parameter(torch.zeros(()))

        def forward(self, image: Tensor) -> Tensor:
            return self.bias.expand(len(image))

    module = make_module(net=Stuck(), schedule=partial(plateau, warmup=0, patience=0, factor=0.1))
    trainer = make_trainer(max_epochs=3)
    trainer.fit(module, loader, loader)
    # The first value is the best so far; each of the two after it cuts the rate.
    assert trainer.optimizers[0].param_groups[0]["lr"] == pytest.approx(0.05 * 0.1**2)


def test_a_steps_random_numbers_depend_on_the_seed_and_not_on_what_came_before(
    make_module: MakeModule, make_trainer: MakeTrainer, loader: Any
) -> None:
    runs = []
    for seed, noise in ((3, 1), (3, 2), (4, 1)):
        module = make_module(seed=seed)
        torch.manual_seed(noise)
        make_trainer(max_epochs=1).fit(module, loader, loader)
        runs.append(weights(module))
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


def test_a_checkpoint_carries_the_facts_and_nothing_but_plain_values(
    make_module: MakeModule, make_trainer: MakeTrainer, loader: Any, tmp_path: Path
) -> None:
    module = make_module()
    callbacks = [checkpoint_in(tmp_path / "kept")]
    make_trainer(max_epochs=1, enable_checkpointing=True, callbacks=callbacks).fit(
        module, loader, loader
    )
    path = tmp_path / "kept" / "last.ckpt"
    checkpoint = read_checkpoint(path)
    assert checkpoint["resgat"] == module.facts
    fresh = make_module()
    assert not torch.equal(weights(fresh.net), weights(module.net))
    load_net(fresh.net, checkpoint, path)
    assert torch.equal(weights(fresh.net), weights(module.net))


def test_the_forward_pass_is_the_networks(
    make_module: MakeModule, batches: list[FaceBatch]
) -> None:
    module = make_module().eval()
    assert torch.equal(module(batches[0].image), module.net(batches[0].image))
    names = [name.partition(".")[0] for name in module.state_dict()]
    assert [name for name, _ in itertools.groupby(names)] == ["net"]


class Explained(nn.Module):
    """Two nodes of one feature each, whose sum is the logit."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0, 2.0]))

    def forward(self, image: Tensor, *, return_evidence: bool = False) -> Any:
        nodes = image.mean((1, 2)).view(len(image), 2, -1).mean(2)
        contribution = nodes * self.weight
        logit = contribution.sum(1)
        constant = torch.zeros_like(logit)
        evidence = Evidence(logit, constant, nodes[..., None], (1, 2), contribution)
        return evidence if return_evidence else logit


def test_terms_on_the_evidence_are_added_logged_and_told_the_progress(
    make_module: MakeModule, make_trainer: MakeTrainer, loader: Any
) -> None:
    seen: list[float] = []

    def term(evidence: Evidence, batch: FaceBatch, progress: float) -> Tensor:
        seen.append(progress)
        return 3 + 0 * evidence.logit.sum()

    module = make_module(net=Explained(), evidence_losses={"three": term})
    trainer = make_trainer(max_epochs=2)
    trainer.fit(module, loader, loader)
    assert seen == [step / 8 for step in range(8)]
    assert trainer.callback_metrics["train/three"] == 3
    assert trainer.callback_metrics["train/loss"] > 3
    assert trainer.callback_metrics["val/loss"] < 3
