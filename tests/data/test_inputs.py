from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.inputs import Inputs, inputs_of, source_bytes
from resgat.data.videos import VideoRecord

sizes = st.integers(0, 3)
inputs = st.builds(Inputs, sizes, sizes, sizes, sizes)


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    path = tmp_path / "mask.mp4"
    path.write_bytes(bytes(3))
    return path


def test_sizes_are_those_of_the_files(
    make_record: Callable[..., VideoRecord], tmp_path: Path, mask: Path
) -> None:
    (tmp_path / "a.mp4").write_bytes(bytes(7))
    fake = make_record("a_x", "a", path=tmp_path / "a.mp4", mask_path=mask)
    assert inputs_of(fake, None) == Inputs(source=7, mask=3)
    mask.unlink()
    fake.path.unlink()
    assert inputs_of(fake, None) == Inputs()


def test_a_choice_mask_is_an_originals_alone(
    make_record: Callable[..., VideoRecord], mask: Path
) -> None:
    assert inputs_of(make_record("a"), mask) == Inputs(mask=3)
    assert inputs_of(make_record("a_x", "a"), mask) == Inputs()


def test_the_size_of_stills_is_that_of_all_images(
    make_record: Callable[..., VideoRecord], tmp_path: Path
) -> None:
    paths = [tmp_path / f"{idx}.png" for idx in range(3)]
    for path in paths[:2]:
        path.write_bytes(bytes(5))
    assert source_bytes(make_record("a", path=tmp_path, frames=tuple(paths))) == 10


def test_a_guided_fake_depends_on_its_original_and_the_mask_that_chose_there() -> None:
    assert Inputs(7, 3).guided_by(Inputs(5, 4)) == Inputs(7, 3, 5, 4)


@given(inputs, inputs)
def test_what_came_or_was_replaced_outdates_and_what_was_put_away_does_not(
    now: Inputs, noted: Inputs
) -> None:
    assert not now.outdate(now)
    assert not Inputs().outdate(noted)
    expected = [a and a != b for a, b in zip(now, noted, strict=True)]
    assert now.outdate(noted) == any(expected)
