"""Bootstrap intervals over groups: images that share a person are no independent witnesses."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

from resgat.checks import check_range, check_shape
from resgat.errors import ShapeError

#: One identity group per image; names or numbers.
Groups: TypeAlias = Sequence[Hashable] | Tensor


def group_list(groups: Groups, num_images: int) -> list[Hashable]:
    """Return groups as Python values: the items of a tensor are each their own hash key.

    Raises:
        ShapeError: There is not one group per image.
    """
    if len(groups) != num_images:
        msg = f"groups: expected one per image, {num_images} in all, got {len(groups)}"
        raise ShapeError(msg)
    return list(groups.tolist() if isinstance(groups, Tensor) else groups)


def group_interval(
    values: Tensor,
    groups: Groups,
    *,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Return the percentile bootstrap interval of a mean, resampling whole groups.

    Args:
        values: One number per image.
        groups: One identity group per image.
        draws: Bootstrap samples.
        level: Share of the samples' means that the interval holds.
        seed: Same seed, same interval.

    Returns:
        Lower and upper bound, or None with fewer than two groups: one witness has no spread.

    Shape:
        values: (M,)

    Raises:
        ShapeError: ``groups`` has another length than ``values``.
        ConfigError: ``draws`` or ``level`` is out of range.
    """
    check_shape(values, "M", "values")
    check_range("draws", draws, low=1)
    check_range("level", level, low=0, high=1)
    names = group_list(groups, len(values))
    codes = {name: code for code, name in enumerate(dict.fromkeys(names))}
    if len(codes) < 2:
        return None
    code = torch.tensor([codes[name] for name in names])
    totals = torch.zeros(len(codes), dtype=torch.float64).index_add(0, code, values.cpu().double())
    counts = torch.bincount(code)
    generator = torch.Generator().manual_seed(seed)
    picks = torch.randint(len(codes), (draws, len(codes)), generator=generator)
    means = totals[picks].sum(dim=1) / counts[picks].sum(dim=1)
    tail = (1 - level) / 2
    low, high = means.quantile(means.new_tensor([tail, 1 - tail])).tolist()
    return low, high
