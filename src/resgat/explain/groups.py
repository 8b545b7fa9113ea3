"""Which images share a person: they are no independent witnesses."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeAlias

from torch import Tensor

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
