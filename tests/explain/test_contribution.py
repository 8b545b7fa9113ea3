from collections.abc import Callable
from typing import Any

import pytest
import torch

from resgat.errors import ConfigError, ShapeError
from resgat.explain.contribution import completeness_residual, contrast

MakeEvidence = Callable[..., Any]


def test_contrast_by_hand_leaves_its_inputs_alone() -> None:
    contribution = torch.tensor([[1.0, -2.0], [0.5, 0.0]])
    reference = torch.tensor([0.5, -1.0])
    before = contribution.clone()
    out = contrast(contribution, reference)
    torch.testing.assert_close(out, torch.tensor([[0.5, -1.0], [0.0, 1.0]]))
    torch.testing.assert_close(contribution, before)


def test_contrast_of_the_reference_itself_is_zero() -> None:
    reference = torch.randn(9)
    assert torch.equal(contrast(reference.expand(3, -1), reference), torch.zeros(3, 9))


def test_contrast_is_float32() -> None:
    assert contrast(torch.ones(1, 4).bfloat16(), torch.zeros(4)).dtype == torch.float32


def test_a_reference_of_another_grid_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"reference: expected shape \(4,\).*checkpoint"):
        contrast(torch.zeros(2, 4), torch.zeros(9))


def test_contribution_without_a_batch_is_refused() -> None:
    with pytest.raises(ShapeError, match="contribution: expected shape"):
        contrast(torch.zeros(4), torch.zeros(4))


def test_an_additive_head_leaves_no_residual(make_evidence: MakeEvidence) -> None:
    assert completeness_residual(make_evidence()).max() < 1e-5


def test_residual_by_hand(make_evidence: MakeEvidence) -> None:
    evidence = make_evidence(
        logit=torch.tensor([3.0, 1.0]),
        constant=torch.tensor([1.0, 1.0]),
        contribution=torch.tensor([[1.0, 0.5], [0.0, 0.002]]),
    )
    # 1.5 of 2 explained; and 0.002 where there is nothing to explain, over eps.
    torch.testing.assert_close(completeness_residual(evidence), torch.tensor([0.25, 2.0]))
    torch.testing.assert_close(completeness_residual(evidence, eps=0.1)[1], torch.tensor(0.02))


def test_a_head_that_is_not_additive_is_refused(make_evidence: MakeEvidence) -> None:
    with pytest.raises(ConfigError, match=r"not additive.*choose an additive head"):
        completeness_residual(make_evidence(contribution=None))
