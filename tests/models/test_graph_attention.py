"""The graph layer against loops over nodes, and PyG's habit with self-loops."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch_geometric.nn import GATConv, GATv2Conv

from resgat.errors import ConfigError
from resgat.graph.grid import GridGraph, grid_edges
from resgat.models.graph_attention import Attended, GraphAttention, cells, source_weight

GRID = (3, 4)
LAYERS = [("v1", False), ("v2", False), ("v2", True)]


@pytest.fixture(params=LAYERS, ids=["v1", "v2", "v2 shared"])
def layer(request: pytest.FixtureRequest) -> GraphAttention:
    torch.manual_seed(0)
    version, share = request.param
    layer = GraphAttention(5, 4, 3, version, share_weights=share).eval()
    torch.nn.init.normal_(layer.conv.bias)
    return layer


@pytest.fixture
def nodes() -> Tensor:
    return torch.randn(2, 12, 5, generator=torch.Generator().manual_seed(1))


def attend_by_hand(conv: Any, x: Tensor, sources: dict[int, list[int]]) -> Tensor:
    """GAT (equation 3 of its paper) or GATv2 (equation 7 of its own), node by node."""
    heads, dim = conv.heads, conv.out_channels
    is_v1 = isinstance(conv, GATConv)
    left, right = (conv.lin, conv.lin) if is_v1 else (conv.lin_l, conv.lin_r)
    x_left, x_right = left(x).view(-1, heads, dim), right(x).view(-1, heads, dim)
    out = torch.zeros(len(x), heads, dim)
    for target, neighbours in sources.items():
        for head in range(heads):
            energy = []
            for source in [*neighbours, target]:
                h_source, h_target = x_left[source, head], x_right[target, head]
                if is_v1:
                    a_source, a_target = conv.att_src[0, head], conv.att_dst[0, head]
                    energy.append(F.leaky_relu(a_source @ h_source + a_target @ h_target, 0.2))
                else:
                    energy.append(conv.att[0, head] @ F.leaky_relu(h_source + h_target, 0.2))
            share = torch.stack(energy).softmax(0)
            out[target, head] = share @ x_left[[*neighbours, target], head]
    return torch.add(out.flatten(1), conv.bias)


def sources_of(edges: Tensor) -> dict[int, list[int]]:
    return {t: edges[0, edges[1] == t].tolist() for t in range(int(edges.max()) + 1)}


def test_each_node_attends_as_the_papers_say(layer: GraphAttention, nodes: Tensor) -> None:
    attended = layer(nodes, GRID, GridGraph(4))
    sources = sources_of(grid_edges(*GRID, 4))
    for image in range(2):
        by_hand = attend_by_hand(layer.conv, nodes[image], sources)
        torch.testing.assert_close(attended.features[image], by_hand, atol=1e-5, rtol=0)


def test_the_layer_is_pygs_own_with_its_self_loops_sorted_in(
    layer: GraphAttention, nodes: Tensor
) -> None:
    kind = type(layer.conv)
    assert kind in (GATConv, GATv2Conv)
    shared = {"share_weights": layer.conv.share_weights} if kind is GATv2Conv else {}
    plain = kind(5, 4, 3, **shared).eval()  # adds self-loops of its own accord
    plain.load_state_dict(layer.conv.state_dict())
    edges = GridGraph(8)(2, *GRID)
    features, (pyg_edges, pyg_attention) = plain(
        nodes.flatten(0, 1), edges, return_attention_weights=True
    )
    attended = layer(nodes, GRID, GridGraph(8))
    torch.testing.assert_close(attended.features.flatten(0, 1), features)
    num_edges, per_image = edges.shape[1], edges.shape[1] // 2
    # The loops of both images come behind the edges of both images.
    assert torch.equal(pyg_edges[:, num_edges:], torch.arange(24).expand(2, -1))
    for image in range(2):
        own = slice(image * per_image, (image + 1) * per_image)
        loops = slice(num_edges + image * 12, num_edges + (image + 1) * 12)
        pair = torch.cat([pyg_edges[:, own], pyg_edges[:, loops]], dim=1) - image * 12
        assert torch.equal(attended.edge_index, pair)
        torch.testing.assert_close(
            attended.attention[image], torch.cat([pyg_attention[own], pyg_attention[loops]])
        )


@pytest.mark.parametrize("kind", [GATConv, GATv2Conv])
def test_pyg_moves_self_loops_so_that_attention_slips_off_the_edges_it_was_given(
    kind: Any,
) -> None:
    given = torch.tensor([[0, 1, 1, 2], [0, 0, 1, 1]])  # two self-loops among the edges
    _, (returned, attention) = kind(2, 2)(torch.randn(3, 2), given, return_attention_weights=True)
    assert returned.tolist() == [[1, 2, 0, 1, 2], [0, 1, 0, 1, 2]]
    assert len(attention) == given.shape[1] + 1


def test_the_self_loops_come_last_and_attention_into_a_node_sums_to_one(
    layer: GraphAttention, nodes: Tensor
) -> None:
    attended = layer(nodes, GRID, GridGraph(8))
    num_edges = grid_edges(*GRID).shape[1]
    assert torch.equal(attended.edge_index[:, :num_edges], grid_edges(*GRID))
    assert torch.equal(attended.edge_index[:, num_edges:], torch.arange(12).expand(2, -1))
    assert attended.attention.shape == (2, num_edges + 12, 3)
    into = torch.zeros(2, 12, 3).index_add(1, attended.edge_index[1], attended.attention)
    torch.testing.assert_close(into, torch.ones_like(into))


def test_a_graph_with_self_loops_is_refused(layer: GraphAttention, nodes: Tensor) -> None:
    def looped(batch: int, height: int, width: int, device: object = "cpu") -> Tensor:
        return torch.cat([GridGraph(8)(batch, height, width), torch.tensor([[3], [3]])], dim=1)

    with pytest.raises(ConfigError, match="graph: expected no self-loops, got 1; the attention la"):
        layer(nodes, GRID, looped)


def test_edges_are_completed_once_for_each_shape(layer: GraphAttention, nodes: Tensor) -> None:
    with torch.inference_mode():
        first = layer(nodes, GRID, GridGraph(8)).edge_index
    again, other = (layer(nodes[:n], GRID, GridGraph(8)).edge_index for n in (2, 1))
    assert again.data_ptr() == first.data_ptr()
    assert not first.is_inference()
    assert torch.equal(other, first)


def test_edges_that_are_made_anew_are_looked_at_anew(layer: GraphAttention, nodes: Tensor) -> None:
    def of(neighbours: int) -> Any:
        def graph(batch: int, height: int, width: int, device: object = "cpu") -> Tensor:
            return GridGraph(neighbours)(batch, height, width).clone()

        return layer(nodes, GRID, graph).edge_index

    for neighbours in (4, 8) * 20:
        assert torch.equal(of(neighbours)[:, :-12], grid_edges(*GRID, neighbours))


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"version: expected one of v1, v2; got 'v3'.*'v"):
        GraphAttention(5, 4, 3, "v3")


def test_a_sources_weight_is_what_flows_from_it() -> None:
    edge_index = torch.tensor([[0, 1, 0, 1], [1, 0, 0, 1]])
    attention = torch.tensor([0.25, 0.4, 0.6, 0.75]).view(1, 4, 1)
    attended = Attended(torch.zeros(1, 2, 1), edge_index, attention)
    weight = source_weight(attended, torch.tensor([[0.1, 0.9]]))
    # 0 -> 1 carries 0.25 * 0.9, 0 -> 0 carries 0.6 * 0.1; the rest is node 1's.
    torch.testing.assert_close(weight, torch.tensor([[[0.285], [0.715]]]))


def test_weights_sum_to_what_the_readout_sums_to(layer: GraphAttention, nodes: Tensor) -> None:
    attended = layer(nodes, GRID, GridGraph(8))
    readout = torch.rand(2, 12, generator=torch.Generator().manual_seed(3))
    total = source_weight(attended, readout).sum(1)
    torch.testing.assert_close(total, readout.sum(1, keepdim=True).expand(-1, 3))


def test_cells_are_read_row_by_row() -> None:
    feature_map = torch.arange(12.0).view(1, 2, 2, 3)
    assert cells(feature_map)[0].tolist() == [[0, 6], [1, 7], [2, 8], [3, 9], [4, 10], [5, 11]]
