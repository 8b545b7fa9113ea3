import pytest
import torch
from torch import nn

from resgat.export.attention import TableAttention, incoming, without_graph_library
from resgat.graph.grid import GridGraph, grid_edges
from resgat.models.additive_head import AdditiveHead
from resgat.models.graph_attention import GraphAttention
from resgat.models.mean_head import MeanHead
from resgat.models.resgat import ResGAT
from resgat.models.trunk import ResNetTrunk


def test_the_table_by_hand() -> None:
    """Three nodes in a row, self-loops behind: node 1 hears 0 and 2 and itself."""
    edges = torch.tensor([[1, 0, 2, 1, 0, 1, 2], [0, 1, 1, 2, 0, 1, 2]])
    table, slot = incoming(edges, 3)
    assert table.tolist() == [[1, 0, -1], [0, 2, 1], [1, 2, -1]]
    assert slot.tolist() == [0, 3, 4, 6, 1, 5, 7]
    assert table.flatten()[slot].tolist() == edges[0].tolist()


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("share", [False, True])
@pytest.mark.parametrize("neighbours", [4, 8])
def test_it_says_what_the_graph_library_says(version: str, share: bool, neighbours: int) -> None:
    torch.manual_seed(0)
    layer = GraphAttention(6, 5, 3, version, share_weights=share and version == "v2").eval()
    nn.init.normal_(layer.conv.bias)
    nodes, graph = torch.randn(4, 12, 6), GridGraph(neighbours)
    truth = layer(nodes, (3, 4), graph)
    found = TableAttention(layer, truth.edge_index, 12)(nodes, (3, 4), graph)
    torch.testing.assert_close(found.features, truth.features, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(found.attention, truth.attention, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(found.edge_index, truth.edge_index)


def test_attention_into_each_node_sums_to_one() -> None:
    layer = GraphAttention(6, 5, 3).eval()
    loops = torch.arange(9).expand(2, -1)
    table = TableAttention(layer, torch.cat([grid_edges(3, 3), loops], 1), 9)
    found = table(torch.randn(2, 9, 6), (3, 3), GridGraph())
    total = torch.zeros(2, 9, 3).index_add(1, found.edge_index[1], found.attention)
    torch.testing.assert_close(total, torch.ones(2, 9, 3))


@pytest.mark.parametrize("head", ["additive", "mean"])
def test_a_whole_detector_says_the_same_and_stays_as_it_was(head: str) -> None:
    torch.manual_seed(0)
    build = (
        (lambda channels: AdditiveHead(channels, heads=2, dim=4, gate_dim=8))
        if head == "additive"
        else (lambda channels: MeanHead(channels, level="layer2", dim=4, heads=2))
    )
    net = ResGAT(ResNetTrunk("resnet18", last="layer2"), GridGraph(), build).eval()
    images = torch.randn(3, 3, 32, 32)
    plain = without_graph_library(net, images[:1])
    assert any(isinstance(module, TableAttention) for module in plain.modules())
    assert not any(isinstance(module, TableAttention) for module in net.modules())
    with torch.no_grad():
        truth, found = (one(images, return_evidence=True) for one in (net, plain))
    for name in ("logit", "contribution", "attention", "readout"):
        torch.testing.assert_close(getattr(found, name), getattr(truth, name), atol=1e-5, rtol=1e-5)


def test_a_model_without_a_graph_is_only_copied() -> None:
    net = nn.Linear(2, 1)
    plain = without_graph_library(net, torch.zeros(1, 2))
    assert plain is not net
    torch.testing.assert_close(plain.weight, net.weight)
