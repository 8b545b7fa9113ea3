"""Run a detector over crops and keep the evidence, leaving the detector as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from resgat.explain.frozen import frozen
from resgat.types import Evidence, FaceBatch

#: Opens what the network runs in, such as a trainer's ``precision_plugin.forward_context``.
Precision: TypeAlias = Callable[[], AbstractContextManager[Any]]


def collect_evidence(
    net: nn.Module,
    batches: Iterable[FaceBatch],
    device: torch.device,
    precision: Precision = nullcontext,
) -> Iterator[tuple[Tensor, Evidence]]:
    """Yield the rows and the evidence of every batch, on the CPU.

    Args:
        net: The detector.
        batches: Faces.
        device: Where the detector is.
        precision: That of the trainer whose predictions the evidence belongs to.
    """
    for batch in batches:
        with frozen(net), torch.no_grad(), precision():
            evidence: Evidence = net(batch.image.to(device), return_evidence=True)
        yield batch.row, _to_cpu(evidence)


def reference_contribution(
    net: nn.Module,
    batches: Iterable[FaceBatch],
    device: torch.device,
    precision: Precision = nullcontext,
) -> Tensor | None:
    """Return the mean contribution of each node over real faces, or None without contributions.

    Shape:
        return: (N,) float32
    """
    total, count = torch.zeros(()), 0
    for _, evidence in collect_evidence(net, batches, device, precision):
        if evidence.contribution is None:
            return None
        total = total + evidence.contribution.sum(0)
        count += len(evidence.contribution)
    return total / max(count, 1)


def _to_cpu(evidence: Evidence) -> Evidence:
    moved: dict[str, Any] = {
        name: value.detach().cpu()
        for name, value in evidence._asdict().items()
        if isinstance(value, Tensor)
    }
    return evidence._replace(**moved)
