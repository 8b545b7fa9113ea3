"""What a corruption is: something that happens to a clip, at five levels from mild to severe.

A clip is the crops of one face in one video, in order of time: (T, H, W, 3) uint8, RGB.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from resgat.checks import check_range
from resgat.errors import ConfigError, ShapeError
from resgat.robustness.draws import Draws

Clip = NDArray[np.uint8]

NUM_LEVELS = 5


@runtime_checkable
class Corruption(Protocol):
    """A pure function of a clip, a level and random numbers.

    Attributes:
        parameter: What the levels differ in, such as ``quality``.
        values: That parameter at each level, mild to severe.
    """

    parameter: str
    values: tuple[float, ...]

    def __call__(self, clip: Clip, level: int, draws: Draws) -> Clip:
        """Return the corrupted clip.

        Args:
            clip: Left as it is.
            level: 1 (mild) to 5 (severe).
            draws: All that is random comes from here, and does not depend on the level.

        Shape:
            clip, returns: (T, H, W, 3)
        """
        ...


class Graded(ABC):
    """A corruption with one parameter.

    Args:
        parameter: Its name.
        values: At levels 1 to 5, none milder than the one before.
        mildest: The end of its range where the clip is best.
        severest: The other end, which may be the lower one.

    Raises:
        ConfigError: There are not five values, or one is out of range or out of order.
    """

    def __init__(
        self, parameter: str, values: Sequence[float], *, mildest: float, severest: float
    ) -> None:
        self.parameter = parameter
        if not isinstance(values, list | tuple) or len(values) != NUM_LEVELS:
            msg = f"{self._name}: expected {NUM_LEVELS} values, mild to severe, got {values!r}"
            raise ConfigError(msg)
        low, high = sorted((mildest, severest))
        for value in values:
            check_range(self._name, value, low=low, high=high)
        self.values = tuple(values)
        falls = mildest > severest
        if list(values) != sorted(values, reverse=falls):
            order = "falling" if falls else "rising"
            msg = f"{self._name}: expected {order} values, mild to severe, got {values!r}"
            raise ConfigError(msg)

    def __call__(self, clip: Clip, level: int, draws: Draws) -> Clip:
        """Return the corrupted clip.

        Raises:
            ConfigError: ``level`` is not one of 1 to 5.
            ShapeError: ``clip`` is no (T, H, W, 3) of uint8, or it is empty.
        """
        if level not in range(1, NUM_LEVELS + 1):
            msg = f"level: expected 1 (mild) to {NUM_LEVELS} (severe), got {level!r}"
            raise ConfigError(msg)
        if clip.ndim != 4 or clip.shape[3] != 3 or clip.dtype != np.uint8 or not clip.size:
            msg = f"clip: expected uint8 (T, H, W, 3), got {clip.dtype} {clip.shape}"
            raise ShapeError(msg)
        return self._corrupt(clip, self.values[level - 1], draws)

    @abstractmethod
    def _corrupt(self, clip: Clip, value: float, draws: Draws) -> Clip:
        """Return the clip at one value of the parameter."""

    def _refuse_fractions(self) -> None:
        """Refuse values that an encoder would cut down to whole numbers."""
        if any(value != int(value) for value in self.values):
            msg = f"{self._name}: expected whole numbers, got {list(self.values)}"
            raise ConfigError(msg)

    @property
    def _name(self) -> str:
        return f"{type(self).__name__}.{self.parameter}"
