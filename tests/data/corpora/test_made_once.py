from pathlib import Path

import pytest

from resgat.data.corpora.made_once import make_once
from resgat.errors import ConfigError


def test_a_folder_is_made_once(tmp_path: Path) -> None:
    calls = []

    def make(folder: Path) -> None:
        calls.append(folder)
        (folder / "a").write_text("a")

    for _ in range(2):
        make_once(tmp_path / "sub" / "crops", "toy", {"seed": 0}, make)
    assert len(calls) == 1
    assert sorted(path.name for path in (tmp_path / "sub").rglob("*")) == ["a", "crops", "toy.json"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "crops").mkdir()
    make_once(tmp_path / "crops", "toy", {}, lambda folder: None)
    assert (tmp_path / "crops" / "toy.json").read_text() == "{}\n"


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "a").write_text("a")
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        make_once(tmp_path / "crops", "toy", {}, fail)
    assert list(tmp_path.iterdir()) == []


def test_a_faster_run_that_made_the_same_is_no_error(tmp_path: Path) -> None:
    def make(folder: Path) -> None:
        make_once(tmp_path / "crops", "toy", {"seed": 0}, lambda folder: None)

    make_once(tmp_path / "crops", "toy", {"seed": 0}, make)
    assert [path.name for path in tmp_path.iterdir()] == ["crops"]


@pytest.mark.parametrize("found", ["other", "settings", "file"])
def test_something_else_is_refused(found: str, tmp_path: Path) -> None:
    if found == "settings":
        make_once(tmp_path / "crops", "toy", {"seed": 1}, lambda folder: None)
    elif found == "other":
        (tmp_path / "crops").mkdir()
        (tmp_path / "crops" / "precious").touch()
    else:
        (tmp_path / "crops").touch()
    with pytest.raises(ConfigError, match="crops holds other crops than data=toy is now asked for"):
        make_once(tmp_path / "crops", "toy", {"seed": 0}, lambda folder: None)
