"""ResNet trunk: image -> the feature maps of its four stages; no pooling, no head."""

from __future__ import annotations

from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn

from resgat.checks import check_choice, check_shape
from resgat.models.weights import backbone_weights

LEVELS = ("layer1", "layer2", "layer3", "layer4")
_CHANNELS = {
    "resnet18": (64, 128, 256, 512),
    "resnet34": (64, 128, 256, 512),
    "resnet50": (256, 512, 1024, 2048),
}


class ResNetTrunk(nn.Module):
    """A torchvision ResNet up to one of its stages.

    Strides are 4, 8, 16 and 32 px; the theoretical receptive fields of ResNet-34's stages are 59,
    179, 547 and 899 px, so that from layer3 on a cell can see a whole face of 224 px.

    Args:
        arch: resnet18, resnet34 or resnet50.
        weights: ``none``, ``imagenet`` (torchvision's download) or a local file of torchvision's
            weights for ``arch`` (.safetensors, or .pth read with ``weights_only=True``).
        last: The deepest stage to build; stages behind it do not exist and cost nothing.

    Shape:
        image: (B, 3, H, W), ImageNet-normalised
        return: level -> (B, C, H / stride, W / stride)

    Raises:
        ConfigError: ``arch`` or ``last`` is unknown.
        WeightsUnavailableError: The weights can be neither found nor downloaded.
        CheckpointError: The file is unusable, or holds another architecture.
        ShapeError: The image is not (B, 3, H, W).
    """

    def __init__(
        self, arch: str = "resnet34", weights: str | Path = "none", last: str = "layer4"
    ) -> None:
        super().__init__()
        check_choice("arch", arch, _CHANNELS)
        check_choice("last", last, LEVELS)
        resnet = torchvision.models.get_model(arch)
        state = backbone_weights(arch, weights)
        if state is not None:
            resnet.load_state_dict(state, strict=False)  # backbone_weights has checked it
        levels = LEVELS[: LEVELS.index(last) + 1]
        self.stem = nn.Sequential(resnet.conv1, resnet.bn1, resnet.relu, resnet.maxpool)
        self.levels = nn.ModuleDict({level: getattr(resnet, level) for level in levels})
        self.channels = dict(zip(levels, _CHANNELS[arch], strict=False))
        # Convolutions run faster on this layout, on CPUs and GPUs alike.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Return the feature map of every stage that was built."""
        check_shape(image, "B 3 H W", "image")
        features = self.stem(image.contiguous(memory_format=torch.channels_last))
        maps = {}
        for level, stage in self.levels.items():
            features = maps[level] = stage(features)
        return maps
