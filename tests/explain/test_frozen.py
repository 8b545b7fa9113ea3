import pytest
import torch
from torch import nn

from resgat.explain.frozen import frozen


@pytest.fixture
def net() -> nn.Sequential:
    """In training, but for one layer; all parameters ask for gradients, but for one."""
    built = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    built[1].eval()
    built[0].bias.requires_grad_(False)
    return built


def state(net: nn.Module) -> list[bool]:
    modes = [module.training for module in net.modules()]
    return modes + [param.requires_grad for param in net.parameters()]


def test_a_frozen_network_evaluates_and_asks_for_no_gradient(net: nn.Sequential) -> None:
    with frozen(net):
        assert not any(state(net))


def test_each_module_and_parameter_gets_its_own_state_back(net: nn.Sequential) -> None:
    before = state(net)
    with frozen(net):
        pass
    assert state(net) == before


def test_an_error_does_not_keep_it_frozen(net: nn.Sequential) -> None:
    before = state(net)
    with pytest.raises(RuntimeError, match="inside"), frozen(net):
        raise RuntimeError("inside")
    assert state(net) == before


def test_an_inputs_gradient_can_be_taken_and_leaves_none_behind(net: nn.Sequential) -> None:
    image = torch.ones(1, 2, requires_grad=True)
    with frozen(net):
        (gradient,) = torch.autograd.grad(net(image).sum(), image)
    assert gradient.abs().sum() > 0
    assert all(param.grad is None for param in net.parameters())
