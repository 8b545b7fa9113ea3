"""A batch of faces: what may be unknown of them, and that each is drawn for by its own seed."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from resgat.errors import ConfigError
from resgat.explain.faces import Faces
from resgat.explain.methods.controls import OracleNode, RandomMap, SmoothRandomMap
from resgat.explain.metrics.faithfulness import repair_curve
from resgat.explain.regions import region_masks
from resgat.types import REGIONS
from tests.explain.methods import toys

SIDE = 16
SEEDS = st.lists(st.integers(0, 2**48 - 1), min_size=2, max_size=4, unique=True)


def faces(seeds: list[int]) -> Faces:
    return toys.faces(len(seeds), SIDE, seed=torch.tensor(seeds))


def drawn(method: RandomMap | SmoothRandomMap, batch: Faces) -> torch.Tensor:
    return method.attribute(toys.probe(toys.Convnet()), batch).values


def test_what_was_altered_and_what_it_was_before_may_be_unknown() -> None:
    batch = Faces(torch.rand(1, 3, SIDE, SIDE), region_masks(None, SIDE)[None], torch.tensor([3]))
    assert batch.mask is None
    assert batch.twin is None
    assert Faces._fields == ("pixels", "regions", "seed", "mask", "twin")


def test_who_needs_what_is_unknown_says_so() -> None:
    batch = toys.faces(2, SIDE)
    probe = toys.probe(toys.Convnet())
    with pytest.raises(
        ConfigError,
        match="oracle_node needs the true masks, and these faces have none; choose another",
    ):
        OracleNode().attribute(probe, batch)
    with pytest.raises(ConfigError, match="these faces have none"):
        repair_curve(probe, batch, torch.rand(2, SIDE, SIDE))


def test_regions_come_in_the_order_of_their_names_and_share_no_pixel() -> None:
    """In the typical face, eyes lie over cheeks, forehead over chin, left on the left."""
    masks = region_masks(None, 64)
    assert len(masks) == len(REGIONS)
    assert int(masks.sum(0).max()) == 1
    rows, cols = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    at = {
        name: (float(rows[mask].mean()), float(cols[mask].mean()))
        for name, mask in zip(REGIONS, masks, strict=True)
    }
    for part in ("eye", "cheek"):
        assert at[f"l_{part}"][1] < 32 < at[f"r_{part}"][1]
    heights = [at[name][0] for name in ("forehead", "l_eye", "nose", "mouth", "chin")]
    assert heights == sorted(heights)


@pytest.mark.parametrize("method", [RandomMap(), SmoothRandomMap()])
@given(seeds=SEEDS)
def test_a_draw_follows_from_a_face_s_seed_and_not_from_its_batch(
    method: RandomMap | SmoothRandomMap, seeds: list[int]
) -> None:
    together = drawn(method, faces(seeds))
    turned = drawn(method, faces(seeds[::-1]))
    torch.testing.assert_close(turned, together.flip(0), rtol=0, atol=0)
    for place, seed in enumerate(seeds):
        torch.testing.assert_close(drawn(method, faces([seed]))[0], together[place])
    assert len({str(one.tolist()) for one in together}) == len(seeds)
