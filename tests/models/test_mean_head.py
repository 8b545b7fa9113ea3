"""The published head: its signed split is exact, and its settings are checked."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from resgat.errors import ConfigError
from resgat.graph.grid import GridGraph
from resgat.models.mean_head import MeanHead

Maps = dict[str, Tensor]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_logit_is_the_classified_mean_of_the_graph_layers_output(
    version: str, channels: dict[str, int], maps: Maps
) -> None:
    head = MeanHead(channels, version=version, level="layer3", dim=4, heads=2).eval()
    nodes = maps["layer3"].flatten(2).transpose(1, 2)
    attended = head.attention(nodes, (2, 3), GridGraph(4))
    expected = head.fc(attended.features.mean(1))[:, 0]
    torch.testing.assert_close(head(maps, GridGraph(4)).logit, expected)


def test_a_node_alone_contributes_all_but_the_biases(channels: dict[str, int]) -> None:
    """One node attends to itself alone: logit = fc(W x + b) whatever the attention."""
    head = MeanHead(channels, level="layer2", dim=4, heads=2)
    torch.nn.init.normal_(head.attention.conv.bias)
    torch.nn.init.normal_(head.attention.conv.lin_l.bias)
    cell = torch.randn(1, 6, 1, 1, generator=torch.Generator().manual_seed(0))
    evidence = head({"layer2": cell}, GridGraph(8))
    by_hand = (cell.flatten(1) @ head.attention.conv.lin_l.weight.T) @ head.fc.weight[0]
    torch.testing.assert_close(evidence.contribution[:, 0], by_hand)
    zero = head({"layer2": torch.zeros(1, 6, 1, 1)}, GridGraph(8))
    torch.testing.assert_close(zero.logit, zero.constant)
    torch.testing.assert_close(zero.constant, evidence.constant)


def test_contributions_are_signed(channels: dict[str, int], maps: Maps) -> None:
    torch.manual_seed(0)
    contribution = MeanHead(channels, level="layer2")(maps, GridGraph(8)).contribution
    assert contribution.min() < 0 < contribution.max()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"level": "layer4"}, "level: expected one of layer2, layer3; got 'layer4'"),
        ({"heads": 0}, r"heads: expected a number in \[1, inf\], got 0"),
        ({"dim": 0}, r"dim: expected a number in \[1, inf\], got 0"),
        ({"version": "gat"}, "version: expected one of v1, v2; got 'gat'"),
    ],
)
def test_impossible_settings_are_refused(
    settings: dict[str, object], message: str, channels: dict[str, int]
) -> None:
    make: Callable[..., MeanHead] = MeanHead
    with pytest.raises(ConfigError, match=message):
        make(channels, **{"level": "layer2", **settings})
