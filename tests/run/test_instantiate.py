import pytest
from torch import nn

from resgat.errors import ConfigError
from resgat.run.instantiate import build, build_all, build_entry


def test_a_section_is_built_with_plain_containers() -> None:
    layer = build({"_target_": "torch.nn.Linear", "in_features": 2}, out_features=3)
    assert isinstance(layer, nn.Linear)
    assert layer.weight.shape == (3, 2)


def test_a_null_section_is_left_out() -> None:
    sections = {"a": {"_target_": "torch.nn.ReLU"}, "b": None, "c": {"_target_": "torch.nn.Tanh"}}
    assert [type(module) for module in build_all(sections)] == [nn.ReLU, nn.Tanh]
    assert build_all(None) == []


def test_an_entry_of_a_catalogue_is_built_by_its_name() -> None:
    catalogue = {"relu": {"_target_": "torch.nn.ReLU"}, "none": None, "odd": {"steps": 3}}
    assert isinstance(build_entry("layers", catalogue, "relu"), nn.ReLU)
    with pytest.raises(ConfigError, match=r"^layers\.none: expected a _target_ and its values, go"):
        build_entry("layers", catalogue, "none")
    with pytest.raises(ConfigError, match=r"^layers\.odd: .*, got \{'steps': 3\}$"):
        build_entry("layers", catalogue, "odd")
