from pathlib import Path

import numpy as np
import pytest

from resgat.data.corpora.deepfakebench_tree import Tree, read_landmarks


@pytest.mark.parametrize("num", [68, 81])
def test_five_points_of_the_convention(num: int, tmp_path: Path) -> None:
    points = np.arange(2 * num).reshape(num, 2)
    np.save(tmp_path / "a.npy", points)
    # Point i is (2i, 2i + 1); the eyes are 36 to 41 and 42 to 47, on average 38.5 and 44.5.
    expected = [77, 78, 89, 90, 60, 61, 96, 97, 108, 109]
    assert read_landmarks(tmp_path / "a.npy") == expected


@pytest.mark.parametrize(
    "points",
    [
        np.zeros((5, 2)),
        np.zeros((68, 3)),
        np.zeros(68),
        np.full((68, 2), np.nan),
        np.full((68, 2), "x"),
    ],
)
def test_other_arrays_are_none(points: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", points)
    assert read_landmarks(tmp_path / "a.npy") is None


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}], object), allow_pickle=True)
    assert read_landmarks(tmp_path / "a.npy") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        b"\x93NUMPY\x01\x00v\x00"
        + b"{'descr': '<i8', 'fortran_order': False, 'shape': (99999999999999, 2), }".ljust(117)
        + b"\n",
        bytes((1 << 20) + 1),
    ],
)
def test_broken_and_huge_files_are_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    assert read_landmarks(tmp_path / "a.npy") is None
    assert read_landmarks(tmp_path / "none.npy") is None


def test_a_folder_without_frames_in_its_path_has_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "set" / "v").mkdir(parents=True)
    (tmp_path / "set" / "v" / "3.png").touch()
    (frame,) = Tree(tmp_path).frames(["set/v/3.png", "set/v/4.png"], None)
    assert tuple(frame) == (3, "set/v/3.png", None, None)
    assert Tree(tmp_path).frames(["nowhere/frames/v/3.png"], None) == []
