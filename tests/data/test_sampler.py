import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resgat.data.sampler import EpochSampler, balanced_weights
from resgat.errors import ConfigError


def rows_of(sampler: EpochSampler) -> list[int]:
    return [row for row, _ in sampler]


def test_unshuffled_rows_come_in_order_with_their_epoch() -> None:
    sampler = EpochSampler(3, seed=0, shuffle=False, epoch=4)
    keys = list(sampler)
    assert keys == [(0, 4), (1, 4), (2, 4)]
    assert {type(part) for key in keys for part in key} == {int}


def test_order_depends_on_seed_and_epoch_only() -> None:
    sampler = EpochSampler(50, seed=3)
    first = rows_of(sampler)
    assert sorted(first) == list(range(50))
    assert rows_of(sampler) == first
    sampler.set_epoch(1)
    second = rows_of(sampler)
    assert second != first
    assert rows_of(EpochSampler(50, seed=3, epoch=1)) == second
    assert rows_of(EpochSampler(50, seed=4)) != first
    assert [epoch for _, epoch in sampler] == [1] * 50


def test_epoch_counts_when_iteration_begins() -> None:
    sampler = EpochSampler(5, seed=0)
    started = iter(sampler)
    sampler.set_epoch(1)
    assert {epoch for _, epoch in started} == {0}


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 7), st.integers(0, 3))
def test_training_shares_are_equal_and_disjoint(num: int, world: int, epoch: int) -> None:
    shares = [
        EpochSampler(num, seed=1, rank=r, world_size=world, epoch=epoch) for r in range(world)
    ]
    rows = [rows_of(share) for share in shares]
    assert {len(share) for share in rows} == {len(share) for share in shares} == {num // world}
    together = [row for share in rows for row in share]
    assert len(set(together)) == len(together)


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 7))
def test_evaluation_shares_are_complete_and_disjoint(num: int, world: int) -> None:
    shares = [
        EpochSampler(num, seed=1, shuffle=False, rank=rank, world_size=world)
        for rank in range(world)
    ]
    rows = [rows_of(share) for share in shares]
    assert sorted(row for share in rows for row in share) == list(range(num))
    assert [len(share) for share in rows] == [len(share) for share in shares]
    assert max(map(len, rows)) - min(map(len, rows)) <= 1


def test_balanced_draws_are_balanced() -> None:
    labels = np.array([0] * 100 + [1] * 900, dtype=np.int8)
    weights = balanced_weights(labels)
    assert weights.sum() == pytest.approx(1)
    assert weights[labels == 0].sum() == pytest.approx(0.5)
    rows = rows_of(EpochSampler(1000, seed=0, weights=weights))
    assert len(rows) == 1000
    assert len(set(rows)) < 1000
    assert labels[rows].mean() == pytest.approx(0.5, abs=0.05)


def test_balanced_weights_of_one_class_are_uniform() -> None:
    assert balanced_weights(np.ones(4, np.int8)).tolist() == [0.25] * 4


def test_weight_zero_is_never_drawn() -> None:
    sampler = EpochSampler(4, seed=0, weights=np.array([0.0, 2.0, 0.0, 2.0]))
    assert set(rows_of(sampler)) <= {1, 3}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("num_rows", {"num_rows": 0}),
        ("seed", {"seed": -1}),
        ("world_size", {"world_size": 0}),
        ("rank", {"rank": 2, "world_size": 2}),
        ("weights", {"weights": np.ones(4)}),
        ("weights", {"weights": -np.ones(5)}),
        ("weights", {"weights": np.zeros(5)}),
        ("weights", {"weights": np.ones(5), "shuffle": False}),
    ],
)
def test_refusals(name: str, arguments: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=rf"^{name}: expected"):
        EpochSampler(**{"num_rows": 5, "seed": 0, **arguments})  # type: ignore[arg-type]
