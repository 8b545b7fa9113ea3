"""The device that a command asks for."""

import pytest
import torch

from resgat.errors import DeviceError
from resgat.run.device import check_accelerator, choose_device


@pytest.fixture
def without_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.mark.usefixtures("without_gpu")
def test_auto_takes_the_processor_where_there_is_no_gpu() -> None:
    assert choose_device("auto") == choose_device("cpu") == torch.device("cpu")


def test_auto_takes_a_gpu_if_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto") == torch.device("cuda")
    assert choose_device("cuda:1") == torch.device("cuda:1")


@pytest.mark.usefixtures("without_gpu")
def test_a_gpu_that_is_not_there_is_refused_with_the_remedy() -> None:
    with pytest.raises(DeviceError, match=r"device=cuda:1, but .* no usable GPU\. Use device=cpu"):
        choose_device("cuda:1")
    with pytest.raises(DeviceError, match=r"accelerator=gpu, but .* GPU\. Use trainer=cpu"):
        check_accelerator({"accelerator": "gpu"})
    check_accelerator({"accelerator": "cpu"})


def test_what_is_no_device_is_refused() -> None:
    with pytest.raises(DeviceError, match="expected auto, cpu, cuda or cuda:N, got 'tpu3'"):
        choose_device("tpu3")
