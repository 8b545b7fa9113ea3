from torch import nn

from resgat.run.instantiate import build, build_all


def test_a_section_is_built_with_plain_containers() -> None:
    layer = build({"_target_": "torch.nn.Linear", "in_features": 2}, out_features=3)
    assert isinstance(layer, nn.Linear)
    assert layer.weight.shape == (3, 2)


def test_a_null_section_is_left_out() -> None:
    sections = {"a": {"_target_": "torch.nn.ReLU"}, "b": None, "c": {"_target_": "torch.nn.Tanh"}}
    assert [type(module) for module in build_all(sections)] == [nn.ReLU, nn.Tanh]
    assert build_all(None) == []
