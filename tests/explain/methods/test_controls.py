from typing import Any

import pytest
import torch
from scipy.ndimage import convolve
from torch import Tensor

from resgat.errors import ConfigError
from resgat.explain.attention import degree_null
from resgat.explain.controls import center_map
from resgat.explain.explanation import explain
from resgat.explain.methods import controls
from resgat.explain.probe import Known, Passes
from resgat.graph.grid import GridGraph
from resgat.models.mean_head import MeanHead
from resgat.models.resgat import ResGAT
from resgat.models.trunk import ResNetTrunk
from tests.explain.methods.toys import Linear, faces, probe

NET = Linear(torch.ones(28, 28))
GIVEN = faces(3, 28)


def heat(method: Any, given: Any = GIVEN, known: Known = Known()) -> Tensor:  # noqa: B008
    with probe(NET, known=known).open() as opened:
        found = method.attribute(opened, given)
        assert opened.passes == Passes()
    assert (found.native, found.kind) == ("pixel", "density")
    values: Tensor = found.values
    assert values.shape == (3, 28, 28)
    return values


@pytest.mark.parametrize("method", [controls.RandomMap(), controls.SmoothRandomMap()])
def test_noise_follows_the_faces_seed_and_nothing_else(method: Any) -> None:
    first = heat(method)
    torch.manual_seed(99)
    other = GIVEN._replace(pixels=1 - GIVEN.pixels, seed=GIVEN.seed.flip(0))
    torch.testing.assert_close(heat(method, other).flip(0), first, rtol=0, atol=0)
    assert not torch.equal(first[0], first[1])


def roughness(maps: Tensor) -> float:
    return float(maps.diff(dim=2).std() / maps.std())


def test_smooth_noise_is_smoother() -> None:
    rough, smooth = heat(controls.RandomMap()), heat(controls.SmoothRandomMap())
    assert roughness(smooth) < 0.5 * roughness(rough)


def test_the_centre_is_highest_and_the_same_for_all() -> None:
    found = heat(controls.CenterMap())
    torch.testing.assert_close(found[2].flatten(), center_map((28, 28)))
    assert int(found[0].argmax()) in {row * 28 + col for row in (13, 14) for col in (13, 14)}


def test_the_uniform_map_is_degenerate_and_so_chance() -> None:
    assert (heat(controls.UniformMap()) == 1).all()
    with probe(NET).open() as opened:
        assert explain(controls.UniformMap(), opened, GIVEN, (4, 4)).is_degenerate.all()


def test_the_face_prior_is_the_mean_training_mask_at_the_faces_size() -> None:
    prior = torch.rand(28, 28, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(heat(controls.FacePrior(), known=Known(None, prior))[1], prior)
    halves = torch.tensor([[0.0, 1.0]]).expand(14, 2)
    enlarged = heat(controls.FacePrior(), known=Known(None, halves))[0]
    assert enlarged[:, 0].max() == 0
    assert enlarged[:, -1].min() == 1


def test_noise_residuals_agree_with_scipy_and_find_the_noisy_half() -> None:
    pixels = torch.full((3, 3, 28, 28), 0.5)
    pixels[..., 14:] += 0.1 * torch.randn(3, 3, 28, 14, generator=torch.Generator().manual_seed(0))
    found = heat(controls.SrmEnergy(), GIVEN._replace(pixels=pixels))
    assert found[:, :, :12].max() < 1e-10  # the flat half
    assert found[:, :, 16:].min() > 1e-6
    kernel = [[-0.25, 0.5, -0.25], [0.5, -1.0, 0.5], [-0.25, 0.5, -0.25]]
    residual = convolve(pixels[0].mean(0).double().numpy(), kernel, mode="mirror")
    # A sixteenth of 28 px is one pixel: smoothed over no neighbours.
    expected = torch.from_numpy(residual**2).float()
    torch.testing.assert_close(found[0, 5, 20], smoothed(expected)[5, 20], atol=1e-7, rtol=1e-4)


def smoothed(energy: Tensor) -> Tensor:
    return torch.nn.functional.avg_pool2d(energy[None, None], 3, 1, 1)[0, 0]


@pytest.mark.parametrize("neighbours", [4, 8])
def test_the_degree_null_is_the_models_own(neighbours: int) -> None:
    torch.manual_seed(0)
    trunk, graph = ResNetTrunk("resnet18", last="layer2"), GridGraph(neighbours)
    net = ResGAT(trunk, graph, lambda sizes: MeanHead(sizes, level="layer2", dim=4, heads=2))
    with probe(net).open() as opened:
        found = controls.DegreeNull().attribute(opened, faces(2, 32))
    loops = torch.arange(16).expand(2, -1)
    expected = degree_null(torch.cat([graph(1, 4, 4), loops], dim=1), 16)
    torch.testing.assert_close(found.values, expected.expand(2, -1))


def test_the_oracle_is_the_altered_share_of_each_node() -> None:
    mask = torch.zeros(2, 2, 2, dtype=torch.bool)
    mask[0, 0, 1] = True
    with probe(Linear(torch.ones(2, 2))).open() as opened:
        found = controls.OracleNode().attribute(opened, faces(2, 2)._replace(mask=mask))
    assert found.values.tolist() == [[0, 1, 0, 0], [0, 0, 0, 0]]
    assert found.native == "node"


def test_what_a_control_lacks_is_named() -> None:
    with probe(NET).open() as opened:
        with pytest.raises(ConfigError, match=r"face_prior needs the training set.s masks"):
            controls.FacePrior().attribute(opened, GIVEN)
        with pytest.raises(ConfigError, match="oracle_node needs the true masks"):
            controls.OracleNode().attribute(opened, GIVEN)
        with pytest.raises(ConfigError, match="attention: this model has no graph layer"):
            controls.DegreeNull().attribute(opened, GIVEN)
