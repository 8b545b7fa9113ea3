from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import Tensor
from torchmetrics.functional.segmentation import dice_score

from resgat.errors import ShapeError
from resgat.explain.metrics.localisation import (
    area,
    pixel_ap,
    pixel_auroc,
    pointing_game,
    pool_masks,
    relevance_mass,
    relevance_rank,
    shuffled_auroc,
    weighted_auroc,
)

Metric = Callable[[Tensor, Tensor], Tensor]
METRICS: list[Metric] = [pointing_game, relevance_mass, relevance_rank, pixel_auroc, pixel_ap]

MASK = torch.zeros(1, 4, 4, dtype=torch.bool)
MASK[0, 1:3, 1:3] = True  # 4 of 16 pixels
HEAT = torch.zeros(1, 4, 4)
HEAT[0, 1, 1], HEAT[0, 1, 2], HEAT[0, 0, 0], HEAT[0, 3, 3] = 4.0, 1.0, 3.0, -9.0


def random_maps(seed: int, batch: int = 3, levels: int = 1000) -> tuple[Tensor, Tensor]:
    """Maps, with ties where there are few levels, and masks that are neither empty nor full."""
    generator = torch.Generator().manual_seed(seed)
    heat = torch.randint(levels, (batch, 6, 6), generator=generator).float()
    mask = torch.rand(batch, 6, 6, generator=generator) < 0.3
    mask[:, 0, 0], mask[:, 0, 1] = True, False
    return heat, mask


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (pointing_game, 1.0),
        (relevance_mass, 5 / 8),
        # Above the limit of 0 lie 2 altered pixels of 3; 2 of the 12 zeros are altered.
        (relevance_rank, (2 + 1 * 2 / 12) / 4),
        # 4 beats all 12; 1 all but one; each 0 beats one and ties with 10.
        (pixel_auroc, (12 + 11 + 2 * (1 + 10 / 2)) / 48),
        # Precision 1 at a quarter, 2/3 at a half, 4/15 at all.
        (pixel_ap, (1 + 2 / 3 + 2 * 4 / 15) / 4),
    ],
)
def test_a_map_by_hand(metric: Metric, expected: float) -> None:
    assert metric(HEAT, MASK).tolist() == pytest.approx([expected])


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("value", [0.0, 0.7, -2.0])
def test_a_map_that_says_nothing_is_at_chance_exactly(metric: Metric, value: float) -> None:
    chance = 0.5 if metric is pixel_auroc else float(area(MASK))
    assert metric(torch.full_like(HEAT, value), MASK).tolist() == pytest.approx([chance], abs=1e-12)


@pytest.mark.parametrize("metric", METRICS)
def test_the_truth_is_best_and_its_opposite_worst(metric: Metric) -> None:
    truth = MASK.float()
    assert metric(truth, MASK).item() == pytest.approx(1.0)
    inverted = metric(1 - truth, MASK).item()
    if metric is pixel_ap:  # every altered pixel comes after all others
        assert inverted == pytest.approx(4 / 16)
    else:
        assert inverted == 0.0


@pytest.mark.parametrize("metric", METRICS)
def test_an_empty_mask_is_no_hit(metric: Metric) -> None:
    found = metric(HEAT.repeat(2, 1, 1), torch.cat((MASK, torch.zeros_like(MASK))))
    assert found[0].isfinite()
    assert found[1].isnan()


def test_a_mask_over_everything_leaves_nothing_to_compare_with() -> None:
    full = torch.ones_like(MASK)
    assert pixel_auroc(HEAT, full).isnan().all()
    assert pointing_game(HEAT, full).tolist() == [1.0]


@pytest.mark.parametrize("metric", METRICS)
def test_a_batch_is_scored_one_image_at_a_time(metric: Metric) -> None:
    heat, mask = random_maps(0, batch=5, levels=6)
    alone = torch.cat([metric(heat[i : i + 1], mask[i : i + 1]) for i in range(5)])
    torch.testing.assert_close(metric(heat, mask), alone)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), levels=st.sampled_from([2, 5, 1000]))
