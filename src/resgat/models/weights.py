"""Read weights from files and downloads, never more than tensors and plain values."""

from __future__ import annotations

import pickle
import struct
import warnings
from pathlib import Path
from urllib.error import URLError

import safetensors.torch
import torch
import torchvision
from safetensors import SafetensorError
from torch import Tensor

from resgat.errors import CheckpointError, WeightsUnavailableError
from resgat.progress import is_watched

#: What PyTorch's reader raises on a file that is not what it says it is.
_DAMAGED = (
    *(RuntimeError, OSError, EOFError, LookupError, ValueError, TypeError),
    *(AttributeError, AssertionError, struct.error),
)
_NOT_NEEDED = ("fc.weight", "fc.bias", "num_batches_tracked")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a state dict from a .safetensors file or a PyTorch file, without running code from it.

    Raises:
        WeightsUnavailableError: There is no such file.
        CheckpointError: The file is truncated, is no state dict, or holds more than tensors.
    """
    if not path.is_file():
        msg = f"weights file not found: {path}. Give an existing .safetensors or .pth file"
        raise WeightsUnavailableError(msg)
    state = _load_safetensors(path) if path.suffix == ".safetensors" else load_plain(path)
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        msg = f"{path}: expected a state dict (name -> tensor). Pass the bare weights"
        raise CheckpointError(msg)
    return state


def load_plain(path: Path) -> object:
    """Read a PyTorch file of tensors and plain containers, on the CPU.

    Raises:
        CheckpointError: The file is truncated, no PyTorch file, or holds objects of other kinds.
    """
    try:
        with warnings.catch_warnings():
            # The pickle protocol of a file that is about to be refused, or is fine, is no news.
            warnings.filterwarnings("ignore", message="Detected pickle protocol")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        msg = (
            f"{path} holds more than tensors and plain values and is not loaded, because a pickle "
            "can run code. Export bare weights (a state_dict) with the program that wrote it"
        )
        raise CheckpointError(msg) from error
    except _DAMAGED as error:
        raise _damaged(path) from error


def backbone_weights(arch: str, weights: str | Path) -> dict[str, Tensor] | None:
    """Return a torchvision ResNet's weights for ``none``, ``imagenet`` or a local file.

    A file need hold neither the classifier, which a trunk has not, nor the counters of batch
    normalisation, which old files lack.

    Raises:
        WeightsUnavailableError: The download failed or the file is missing.
        CheckpointError: The file is unusable, or belongs to another architecture.

    """
    if weights == "none":
        return None
    if weights == "imagenet":
        return _download_imagenet(arch)
    state = read_tensors(Path(weights))
    with torch.device("meta"):
        wanted = torchvision.models.get_model(arch).state_dict()
    fits = {k: v for k, v in state.items() if k in wanted and v.shape == wanted[k].shape}
    wrong = [k for k in wanted if k not in fits and not k.endswith(_NOT_NEEDED)]
    if wrong:
        msg = (
            f"{weights} does not hold a {arch}: {len(wrong)} tensors missing or of another shape, "
            f"such as {wrong[0]}. Give torchvision's {arch} weights, or change model.backbone.arch"
        )
        raise CheckpointError(msg)
    return fits


def _download_imagenet(arch: str) -> dict[str, Tensor]:
    enum = torchvision.models.get_model_weights(arch).IMAGENET1K_V1
    try:
        state: dict[str, Tensor] = enum.get_state_dict(
            progress=is_watched(), check_hash=True, weights_only=True
        )
    except (URLError, OSError, RuntimeError) as error:
        msg = (
            f"cannot download the ImageNet weights of {arch} ({error}). Offline: use "
            "model.backbone.weights=none, or model.backbone.weights=/path/to/file.pth"
        )
        raise WeightsUnavailableError(msg) from error
    return state


def _load_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load_file(path)
    except (SafetensorError, OSError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> CheckpointError:
    return CheckpointError(f"{path} is truncated or no weights file. Copy or download it again")
