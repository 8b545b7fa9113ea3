"""Evidence is collected without leaving a trace in the detector."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
import torch
from torch import nn

from resgat.graph.grid import GridGraph
from resgat.lit.evidence import collect_evidence, reference_contribution
from resgat.models.additive_head import AdditiveHead
from resgat.models.resgat import ResGAT
from resgat.models.trunk import ResNetTrunk
from resgat.types import Evidence, FaceBatch

CPU = torch.device("cpu")


@pytest.fixture
def net() -> ResGAT:
    torch.manual_seed(0)
    head = partial(AdditiveHead, level="layer1", pool=1, value_levels=("layer1",))
    return ResGAT(ResNetTrunk("resnet18", last="layer1"), GridGraph(8), head)


def state_of(net: nn.Module) -> tuple[list[bool], list[bool], list[bool], list[torch.Tensor]]:
    return (
        [module.training for module in net.modules()],
        [parameter.requires_grad for parameter in net.parameters()],
        [parameter.grad is None for parameter in net.parameters()],
        [value.clone() for value in net.state_dict().values()],
    )


def freeze_batchnorm(net: nn.Module) -> None:
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def freeze_stem(net: nn.Module) -> None:
    net.get_submodule("backbone.stem").requires_grad_(False)


@pytest.mark.parametrize(
    "prepare", [nn.Module.train, nn.Module.eval, freeze_batchnorm, freeze_stem]
)
def test_the_network_is_left_as_it_was(
    prepare: Callable[[nn.Module], object], net: ResGAT, batches: list[FaceBatch]
) -> None:
    prepare(net)
    before = state_of(net)
    list(collect_evidence(net, batches, CPU))
    after = state_of(net)
    assert after[:3] == before[:3]
    assert all(torch.equal(a, b) for a, b in zip(after[3], before[3], strict=True))


def test_it_is_left_so_by_an_error_and_by_a_reader_who_stops_halfway(
    net: ResGAT, batches: list[FaceBatch]
) -> None:
    broken = batches[0]._replace(image=torch.zeros(1, 1, 8, 8))
    with pytest.raises(ValueError, match="image: expected shape"):
        list(collect_evidence(net, [broken], CPU))
    assert all(module.training for module in net.modules())
    next(collect_evidence(net, batches, CPU))
    assert all(module.training for module in net.modules())
    assert torch.is_grad_enabled()


def test_evidence_comes_batch_by_batch_as_the_evaluated_network_gives_it(
    net: ResGAT, batches: list[FaceBatch]
) -> None:
    collected = list(collect_evidence(net, batches, CPU))
    net.eval()
    for (rows, evidence), batch in zip(collected, batches, strict=True):
        assert torch.equal(rows, batch.row)
        assert isinstance(evidence, Evidence)
        assert not evidence.logit.requires_grad
        assert evidence.grid == (2, 2)
        torch.testing.assert_close(evidence.logit, net(batch.image))


def test_evidence_is_collected_in_the_precision_that_is_asked_for(
    net: ResGAT, batches: list[FaceBatch]
) -> None:
    precision = partial(torch.autocast, "cpu", torch.bfloat16)
    rough, exact = (
        torch.cat([evidence.logit for _, evidence in collect_evidence(net, batches, CPU, *how)])
        for how in ([precision], [])
    )
    with torch.no_grad(), precision():
        net.eval()
        expected = torch.cat([net(batch.image) for batch in batches])
    assert torch.equal(rough, expected)
    assert not torch.equal(rough, exact)
    reference = reference_contribution(net, batches, CPU, precision)
    assert reference is not None
    exact_reference = reference_contribution(net, batches, CPU)
    assert exact_reference is not None
    assert not torch.equal(reference, exact_reference)


def test_a_reader_between_two_batches_keeps_his_own_precision(
    net: ResGAT, batches: list[FaceBatch]
) -> None:
    opened: list[bool] = []

    @contextmanager
    def precision() -> Iterator[None]:
        opened.append(True)
        yield
        opened.pop()

    for _ in collect_evidence(net, batches, CPU, precision):
        assert not opened


def test_the_reference_is_the_mean_over_all_faces(net: ResGAT, batches: list[FaceBatch]) -> None:
    uneven = [batches[0], FaceBatch(*(field[:1] for field in batches[1][:4]))]
    reference = reference_contribution(net, uneven, CPU)
    net.eval()
    images = torch.cat([batch.image for batch in uneven])
    expected = net(images, return_evidence=True).contribution
    assert reference is not None
    assert reference.shape == (4,)
    torch.testing.assert_close(reference, expected.mean(0).detach())


def test_a_model_without_contributions_has_no_reference(batches: list[FaceBatch]) -> None:
    class Silent(nn.Module):
        def forward(self, image: torch.Tensor, *, return_evidence: bool) -> Evidence:
            logit = image.mean((1, 2, 3))
            return Evidence(logit, logit, image.flatten(2), (8, 8))

    assert reference_contribution(Silent(), batches, CPU) is None
