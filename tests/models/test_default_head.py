"""What is promised of the evidence holds for the networks that are trained by default."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch import Tensor, nn

from resgat.config import register
from resgat.explain.contribution import completeness_residual
from resgat.types import Evidence, GraphBuilder

MODELS = ("resgatv1", "resgatv2")
HEADS = (None, "additive_gain", "additive_term")  # None: the one that the model comes with
SIDE = 8  # nodes on a side: cells of layer1, pooled by two, of an image of 64 px


@pytest.fixture(scope="module")
def build(repo: Path) -> Iterator[Callable[..., Any]]:
    """Build a model from conf, on the smallest trunk."""
    register()
    with initialize_config_dir(str(repo / "conf"), version_base="1.3"):

        def make(model: str, head: str | None) -> Any:
            chosen = [] if head is None else [f"model/head={head}"]
            cfg = compose("train", [f"model={model}", "model/backbone=resnet18", *chosen])
            return instantiate(cfg.model)

        yield make


@pytest.fixture(
    scope="module",
    params=[(model, head) for model in MODELS for head in HEADS],
    ids=lambda chosen: "-".join(map(str, chosen)),
)
def net(request: pytest.FixtureRequest, build: Callable[..., Any]) -> Any:
    """Build each network in turn, with a context that has something to say."""
    torch.manual_seed(0)
    net = build(*request.param)
    for name, parameter in net.head.named_parameters():
        if name.startswith("context."):
            nn.init.normal_(parameter, std=0.05)
    return net.eval()


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.randn(4, 3, 8 * SIDE, 8 * SIDE, generator=torch.Generator().manual_seed(2))


def look(net: Any, images: Tensor) -> Evidence:
    with torch.no_grad():
        evidence: Evidence = net(images, return_evidence=True)
    return evidence


def move_blocks(level: Tensor, order: Tensor) -> Tensor:
    """Move the blocks of two by two cells that become a node each."""
    blocks = F.pixel_unshuffle(level, 2).flatten(2)[:, :, order]
    return F.pixel_shuffle(blocks.view(*blocks.shape[:2], SIDE, SIDE), 2)


def test_the_nodes_are_those_that_conf_promises(net: Any, images: Tensor) -> None:
    evidence = look(net, images)
    assert evidence.grid == (SIDE, SIDE)
    assert evidence.contribution is not None
    assert (evidence.contribution >= 0).all()


def test_the_context_has_a_say(net: Any, images: Tensor) -> None:
    assert net.head.context is not None
    said = look(net, images).logit
    context, net.head.context = net.head.context, None
    silent = look(net, images).logit
    net.head.context = context
    assert ((said - silent).abs() > 1e-3).all()


@pytest.mark.parametrize("autocast", [False, True])
def test_the_shares_add_up_to_the_logit(autocast: bool, net: Any, images: Tensor) -> None:
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        evidence = look(net, images)
    assert evidence.logit.dtype == torch.float32
    assert completeness_residual(evidence).max() <= 1e-5


def test_an_image_is_judged_alone_as_it_is_in_a_batch(net: Any, images: Tensor) -> None:
    together, alone = look(net, images), look(net, images[2:3])
    for name in ("logit", "constant", "contribution", "readout", "attention"):
        torch.testing.assert_close(
            getattr(alone, name), getattr(together, name)[2:3], atol=1e-5, rtol=0
        )


def test_permuting_the_nodes_permutes_the_contributions(
    net: Any, images: Tensor, relabelled: Callable[[Tensor], GraphBuilder]
) -> None:
    order = torch.randperm(SIDE * SIDE, generator=torch.Generator().manual_seed(4))
    with torch.no_grad():
        maps = net.backbone(images)
        before = net.head(maps, net.graph)
        moved = {**maps, "layer1": move_blocks(maps["layer1"], order)}
        after = net.head(moved, relabelled(order))
    torch.testing.assert_close(after.logit, before.logit, atol=1e-5, rtol=0)
    torch.testing.assert_close(after.contribution, before.contribution[:, order])
    torch.testing.assert_close(after.readout, before.readout[:, order])
