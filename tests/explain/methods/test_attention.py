from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from resgat.errors import ConfigError
from resgat.explain.attention import degree_null
from resgat.explain.methods.attention import (
    AttentionCorrected,
    AttentionReadout,
    AttentionReceived,
    AttentionRollout,
    GradientAttention,
    flow_back,
)
from resgat.graph.grid import GridGraph
from resgat.models.additive_head import AdditiveHead
from resgat.models.graph_attention import cells
from resgat.models.mean_head import MeanHead
from resgat.models.resgat import ResGAT
from resgat.models.trunk import ResNetTrunk
from resgat.types import Evidence
from tests.explain.methods.toys import Linear, Toy, faces, probe

MakeEvidence = Callable[..., Evidence]


class Fixed(Toy):
    """Says the same of every batch."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__()
        self.evidence = evidence

    def decide(self, maps: Mapping[str, Tensor]) -> Evidence:
        return self.evidence


def attribute(method: Any, evidence: Evidence) -> Tensor:
    with probe(Fixed(evidence)).open() as opened:
        found = method.attribute(opened, faces(2, 8))
    assert (found.native, found.kind, found.residual) == ("node", "density", None)
    values: Tensor = found.values
    return values


def test_two_nodes_by_hand(make_evidence: MakeEvidence) -> None:
    """Node 0 gets 0.25 of itself, which the readout weighs 0.9, and 0.6 of node 1, weighed 0.1."""
    evidence = make_evidence(
        grid=(1, 2),
        nodes=torch.zeros(1, 2, 4),
        edge_index=torch.tensor([[0, 0, 1, 1], [0, 1, 0, 1]]),
        attention=torch.tensor([[[0.2, 0.3], [0.5, 0.7], [0.8, 0.7], [0.5, 0.3]]]),
        readout=torch.tensor([[0.9, 0.1]]),
    )
    expected = {
        AttentionReceived: [0.85, 1.15],
        AttentionCorrected: [-0.15, 0.15],
        AttentionReadout: [0.9, 0.1],
        AttentionRollout: [0.9 * 0.25 + 0.1 * 0.6, 0.9 * 0.75 + 0.1 * 0.4],
    }
    for method, values in expected.items():
        torch.testing.assert_close(attribute(method(), evidence), torch.tensor([values]))


def test_rollout_agrees_with_a_dense_matrix_and_keeps_the_sum(make_evidence: MakeEvidence) -> None:
    readout = torch.rand(2, 12, generator=torch.Generator().manual_seed(1)).softmax(1)
    evidence = make_evidence(grid=(3, 4), readout=readout)
    assert evidence.attention is not None
    assert evidence.edge_index is not None
    source, target = evidence.edge_index
    dense = torch.zeros(2, 12, 12)
    dense[:, target, source] = evidence.attention.mean(2)
    found = attribute(AttentionRollout(), evidence)
    torch.testing.assert_close(found, torch.einsum("bt,bts->bs", readout, dense))
    torch.testing.assert_close(found.sum(1), torch.ones(2))


def test_an_even_readout_rolls_out_to_the_attention_received(make_evidence: MakeEvidence) -> None:
    evidence = make_evidence()
    found = flow_back(evidence, torch.ones(2, 49))
    torch.testing.assert_close(found, attribute(AttentionReceived(), evidence))


def build(version: str, head: Any, last: str = "layer2") -> ResGAT:
    torch.manual_seed(0)
    return ResGAT(ResNetTrunk("resnet18", last=last), GridGraph(8), partial(head, version=version))


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_behind_a_mean_readout_the_gradient_is_each_nodes_own_value(version: str) -> None:
    """There ``dlogit/dattention[s -> t, k] = <W_k x_s + b_k, w_k> / N``, known to the head."""
    net = build(version, partial(MeanHead, level="layer2", dim=8, heads=3))
    given = faces(2, 32)
    with probe(net).open() as opened:
        found = GradientAttention().attribute(opened, given).values
        evidence = opened.evidence(given.pixels)
    head: Any = net.head
    value, _ = head._node_values(evidence.nodes)
    if version == "v2":  # what a node sends holds a bias
        value = value + (head.attention.conv.lin_l.bias * head.fc.weight).view(3, 8).sum(1)
    assert evidence.attention is not None
    assert evidence.edge_index is not None
    source, _ = evidence.edge_index
    weighed = (evidence.attention * value[:, source] / 16).clamp_min(0).mean(2)
    torch.testing.assert_close(found, torch.zeros(2, 16).index_add(1, source, weighed))


def test_behind_gates_the_gradient_also_runs_through_the_gates() -> None:
    """The head once more, with the attention as a number of its own to differentiate by."""
    net = build("v2", partial(AdditiveHead, level="layer2", pool=1, value_levels=("layer2",)))
    torch.manual_seed(1)
    for parameter in net.head.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    head: Any = net.head
    given = faces(2, 32)
    with probe(net).open() as opened:
        found = GradientAttention().attribute(opened, given).values
        maps = opened.features(given.pixels)
        evidence = opened.decide(maps)
        assert evidence.attention is not None
        assert evidence.edge_index is not None
        attention = evidence.attention.detach().clone().requires_grad_()
        logit = by_hand(head, maps, attention, evidence.edge_index)
        torch.testing.assert_close(logit, evidence.logit)
        (gradient,) = torch.autograd.grad(logit.sum(), attention)
    source, _ = evidence.edge_index
    weighed = (attention * gradient).detach().clamp_min(0).mean(2)
    torch.testing.assert_close(found, torch.zeros(2, 16).index_add(1, source, weighed))
    fixed_gates = (
        attention.detach() * head._value({"layer2": evidence.nodes}, maps, (4, 4))[:, source]
    )
    assert not torch.allclose(weighed, fixed_gates.clamp_min(0).mean(2))


def by_hand(head: Any, maps: Mapping[str, Tensor], attention: Tensor, edge_index: Tensor) -> Tensor:
    source, target = edge_index
    nodes = head.norms["layer2"](cells(maps["layer2"]))
    conv = head.attention.conv
    sent = conv.lin_l(nodes).view(2, 16, conv.heads, -1)[:, source] * attention[..., None]
    features = torch.zeros(2, 16, *sent.shape[2:]).index_add(1, target, sent).flatten(2)
    gate = head.gate(features + conv.bias)[..., 0].softmax(1)
    weight = torch.zeros(2, 16, conv.heads).index_add(1, source, attention * gate[:, target, None])
    value = F.softplus(head.values["layer2"](nodes) - 2)
    logit: Tensor = head.bias + head.gain.clamp(min=0.1) * (weight * value).sum((1, 2))
    return logit


def correlation(maps: Tensor, null: Tensor) -> Tensor:
    """Pearson's, of each map (B, N) with the null (N,)."""
    return F.cosine_similarity(maps - maps.mean(1, keepdim=True), null - null.mean(), dim=1)


