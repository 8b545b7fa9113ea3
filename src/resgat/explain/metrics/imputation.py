"""Hidden pixels as a weighted mean of their neighbours, and a little noise: ROAD's fill.

A grey or blurred hole gives its own shape away, and a network may answer to the shape. Here a
hidden pixel is what its neighbours make of it, so that little is left to see of where it was.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import splu
from torch import Tensor

from resgat.checks import check_shape
from resgat.errors import ConfigError

Floats = NDArray[np.float64]

#: Larger images are imputed at this side: the cost of a solve grows faster than its pixels.
LARGEST_PX = 112
#: Standard deviation of the noise.
NOISE = 0.01

#: Step to a neighbour -> its weight.
_NEIGHBOURS = {
    (dy, dx): 1 / 12 if dy and dx else 1 / 6 for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx
}
_SHOWN, _OUTSIDE = -1, -2


def imputed(pixels: Tensor, hidden: Tensor, seed: Tensor, noise: float = NOISE) -> Tensor:
    """Return images whose hidden pixels solve ``x_i = sum_j w_ij x_j`` over their 8 neighbours.

    ``w`` is 1/6 for a direct and 1/12 for a diagonal neighbour, scaled at the border to sum to one.
    All hidden pixels of an image are solved for at once. An image of more than 112 px is pooled to
    112 px over its shown pixels alone, a cell being hidden if all its pixels are; the solution is
    upsampled, and taken inside the hidden pixels only.

    Args:
        pixels: Images in [0, 1].
        hidden: What is replaced.
        seed: Of each image's noise, which is the same whatever is hidden.
        noise: Its standard deviation.

    Shape:
        pixels: (B, 3, H, W)
        hidden: (B, H, W) bool
        seed: (B,) int64
        returns: (B, 3, H, W)

    Raises:
        ShapeError: The shapes do not fit.
        ConfigError: An image is hidden whole.

    Source:
        Rong et al. 2022 (arXiv 2202.00449).
    """
    check_shape(pixels, "B 3 H W", "pixels")
    size = (pixels.shape[2], pixels.shape[3])
    check_shape(hidden, f"{len(pixels)} {size[0]} {size[1]}", "hidden")
    if hidden.flatten(1).all(1).any():
        msg = (
            "imputation needs a pixel to start from, and an image is hidden whole; hide less of it"
        )
        raise ConfigError(msg)
    small, is_hole = _pooled(pixels.cpu(), ~hidden[:, None].cpu())
    solved = np.stack([_solved(*pair) for pair in zip(small, is_hole, strict=True)])
    filling = torch.from_numpy(solved).float()
    if filling.shape[2:] != size:
        filling = F.interpolate(filling, size=size, mode="bilinear", align_corners=False)
    noisy = (filling + noise * _noise(seed, filling[0])).clamp(0, 1).to(pixels)
    return torch.where(hidden[:, None].to(pixels.device), noisy, pixels)


def _pooled(pixels: Tensor, shown: Tensor) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the mean of each cell's shown pixels, and the cells without any."""
    size = (min(pixels.shape[2], LARGEST_PX), min(pixels.shape[3], LARGEST_PX))
    share = F.adaptive_avg_pool2d(shown.double(), size)
    total = F.adaptive_avg_pool2d(pixels.double() * shown, size)
    # What is hidden must not leak into the cells around it.
    mean = total / share.clamp_min(1e-12)
    return mean.numpy(), (share[:, 0] == 0).numpy()


def _solved(pixels: Floats, is_hole: NDArray[np.bool_]) -> Floats:
    """Solve for a hole's pixels: (3, h, w), with the others as they were."""
    if not is_hole.any():
        return pixels
    system, known = _equations(pixels, is_hole)
    # The matrix is symmetric and its diagonal dominates: this order of elimination halves the time.
    solver = splu(
        system,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    filled = pixels.copy()
    filled[:, is_hole] = solver.solve(known).T
    return filled


def _equations(pixels: Floats, is_hole: NDArray[np.bool_]) -> tuple[csc_matrix, Floats]:
    """Return ``sum_j w_ij x_i - sum_(hidden j) w_ij x_j`` as a matrix, and what the shown j give.

    Shape:
        returns: (n, n) and (n, 3), n being the hole's pixels, row-major
    """
    rows, cols = np.nonzero(is_hole)
    here = np.arange(len(rows))
    # A rim of pixels that do not exist, so that no neighbour is looked up outside.
    number = np.pad(np.full(is_hole.shape, _SHOWN), 1, constant_values=_OUTSIDE)
    number[rows + 1, cols + 1] = here
    value = np.pad(pixels, ((0, 0), (1, 1), (1, 1)))
    total, known = np.zeros(len(here)), np.zeros((len(here), len(pixels)))
    parts = []
    for (dy, dx), weight in _NEIGHBOURS.items():
        y, x = rows + 1 + dy, cols + 1 + dx
        other = number[y, x]
        total += weight * (other != _OUTSIDE)
        known += weight * (other == _SHOWN)[:, None] * value[:, y, x].T
        joined = here[other >= 0]
        parts.append((np.full(len(joined), -weight), joined, other[joined]))
    entry, row, col = (
        np.concatenate(part) for part in zip((total, here, here), *parts, strict=True)
    )
    return csc_matrix((entry, (row, col)), shape=(len(here), len(here))), known


def _noise(seed: Tensor, like: Tensor) -> Tensor:
    """Return each image's own noise, (B, 3, H, W)."""
    generators = [torch.Generator().manual_seed(number) for number in seed.tolist()]
    return torch.stack([torch.randn(like.shape, generator=one) for one in generators])
