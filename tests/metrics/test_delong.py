from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from resgat.errors import ConfigError
from resgat.metrics.delong import delong, delong_interval


def slow(logits: Any, label: Any) -> Any:
    """DeLong's definition, pair by pair."""
    fake, real = logits[:, label == 1], logits[:, label == 0]
    wins = (fake[:, :, None] > real[:, None, :]) + 0.5 * (fake[:, :, None] == real[:, None, :])
    by_fake, by_real = wins.mean(2), wins.mean(1)
    return wins.mean((1, 2)), np.cov(by_fake) / by_fake.shape[1] + np.cov(by_real) / by_real.shape[
        1
    ]


@given(st.integers(0, 2**31), st.booleans())
def test_agrees_with_the_definition(seed: int, has_ties: bool) -> None:
    rng = np.random.default_rng(seed)
    label = rng.permutation([0] * 7 + [1] * 5)
    logits = rng.normal(size=(2, 12)).round(0 if has_ties else 9)
    for mine, theirs in zip(delong(logits, label), slow(logits, label), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-12)
    assert delong(logits, label)[0] == pytest.approx([roc_auc_score(label, x) for x in logits])


def test_by_hand() -> None:
    """Fakes 1 and 3 beat 1/2 and all of the reals 0 and 2: the variance of (1/2, 1) is 1/8."""
    (auc,), ((variance,),) = delong([0.0, 2.0, 1.0, 3.0], [0, 0, 1, 1])
    assert auc == 0.75
    assert variance == pytest.approx((1 / 8) / 2 + (1 / 8) / 2)
    assert delong_interval([0.0, 2.0, 1.0, 3.0], [0, 0, 1, 1]) == pytest.approx(
        (0.0571, 1.0), abs=1e-4
    )


def test_too_few_rows() -> None:
    assert delong_interval([0.0, 1.0, 2.0], [0, 1, 1]) is None
    with pytest.raises(ValueError, match="at least two reals and two fakes, got 1 and 2"):
        delong([0.0, 1.0, 2.0], [0, 1, 1])
    with pytest.raises(ConfigError, match=r"level: expected a number in \[0, 1\]"):
        delong_interval([0.0, 1.0], [0, 1], level=95)
