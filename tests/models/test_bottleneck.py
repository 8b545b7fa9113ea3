import pytest
import torch

from resgat.errors import ConfigError
from resgat.models.bottleneck import NodeBottleneck

NODES = torch.tensor([[[0.0], [1.0], [-3.0]]])


def bottleneck(temperature: float = 1.0) -> NodeBottleneck:
    """Passes node x with chance sigmoid(x)."""
    built = NodeBottleneck(1, temperature)
    torch.nn.init.ones_(built.linear.weight)
    torch.nn.init.zeros_(built.linear.bias)
    return built


def test_in_evaluation_the_mean_passes() -> None:
    passed, keep = bottleneck().eval()(NODES)
    torch.testing.assert_close(keep, NODES[..., 0].sigmoid())
    torch.testing.assert_close(passed, keep)


def test_at_first_nearly_all_pass() -> None:
    built = NodeBottleneck(4).eval()
    assert (built(torch.zeros(1, 5, 4))[1] > 0.85).all()


def test_in_training_nodes_pass_as_often_as_their_chance_says() -> None:
    torch.manual_seed(0)
    passed, keep = bottleneck(temperature=0.01)(NODES.expand(20_000, -1, -1))
    assert ((passed < 0.05) | (passed > 0.95)).float().mean() > 0.95
    torch.testing.assert_close(passed.mean(0), keep[0], atol=0.02, rtol=0)


def test_gradients_reach_what_decides() -> None:
    torch.manual_seed(0)
    built = bottleneck()
    built(NODES)[0].sum().backward()
    assert built.linear.weight.grad is not None
    assert built.linear.weight.grad.abs().sum() > 0


def test_a_temperature_of_zero_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"temperature: expected a number in \[0\.001, inf\]"):
        NodeBottleneck(1, 0.0)
