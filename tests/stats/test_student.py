import numpy as np
import pytest
from scipy.stats import t

from resgat.stats.student import student_scale


@pytest.mark.parametrize("num", [2, 3, 24])
def test_a_stretched_normal_deviation_is_student_s_t(num: int) -> None:
    """What is drawn with replacement spreads by ``1 / N`` where the mean's error is 1 / (N - 1)."""
    rng = np.random.default_rng(0)
    drawn = rng.normal(0, np.sqrt((num - 1) / num), 200_000)
    stretched = student_scale(1 - rng.random(200_000), num) * drawn
    for level in (0.9, 0.975, 0.9975):
        assert (stretched < t.ppf(level, num - 1)).mean() == pytest.approx(level, abs=0.002)


def test_the_scale_by_hand() -> None:
    """Of three, chi-squared of two degrees of freedom lies below ``2 ln 2`` half of the time."""
    half = np.array([0.5])
    assert student_scale(half, 3) == pytest.approx(np.sqrt(3 / (2 * np.log(2))))
    assert student_scale(half, 1) == 1.0
