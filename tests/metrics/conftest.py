from typing import Any

import numpy as np
import pytest


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture(scope="session")
def clustered() -> Any:
    """Return what draws logits, labels and groups of rows."""
    return draw_clustered


def draw_clustered(
    rng: np.random.Generator,
    *,
    num_groups: int = 30,
    rows_per_group: int = 8,
    spread: float = 1.0,
    noise: float = 0.3,
) -> Any:
    """Rows of one group share a shift; each group holds both classes."""
    group = np.repeat(np.arange(num_groups), rows_per_group)
    label = np.tile([0, 1], group.size // 2)
    shift = spread * rng.normal(size=(2, num_groups))
    logit = label + shift[label, group] + noise * rng.normal(size=group.size)
    return logit, label, group
