"""Objects from sections of a configuration."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from resgat.errors import DeviceError
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


def test_a_sweep_over_several_processes_is_refused(
    command: Command, tiny: list[str], tmp_path: Path
) -> None:
    several = ["strategy=ddp", "trainer.devices=2", f"hydra.sweep.dir={tmp_path}"]
    done = command("train", "--multirun", *tiny, *several, "seed=1,2")
    assert done.status == 1
    assert done.err.splitlines()[-1] == (
        "error: trainer.strategy=ddp: Lightning would start the whole sweep again in every "
        "process. Use strategy=auto trainer.devices=1 with --multirun, or start one command per run"
    )
    assert not list(tmp_path.glob("*/config.yaml"))
