from pathlib import Path

import pytest

from resgat.errors import DatasetNotFoundError
from resgat.inference.inputs import expand


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "f10.png",
        "f2.png",
        "a.txt",
        "sub/clip.MP4",
        ".hidden.png",
        ".dir/x.png",
        "[b].jpg",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


def names(paths: list[Path], folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in paths]


def test_a_folder_gives_its_media_at_any_depth_in_natural_order(folder: Path) -> None:
    found = expand([str(folder)])
    assert names(found, folder) == ["[b].jpg", "f2.png", "f10.png", "sub/clip.MP4"]


def test_a_glob_gives_media_and_a_name_with_brackets_is_a_file(folder: Path) -> None:
    assert names(expand([f"{folder}/*.png"]), folder) == ["f2.png", "f10.png"]
    assert names(expand([f"{folder}/**/*.MP4"]), folder) == ["sub/clip.MP4"]
    assert names(expand([f"{folder}/[b].jpg"]), folder) == ["[b].jpg"]


def test_a_file_is_taken_whatever_its_ending_and_one_that_is_missing_too(folder: Path) -> None:
    """They are reported beside the others."""
    given = [str(folder / "a.txt"), str(folder / "gone.png")]
    given += ["x" * 5000]
    assert expand(given) == [Path(name) for name in given]


def test_a_dash_is_the_listed_lines_in_its_place_and_each_file_comes_once(folder: Path) -> None:
    lines = [f"{folder / 'f10.png'}\n", "\n", f"{folder / 'f2.png'}\n"]
    found = expand([str(folder / "sub"), "-", str(folder / "f2.png")], lines)
    assert names(found, folder) == ["sub/clip.MP4", "f10.png", "f2.png"]


def test_a_name_may_begin_and_end_with_spaces(folder: Path) -> None:
    given = [f"{folder}/ a.png", f"{folder}/a.png "]
    assert expand(given) == [Path(name) for name in given]
    assert expand(["-"], [f"{given[0]}\r\n", "\n", "", given[1]]) == [Path(name) for name in given]
    assert expand([given[0], ""]) == [Path(given[0])]


@pytest.mark.parametrize("name", [".dir", "*.gif"])
def test_nothing_under_a_name_is_refused(name: str, folder: Path) -> None:
    (folder / "empty").mkdir()
    given = str(folder / "empty") if name == ".dir" else f"{folder}/{name}"
    with pytest.raises(DatasetNotFoundError, match="input: no image and no video in"):
        expand([given])


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(DatasetNotFoundError, match="expected images or videos, got none from -"):
        expand(["-"], ["\n"])
