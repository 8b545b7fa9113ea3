"""Detectors small enough that what a method must find can be worked out by hand."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from resgat.explain.faces import Faces
from resgat.explain.probe import Probe
from resgat.types import Evidence


class Toy(nn.Module):
    """Features and a decision, as a detector has them; subclasses say which."""

    def forward(self, image: Tensor, *, return_evidence: bool = False) -> Any:
        evidence = self.decide(self.features(image))
        return evidence if return_evidence else evidence.logit

    def features(self, image: Tensor) -> dict[str, Tensor]:
        return {"map": image}

    def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
        raise NotImplementedError


class Linear(Toy):
    """Logit: the sum of the pixels of all channels, each times its weight (H, W), less 1."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)

    def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
        image = maps["map"]
        logit = (image * self.weight).sum((1, 2, 3)) - 1
        grid = (image.shape[2], image.shape[3])
        return Evidence(logit, logit, image.flatten(2).transpose(1, 2), grid)


class Curved(Linear):
    """The linear one, squared: what two places say together is more than what each says alone."""

    def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
        evidence = super().decide(maps)
        return evidence._replace(logit=evidence.logit**2)


class Convnet(Toy):
    """Two convolutions, and a head that is not linear in their map."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.body = nn.Sequential(
            nn.Conv2d(3, 6, 3, 2, 1), nn.ReLU(), nn.Conv2d(6, 5, 3, 2), nn.ReLU()
        )
        self.head = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 1))
        for parameter in self.parameters():
            parameter.data = torch.randn(parameter.shape, generator=generator) / 2

    def features(self, image: Tensor) -> dict[str, Tensor]:
        return {"map": self.body(image)}

    def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
        found = maps["map"]
        logit = 2000 * self.head(found.mean((2, 3)))[:, 0]
        return Evidence(
            logit, logit, found.flatten(2).transpose(1, 2), (found.shape[2], found.shape[3])
        )


def probe(net: nn.Module, **options: Any) -> Probe:
    """A probe that passes pixels on as they are."""
    return Probe(net, mean=[0.0] * 3, std=[1.0] * 3, **options)


def faces(num: int, size_px: int, **fields: Any) -> Faces:
    """Noise, in stripes of regions: region r is the r-th eighth of the columns, but for a rim."""
    generator = torch.Generator().manual_seed(5)
    pixels = torch.rand(num, 3, size_px, size_px, generator=generator)
    column = torch.arange(size_px) * 8 // size_px
    regions = (column == torch.arange(8)[:, None])[:, None].repeat(1, size_px, 1)
    regions[:, 0] = False
    made = Faces(pixels, regions.expand(num, -1, -1, -1).clone(), torch.arange(num) + 11)
    return made._replace(**fields)
