"""Trunk, graph and head together: what holds for every head of a ResGAT."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from resgat.errors import ShapeError
from resgat.explain.contribution import completeness_residual
from resgat.models.resgat import ResGAT

Make = Callable[..., ResGAT]

LABELS = torch.tensor([0.0, 1.0, 1.0, 0.0])


def learn(net: ResGAT, images: Tensor) -> float:
    """Add the gradient of the loss; return the loss."""
    loss = F.binary_cross_entropy_with_logits(net(images), LABELS)
    loss.backward()  # type: ignore[no-untyped-call]
    return loss.item()


def test_the_evidence_holds_the_logit_that_is_returned_without_it(
    make_resgat: Make, images: Tensor
) -> None:
    net = make_resgat().eval()
    evidence = net(images, return_evidence=True)
    assert torch.equal(evidence.logit, net(images))
    assert evidence.logit.shape == (4,)
    assert evidence.nodes.shape == (4, 16, 128)
    assert evidence.grid == (4, 4)


@pytest.mark.parametrize("autocast", [False, True])
def test_the_sum_is_exact_and_in_float32_under_autocast_too(
    autocast: bool, make_resgat: Make, images: Tensor
) -> None:
    net = make_resgat().eval()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        evidence = net(images, return_evidence=True)
    assert completeness_residual(evidence).max() <= 1e-5
    floats = [v for v in evidence if isinstance(v, Tensor) and v.is_floating_point()]
    assert {value.dtype for value in floats} == {torch.float32}
    into = torch.zeros(4, 16, 3).index_add(1, evidence.edge_index[1], evidence.attention)
    torch.testing.assert_close(into, torch.ones_like(into), atol=1e-5, rtol=0)


def test_an_image_is_judged_alone_as_it_is_in_a_batch(make_resgat: Make, images: Tensor) -> None:
    net = make_resgat().eval()
    together, alone = (net(x, return_evidence=True) for x in (images, images[2:3]))
    for name in ("logit", "contribution", "readout", "attention"):
        torch.testing.assert_close(
            getattr(alone, name), getattr(together, name)[2:3], atol=1e-5, rtol=0
        )


def test_the_gradient_reaches_every_parameter(make_resgat: Make, images: Tensor) -> None:
    net = make_resgat()
    learn(net, images)
    untouched = [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()]
    assert untouched == []


def test_thirty_steps_learn_one_batch_by_heart(make_resgat: Make, images: Tensor) -> None:
    net = make_resgat()
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    for _ in range(30):
        optimizer.zero_grad()
        loss = learn(net, images)
        optimizer.step()
    assert loss < 0.1


def test_the_same_seed_makes_the_same_first_update(make_resgat: Make, images: Tensor) -> None:
    after = []
    for seed in (7, 7, 8):
        net = make_resgat(seed)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        learn(net, images)
        optimizer.step()
        after.append(torch.cat([p.detach().flatten() for p in net.parameters()]))
    assert torch.equal(after[0], after[1])
    assert not torch.equal(after[0], after[2])


def test_saved_weights_give_the_same_logits(
    make_resgat: Make, images: Tensor, tmp_path: Path
) -> None:
    net, other = make_resgat(0).eval(), make_resgat(1).eval()
    torch.save(net.state_dict(), tmp_path / "weights.pth")
    other.load_state_dict(torch.load(tmp_path / "weights.pth", weights_only=True))
    assert torch.equal(other(images), net(images))


def test_no_hook_is_left_anywhere(make_resgat: Make) -> None:
    for module in make_resgat().modules():
        assert not module._forward_hooks
        assert not module._backward_hooks


def test_an_image_of_another_shape_is_refused(make_resgat: Make) -> None:
    with pytest.raises(ShapeError, match=r"image: expected shape \(B, 3, H, W\), got \(1, 1, 32, "):
        make_resgat()(torch.zeros(1, 1, 32, 32))
