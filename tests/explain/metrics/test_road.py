import pytest
import torch
from torch import Tensor

from resgat.errors import ConfigError, ShapeError
from resgat.explain.faces import Faces
from resgat.explain.metrics.imputation import imputed
from resgat.explain.metrics.road import SHARES, road
from resgat.explain.probe import Passes
from tests.explain.methods.toys import Convnet, Linear, faces, probe

SIDE = 16


@pytest.fixture
def corner() -> Tensor:
    """A bright corner that is all the network looks at."""
    mask = torch.zeros(SIDE, SIDE)
    mask[:5, :5] = 1
    return mask


@pytest.fixture
def batch(corner: Tensor) -> Faces:
    made = faces(3, SIDE)
    return made._replace(pixels=0.3 * made.pixels + 0.6 * corner)


def test_the_truth_is_best_and_its_opposite_as_bad(batch: Faces, corner: Tensor) -> None:
    # Without ties, the order of the opposite is the reverse.
    heat = 10 * corner + torch.rand(3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    with probe(Linear(corner / 10)).open() as opened:
        right, wrong = road(opened, batch, heat), road(opened, batch, -heat)
        nothing = road(opened, batch, torch.zeros(3, SIDE, SIDE))
    assert (right > 0.05).all()
    torch.testing.assert_close(wrong, -right)
    assert (nothing.abs() < right).all()


def test_maps_that_know_nothing_are_at_zero_on_average(corner: Tensor) -> None:
    batch = faces(300, 8)
    heat = torch.rand(300, 8, 8, generator=torch.Generator().manual_seed(1))
    with probe(Linear(corner[:8, :8] / 10)).open() as opened:
        scores = road(opened, batch, heat, shares=(0.5,))
    assert scores.std() > 0.002
    assert abs(scores.mean().item()) < 3 * scores.std().item() / 300**0.5


def test_one_share_by_hand() -> None:
    """A white pixel that counts, on black: it is taken or not, and imputed as black."""
    weight = torch.zeros(4, 4)
    weight[0, 0] = 1
    made = faces(1, 4)
    black = made._replace(pixels=weight.expand(1, 3, 4, 4).clone())
    with probe(Linear(weight)).open() as opened:
        found = road(opened, black, weight[None], shares=(1 / 16,))
        hidden = weight[None].bool()
        without = opened.prob(imputed(black.pixels, hidden, black.seed))
    torch.testing.assert_close(found, (torch.tensor([2.0]).sigmoid() - without) / 2)
    assert without.item() == pytest.approx(torch.tensor(-1.0).sigmoid().item(), abs=0.01)


def test_a_face_alone_scores_as_in_a_batch_at_two_passes_a_share() -> None:
    batch = faces(3, SIDE)
    heat = torch.randint(3, (3, SIDE, SIDE), generator=torch.Generator().manual_seed(2)).float()
    one = Faces(batch.pixels[1:2], batch.regions[1:2], batch.seed[1:2])
    with probe(Convnet()).open() as opened:
        together = road(opened, batch, heat)
        assert opened.passes == Passes(forward=3 * 2 * len(SHARES))
        torch.testing.assert_close(road(opened, one, heat[1:2]), together[1:2])
    assert together.abs().max() <= 0.5


def test_what_does_not_fit_is_refused(batch: Faces, corner: Tensor) -> None:
    with probe(Linear(corner)).open() as opened:
        with pytest.raises(ShapeError, match=r"heat: expected shape \(3, 16, 16\)"):
            road(opened, batch, torch.zeros(3, 4, 4))
        with pytest.raises(ConfigError, match=r"shares: expected a number in \[0, 1\], got 1.2"):
            road(opened, batch, torch.zeros(3, SIDE, SIDE), shares=(0.5, 1.2))
        with pytest.raises(ConfigError, match="an image is hidden whole; hide less of it"):
            road(opened, batch, torch.zeros(3, SIDE, SIDE), shares=(1.0,))