def test_rankings_agree_with_scikit_learn(seed: int, levels: int) -> None:
    heat, mask = random_maps(seed, levels=levels)
    pairs = list(zip(mask.flatten(1).numpy(), heat.flatten(1).numpy(), strict=True))
    aucs = [roc_auc_score(*pair) for pair in pairs]
    aps = [average_precision_score(*pair) for pair in pairs]
    np.testing.assert_allclose(pixel_auroc(heat, mask).numpy(), aucs, atol=1e-9)
    np.testing.assert_allclose(pixel_ap(heat, mask).numpy(), aps, atol=1e-9)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_the_order_alone_decides_the_rank_metrics(seed: int) -> None:
    heat, mask = random_maps(seed)
    for metric in (pointing_game, relevance_rank, pixel_auroc, pixel_ap):
        torch.testing.assert_close(metric((heat / 500).exp(), mask), metric(heat, mask))


def test_the_relevance_rank_is_dice_at_the_masks_area() -> None:
    generator = torch.Generator().manual_seed(3)
    heat = torch.randperm(36, generator=generator).float().view(1, 6, 6)  # no ties
    mask = torch.zeros(1, 6, 6, dtype=torch.bool)
    mask[0, 1:4, 2:6] = True
    top = torch.zeros(36)
    top[heat.flatten().topk(12).indices] = 1
    expected = dice_score(top.view(1, 1, 6, 6).long(), mask[None].long(), num_classes=1)
    torch.testing.assert_close(relevance_rank(heat, mask), expected.double().flatten())


def test_a_centre_prior_is_at_chance_once_the_others_masks_are_the_negatives() -> None:
    """Two masks, one left and one right of the middle: the prior favours neither."""
    masks = torch.zeros(2, 5, 5, dtype=torch.bool)
    masks[0, 2, 1], masks[1, 2, 3] = True, True
    x = torch.arange(5.0) - 2
    prior = (-(x[:, None] ** 2) - x**2).repeat(2, 1, 1)
    assert (pixel_auroc(prior, masks) > 0.8).all()
    assert shuffled_auroc(prior, masks, ["a", "b"]).tolist() == [0.5, 0.5]
    assert shuffled_auroc(masks.float(), masks, ["a", "b"]).tolist() == [1.0, 1.0]


def test_a_large_mask_at_the_rim_pays_a_centre_prior_no_more_than_a_small_one() -> None:
    """Four masks of 1 to 40 pixels that do not overlap: the mean is chance, whatever their sizes.

    Were every pixel a negative, the largest mask, which is farthest out, would be most of them.
    """
    masks = torch.zeros(4, 20, 20, dtype=torch.bool)
    masks[0, 10, 10] = masks[1, 7:9, 10:12] = masks[2, 3:5, 4:14] = masks[3, :2] = True
    axis = torch.arange(20.0) - 10
    prior = (-(axis[:, None] ** 2) - axis**2).repeat(4, 1, 1)
    found = shuffled_auroc(prior, masks, list("abcd"))
    assert found.mean().item() == pytest.approx(0.5, abs=1e-12)
    assert found[0] == 1
    assert found[3] < 0.05


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_the_same_map_for_every_face_is_at_chance_if_masks_do_not_overlap(seed: int) -> None:
    rng = np.random.default_rng(seed)
    owner = torch.from_numpy(rng.integers(0, 6, (8, 8)))
    owner[0, :5] = torch.arange(5)  # each has a pixel; what is left to owner 5 is nobody's
    masks = torch.stack([owner == own for own in range(5)])
    heat = torch.from_numpy(rng.integers(0, 9, (8, 8))).double().expand(5, -1, -1)
    found = shuffled_auroc(heat, masks, list(range(5)))
    assert found.mean().item() == pytest.approx(0.5, abs=1e-9)


