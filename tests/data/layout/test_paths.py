import os
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.layout.paths import has_controls, refuse_pipe, relative_path

ROOT = Path("/data/mine")
ROOTS = [None, ROOT, Path("relative")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.mp4", "a.mp4"),
        ("./real//a.mp4", "real/a.mp4"),
        (r"real\sub\a.mp4", "real/sub/a.mp4"),
        ("/data/mine/real/a.mp4", "real/a.mp4"),
        ("имя 1/é.mp4", "имя 1/é.mp4"),
        ("...", "..."),
        ("x" * 255, "x" * 255),
    ],
)
def test_paths_below_the_folder(text: str, expected: str) -> None:
    assert relative_path(text, ROOT) == PurePosixPath(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "../a.mp4",
        "real/../../a.mp4",
        r"real\..\a.mp4",
        "/etc/passwd",
        "//server/a.mp4",
        "/data/mine",
        "/data/mine/../other/a.mp4",
        "/data/mine2/a.mp4",
        r"C:\a.mp4",
        "C:a.mp4",
        "a\x00.mp4",
        "a\n.mp4",
        "a\ud800.mp4",
        "x" * 256,
        "é" * 128,
        "d/" * 1024 + "a",
    ],
)
def test_paths_that_lead_out_or_nowhere(text: str) -> None:
    assert relative_path(text, ROOT) is None


def test_without_a_root_no_absolute_path_is_one_below() -> None:
    assert relative_path("/data/mine/a.mp4") is None


def test_a_root_with_a_step_upwards_is_the_folder_it_names() -> None:
    found = relative_path("/data/mine/a.mp4", Path("/data/other/../mine"))
    assert found == PurePosixPath("a.mp4")


@given(st.text("ab/\\.:", max_size=12), st.sampled_from(ROOTS))
def test_no_accepted_path_leaves_its_root(text: str, root: Path | None) -> None:
    path = relative_path(text, root)
    if path is not None:
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert "\\" not in path.as_posix()
        assert (ROOT / path).resolve().is_relative_to(ROOT)


def test_controls_are_noticed() -> None:
    assert not has_controls("a b\u200d\xa0é")
    assert all(map(has_controls, ("\x00", "a\tb", "\x7f", "\x85", "\udc80", "\u2028", "\u2029")))


def test_a_pipe_is_refused_and_files_folders_and_nothing_are_not(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="a pipe or a device"):
        refuse_pipe(pipe)
    (tmp_path / "file.json").touch()
    for path in (tmp_path, tmp_path / "file.json", tmp_path / "missing.json"):
        refuse_pipe(path)
