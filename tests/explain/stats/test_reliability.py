import numpy as np
import pytest
from scipy import stats

from resgat.errors import ConfigError, ShapeError
from resgat.explain.stats.reliability import kendalls_w, split_half

NAN = float("nan")


def test_full_agreement_and_its_opposite() -> None:
    same = np.tile([3.0, 1.0, 2.0], (5, 1))
    assert kendalls_w(same) == pytest.approx(1.0)
    assert kendalls_w(np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])) == pytest.approx(0.0)


@pytest.mark.parametrize("levels", [3, 1000])
def test_it_is_friedmans_statistic(levels: int) -> None:
    """With ties, too: chi-square = n (M - 1) W."""
    values = np.random.default_rng(0).integers(0, levels, (30, 4)).astype(float)
    statistic = stats.friedmanchisquare(*values.T).statistic
    assert kendalls_w(values) == pytest.approx(statistic / (30 * 3))


def test_chance_is_one_over_the_number_of_images() -> None:
    rng = np.random.default_rng(1)
    found = [kendalls_w(rng.random((20, 5))) for _ in range(300)]
    assert np.mean(np.array(found, float)) == pytest.approx(1 / 20, abs=0.01)


def test_images_with_an_undefined_score_are_left_out() -> None:
    values = np.array([[1.0, 2.0], [1.0, 2.0], [NAN, 0.0]])
    assert kendalls_w(values) == pytest.approx(1.0)


def test_too_little_to_rank_is_none() -> None:
    assert kendalls_w(np.ones((1, 3))) is None
    assert kendalls_w(np.ones((4, 1))) is None
    assert kendalls_w(np.ones((4, 3))) is None
    assert split_half(np.ones((3, 3))) is None
    assert split_half(np.ones((9, 3))) is None


def test_halves_of_a_clear_ranking_agree_and_of_none_do_not() -> None:
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 1, (400, 6))
    clear = split_half(noise + np.arange(6))
    none = split_half(noise)
    assert clear == pytest.approx(1.0, abs=0.02)
    assert none is not None
    assert none < 0.8
    assert split_half(noise) == none


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"values: expected shape \(images, methods\)"):
        kendalls_w(np.ones(3))
    with pytest.raises(ConfigError, match="repeats: expected a number in"):
        split_half(np.ones((4, 3)), repeats=0)
