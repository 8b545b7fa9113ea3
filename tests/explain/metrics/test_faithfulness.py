import pytest
import torch
from torch import Tensor

from resgat.errors import ConfigError
from resgat.explain.faces import Faces
from resgat.explain.fills import Fill
from resgat.explain.metrics.faithfulness import (
    comprehensiveness,
    deletion,
    deletion_curve,
    insertion,
    insertion_curve,
    repair_curve,
    sufficiency,
    transplant_curve,
)
from resgat.explain.probe import Probe
from tests.explain.methods.toys import Linear, faces, probe

SIDE = 16


@pytest.fixture
def planted() -> tuple[Probe, Faces, Tensor]:
    """Fakes that are brighter in a corner than their originals, and a network that adds it up."""
    batch = faces(3, SIDE)
    mask = torch.zeros(SIDE, SIDE)
    mask[:5, :5] = 1
    twin = batch.pixels * 0.5
    fake = twin + 0.4 * mask
    net = Linear(mask / 10)
    return probe(net), batch._replace(pixels=fake, twin=twin), mask.expand(3, -1, -1)


def test_the_truth_is_better_than_its_opposite(planted: tuple[Probe, Faces, Tensor]) -> None:
    opened, batch, truth = planted
    with opened.open():
        for curve, better in (
            (deletion_curve, "lower"),
            (insertion_curve, "higher"),
            (repair_curve, "lower"),
            (transplant_curve, "higher"),
        ):
            right, wrong = (deletion(curve(opened, batch, heat)) for heat in (truth, -truth))
            assert ((right < wrong) if better == "lower" else (right > wrong)).all(), curve
        fill: Fill = "mean"
        right, wrong = (comprehensiveness(opened, batch, h, fill) for h in (truth, -truth))
        assert (right > wrong).all()
        right, wrong = (sufficiency(opened, batch, h, fill) for h in (truth, -truth))
        assert (right < wrong).all()


def test_a_map_that_says_nothing_lies_between(planted: tuple[Probe, Faces, Tensor]) -> None:
    opened, batch, truth = planted
    with opened.open():
        right, nothing, wrong = (
            deletion(repair_curve(opened, batch, heat))
            for heat in (truth, torch.zeros_like(truth), -truth)
        )
    assert (right < nothing).all()
    assert (nothing < wrong).all()


def test_a_repaired_fake_is_its_original_in_the_end(planted: tuple[Probe, Faces, Tensor]) -> None:
    opened, batch, truth = planted
    with opened.open():
        assert batch.twin is not None
        fake, real = opened.prob(batch.pixels), opened.prob(batch.twin)
        repaired, transplanted = (
            curve(opened, batch, truth) for curve in (repair_curve, transplant_curve)
        )
    torch.testing.assert_close(repaired[:, [0, -1]], torch.stack((fake, real), 1))
    torch.testing.assert_close(transplanted[:, [0, -1]], torch.stack((real, fake), 1))
    # A tenth of the pixels holds the plant; its soft edge leaves some of it.
    assert ((fake - repaired[:, 4]) / (fake - real) > 0.5).all()


def test_the_areas_are_the_curves_means() -> None:
    line = torch.linspace(0, 1, 21)[None]
    assert deletion(line).item() == pytest.approx(0.5)
    assert insertion(torch.ones(1, 21)).item() == pytest.approx(1.0)


def test_comprehensiveness_by_hand() -> None:
    """A black face of one white row, which is all that counts; the fill is the twin, black."""
    weight = torch.zeros(10, 10)
    weight[0] = 1.0
    batch = faces(1, 10)
    pixels = torch.zeros(1, 3, 10, 10)
    pixels[:, :, 0] = 0.1
    batch = batch._replace(pixels=pixels, twin=torch.zeros_like(pixels))
    heat = torch.arange(100.0, 0.0, -1).view(1, 10, 10)
    whole = torch.tensor(3 * 10 * 0.1 - 1).sigmoid()
    # Of the row's ten pixels 1, 5, 10, 10 and 10 are taken.
    left = (3 * torch.tensor([9.0, 5.0, 0.0, 0.0, 0.0]) * 0.1 - 1).sigmoid().mean()
    only = (3 * torch.tensor([1.0, 5.0, 10.0, 10.0, 10.0]) * 0.1 - 1).sigmoid().mean()
    with probe(Linear(weight)).open() as opened:
        found = comprehensiveness(opened, batch, heat, "twin")
        alone = sufficiency(opened, batch, heat, "twin")
    torch.testing.assert_close(found, (whole - left)[None])
    torch.testing.assert_close(alone, (whole - only)[None])


def test_what_is_missing_is_named(planted: tuple[Probe, Faces, Tensor]) -> None:
    opened, batch, truth = planted
    bare = batch._replace(twin=None)
    for curve, name in ((repair_curve, "repair"), (transplant_curve, "transplant")):
        with pytest.raises(ConfigError, match=f"{name} exchanges pixels with the aligned original"):
            curve(opened, bare, truth)
    with pytest.raises(ConfigError, match="fill=inpaint paints from what is left"):
        deletion_curve(opened, batch, truth, "inpaint")
