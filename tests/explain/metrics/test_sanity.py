from collections.abc import Iterable
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from torch import Tensor, nn

from resgat.errors import ConfigError, ShapeError
from resgat.explain.metrics.agreement import pooled, spearman
from resgat.explain.metrics.sanity import randomised, similarity_to_original, unrelated
from resgat.explain.probe import Probe
from resgat.graph.grid import GridGraph
from resgat.models.additive_head import AdditiveHead
from resgat.models.mean_head import MeanHead
from resgat.models.resgat import ResGAT
from resgat.models.resnet import ResNetClassifier
from resgat.models.trunk import ResNetTrunk
from tests.explain.methods.toys import Convnet, Linear, faces, probe

STAGES = [f"backbone.levels.layer{number}" for number in (4, 3, 2, 1)] + ["backbone.stem"]


def nets() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    additive = partial(AdditiveHead, level="layer2", pool=1, value_levels=("layer2",))
    return {
        "head": ResGAT(ResNetTrunk("resnet18"), GridGraph(8), additive),
        "fc": ResNetClassifier(ResNetTrunk("resnet18")),
    }


@pytest.fixture(scope="module", params=["head", "fc"])
def named(request: pytest.FixtureRequest) -> tuple[str, nn.Module]:
    return request.param, nets()[request.param]


def changed(net: nn.Module, other: nn.Module) -> set[str]:
    """The parameters and buffers that differ."""
    before = net.state_dict()
    return {key for key, value in other.state_dict().items() if not torch.equal(value, before[key])}


def under(keys: Iterable[str], prefixes: Iterable[str]) -> set[str]:
    return {key for key in keys if key.startswith(tuple(f"{prefix}." for prefix in prefixes))}


def disturbed(net: nn.Module) -> nn.Module:
    """No parameter or statistic is left at a value that a reset would give it."""
    generator = torch.Generator().manual_seed(0)
    for tensor in (*net.parameters(), *net.buffers()):
        if tensor.is_floating_point():
            tensor.data += 0.1 + torch.rand(tensor.shape, generator=generator)
        else:
            tensor.data += 7
    return net


def test_stages_fall_from_the_output_to_the_input_and_stay_fallen(
    named: tuple[str, nn.Module],
) -> None:
    head, net = named[0], disturbed(named[1])
    fallen: list[str] = []
    for stage, other in randomised(net, seed=3):
        fallen.append(stage)
        found = changed(net, other)
        assert found == under(net.state_dict(), fallen) - {"head.gain", "head.bias"}
    assert fallen == [head, *STAGES]


def test_graph_layers_and_batch_norms_are_redrawn() -> None:
    graph = MeanHead({"layer1": 64}, level="layer1", dim=4, heads=2)
    net = disturbed(ResGAT(ResNetTrunk("resnet18", last="layer1"), GridGraph(4), lambda _: graph))
    *_, (_, last) = randomised(net, seed=0)
    found = last.state_dict()
    assert {key for key in changed(net, last) if "attention" in key} >= {
        "head.attention.conv.att",
        "head.attention.conv.bias",
        "head.attention.conv.lin_l.weight",
    }
    assert found["backbone.stem.1.running_mean"].tolist() == [0.0] * 64
    assert found["backbone.stem.1.running_var"].tolist() == [1.0] * 64


def test_the_same_seed_draws_the_same_and_leaves_no_trace() -> None:
    net = Convnet()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    torch.manual_seed(5)
    untouched = torch.rand(1)
    torch.manual_seed(5)
    copies = [[other for _, other in randomised(net, seed)] for seed in (1, 1, 2)]
    assert torch.equal(torch.rand(1), untouched)
    for first, again, other in zip(*copies, strict=True):
        assert not changed(first, again)
        assert changed(first, other)
    for key, value in net.state_dict().items():
        assert torch.equal(value, before[key])
    assert len({id(copy) for copies_of in copies for copy in copies_of}) == 3 * 4


def test_small_networks_fall_layer_by_layer() -> None:
    assert [stage for stage, _ in randomised(Convnet(), 0)] == [
        "head.2",
        "head.0",
        "body.2",
        "body.0",
    ]
    assert [stage for stage, _ in randomised(nn.Linear(2, 2), 0)] == [""]


def test_a_network_that_cannot_be_redrawn_is_refused() -> None:
    with pytest.raises(ConfigError, match="redraws modules by reset_parameters, and Linear has no"):
        next(randomised(Linear(torch.ones(2, 2)), 0))


def gradient_maps(opened: Probe, pixels: Tensor) -> Tensor:
    asked = pixels.clone().requires_grad_()
    return opened.gradient(opened.logit(asked), asked).abs().sum(1)


def test_a_networks_reasons_fall_to_chance_and_a_habit_stays() -> None:
    batch, net = faces(12, 56), Convnet()
    edges = batch.pixels.diff(dim=3).abs().sum(1)
    with probe(net).open() as opened:
        original = gradient_maps(opened, batch.pixels)
    *_, (_, last) = randomised(net, seed=0)
    with probe(last).open() as opened:
        left = similarity_to_original(original, gradient_maps(opened, batch.pixels))
    # What shows the picture's edges is the same whatever the weights, and not alike between faces.
    assert similarity_to_original(edges, edges).tolist() == pytest.approx([1.0] * 12)
    assert unrelated(edges).abs().max() < 0.1
    assert left.mean() < 0.5
    centre = original[:1].expand(12, -1, -1)
    assert unrelated(centre).tolist() == pytest.approx([1.0] * 12)


def test_unrelated_pairs_by_hand() -> None:
    maps = torch.rand(4, 28, 28, generator=torch.Generator().manual_seed(0))
    rho = spearmanr(pooled(maps).numpy().T).statistic
    expected = [rho[row][[c for c in range(4) if c != row]].mean() for row in range(4)]
    assert unrelated(maps).tolist() == pytest.approx(expected)
    grouped = unrelated(maps, ["a", "a", "b", "a"])
    assert grouped[0].item() == pytest.approx(rho[0][2])
    assert grouped[2].item() == pytest.approx(rho[2][[0, 1, 3]].mean())


@given(seed=st.integers(0, 1000))
def test_the_order_of_the_images_does_not_matter(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    maps = torch.rand(5, 28, 28, generator=generator)
    order = torch.randperm(5, generator=generator)
    torch.testing.assert_close(unrelated(maps[order]), unrelated(maps)[order])


def test_a_constant_map_is_related_to_none() -> None:
    maps = torch.rand(3, 28, 28, generator=torch.Generator().manual_seed(0))
    maps[0] = 0.0
    assert unrelated(maps)[0].item() == 0.0
    alike = float(spearman(maps[1:2], maps[2:3]))
    assert unrelated(maps)[1:].tolist() == pytest.approx([alike / 2] * 2)
    assert similarity_to_original(maps, maps).tolist() == pytest.approx([0, 1, 1])
    assert unrelated(maps[1:2]).isnan().all()
    with pytest.raises(ShapeError, match="groups: expected one per image, 3 in all, got 2"):
        unrelated(maps, ["a", "b"])