def test_images_are_compared_within_their_kind() -> None:
    generator = torch.Generator().manual_seed(0)
    heat = torch.rand(6, 6, 6, generator=generator)
    masks = torch.rand(6, 6, 6, generator=generator) > 0.7
    groups, kinds = list("aabbcc"), ["A", "F"] * 3
    found = shuffled_auroc(heat, masks, groups, kinds)
    for kind in (0, 1):
        alone = shuffled_auroc(heat[kind::2], masks[kind::2], groups[kind::2])
        torch.testing.assert_close(found[kind::2], alone)
    pool = pool_masks([(masks, groups, kinds)])
    torch.testing.assert_close(shuffled_auroc(heat, masks, groups, kinds, pool), found)
    assert shuffled_auroc(heat, masks & False, groups, ["E"] * 6, pool).isnan().all()
    with pytest.raises(ShapeError, match="kinds: the pool has no face of kind 'E'"):
        shuffled_auroc(heat, masks, groups, ["E"] * 6, pool)


def test_images_of_ones_own_group_are_no_others() -> None:
    masks = torch.zeros(3, 2, 2, dtype=torch.bool)
    masks[0, 0, 0], masks[1, 0, 1], masks[2, 1, 1] = True, True, True
    heat = torch.tensor([[2.0, 3.0], [0.0, 1.0]]).repeat(3, 1, 1)
    assert shuffled_auroc(heat, masks, ["a", "a", "b"])[0].item() == 1.0  # only pixel (1, 1)
    assert shuffled_auroc(heat, masks, ["a", "b", "c"])[0].item() == 0.5
    assert shuffled_auroc(heat, masks, ["a", "a", "a"]).isnan().all()


def test_fewer_faces_are_asked_the_same_question() -> None:
    """A dear method is asked about some faces, and compared with the masks of all."""
    generator = torch.Generator().manual_seed(0)
    heat = torch.rand(9, 6, 6, generator=generator)
    masks = torch.rand(9, 6, 6, generator=generator) > 0.7
    groups = list("aabbccdde")
    one = [0] * 9
    pool = pool_masks([(masks[:4], groups[:4], one[:4]), (masks[4:], groups[4:], one[4:])])
    assert pool is not None
    shares = masks.double() / masks.double().sum((1, 2), keepdim=True)
    torch.testing.assert_close(pool.total[0], shares.sum(0))
    torch.testing.assert_close(pool.own[0, "b"], shares[2:4].sum(0))
    whole = shuffled_auroc(heat, masks, groups)
    some = [0, 3, 8]
    few = shuffled_auroc(heat[some], masks[some], [groups[at] for at in some], pool=pool)
    torch.testing.assert_close(few, whole[some])
    alone = shuffled_auroc(heat[some], masks[some], [groups[at] for at in some])
    assert not torch.allclose(alone, few)
    assert pool_masks([]) is None


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_weights_count_as_repetitions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    positive, negative = (torch.from_numpy(rng.integers(0, 6, n)).double() for n in (7, 9))
    weight = torch.from_numpy(rng.integers(0, 4, 9))
    if not weight.sum():
        assert weighted_auroc(positive, negative, weight).isnan()
        return
    repeated = negative.repeat_interleave(weight)
    labels = [1] * 7 + [0] * len(repeated)
    expected = roc_auc_score(labels, torch.cat((positive, repeated)).numpy())
    assert weighted_auroc(positive, negative, weight).item() == pytest.approx(expected)


def test_shapes_that_do_not_fit_are_refused() -> None:
    for metric in METRICS:
        with pytest.raises(ShapeError, match=r"mask: expected \(1, 4, 4\) as the heat, got"):
            metric(HEAT, MASK[:, :2])
        with pytest.raises(ShapeError, match=r"heat: expected shape \(B, H, W\)"):
            metric(HEAT[0], MASK[0])
    with pytest.raises(ShapeError, match="groups: expected one per image, 1 in all, got 2"):
        shuffled_auroc(HEAT, MASK, ["a", "b"])
