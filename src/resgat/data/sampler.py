"""Which crops come in which order, and the epoch they come in."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

from resgat.checks import check_range
from resgat.errors import ConfigError


class EpochSampler(Sampler[tuple[int, int]]):
    """Yield ``(row, epoch)`` for one epoch; the order depends on the seed and the epoch only.

    The epoch travels with the row because a worker process that outlives an epoch has no other way
    to learn of the next one, and the augmentation depends on it.

    Over several processes (ranks) shuffled rows are dealt out in equal, disjoint shares, since
    training steps must be equally many everywhere: up to ``world_size - 1`` rows, others in each
    epoch, are left out. Unshuffled rows are dealt out in full, so shares may differ by one; nothing
    is repeated, for a repeated crop would count twice in a metric.

    Args:
        num_rows: Rows to choose from.
        seed: Decides the order together with the epoch.
        shuffle: False gives the rows in order.
        rank: This process.
        world_size: Number of processes.
        weights: Draw rows with replacement, with probabilities in proportion to these.
        epoch: The epoch to begin with.

    Shape:
        weights: (num_rows,)

    Raises:
        ConfigError: A number is out of range, or ``weights`` do not fit.
    """

    def __init__(
        self,
        num_rows: int,
        *,
        seed: int,
        shuffle: bool = True,
        rank: int = 0,
        world_size: int = 1,
        weights: NDArray[np.float64] | None = None,
        epoch: int = 0,
    ) -> None:
        check_range("num_rows", num_rows, low=1)
        check_range("seed", seed, low=0)
        check_range("world_size", world_size, low=1)
        check_range("rank", rank, low=0, high=world_size - 1)
        _check_weights(weights, num_rows, shuffle=shuffle)
        self.num_rows = num_rows
        self.seed = seed
        self.shuffle = shuffle
        self.rank = rank
        self.world_size = world_size
        self.weights = weights
        self.epoch = epoch

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch of the next iteration; Lightning calls this."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[tuple[int, int]]:
        # Not a generator: the epoch counts at the call, whenever the first row is asked for.
        epoch = self.epoch
        return ((int(row), epoch) for row in self._share())

    def __len__(self) -> int:
        if self.shuffle:
            return self.num_rows // self.world_size
        return len(range(self.rank, self.num_rows, self.world_size))

    def _share(self) -> NDArray[np.int64]:
        order = self._order()
        if self.shuffle:
            order = order[: len(self) * self.world_size]
        return order[self.rank :: self.world_size]

    def _order(self) -> NDArray[np.int64]:
        if not self.shuffle:
            return np.arange(self.num_rows, dtype=np.int64)
        generator = np.random.default_rng((self.seed, self.epoch))
        if self.weights is None:
            return generator.permutation(self.num_rows)
        return generator.choice(self.num_rows, self.num_rows, p=self.weights / self.weights.sum())


class PairSampler(Sampler[tuple[int, int, int]]):
    """Yield the rows of pairs, one after the other, as ``(row, epoch, first row of the pair)``.

    The last says by whom both are augmented alike.

    Args:
        pairs: Rows of each pair.
        seed: As for :class:`EpochSampler`, which deals out the pairs.
        rank: This process.
        world_size: Number of processes.
        epoch: The epoch to begin with.

    Shape:
        pairs: (n, 2)
    """

    def __init__(
        self,
        pairs: NDArray[np.int64],
        *,
        seed: int,
        rank: int = 0,
        world_size: int = 1,
        epoch: int = 0,
    ) -> None:
        self.pairs = pairs
        self._order = EpochSampler(
            len(pairs), seed=seed, rank=rank, world_size=world_size, epoch=epoch
        )

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch of the next iteration; Lightning calls this."""
        self._order.set_epoch(epoch)

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        return (
            (int(row), epoch, int(self.pairs[number, 0]))
            for number, epoch in self._order
            for row in self.pairs[number]
        )

    def __len__(self) -> int:
        return 2 * len(self._order)


def balanced_weights(labels: NDArray[np.int8]) -> NDArray[np.float64]:
    """Give each row the weight that makes both classes equally likely to be drawn.

    Example:
        >>> balanced_weights(np.array([0, 1, 1, 1], dtype=np.int8)).round(3).tolist()
        [0.5, 0.167, 0.167, 0.167]
    """
    counts = np.bincount(labels, minlength=2)
    return 1.0 / (np.count_nonzero(counts) * counts[labels])


def _check_weights(weights: NDArray[np.float64] | None, num_rows: int, *, shuffle: bool) -> None:
    if weights is None:
        return
    fits = weights.shape == (num_rows,) and bool(np.all(weights >= 0)) and weights.sum() > 0
    if not (shuffle and fits):
        msg = (
            f"weights: expected {num_rows} numbers >= 0, not all zero, and shuffle=True; "
            f"got shape {weights.shape} and shuffle={shuffle}"
        )
        raise ConfigError(msg)
