"""Objects from sections of a configuration."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from resgat.errors import ConfigError, DeviceError
from resgat.run.build import build_trained, build_trainer

Command = Callable[..., Any]


def test_a_trained_network_is_built_without_its_initial_weights() -> None:
    trunk = {
        "_target_": "resgat.models.trunk.ResNetTrunk",
        "arch": "resnet18",
        "weights": "/nowhere.pth",
        "last": "layer1",
    }
    section = {"_target_": "resgat.models.resnet.ResNetClassifier", "backbone": trunk}
    assert isinstance(build_trained(section), nn.Module)
    assert trunk["weights"] == "/nowhere.pth"


def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    config = {"trainer": {"accelerator": "gpu"}}
    with pytest.raises(DeviceError, match=r"no usable GPU\. Use trainer=cpu"):
        build_trainer(config, show_progress=False)


@pytest.mark.parametrize(
    "limit",
    [
        {"limit_test_batches": 1},
        {"limit_test_batches": 0},
        {"limit_test_batches": 0.5},
        {"limit_val_batches": 3},
        {"fast_dev_run": True},
        {"overfit_batches": 2},
    ],
)
def test_what_would_leave_crops_of_val_or_test_out_is_refused(limit: dict[str, object]) -> None:
    ((key, value),) = limit.items()
    with pytest.raises(ConfigError) as caught:
        build_trainer({"trainer": limit}, show_progress=False)
    assert str(caught.value) == (
        f"trainer.{key}={value}: numbers would be of a part of the crops. Leave it out; "
        "data.frames_per_video=N takes fewer frames of every video, robustness.num_videos=N "
        "corrupts fewer videos, and trainer.limit_train_batches=N shortens an epoch"
    )


def test_crops_are_not_shared_out_twice(tmp_path: Path) -> None:
    """Lightning's sampler on top of ours: of two processes' crops, half would be judged."""
    with pytest.raises(ConfigError) as caught:
        build_trainer({"trainer": {"use_distributed_sampler": True}}, show_progress=False)
    assert str(caught.value) == (
        "trainer.use_distributed_sampler=True: each of several processes would leave out crops "
        "that no other has. Leave it out: crops are shared out among processes anyway"
    )
    section = {"_target_": "pytorch_lightning.Trainer", "accelerator": "cpu"}
    kept = {"default_root_dir": str(tmp_path), "enable_checkpointing": False}
    config = {"trainer": {**section, **kept}, "callbacks": None, "logger": None}
    trainer = build_trainer(config, show_progress=False)
    assert trainer._accelerator_connector.use_distributed_sampler is False


def test_a_limit_that_is_none_passes(tmp_path: Path) -> None:
    limits = {"limit_val_batches": 1.0, "limit_test_batches": None, "fast_dev_run": False}
    section = {"_target_": "pytorch_lightning.Trainer", "accelerator": "cpu", **limits}
    kept = {"default_root_dir": str(tmp_path), "enable_checkpointing": False}
    quiet = {**section, **kept, "limit_train_batches": 4, "overfit_batches": 0.0}
    config = {"trainer": quiet, "callbacks": None, "logger": None}
    assert build_trainer(config, show_progress=False).limit_train_batches == 4
