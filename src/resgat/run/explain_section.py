"""What the section ``explain`` of a configuration asks for, checked before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from resgat.checks import check_choices, check_range
from resgat.errors import ConfigError
from resgat.explain.attribution import Explainer
from resgat.explain.metrics.catalogue import MapMetric, ModelMetric
from resgat.measuring.session import Sizes
from resgat.run.instantiate import build_entry
from resgat.targets import check_arguments

#: The ends of a 95 % interval are the 2.5 % quantiles; fewer draws have none, only extremes.
_MIN_DRAWS = 40


@dataclass(frozen=True)
class ExplainSection:
    """Its keys, and what may stand under each; ``conf/explain/base.yaml`` says what they mean."""

    tracks: object
    num_images: int | None
    num_costly: int
    num_shown: int
    batch_size: int
    draws: int
    margin: float
    differences: bool
    randomise: bool
    catalogue: Mapping[str, Any]
    measures: Mapping[str, Any]
    methods: object
    metrics: object

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> ExplainSection:
        """Read a section.

        Raises:
            ConfigError: A key is missing, unknown, or holds what it may not hold.
        """
        if not isinstance(section, Mapping):
            msg = f"explain: expected a preset such as explain=fast, got {section!r}"
            raise ConfigError(msg)
        check_arguments("explain", cls, section)
        for key in ("num_costly", "num_shown", "batch_size"):
            check_range(f"explain.{key}", section[key], low=1)
        check_range("explain.draws", section["draws"], low=_MIN_DRAWS)
        check_range("explain.margin", section["margin"], low=0)
        if section["num_images"] is not None:
            check_range("explain.num_images", section["num_images"], low=1)
        return cls(**section)

    @property
    def sizes(self) -> Sizes:
        """How much is done."""
        return Sizes(self.num_costly, self.num_shown, self.batch_size)

    def build_methods(self) -> dict[str, Explainer]:
        """Build the methods that are named.

        Raises:
            ConfigError: There is none, no such one, or its entry builds something else.
        """
        check_choices("explain.methods", self.methods, self.catalogue)
        return _built("explain.catalogue", self.catalogue, self.methods, (Explainer,))

    def build_metrics(self) -> dict[str, MapMetric | ModelMetric]:
        """Build the metrics that are named.

        Raises:
            ConfigError: There is none, no such one, or its entry builds something else.
        """
        check_choices("explain.metrics", self.metrics, self.measures)
        return _built("explain.measures", self.measures, self.metrics, (MapMetric, ModelMetric))


def _built(
    key: str, catalogue: Mapping[str, Any], names: Any, kinds: tuple[Any, ...]
) -> dict[str, Any]:
    built = {name: build_entry(key, catalogue, name) for name in names}
    for name, thing in built.items():
        if not isinstance(thing, kinds):
            wanted = " or ".join(kind.__name__ for kind in kinds)
            msg = f"{key}.{name}: {type(thing).__name__} is no {wanted}; choose another _target_"
            raise ConfigError(msg)
    return built
