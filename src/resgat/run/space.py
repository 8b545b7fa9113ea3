"""The command line of a search: what is searched, and what is said of every job alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra_plugins.hydra_optuna_sweeper._impl import create_optuna_distribution_from_override
from optuna.distributions import BaseDistribution


@dataclass(frozen=True)
class Space:
    """What is searched.

    Attributes:
        fixed: Overrides of every job.
        searched: Key -> the values that it may take.
    """

    fixed: tuple[str, ...]
    searched: Mapping[str, BaseDistribution]

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Space:
        """Sort overrides; of two with one key the later counts.

        Example:
            >>> space = Space.of(["lr=interval(0.1,1.0)", "seed=0", "lr=0.2", "heads=2,4"])
            >>> space.fixed, list(space.searched)
            (('lr=0.2', 'seed=0'), ['heads'])
        """
        parsed = OverridesParser.create().parse_overrides(list(arguments))
        last = {one.get_key_element(): one for one in parsed}
        searched = {
            key: create_optuna_distribution_from_override(one)
            for key, one in last.items()
            if one.is_sweep_override()
        }
        fixed = (one.input_line or "" for one in last.values() if not one.is_sweep_override())
        return cls(tuple(fixed), searched)
