import threading
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from resgat.errors import ConfigError, ShapeError
from resgat.explain.probe import Known, Passes, Probe
from resgat.types import Evidence


class Means(nn.Module):
    """Logit: the mean of the normalised pixels times a weight; its map: the red channel."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(2.0))
        self.sizes: list[int] = []

    def forward(self, image: Tensor, *, return_evidence: bool = False) -> Any:
        self.sizes.append(len(image))
        evidence = self.decide(self.features(image))
        return evidence if return_evidence else evidence.logit

    def features(self, image: Tensor) -> dict[str, Tensor]:
        return {"red": image[:, :1]}

    def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
        logit = self.weight * maps["red"].mean((1, 2, 3))
        return Evidence(logit, logit, maps["red"].flatten(2).transpose(1, 2), (2, 2))


def probe(net: nn.Module, **options: Any) -> Probe:
    return Probe(net, mean=[0.5, 0, 0], std=[0.25, 1, 1], **options)


PIXELS = torch.tensor([0.5, 0.75, 1.0]).view(3, 1, 1, 1).expand(3, 3, 2, 2)


def test_pixels_are_normalised_as_the_network_expects() -> None:
    """(0.75 - 0.5) / 0.25 * 2 = 2."""
    with probe(Means()).open() as opened:
        assert opened.logit(PIXELS).tolist() == [0.0, 2.0, 4.0]
        torch.testing.assert_close(opened.prob(PIXELS), torch.tensor([0.0, 2.0, 4.0]).sigmoid())
        assert opened.evidence(PIXELS).logit.tolist() == [0.0, 2.0, 4.0]
        assert opened.decide(opened.features(PIXELS)).logit.tolist() == [0.0, 2.0, 4.0]


def test_images_pass_in_chunks_unless_a_gradient_is_wanted() -> None:
    net = Means()
    with probe(net, chunk=2).open() as opened:
        opened.logit(PIXELS)
        opened.logit(PIXELS.clone().requires_grad_())
    assert net.sizes == [2, 1, 3]


def test_every_pass_is_counted_per_image() -> None:
    with probe(Means()).open() as opened:
        opened.logit(PIXELS)
        opened.evidence(PIXELS[:1])
        maps = {name: found.requires_grad_() for name, found in opened.features(PIXELS).items()}
        assert opened.passes == Passes(forward=7)
        opened.gradient(opened.decide(maps).logit, maps["red"], head=True)
        assert opened.passes == Passes(forward=7, head_forward=3, head_backward=3)
        before = opened.passes
        pixels = PIXELS[:2].clone().requires_grad_()
        gradient = opened.gradient(opened.logit(pixels), pixels)
        assert opened.passes - before == Passes(forward=2, backward=2)
    expected = torch.zeros(2, 3, 2, 2)
    expected[:, 0] = 2 / 0.25 / 4
    torch.testing.assert_close(gradient, expected)


def test_the_network_is_left_as_it_was() -> None:
    net = Means()
    with probe(net).open() as opened:
        pixels = PIXELS.clone().requires_grad_()
        opened.gradient(opened.logit(pixels), pixels)
    assert net.training
    assert net.weight.requires_grad
    assert net.weight.grad is None


def test_what_is_known_is_empty_unless_given() -> None:
    assert probe(Means()).known == Known(None, None)
    reference = torch.ones(4)
    assert probe(Means(), known=Known(reference)).known.reference is reference


def test_other_shapes_and_chunks_are_refused() -> None:
    opened = probe(Means())
    for ask in (opened.logit, opened.evidence, opened.features):
        with pytest.raises(ShapeError, match=r"pixels: expected shape \(B, 3, H, W\)"):
            ask(PIXELS[0])
    with pytest.raises(ConfigError, match=r"chunk: expected a number in \[1, inf\], got 0"):
        probe(Means(), chunk=0)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_gradients_can_be_taken_whatever_mode_the_caller_is_in(mode: Any) -> None:
    built = probe(Means())
    with mode(), built.open() as opened:
        maps = {name: found.requires_grad_() for name, found in opened.features(PIXELS).items()}
        gradient = opened.gradient(opened.decide(maps).logit, maps["red"], head=True)
    torch.testing.assert_close(gradient, torch.full((3, 1, 2, 2), 0.5))


def test_another_network_is_asked_in_the_same_way() -> None:
    known = Known(reference=torch.ones(4))
    first = probe(Means(), known=known, chunk=2)
    other = Means()
    other.weight.data.fill_(4.0)
    second = first.of(other)
    with second.open():
        assert second.logit(PIXELS).tolist() == [0.0, 4.0, 8.0]
    assert other.sizes == [2, 1]
    assert second.known is known
    assert first.passes == Passes()


def test_threads_take_turns_and_a_thread_may_open_it_twice() -> None:
    """Who goes first would otherwise let the network go while the other still needs it."""
    net = Means().train()
    asked = probe(net)
    inside: list[bool] = []

    def other() -> None:
        with asked.open():
            inside.append(net.training)

    thread = threading.Thread(target=other)
    with asked.open(), asked.open():
        thread.start()
        thread.join(0.2)
        assert inside == []
    thread.join()
    assert inside == [False]
    assert net.training
