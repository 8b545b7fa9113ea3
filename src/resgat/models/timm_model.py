"""Any timm model with its own head and one logit: Xception, EfficientNet-B4 and others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, overload

import timm
import torch
from timm.models import is_model
from torch import Tensor, nn

from resgat.checks import check_choice, check_shape
from resgat.errors import CheckpointError, ShapeError, WeightsUnavailableError
from resgat.models.graph_attention import cells
from resgat.models.resnet import linear_evidence
from resgat.models.weights import read_tensors
from resgat.types import Evidence

_LAST = "last"  # the only level


class TimmClassifier(nn.Module):
    """A timm classifier with a single output.

    Where the head is global average pooling and one linear layer, the logit splits exactly over the
    cells of the last feature map; other heads yield no contributions. A transformer's patch tokens
    are its cells.

    Args:
        name: timm's model name, such as ``legacy_xception`` or ``efficientnet_b4``.
        weights: ``none``, ``imagenet`` (timm's download) or a local file of this model's weights;
            the file's classifier is ignored where it has another number of classes.

    Shape:
        image: (B, 3, H, W), ImageNet-normalised
        return: (B,) logits, or Evidence

    Raises:
        ConfigError: timm has no such model.
        WeightsUnavailableError: The weights can be neither found nor downloaded.
        CheckpointError: The file is unusable, or holds another model.
        ShapeError: The model does not take images of this size, or has no grid of cells.
    """

    net: Any

    def __init__(self, name: str = "legacy_xception", weights: str | Path = "none") -> None:
        super().__init__()
        if not is_model(name):
            check_choice("model.name", name, timm.list_models())
        try:
            self.net = timm.create_model(name, pretrained=weights == "imagenet", num_classes=1)
        except (OSError, RuntimeError) as error:
            msg = (
                f"cannot download the weights of {name} ({type(error).__name__}). Offline: use "
                "model.weights=none, or model.weights=/path/to/file.safetensors"
            )
            raise WeightsUnavailableError(msg) from error
        if weights not in ("none", "imagenet"):
            self._load(Path(weights))
        self._is_additive = _is_additive(self.net)

    @overload
    def forward(self, image: Tensor, *, return_evidence: Literal[False] = False) -> Tensor: ...
    @overload
    def forward(self, image: Tensor, *, return_evidence: Literal[True]) -> Evidence: ...
    def forward(self, image: Tensor, *, return_evidence: bool = False) -> Tensor | Evidence:
        """Return logits, or the evidence that holds them."""
        maps = self.features(image)
        if return_evidence or self._is_additive:
            evidence = self.decide(maps)
            return evidence if return_evidence else evidence.logit
        return self._logit(maps[_LAST])

    def features(self, image: Tensor) -> dict[str, Tensor]:
        """Return the last features: a map (B, C, H, W), or a transformer's tokens (B, T, C)."""
        check_shape(image, "B 3 H W", "image")
        try:
            features: Tensor = self.net.forward_features(image)
        except AssertionError as error:
            side_px = self.net.pretrained_cfg["input_size"][-1]
            msg = (
                f"{type(self.net).__name__} does not take images of {tuple(image.shape[2:])} px "
                f"({error}). Set data.size_px={side_px}"
            )
            raise ShapeError(msg) from error
        return {_LAST: channels_first(self.net, features)}

    def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
        """Return the head's evidence on the last features."""
        features = maps[_LAST]
        on_grid = feature_map(self.net, features).float()
        if self._is_additive:
            with torch.autocast(features.device.type, enabled=False):
                return linear_evidence(on_grid, self.net.get_classifier())
        logit = self._logit(features)
        return Evidence(logit, logit, cells(on_grid), (on_grid.shape[2], on_grid.shape[3]))

    def _logit(self, features: Tensor) -> Tensor:
        is_last = features.dim() == 4 and _is_channels_last(self.net)
        raw = features.permute(0, 2, 3, 1) if is_last else features
        logit: Tensor = self.net.forward_head(raw).squeeze(-1).float()
        return logit

    def _load(self, path: Path) -> None:
        # One name, or several where a model has more than one classifier.
        classifier = self.net.pretrained_cfg.get("classifier") or ()
        heads = (classifier,) if isinstance(classifier, str) else tuple(classifier)
        optional = tuple(f"{head}." for head in heads)
        state, own = read_tensors(path), self.net.state_dict()
        fits = {k: v for k, v in state.items() if k in own and v.shape == own[k].shape}
        missing = [
            key
            for key in own
            if key not in fits
            and not key.startswith(optional)
            and not key.endswith("num_batches_tracked")
        ]
        if missing:
            msg = (
                f"{path} does not hold a {type(self.net).__name__} as configured: {len(missing)} "
                f"tensors missing or of another shape, such as {missing[0]}"
            )
            raise CheckpointError(msg)
        self.net.load_state_dict({**own, **fits})


def channels_first(net: Any, features: Tensor) -> Tensor:
    """Return what ``net.forward_features`` yields with a map's channels first; tokens as given."""
    is_last = features.dim() == 4 and _is_channels_last(net)
    return features.permute(0, 3, 1, 2) if is_last else features


def feature_map(net: Any, features: Tensor) -> Tensor:
    """Return features, channels first, as a map (B, C, H, W).

    Raises:
        ShapeError: The features are neither a map nor the patch tokens of a square.
    """
    if features.dim() == 4:
        return features
    patches = features[:, getattr(net, "num_prefix_tokens", 0) :]
    side = math.isqrt(patches.shape[1])
    if features.dim() != 3 or side**2 != patches.shape[1]:
        msg = (
            f"{type(net).__name__} has no grid of cells: its features have the shape "
            f"{tuple(features.shape)}. Choose another model.name"
        )
        raise ShapeError(msg)
    return patches.transpose(1, 2).reshape(patches.shape[0], -1, side, side)


def _is_channels_last(net: Any) -> bool:
    return bool(getattr(net, "output_fmt", "NCHW") == "NHWC")


def _is_additive(net: Any) -> bool:
    """Tell whether the head is exactly average pooling and a linear layer, by trying it."""
    classifier = net.get_classifier()
    if not isinstance(classifier, nn.Linear):
        return False
    probe = torch.linspace(-1, 1, classifier.in_features * 4).view(1, 2, 2, -1)
    channels_last = _is_channels_last(net)
    net.eval()
    try:
        with torch.no_grad():
            logit = net.forward_head(probe if channels_last else probe.permute(0, 3, 1, 2))
    except RuntimeError:  # a head that cannot take such a map is not the plain one
        return False
    finally:
        net.train()
    with torch.no_grad():
        return torch.allclose(logit, classifier(probe.mean((1, 2))), atol=1e-5)
