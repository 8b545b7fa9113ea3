"""What is searched, out of a command line."""

import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    LogUniformDistribution,
    UniformDistribution,
)

from resgat.run.space import Space


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("interval(0.5,2.0)", UniformDistribution(0.5, 2.0)),
        ("tag(log,interval(0.5,2.0))", LogUniformDistribution(0.5, 2.0)),
        ("a,b", CategoricalDistribution(["a", "b"])),
    ],
)
def test_a_range_or_a_choice_is_searched(said: str, values: BaseDistribution) -> None:
    assert Space.of([f"x={said}"]) == Space((), {"x": values})


def test_what_else_is_said_stays_as_it_was_written() -> None:
    said = ["+a.b='x,y'", "~c", "data.list=[1,2]", "model=resgatv2"]
    assert Space.of(said).fixed == tuple(said)
