"""Every logit of a split, gathered from all processes."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

_STATES = {
    "row": torch.int64,
    "video_idx": torch.int64,
    "label": torch.int8,
    "logit": torch.float32,
}


class Predictions(NamedTuple):
    """One entry per crop that was seen, by ascending ``row``.

    Shape:
        row: (N,) int64, the crop's row in the index
        video_idx: (N,) int64
        label: (N,) int8
        logit: (N,) float32
    """

    row: NDArray[np.int64]
    video_idx: NDArray[np.int64]
    label: NDArray[np.int8]
    logit: NDArray[np.float32]


class PredictionStore(Metric):
    """Keep the logits of one pass over a split, so that every number comes from the same rows.

    Means of per-batch metrics are wrong for anything that ranks. Over several processes the rows
    are concatenated; a row that a padded sampler gave out twice is kept once.

    Example:
        >>> store = PredictionStore()
        >>> store.update(
        ...     logit=torch.tensor([0.5, -1.0]),
        ...     label=torch.tensor([1.0, 0.0]),
        ...     row=torch.tensor([3, 1]),
        ...     video_idx=torch.tensor([0, 0]),
        ... )
        >>> store.compute().row
        array([1, 3])
    """

    is_differentiable = False
    full_state_update = False

    row: list[Tensor]
    video_idx: list[Tensor]
    label: list[Tensor]
    logit: list[Tensor]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in _STATES:
            self.add_state(name, default=[], dist_reduce_fx="cat")

    def update(self, logit: Tensor, label: Tensor, row: Tensor, video_idx: Tensor) -> None:
        """Add the rows of one batch.

        Shape:
            logit, label, row, video_idx: (B,); label 0 or 1 of any type
        """
        batch = {"row": row, "video_idx": video_idx, "label": label, "logit": logit}
        for name, dtype in _STATES.items():
            getattr(self, name).append(batch[name].detach().to(dtype))

    def compute(self) -> Predictions:
        """Return all rows by ascending row number, each once; none where nothing was added."""
        self._fill_empty_states()
        arrays = {name: dim_zero_cat(getattr(self, name)).cpu().numpy() for name in _STATES}
        _, first = np.unique(arrays["row"], return_index=True)
        return Predictions(**{name: array[first] for name, array in arrays.items()})

    def _fill_empty_states(self) -> None:
        for name, dtype in _STATES.items():
            if isinstance(getattr(self, name), list) and not getattr(self, name):
                setattr(self, name, [torch.empty(0, dtype=dtype, device=self.device)])

    def _sync_dist(self, *args: Any, **kwargs: Any) -> None:
        # A process without rows must send the types that the others send; the default is float32.
        self._fill_empty_states()
        super()._sync_dist(*args, **kwargs)

    def _wrap_compute(self, compute: Callable[..., Any]) -> Callable[..., Any]:
        # An empty split is an empty result here, so torchmetrics' warning would mislead.
        wrapped = super()._wrap_compute(compute)

        @functools.wraps(wrapped)
        def quiet(*args: Any, **kwargs: Any) -> Any:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="The ``compute`` method of metric")
                return wrapped(*args, **kwargs)

        return quiet
