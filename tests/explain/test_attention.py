from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from resgat.errors import ConfigError, ShapeError
from resgat.explain.attention import attention_corrected, attention_received, degree_null
from resgat.types import Evidence

GridEdges = Callable[[int, int], Tensor]
MakeEvidence = Callable[..., Any]


def test_degree_null_of_the_published_grid(grid_edges: GridEdges) -> None:
    null = degree_null(grid_edges(7, 7), 49).view(7, 7)
    # A cell receives 1/3 from a corner, 1/4 from an edge cell and 1/5 from an inner cell.
    corner, edge, inner = Fraction(1, 3), Fraction(1, 4), Fraction(1, 5)
    expected = {
        (0, 0): corner + 2 * edge,  # 5/6
        (0, 1): edge + corner + edge + inner,  # 31/30
        (0, 3): 3 * edge + inner,  # 19/20
        (1, 1): inner + 2 * edge + 2 * inner,  # 11/10
        (1, 3): 4 * inner + edge,  # 21/20
        (3, 3): 5 * inner,  # 1
    }
    for place, value in expected.items():
        assert null[place].item() == pytest.approx(float(value), abs=1e-6)
    assert null.max().item() == pytest.approx(1.1, abs=1e-6)
    torch.testing.assert_close(null, null.flip(0))
    torch.testing.assert_close(null, null.T)


def test_received_by_hand(make_evidence: MakeEvidence) -> None:
    # Node 0 gets 0.25 from itself and 0.6 from node 1; two heads differ and are averaged.
    attention = torch.tensor([[[0.2, 0.3], [0.5, 0.7], [0.8, 0.7], [0.5, 0.3]]])
    evidence = make_evidence(
        grid=(1, 2),
        nodes=torch.zeros(1, 2, 4),
        edge_index=torch.tensor([[0, 0, 1, 1], [0, 1, 0, 1]]),
        attention=attention,
    )
    torch.testing.assert_close(attention_received(evidence), torch.tensor([[0.85, 1.15]]))
    torch.testing.assert_close(attention_corrected(evidence), torch.tensor([[-0.15, 0.15]]))


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 4))
def test_uniform_attention_is_the_null_and_corrects_to_zero(
    make_evidence: MakeEvidence,
    grid_edges: GridEdges,
    height: int,
    width: int,
    heads: int,
) -> None:
    edges = grid_edges(height, width)
    degree = torch.bincount(edges[1])
    uniform = (1 / degree[edges[1]].float())[None, :, None].expand(2, -1, heads)
    evidence = make_evidence(grid=(height, width), attention=uniform)
    null = degree_null(edges, height * width)
    torch.testing.assert_close(attention_received(evidence), null.expand(2, -1))
    assert attention_corrected(evidence).abs().max() < 1e-6


def test_received_has_mean_one_and_ignores_edge_order(
    make_evidence: MakeEvidence,
) -> None:
    evidence = make_evidence()
    received = attention_received(evidence)
    torch.testing.assert_close(received.mean(dim=1), torch.ones(2))
    order = torch.randperm(evidence.edge_index.shape[1])
    shuffled = evidence._replace(
        edge_index=evidence.edge_index[:, order], attention=evidence.attention[:, order]
    )
    torch.testing.assert_close(attention_received(shuffled), received)
    torch.testing.assert_close(attention_corrected(shuffled), attention_corrected(evidence))


def test_received_agrees_with_a_dense_matrix(make_evidence: MakeEvidence) -> None:
    evidence = make_evidence(grid=(3, 4))
    dense = torch.zeros(2, 12, 12)
    source, target = evidence.edge_index
    dense[:, target, source] = evidence.attention.mean(dim=2)
    torch.testing.assert_close(attention_received(evidence), dense.sum(dim=1))


def test_a_node_that_no_edge_leaves_is_zero(make_evidence: MakeEvidence) -> None:
    evidence = make_evidence(
        grid=(1, 2),
        nodes=torch.zeros(1, 2, 4),
        edge_index=torch.tensor([[0, 0], [0, 1]]),
        attention=torch.ones(1, 2, 1),
    )
    torch.testing.assert_close(attention_corrected(evidence), torch.zeros(1, 2))


def test_bfloat16_attention_gives_float32(make_evidence: MakeEvidence) -> None:
    evidence = make_evidence()
    half = evidence._replace(attention=evidence.attention.bfloat16())
    assert attention_corrected(half).dtype == torch.float32


@pytest.mark.parametrize("function", [attention_received, attention_corrected])
@pytest.mark.parametrize("field", ["attention", "edge_index"])
def test_a_model_without_a_graph_is_refused(
    make_evidence: MakeEvidence, function: Callable[[Evidence], Tensor], field: str
) -> None:
    with pytest.raises(ConfigError, match=r"no graph layer.*model=resgatv2"):
        function(make_evidence(**{field: None}))


def test_attention_that_misses_an_edge_is_refused(make_evidence: MakeEvidence) -> None:
    evidence = make_evidence()
    with pytest.raises(ShapeError, match="attention: expected shape"):
        attention_received(evidence._replace(attention=evidence.attention[:, 1:]))


def test_edges_of_another_shape_are_refused() -> None:
    with pytest.raises(ShapeError, match="edge_index: expected shape"):
        degree_null(torch.zeros(3, 4, dtype=torch.long), 4)
