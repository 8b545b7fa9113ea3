"""A detector as explainers and metrics see it: pixels in [0, 1] in, every pass counted."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import NamedTuple

import torch
from torch import Tensor, nn

from resgat.checks import check_range, check_shape
from resgat.explain.frozen import frozen
from resgat.types import Detector, Evidence


@dataclass(frozen=True)
class Passes:
    """How many images went through a network, and which way.

    Attributes:
        forward: Images through the whole network.
        backward: Gradients of the whole network, per image.
        head_forward: Images through the head alone.
        head_backward: Gradients of the head alone, per image.
    """

    forward: int = 0
    backward: int = 0
    head_forward: int = 0
    head_backward: int = 0

    def __sub__(self, other: Passes) -> Passes:
        names = [field.name for field in fields(self)]
        return Passes(**{name: getattr(self, name) - getattr(other, name) for name in names})


class Known(NamedTuple):
    """What is known from training data, and not from the image to be explained.

    Shape:
        reference: (N,), mean contribution of each node over real faces; or None
        mean_mask: (H, W), share of the fakes that are altered at a pixel; or None
    """

    reference: Tensor | None = None
    mean_mask: Tensor | None = None


class Probe:
    """Asks a detector questions and leaves it as it was.

    Explainers and perturbations work on pixels in [0, 1]; the network's own normalisation is
    applied here. Use it inside :meth:`open`, which holds the network still.

    Args:
        net: The detector, on its device.
        mean: Of the network's normalisation, per channel.
        std: Of the network's normalisation, per channel.
        known: What is known from training data.
        chunk: Images per pass, where no gradient is wanted.

    Raises:
        ConfigError: ``chunk`` is below one.
    """

    def __init__(
        self,
        net: nn.Module,
        *,
        mean: Sequence[float],
        std: Sequence[float],
        known: Known = Known(),  # noqa: B008  (a constant)
        chunk: int = 64,
    ) -> None:
        check_range("chunk", chunk, low=1)
        self.net = net
        self.known = known
        self.passes = Passes()
        self._detector: Detector = net  # type: ignore[assignment]
        self._chunk = chunk
        self._turn = threading.RLock()
        self._mean = torch.tensor(mean).view(3, 1, 1)
        self._std = torch.tensor(std).view(3, 1, 1)

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next((param.device for param in self.net.parameters()), torch.device("cpu"))

    def of(self, net: nn.Module) -> Probe:
        """Return a probe of another network in the place of this one."""
        return Probe(
            net,
            mean=self._mean.flatten().tolist(),
            std=self._std.flatten().tolist(),
            known=self.known,
            chunk=self._chunk,
        )

    @contextmanager
    def open(self) -> Iterator[Probe]:
        """Hold the network still: evaluation mode, no parameter gradients.

        Gradients of inputs can be taken inside, whatever mode the caller is in. Threads take turns:
        one that lets the network go would let it go for all.
        """
        with self._turn, frozen(self.net), torch.inference_mode(False), torch.enable_grad():
            yield self

    def logit(self, pixels: Tensor) -> Tensor:
        """Return the logits of images, in chunks if no gradient is wanted.

        Shape:
            pixels: (B, 3, H, W) in [0, 1]
            returns: (B,) float32
        """
        check_shape(pixels, "B 3 H W", "pixels")
        self.count(forward=len(pixels))
        if pixels.requires_grad:
            return self._detector(self.normalised(pixels)).float()
        chunks = torch.split(self.normalised(pixels), self._chunk)
        return torch.cat([self._detector(chunk).float() for chunk in chunks])

    def prob(self, pixels: Tensor) -> Tensor:
        """Return P(fake) of images (B, 3, H, W): (B,)."""
        return self.logit(pixels).sigmoid()

    def evidence(self, pixels: Tensor) -> Evidence:
        """Return the evidence of one forward pass over images (B, 3, H, W) in [0, 1]."""
        check_shape(pixels, "B 3 H W", "pixels")
        self.count(forward=len(pixels))
        return self._detector(self.normalised(pixels), return_evidence=True)

    def features(self, pixels: Tensor) -> dict[str, Tensor]:
        """Return the maps that the head sees, by level, of images (B, 3, H, W) in [0, 1]."""
        check_shape(pixels, "B 3 H W", "pixels")
        self.count(forward=len(pixels))
        return dict(self._detector.features(self.normalised(pixels)))

    def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
        """Return what the head makes of maps."""
        self.count(head_forward=_batch(maps))
        return self._detector.decide(maps)

    def gradient(self, output: Tensor, of: Tensor, *, head: bool = False) -> Tensor:
        """Return the gradient of each image's output with respect to a tensor of its own.

        Args:
            output: One number per image.
            of: What the output was computed from.
            head: Whether only the head lies between the two, for the count.

        Shape:
            output: (B,)
            of: (B, ...)
            returns: as ``of``
        """
        self.count(**{"head_backward" if head else "backward": len(output)})
        (found,) = torch.autograd.grad(output.sum(), of)
        return found

    def normalised(self, pixels: Tensor) -> Tensor:
        """Return pixels in [0, 1] as the network takes them, on its device."""
        moved = pixels.to(self.device)
        return (moved - self._mean.to(moved.device)) / self._std.to(moved.device)

    def count(self, **more: int) -> None:
        """Add passes, named as in :class:`Passes`: those that a library takes behind our back."""
        before = self.passes
        added = {name: getattr(before, name) + count for name, count in more.items()}
        self.passes = Passes(**{**vars(before), **added})


def _batch(maps: Mapping[str, Tensor]) -> int:
    return len(next(iter(maps.values())))
