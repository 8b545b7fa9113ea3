"""How well evidence points at the pixels that were truly altered: one pass over masked crops."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from resgat.data.dataset import CropDataset, collate
from resgat.data.index import CropIndex
from resgat.data.transforms import Augment
from resgat.data.truth import load_mask
from resgat.explain.attention import attention_corrected
from resgat.explain.contribution import completeness_residual, contrast
from resgat.explain.controls import control_maps, permuted
from resgat.explain.groups import Groups
from resgat.explain.localise import beats_controls, localisation_summary, node_truth
from resgat.lit.evidence import Precision, collect_evidence
from resgat.progress import track
from resgat.types import Evidence, FaceBatch

NodeMap = Callable[[Evidence], Tensor | None]

#: With the method's own maps of other images, the controls that a method has to beat.
_RIVALS = ("random_smooth", "center")


def node_maps(reference: Tensor | None) -> dict[str, NodeMap]:
    """Return every map that one forward pass yields, by name: evidence -> (B, N), or None."""

    def against_reference(evidence: Evidence) -> Tensor | None:
        if evidence.contribution is None or reference is None:
            return None
        return contrast(evidence.contribution, reference)

    return {
        "attention": lambda e: None if e.attention is None else attention_corrected(e),
        "readout": lambda e: e.readout,
        "contribution": lambda e: e.contribution,
        "contrast": against_reference,
    }


def measure_evidence(
    net: nn.Module,
    index: CropIndex,
    transform: Augment,
    *,
    size_px: int,
    reference: Tensor | None,
    device: torch.device,
    precision: Precision = nullcontext,
    batch_size: int = 32,
) -> dict[str, Any]:
    """Score the detector's own maps, and controls, against the masks of an index's fakes.

    Returns:
        Map name -> ``localisation_summary``; the detector's own maps also have ``permuted_hit`` and
        ``permuted_auroc``, which its maps of other images get, and ``beats_controls``: it hits more
        often than ``random_smooth``, ``center`` and its permuted maps, by the intervals of the
        paired differences.
        ``completeness_residual``, the largest over all crops, None for a model without
        contributions. Or ``{"reason": ...}`` where there are no masks.
    """
    masked = index.where(index.column("mask_path").is_valid().to_numpy())
    if len(masked) == 0:
        return {"reason": "no crop of this split has a mask of its altered pixels"}
    total = math.ceil(len(masked) / batch_size)
    batches = track(_batches(masked, transform, batch_size), "measuring evidence", total)
    maps: dict[str, list[Tensor]] = {name: [] for name in node_maps(reference)}
    residuals, grid = [], (1, 1)
    for _, evidence in collect_evidence(net, batches, device, precision):
        grid = evidence.grid
        for name, view in node_maps(reference).items():
            values = view(evidence)
            if values is not None:
                maps[name].append(values)
        if evidence.contribution is not None:
            residuals.append(float(completeness_residual(evidence).max()))
    coverage = torch.stack(
        [node_truth(_mask(masked, position, size_px), grid) for position in range(len(masked))]
    )
    scored = {name: torch.cat(values) for name, values in maps.items() if values}
    groups = masked.column("identity_group").to_pylist()
    controls = control_maps(coverage, grid)
    return {
        **{name: _judge(values, coverage, groups, controls) for name, values in scored.items()},
        **{name: localisation_summary(one, coverage, groups) for name, one in controls.items()},
        "completeness_residual": max(residuals, default=None),
        "grid": list(grid),
    }


def _judge(
    values: Tensor,
    coverage: Tensor,
    groups: Groups,
    controls: Mapping[str, Tensor],
) -> dict[str, Any]:
    """Summarise a method's maps beside what it has to beat."""
    of_others = permuted(values, groups)
    null = localisation_summary(of_others, coverage, groups)
    rivals = [of_others, *(controls[name] for name in _RIVALS)]
    return {
        **localisation_summary(values, coverage, groups),
        "permuted_hit": null["hit"],
        "permuted_auroc": null["auroc"],
        "beats_controls": beats_controls(values, rivals, coverage, groups),
    }


def _batches(index: CropIndex, transform: Augment, batch_size: int) -> Iterator[FaceBatch]:
    dataset = CropDataset(index, transform, seed=0)
    for start in range(0, len(index), batch_size):
        positions = range(start, min(start + batch_size, len(index)))
        yield collate([dataset[position, 0] for position in positions])


def _mask(index: CropIndex, position: int, size_px: int) -> Tensor:
    mask = load_mask(index, position, size_px)
    if mask is None:
        mask = np.zeros((size_px, size_px), np.bool_)
    return torch.from_numpy(mask)
