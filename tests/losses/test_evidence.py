import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, kl_divergence

from resgat.errors import ConfigError
from resgat.losses.evidence import Bottleneck, MaskShare, bernoulli_kl
from resgat.types import Evidence, FaceBatch


def evidence(contribution: Tensor | None, **more: Any) -> Evidence:
    size = 2 if contribution is None else len(contribution)
    empty = torch.zeros(size)
    return Evidence(empty, empty, torch.zeros(size, 4, 1), (2, 2), contribution, **more)


def batch(mask: Tensor | None) -> FaceBatch:
    size = 2 if mask is None else len(mask)
    rows = torch.arange(size)
    return FaceBatch(torch.zeros(size, 3, 4, 4), torch.ones(size), rows, rows, mask)


def corner(size: int = 1) -> Tensor:
    """The upper left of four cells of 2 x 2 pixels is altered."""
    mask = torch.zeros(size, 4, 4, dtype=torch.bool)
    mask[:, :2, :2] = True
    return mask


def test_the_share_on_altered_pixels_is_asked_for() -> None:
    contribution = torch.tensor([[3.0, 1.0, -5.0, 0.0]])  # what speaks for "real" has no share
    value = MaskShare(weight=2.0)(evidence(contribution), batch(corner()), 0.0)
    assert value.item() == pytest.approx(-2 * math.log(3 / 4))


def test_all_evidence_on_altered_pixels_costs_nothing_and_none_a_bounded_price() -> None:
    on, off = torch.tensor([[2.0, 0.0, 0.0, 0.0]]), torch.tensor([[0.0, 0.0, 0.0, 2.0]])
    assert MaskShare()(evidence(on), batch(corner()), 0.0).item() == 0
    price = MaskShare(1.0)(evidence(off), batch(corner()), 0.0)
    assert price.item() == pytest.approx(-math.log(1e-4))


def test_half_a_cell_counts_half() -> None:
    mask = torch.zeros(1, 4, 4, dtype=torch.bool)
    mask[0, :1, :2] = True
    value = MaskShare(1.0)(evidence(torch.tensor([[1.0, 0.0, 0.0, 0.0]])), batch(mask), 0.0)
    assert value.item() == pytest.approx(math.log(2))


def test_images_without_a_mask_do_not_count() -> None:
    contribution = torch.rand(3, 4, generator=torch.Generator().manual_seed(0))
    mask = corner(3)
    mask[1] = False
    term = MaskShare(1.0)
    alone = [term(evidence(contribution[i : i + 1]), batch(mask[i : i + 1]), 0.0) for i in (0, 2)]
    together = term(evidence(contribution), batch(mask), 0.0)
    torch.testing.assert_close(together, torch.stack(alone).mean())
    none = term(evidence(contribution[1:2]), batch(mask[1:2]), 0.0)
    assert none.item() == 0


def test_the_gradient_moves_evidence_onto_the_altered_pixels() -> None:
    contribution = torch.ones(1, 4, requires_grad=True)
    MaskShare()(evidence(contribution), batch(corner()), 0.0).backward()
    assert contribution.grad is not None
    assert contribution.grad[0, 0] < 0
    assert (contribution.grad[0, 1:] > 0).all()


def test_what_the_share_needs_is_named() -> None:
    with pytest.raises(ConfigError, match=r"mask_share .* got none; add data\.masks=true"):
        MaskShare()(evidence(torch.ones(2, 4)), batch(None), 0.0)
    with pytest.raises(ConfigError, match=r"mask_share: this model's head is not additive"):
        MaskShare()(evidence(None), batch(corner(2)), 0.0)


@pytest.mark.parametrize("prior", [0.2, 0.5, 0.9])
def test_the_divergence_is_torchs(prior: float) -> None:
    keep = torch.linspace(0.01, 0.99, 9)
    expected = kl_divergence(Bernoulli(keep), Bernoulli(torch.tensor(prior)))
    torch.testing.assert_close(bernoulli_kl(keep, prior), expected)


def test_certain_nodes_have_a_finite_divergence() -> None:
    found = bernoulli_kl(torch.tensor([0.0, 1.0]), 0.25)
    torch.testing.assert_close(found, torch.tensor([math.log(4 / 3), math.log(4)]))


@pytest.mark.parametrize(("progress", "prior"), [(0.0, 0.9), (0.25, 0.55), (0.5, 0.2), (1.0, 0.2)])
def test_the_prior_falls_in_the_first_half(progress: float, prior: float) -> None:
    keep = torch.tensor([[0.3, 0.6]])
    term = Bottleneck(weight=2.0, prior=0.2, start=0.9)
    value = term(evidence(torch.ones(1, 4), keep=keep), batch(None), progress)
    torch.testing.assert_close(value, 2 * bernoulli_kl(keep, prior).mean())


def test_a_model_without_a_bottleneck_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no bottleneck; choose model/head=additive_bottleneck"):
        Bottleneck()(evidence(torch.ones(2, 4)), batch(None), 0.0)


@pytest.mark.parametrize(
    ("kind", "settings", "named"),
    [
        (MaskShare, {"weight": -1}, "weight"),
        (Bottleneck, {"weight": -1}, "weight"),
        (Bottleneck, {"prior": 0}, "prior"),
        (Bottleneck, {"prior": 0.5, "start": 0.4}, "start"),
    ],
)
def test_settings_out_of_range_are_refused(kind: Any, settings: Any, named: str) -> None:
    with pytest.raises(ConfigError, match=rf"{named}: expected a number in"):
        kind(**settings)
