import os
import random
import subprocess
import sys

import albumentations as A
import cv2
import numpy as np
import pytest
import torch
from albumentations.pytorch import ToTensorV2
from hypothesis import given, settings
from hypothesis import strategies as st

from resgat.data.transforms import (
    MEAN,
    NORMALISATIONS,
    STD,
    Augment,
    Normalise,
    _move,
    eval_transform,
    train_transform,
)
from resgat.errors import ConfigError

IMAGE = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)


def normalised(image: np.ndarray) -> torch.Tensor:
    values = (image / 255.0 - np.array(MEAN)) / np.array(STD)
    return torch.from_numpy(values.transpose(2, 0, 1)).float()


def test_evaluation_normalises_by_hand() -> None:
    image = np.full((16, 16, 3), (255, 0, 51), np.uint8)
    tensor = eval_transform(16)(image, 0)
    assert tensor.shape == (3, 16, 16)
    assert tensor.dtype == torch.float32
    expected = [(1 - 0.485) / 0.229, -0.456 / 0.224, (0.2 - 0.406) / 0.225]
    torch.testing.assert_close(tensor[:, 3, 7], torch.tensor(expected), rtol=0, atol=1e-5)


def test_evaluation_leaves_an_image_of_the_size_as_it_is() -> None:
    tensor = eval_transform(32)(IMAGE, 5)
    torch.testing.assert_close(tensor, normalised(IMAGE), rtol=0, atol=1e-5)


@pytest.mark.parametrize("normalise", ["imagenet", "none"])
def test_images_are_normalised_as_albumentations_does_bit_by_bit(normalise: Normalise) -> None:
    mean, std = NORMALISATIONS[normalise]
    augment = train_transform(32, normalise=normalise)
    theirs = A.Compose([*augment.pipeline.transforms, A.Normalize(mean, std), ToTensorV2()])
    for seed in range(50):
        theirs.set_random_state(np.random.default_rng(seed), random.Random(seed))
        expected = theirs(image=IMAGE)["image"]
        torch.testing.assert_close(augment(IMAGE, seed), expected, rtol=0, atol=0)


def test_an_image_that_may_not_be_written_to_is_read() -> None:
    image = IMAGE.copy()
    image.flags.writeable = False
    torch.testing.assert_close(eval_transform(32)(image, 0), eval_transform(32)(IMAGE, 0))


@pytest.mark.parametrize(("size_px", "how"), [(16, cv2.INTER_AREA), (48, cv2.INTER_LINEAR)])
def test_evaluation_resizes_without_aliasing(size_px: int, how: int) -> None:
    expected = normalised(cv2.resize(IMAGE, (size_px, size_px), interpolation=how))
    torch.testing.assert_close(eval_transform(size_px)(IMAGE, 0), expected, rtol=0, atol=1e-5)


def test_strength_zero_only_flips() -> None:
    results = [train_transform(32, strength=0)(IMAGE, seed) for seed in range(20)]
    plain, flipped = normalised(IMAGE), normalised(IMAGE[:, ::-1])
    kinds = [torch.allclose(result, plain, atol=1e-5) for result in results]
    assert 4 < sum(kinds) < 16
    for result, is_plain in zip(results, kinds, strict=True):
        torch.testing.assert_close(result, plain if is_plain else flipped, rtol=0, atol=1e-5)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**64 - 1), strength=st.sampled_from([0.1, 1.0, 1.5]))
def test_same_seed_gives_the_same_image(seed: int, strength: float) -> None:
    augment = train_transform(24, strength=strength)
    first = augment(IMAGE, seed)
    assert first.shape == (3, 24, 24)
    assert first.isfinite().all()
    for other in (seed + 1, 7):
        augment(IMAGE, other)
    random.seed(other)
    torch.testing.assert_close(augment(IMAGE, seed), first, rtol=0, atol=0)
    rebuilt = train_transform(24, strength=strength)
    torch.testing.assert_close(rebuilt(IMAGE, seed), first, rtol=0, atol=0)


def test_seeds_give_different_images() -> None:
    augment = train_transform(32)
    assert len({augment(IMAGE, seed).numpy().tobytes() for seed in range(30)}) > 20


def test_steps_are_drawn_independently() -> None:
    """One seed for every step would apply all steps of one probability together."""
    flips = [A.HorizontalFlip(p=0.5), A.VerticalFlip(p=0.5)]
    augment = Augment(A.Compose(flips))
    corner = np.zeros((2, 2, 3), np.uint8)
    corner[0, 0] = 1
    places = [int(augment(corner, seed)[0].argmax()) for seed in range(200)]
    assert np.bincount(places, minlength=4).min() > 25


def test_image_and_global_generators_are_left_alone() -> None:
    before = IMAGE.copy()
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    expected = (random.random(), np.random.rand(), torch.rand(1))
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    for seed in range(10):
        train_transform(32)(IMAGE, seed)
    assert (random.random(), np.random.rand(), torch.rand(1)) == expected
    np.testing.assert_array_equal(IMAGE, before)


def test_import_does_not_ask_the_network() -> None:
    """Albumentations' does, with a request to a package registry and a warning when it fails."""
    code = """
import urllib.request
def refuse(*_, **__): raise SystemExit("asked the network")
urllib.request.OpenerDirector.open = refuse
import resgat.data.transforms
"""
    environment = {k: v for k, v in os.environ.items() if k != "NO_ALBUMENTATIONS_UPDATE"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_refusals() -> None:
    with pytest.raises(ConfigError, match="size_px: expected a number in"):
        eval_transform(8)
    with pytest.raises(ConfigError, match=r"augment_strength: expected a number in \[0, 1.5\]"):
        train_transform(32, strength=2)


def test_without_normalisation_the_pixels_come_as_they_are() -> None:
    image = np.full((16, 16, 3), 51, np.uint8)
    assert torch.allclose(eval_transform(16, normalise="none")(image, 0), torch.tensor(0.2))


def test_an_unknown_normalisation_is_refused() -> None:
    with pytest.raises(ConfigError, match="normalise: expected one of imagenet, none; got 'half'"):
        eval_transform(16, normalise="half")  # type: ignore[arg-type]


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_mask_moves_with_its_image_and_changes_nothing_else(seed: int) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (48, 48, 3), np.uint8)
    mask = np.zeros((48, 48), np.bool_)
    mask[8:20, 30:44] = True
    augment = train_transform(32)
    tensor, moved = augment.with_mask(image, mask, seed)
    torch.testing.assert_close(tensor, augment(image, seed), rtol=0, atol=0)
    assert moved.shape == (32, 32)
    assert moved.dtype == torch.bool


def test_a_mask_stays_on_what_it_marks() -> None:
    """A white patch on black is found by its mask, wherever the flips and moves take it."""
    image = np.zeros((64, 64, 3), np.uint8)
    mask = np.zeros((64, 64), np.bool_)
    mask[10:26, 34:54] = True
    image[mask] = 255
    pipeline = A.Compose([A.Resize(64, 64), A.HorizontalFlip(p=0.5), _move(1.0)])
    augment = Augment(pipeline, "none")
    for seed in range(20):
        tensor, moved = augment.with_mask(image, mask, seed)
        bright = tensor[0] > 0.5
        assert (bright & moved).sum() / (bright | moved).sum() > 0.85
