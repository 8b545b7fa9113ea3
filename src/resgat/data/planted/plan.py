"""What is planted in which pair: decided before anything is drawn, balanced within each track."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from resgat.checks import check_choice, check_range
from resgat.data.planted.decoys import Decoy, kinds_in
from resgat.data.planted.operators import OPERATORS, STRENGTHS, TRAIN_STRENGTHS
from resgat.data.schema import SPLITS
from resgat.errors import ConfigError
from resgat.types import REGIONS

#: A one plant; B two; C a plant and a decoy; D none; E with and without a watermark; F one plant by
#: an operator that the training never showed. The shares are those of the test split.
TRACKS = {"A": 0.32, "B": 0.12, "C": 0.20, "D": 0.08, "E": 0.08, "F": 0.20}

#: So that every track has a pair.
MIN_TEST_TWINS = 13

Value = TypeVar("Value")


@dataclass(frozen=True)
class Plant:
    """One alteration: where, by which operator, how strong."""

    region: str
    operator: str
    strength: float


@dataclass(frozen=True)
class Unit:
    """One pair of twins to be made.

    Attributes:
        split: Where it belongs.
        number: Counts within the split.
        track: A name of :data:`TRACKS`.
        plants: None on track D, two on track B, else one.
        decoy: The same in both twins; on track D, what the second has and the first has not.
        marked: Whether the fake, and whether the real, bears the watermark.
    """

    split: str
    number: int
    track: str
    plants: tuple[Plant, ...]
    decoy: Decoy | None
    marked: tuple[bool, bool] = (False, False)


@dataclass(frozen=True)
class Recipe:
    """What decides the plan.

    Args:
        operators: Those of every track but F.
        unseen_operators: Those of track F.
        strengths: Those of the test split, in (0, 1].
        train_strengths: Those of train and val.
        decoy_share: Which share of the train and val pairs has a decoy.
        watermark: Which share of the train and val fakes bears the watermark; of the reals, the
            rest. None: nobody does.
        seed: Decides everything.

    Raises:
        ConfigError: A value is unknown or out of range, or an operator is both seen and unseen.
    """

    operators: tuple[str, ...]
    unseen_operators: tuple[str, ...]
    strengths: tuple[float, ...] = STRENGTHS
    train_strengths: tuple[float, ...] = TRAIN_STRENGTHS
    decoy_share: float = 0.5
    watermark: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        _check_operators(self.operators, self.unseen_operators)
        for name in ("strengths", "train_strengths"):
            _check_listed(name, getattr(self, name))
            for strength in getattr(self, name):
                check_range(name, strength, low=1 / 64, high=1)
        check_range("decoy_share", self.decoy_share, low=0, high=1)
        if self.watermark is not None:
            check_range("watermark", self.watermark, low=0.5, high=1)
        check_range("seed", self.seed, low=0)


def plan_split(recipe: Recipe, split: str, count: int) -> list[Unit]:
    """Plan the pairs of one split; the same recipe gives the same plan.

    Region, operator, strength and the decoy's region are each as even as the count allows within a
    track, and independent of one another. Train and val hold the tracks A and C only.

    Args:
        recipe: What decides the plan.
        split: ``train``, ``val`` or ``test``.
        count: Number of pairs.
    """
    rng = np.random.default_rng((recipe.seed, SPLITS.index(split)))
    shares = TRACKS if split == "test" else _training_shares(recipe.decoy_share)
    units: list[Unit] = []
    for track, number in _apportion(shares, count).items():
        units += _plan_track(recipe, split, track, number, len(units), rng)
    return units if split == "test" else list(_marked(units, recipe.watermark, rng))


def _training_shares(decoy_share: float) -> dict[str, float]:
    return {"A": 1 - decoy_share, "C": decoy_share}


def _apportion(shares: dict[str, float], count: int) -> dict[str, int]:
    """Split a count by shares: each its floor, and what remains to the largest remainders.

    Example:
        >>> _apportion({"A": 0.5, "B": 0.3, "C": 0.2}, 11)
        {'A': 6, 'B': 3, 'C': 2}
    """
    exact = {key: share * count for key, share in shares.items()}
    parts = {key: int(value) for key, value in exact.items()}
    by_remainder = sorted(parts, key=lambda key: parts[key] - exact[key])
    for key in by_remainder[: count - sum(parts.values())]:
        parts[key] += 1
    return parts


def _plan_track(
    recipe: Recipe, split: str, track: str, count: int, first: int, rng: np.random.Generator
) -> Iterator[Unit]:
    operators = recipe.unseen_operators if track == "F" else recipe.operators
    strengths = recipe.strengths if split == "test" else recipe.train_strengths
    regions = _even(range(len(REGIONS)), count, rng)
    others = _even(range(1, len(REGIONS)), count, rng)
    columns = (_even(values, count, rng) for values in (operators, strengths, strengths))
    for step, (operator, strength, second) in enumerate(zip(*columns, strict=True)):
        here, there = REGIONS[regions[step]], REGIONS[(regions[step] + others[step]) % len(REGIONS)]
        plants = (Plant(here, operator, strength), Plant(there, operator, second))
        kept = {"B": 2, "D": 0}.get(track, 1)
        decoy = Decoy(str(rng.choice(kinds_in(there))), there) if track in "CD" else None
        yield Unit(split, first + step, track, plants[:kept], decoy)


def _even(values: Sequence[Value], count: int, rng: np.random.Generator) -> list[Value]:
    """Return so many values in random order, each as often as any other, give or take one."""
    order = np.resize(rng.permutation(len(values)), count)
    return [values[place] for place in rng.permutation(order)]


def _marked(units: list[Unit], watermark: float | None, rng: np.random.Generator) -> Iterator[Unit]:
    fakes, reals = (0.0, 0.0) if watermark is None else (watermark, 1 - watermark)
    for fake, real, unit in zip(
        _exactly(fakes, len(units), rng), _exactly(reals, len(units), rng), units, strict=True
    ):
        yield Unit(unit.split, unit.number, unit.track, unit.plants, unit.decoy, (fake, real))


def _exactly(share: float, count: int, rng: np.random.Generator) -> list[bool]:
    chosen = np.arange(count) < round(share * count)
    return [bool(choice) for choice in rng.permutation(chosen)]


def _check_operators(seen: Sequence[str], unseen: Sequence[str]) -> None:
    for name, operators in (("operators", seen), ("unseen_operators", unseen)):
        _check_listed(name, operators)
        for operator in operators:
            check_choice(name, operator, OPERATORS)
    both = sorted(set(seen) & set(unseen))
    if both:
        msg = f"unseen_operators: {', '.join(both)} must not be among operators as well; drop one"
        raise ConfigError(msg)


def _check_listed(name: str, values: Sequence[object]) -> None:
    if not values or len(set(values)) < len(values):
        msg = f"{name}: expected at least one value and none twice, got {list(values)}"
        raise ConfigError(msg)
