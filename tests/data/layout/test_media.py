from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.layout.media import (
    check_dataset,
    is_image,
    is_video,
    natural_key,
    refuse_twice,
)
from resgat.data.videos import VideoRecord
from resgat.errors import ConfigError, MetadataError


@pytest.mark.parametrize("suffix", [".mp4", ".AVI", ".mov", ".MKV", ".webm", ".m4v"])
def test_videos_by_their_ending(suffix: str) -> None:
    assert is_video(Path(f"a{suffix}"))
    assert not is_image(Path(f"a{suffix}"))


@pytest.mark.parametrize("suffix", [".png", ".JPG", ".jpeg", ".webp", ".Bmp"])
def test_images_by_their_ending(suffix: str) -> None:
    assert is_image(PurePosixPath(f"a{suffix}"))
    assert not is_video(PurePosixPath(f"a{suffix}"))


@pytest.mark.parametrize("name", ["a", "a.txt", ".mp4", "mp4", "a.mp4.part", "a.png/b"])
def test_other_files_are_neither(name: str) -> None:
    assert not is_video(Path(name))
    assert not is_image(Path(name))


@given(st.lists(st.integers(0, 10**30), unique=True))
def test_numbers_sort_by_value(numbers: list[int]) -> None:
    names = [f"frame_{number}.png" for number in numbers]
    assert sorted(names, key=natural_key) == [f"frame_{n}.png" for n in sorted(numbers)]


@given(st.text("a0123", max_size=6), st.text("a0123", max_size=6))
def test_only_equal_names_have_equal_keys(first: str, second: str) -> None:
    assert (natural_key(first) == natural_key(second)) == (first == second)
    assert (natural_key(first) < natural_key(second)) != (natural_key(first) >= natural_key(second))


def test_numbers_of_any_length_are_sorted() -> None:
    assert natural_key("1" * 5000) < natural_key("1" * 5001)


@pytest.mark.parametrize("dataset", ["", "a/b", "..", "a\n", 3])
def test_a_dataset_that_begins_no_id_is_refused(dataset: str) -> None:
    with pytest.raises(ConfigError, match="dataset: expected a plain name such as 'my_videos'"):
        check_dataset(dataset)


def record(path: str, method: str, name: str) -> VideoRecord:
    return VideoRecord(Path(path), 1, "d", method, "c", name, None, None, "g", None, None)


def test_two_files_of_one_id_are_refused() -> None:
    one, other = record("x/a.mp4", "m", "a"), record("y/a.mp4", "m", "a")
    refuse_twice([one, record("y/a.mp4", "n", "a")])
    with pytest.raises(
        MetadataError, match=r"^x/a\.mp4 and y/a\.mp4 would both be 'd/m/c/a'; give"
    ):
        refuse_twice([one, other])
