"""Weights files: what is read, and what is refused with one clear line instead of a traceback."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor

from resgat.errors import CheckpointError, ConfigError, WeightsUnavailableError
from resgat.models.weights import backbone_weights, load_plain, read_tensors

STATE = {"a.weight": torch.arange(200.0), "b": torch.tensor(3)}


class Evil:
    """Unpickled, it would run a command."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch executed",)


def zip_bytes(value: object, tmp_path: Path, *, zipped: bool = True) -> bytes:
    path = tmp_path / "whole"
    torch.save(value, path, _use_new_zipfile_serialization=zipped)
    return path.read_bytes()


def assert_equal(found: dict[str, Tensor]) -> None:
    assert found.keys() == STATE.keys()
    assert all(torch.equal(found[key], STATE[key]) for key in STATE)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pytorch_file_is_read(zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(zip_bytes(STATE, tmp_path, zipped=zipped))
    assert_equal(read_tensors(path))


def test_a_safetensors_file_is_read(tmp_path: Path) -> None:
    safetensors.torch.save_file(STATE, tmp_path / "weights.safetensors")
    assert_equal(read_tensors(tmp_path / "weights.safetensors"))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailableError, match=r"weights file not found: .*nowhere\.pth\. "):
        read_tensors(tmp_path / "nowhere.pth")
    with pytest.raises(WeightsUnavailableError, match="weights file not found"):
        read_tensors(tmp_path)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.98])
def test_a_truncated_pytorch_file_is_refused(zipped: bool, kept: float, tmp_path: Path) -> None:
    whole = zip_bytes(STATE, tmp_path, zipped=zipped)
    path = tmp_path / "weights.pth"
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(CheckpointError, match=r"weights\.pth .*(truncated|more than tensors)"):
        read_tensors(path)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("content", [b"", b"hello, this is text", b"\0" * 2000, b"garbage\xff\xfe"])
def test_what_is_no_weights_file_is_refused(suffix: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"no weights file\. Copy or|more than tensors and"):
        read_tensors(path)


def test_a_truncated_safetensors_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(safetensors.torch.save(STATE)[:-10])
    with pytest.raises(CheckpointError, match="is truncated or no weights file"):
        read_tensors(path)


@pytest.mark.parametrize("how", ["zip", "legacy", "pickle", "inside"])
def test_a_pickle_with_code_is_refused_and_not_run(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "weights.pth"
    contents = {
        "zip": zip_bytes(Evil(), tmp_path),
        "legacy": zip_bytes(Evil(), tmp_path, zipped=False),
        "pickle": pickle.dumps(Evil()),
        "inside": zip_bytes({**STATE, "c": Evil()}, tmp_path),
    }
    path.write_bytes(contents[how])
    with pytest.raises(CheckpointError, match="is not loaded, because a pickle can run code"):
        read_tensors(path)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("value", [{"epoch": 3}, [torch.zeros(1)], {"state_dict": STATE}])
def test_what_is_no_state_dict_is_refused(value: object, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pth"
    torch.save(value, path)
    with pytest.raises(CheckpointError, match=r"expected a state dict \(name -> tensor\)"):
        read_tensors(path)


def test_plain_containers_are_read_as_they_are(tmp_path: Path) -> None:
    value = {"epoch": 3, "names": ["a", None], "state": {"w": 0.5}}
    torch.save(value, tmp_path / "plain.ckpt")
    assert load_plain(tmp_path / "plain.ckpt") == value


def test_no_weights_are_no_weights() -> None:
    assert backbone_weights("resnet18", "none") is None


def test_a_misspelled_choice_is_a_missing_file() -> None:
    with pytest.raises(
        (WeightsUnavailableError, ConfigError), match="weights file not found: imag"
    ):
        backbone_weights("resnet18", "imagenett")
