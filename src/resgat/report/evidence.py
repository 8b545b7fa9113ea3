"""How well evidence points at the pixels that were truly altered: one pass over masked crops."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
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
from resgat.explain.controls import control_maps
from resgat.explain.localise import localisation_summary, node_truth
from resgat.lit.evidence import collect_evidence
from resgat.progress import track
from resgat.types import Evidence, FaceBatch

NodeMap = Callable[[Evidence], Tensor | None]


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
    batch_size: int = 32,
) -> dict[str, Any]:
    """Score the detector's own maps, and controls, against the masks of an index's fakes.

    Returns:
        Map name -> ``localisation_summary``; ``completeness_residual``, the largest over all crops,
        None for a model without contributions; or ``{"reason": ...}`` where there are no masks.
    """
    masked = index.where(index.table["mask_path"].is_valid().to_numpy())
    if len(masked) == 0:
        return {"reason": "no crop of this split has a mask of its altered pixels"}
    total = math.ceil(len(masked) / batch_size)
    batches = track(_batches(masked, transform, batch_size), "measuring evidence", total)
    maps: dict[str, list[Tensor]] = {name: [] for name in node_maps(reference)}
    residuals, grid = [], (1, 1)
    for _, evidence in collect_evidence(net, batches, device):
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
    groups = masked.table["identity_group"].to_pylist()
    return {
        name: localisation_summary(values, coverage, groups)
        for name, values in (scored | control_maps(coverage, grid)).items()
    } | {"completeness_residual": max(residuals, default=None), "grid": list(grid)}


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
