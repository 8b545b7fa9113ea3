"""What every corruption refuses: values that are no five levels, and what is no clip."""

from typing import Any

import numpy as np
import pytest

from resgat.errors import ConfigError, ShapeError
from resgat.robustness.draws import Draws
from resgat.robustness.graded import Clip, Corruption, Graded

DRAWS = Draws("0", range(2))
CLIP = np.zeros((2, 16, 16, 3), np.uint8)


class Darker(Graded):
    """Subtracts; the whole range is 0 to 10."""

    def __init__(self, by: Any) -> None:
        super().__init__("by", by, mildest=0, severest=10)

    def _corrupt(self, clip: Clip, value: float, draws: Draws) -> Clip:
        return np.asarray(clip - int(value), np.uint8)


class Whole(Darker):
    def __init__(self, by: Any) -> None:
        super().__init__(by)
        self._refuse_fractions()


class Lighter(Darker):
    """Its severest value is the least."""

    def __init__(self, by: Any) -> None:
        Graded.__init__(self, "by", by, mildest=10, severest=0)


def test_each_level_has_its_value_and_they_are_known() -> None:
    darker = Darker([1, 2, 3, 4, 5])
    assert (darker.parameter, darker.values) == ("by", (1, 2, 3, 4, 5))
    assert isinstance(darker, Corruption)
    assert [int(darker(CLIP + 9, level, DRAWS).max()) for level in range(1, 6)] == [8, 7, 6, 5, 4]


@pytest.mark.parametrize("values", [None, 5, "12345", {"a": 1}, [], [1, 2], [1] * 6])
def test_what_is_no_five_values_is_refused(values: Any) -> None:
    with pytest.raises(ConfigError) as refused:
        Darker(values)
    assert str(refused.value) == f"Darker.by: expected 5 values, mild to severe, got {values!r}"


@pytest.mark.parametrize("value", [-1, 11, float("nan"), "1", None, True])
def test_a_value_out_of_range_is_refused(value: Any) -> None:
    for kind in (Darker, Lighter):
        with pytest.raises(
            ConfigError, match=rf"by: expected a number in \[0, 10\], got {value!r}"
        ):
            kind([value] * 5)


def test_values_go_from_mild_to_severe_and_may_be_equal() -> None:
    Darker([0, 1, 1, 2, 10])
    Lighter([10, 2, 1, 1, 0])
    with pytest.raises(
        ConfigError, match=r"Darker.by: expected rising values, mild to severe, got"
    ):
        Darker([0, 1, 2, 3, 2])
    with pytest.raises(ConfigError, match=r"by: expected falling .* got \[0, 1, 2, 3, 4\]"):
        Lighter([0, 1, 2, 3, 4])


def test_fractions_are_refused_where_they_would_be_cut_down() -> None:
    assert Darker([1.5] * 5).values == (1.5,) * 5
    assert Whole([1.0, 2, 3, 4, 5]).values == (1, 2, 3, 4, 5)
    with pytest.raises(ConfigError, match=r"Whole.by: expected whole numbers, got \[1, 2.5"):
        Whole([1, 2.5, 3, 4, 5])


@pytest.mark.parametrize("level", [0, 6, -1, 2.5])
def test_a_level_that_there_is_not_is_refused(level: Any) -> None:
    with pytest.raises(ConfigError, match=r"level: expected 1 \(mild\) to 5 \(severe\), got"):
        Darker([1] * 5)(CLIP, level, DRAWS)


@pytest.mark.parametrize(
    "clip",
    [
        np.zeros((2, 16, 16), np.uint8),
        np.zeros((16, 16, 3), np.uint8),
        np.zeros((2, 16, 16, 1), np.uint8),
        np.zeros((2, 16, 16, 3), np.float32),
        np.zeros((0, 16, 16, 3), np.uint8),
    ],
)
def test_what_is_no_clip_is_refused(clip: np.ndarray) -> None:
    with pytest.raises(ShapeError, match=r"clip: expected uint8 \(T, H, W, 3\), got "):
        Darker([1] * 5)(clip, 1, DRAWS)