def null_correlations(head: Any, level: str, *, is_shuffled: bool) -> tuple[float, float]:
    """Return the degree null's mean correlation with the published map and the corrected one.

    Over eight untrained trunks, each with six untrained heads and faces of its own. For one model
    its sign is anything: zero padding marks the border of a feature map, which an untrained layer
    likes or dislikes. Shuffled, a map's cells know no border, and what is left is degree.
    """
    found = []
    for seed in range(8):
        torch.manual_seed(seed)
        pixels = F.interpolate(torch.rand(4, 3, 8, 8), size=64, mode="bilinear")
        given = faces(4, 64)._replace(pixels=pixels)
        trunk = ResNetTrunk("resnet18", last=level)
        for _ in range(6):
            net: Any = ResGAT(trunk, GridGraph(8), head)
            if is_shuffled:
                net.features = lambda image: {level: shuffled(trunk(image)[level])}  # noqa: B023
            with probe(net).open() as opened:
                edges = opened.evidence(given.pixels).edge_index
                assert edges is not None
                maps = [
                    method.attribute(opened, given).values
                    for method in (AttentionReceived(), AttentionCorrected())
                ]
            null = degree_null(edges, 64)
            found.append([float(correlation(each, null).mean()) for each in maps])
    received, corrected = torch.tensor(found).mean(0).tolist()
    return received, corrected


def shuffled(found: Tensor) -> Tensor:
    """Move the cells of each map to random places."""
    order = torch.rand(len(found), 64, generator=torch.Generator().manual_seed(0)).argsort(1)
    return found.flatten(2).gather(2, order[:, None].expand(-1, found.shape[1], -1)).view_as(found)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_our_untrained_models_published_map_is_degree_and_the_corrected_one_is_not(
    version: str,
) -> None:
    head = partial(AdditiveHead, version=version, dim=4)
    received, corrected = null_correlations(head, "layer1", is_shuffled=False)
    assert received > 0.4
    assert abs(corrected) <= 0.1


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_behind_a_mean_readout_the_correction_takes_all_of_the_degree(version: str) -> None:
    head = partial(MeanHead, version=version, level="layer2", dim=16, heads=4)
    received, corrected = null_correlations(head, "layer2", is_shuffled=True)
    assert received > 0.4
    assert abs(corrected) <= 0.05


@pytest.mark.parametrize(
    ("method", "lacks"),
    [
        (AttentionReceived(), "graph layer"),
        (AttentionCorrected(), "graph layer"),
        (AttentionRollout(), "readout over nodes"),
        (AttentionReadout(), "readout over nodes"),
        (GradientAttention(), "graph layer"),
    ],
)
def test_a_model_without_a_graph_is_refused(method: Any, lacks: str) -> None:
    expected = f"attention: this model has no {lacks}.*model=resgatv2"
    net = Linear(torch.ones(8, 8))
    with probe(net).open() as opened, pytest.raises(ConfigError, match=expected):
        method.attribute(opened, faces(1, 8))
