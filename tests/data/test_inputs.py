from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.inputs import (
    Choice,
    Inputs,
    choice_of,
    has_newer,
    has_newer_choice,
    own_inputs,
    source_bytes,
)
from resgat.data.videos import VideoRecord

sizes = st.integers(0, 3)
inputs = st.builds(Inputs, sizes, sizes)
choices = st.none() | st.builds(Choice, st.sampled_from("abc"), st.integers(1, 2))


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
    assert own_inputs(fake) == Inputs(source=7, mask=3)
    assert choice_of(fake) == Choice(fake.video_id, 3)
    mask.unlink()
    fake.path.unlink()
    assert own_inputs(fake) == Inputs()
    assert choice_of(fake) is None
    assert choice_of(None) is None


def test_the_size_of_stills_is_that_of_all_images(
    make_record: Callable[..., VideoRecord], tmp_path: Path
) -> None:
    paths = [tmp_path / f"{idx}.png" for idx in range(3)]
    for path in paths[:2]:
        path.write_bytes(bytes(5))
    assert source_bytes(make_record("a", path=tmp_path, frames=tuple(paths))) == 10


@given(inputs, inputs)
def test_what_came_or_was_replaced_is_newer_and_what_was_put_away_is_not(
    now: Inputs, noted: Inputs
) -> None:
    assert not has_newer(now, now)
    assert not has_newer(Inputs(), noted)
    pairs = [(now.source, noted.source), (now.mask, noted.mask)]
    assert has_newer(now, noted) == any(a and a != b for a, b in pairs)


@pytest.mark.parametrize(
    ("now", "noted", "expected"),
    [
        (None, None, False),
        (Choice("b", 5), None, True),  # a mask came
        (Choice("b", 5), Choice("b", 5), False),
        (Choice("b", 6), Choice("b", 5), True),  # it was replaced
        (Choice("a", 9), Choice("b", 5), True),  # one came that chooses before it
        (None, Choice("b", 5), False),  # it was put away
        (Choice("c", 7), Choice("b", 5), False),  # it was, and another one is left
        (Choice("c", 7), Choice("x", 5), False),  # its fake is not listed now
    ],
)
def test_the_first_mask_chooses_and_one_that_was_put_away_has_chosen(
    now: Choice | None, noted: Choice | None, expected: bool
) -> None:
    assert has_newer_choice(now, noted, ["a", "b", "c"]) is expected


@given(choices, choices)
def test_a_choice_that_is_taken_over_settles_it(now: Choice | None, noted: Choice | None) -> None:
    """No two sets of files can have each other cut again for ever."""
    if has_newer_choice(now, noted, "abc"):
        assert not has_newer_choice(now, now, "abc")
        fewer = None if now is None or now.video_id == "a" else noted
        assert fewer is None or not has_newer_choice(None, now, "abc")


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 3],
        [1, 2, None, None],
        ["1", 2, None, ""],
        [1, 2, ["a"], ""],
        None,
        {},
        [1, 2, "ab", ""],
    ],
)
def test_what_is_not_ours_does_not_fit(values: Any) -> None:
    assert not Inputs.fit(values)


def test_ours_fits_and_is_read_back() -> None:
    for one in (Inputs(), Inputs(1, 2, Choice("a", 3), "0123")):
        plain = [list(v) if isinstance(v, tuple) else v for v in one]
        assert Inputs.fit(plain)
        assert Inputs.from_list(plain) == one
