"""Argument checks with one form of message: name, what was expected, what came."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from resgat.errors import ConfigError, ShapeError

if TYPE_CHECKING:
    from torch import Tensor


def check_range(
    name: str, value: float, *, low: float = float("-inf"), high: float = float("inf")
) -> None:
    """Refuse a number outside ``[low, high]``.

    Raises:
        ConfigError: ``value`` is no number or lies outside the range.

    Example:
        >>> check_range("heads", 4, low=1)
        >>> check_range("dropout", 1.5, low=0, high=1)
        Traceback (most recent call last):
        resgat.errors.ConfigError: dropout: expected a number in [0, 1], got 1.5
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        msg = f"{name}: expected a number in [{low:.15g}, {high:.15g}], got {value!r}"
        raise ConfigError(msg)


def check_choice(name: str, value: object, choices: Iterable[object]) -> None:
    """Refuse a value that is not one of ``choices``, and name the nearest one.

    Raises:
        ConfigError: ``value`` is not among ``choices``.
    """
    options = list(choices)
    if value not in options:
        listed = ", ".join(map(str, options))
        msg = f"{name}: expected one of {listed}; got {value!r}{suggest(str(value), options)}"
        raise ConfigError(msg)


def check_choices(name: str, value: object, choices: Iterable[object]) -> None:
    """Refuse what is no list of at least one of ``choices``.

    A name alone, which would be read letter by letter, is answered with the list that was meant.

    Raises:
        ConfigError: ``value`` is no list, is empty, or holds something else.

    Example:
        >>> check_choices("name", ["ig"], ["rise", "ig"])
        >>> check_choices("name", "ig", ["rise", "ig"])
        Traceback (most recent call last):
        resgat.errors.ConfigError: name: expected a list of some of rise, ig, such as [ig]; got 'ig'
    """
    options = list(choices)
    if not isinstance(value, list) or not value:
        such = value if value in options else options[0]
        listed = ", ".join(map(str, options))
        msg = f"{name}: expected a list of some of {listed}, such as [{such}]; got {value!r}"
        raise ConfigError(msg)
    for one in value:
        check_choice(name, one, options)


def suggest(word: str, options: Iterable[object]) -> str:
    """Return ``". Did you mean 'x'?"`` for the option nearest to ``word``, or an empty string.

    Example:
        >>> suggest("headz", ["heads", "dim"])
        ". Did you mean 'heads'?"
    """
    near = difflib.get_close_matches(word, [str(option) for option in options], n=1, cutoff=0.5)
    return f". Did you mean {near[0]!r}?" if near else ""


def check_shape(tensor: Tensor, dims: str, name: str) -> None:
    """Refuse a tensor whose shape does not fit ``dims``, such as ``"B 3 H W"``.

    A letter stands for any size of at least one, a number for exactly that size.

    Raises:
        ShapeError: The number of dimensions or a fixed size differs, or a side is empty.
    """
    wanted = dims.split()
    fits = tensor.dim() == len(wanted) and all(
        size == int(dim) if dim.isdigit() else size > 0
        for dim, size in zip(wanted, tensor.shape, strict=True)
    )
    if not fits:
        msg = f"{name}: expected shape ({', '.join(wanted)}), got {tuple(tensor.shape)}"
        raise ShapeError(msg)
