import os
from pathlib import Path

import pytest

from resgat.data.layout.folders import child_folder, walk
from resgat.errors import DatasetNotFoundError, MetadataError


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_a_folder_is_found_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "ReaL").mkdir()
    touch(tmp_path / "fake")
    assert child_folder(tmp_path, "real") == tmp_path / "ReaL"
    assert child_folder(tmp_path, "fake") is None
    assert child_folder(tmp_path / "absent", "real") is None


def test_two_spellings_are_refused(tmp_path: Path) -> None:
    for name in ("Real", "real"):
        (tmp_path / name).mkdir()
    with pytest.raises(MetadataError, match="expected one folder real, got Real and real; put"):
        child_folder(tmp_path, "real")


def test_all_below_is_listed_in_order_without_what_is_hidden(tmp_path: Path) -> None:
    for name in ("z.mp4", "a.mp4", ".hidden", "b/c/d.mp4", "b/e.mp4", ".git/config", "a/f.mp4"):
        touch(tmp_path / name)
    found = [(listing.folder, listing.files) for listing in walk(tmp_path)]
    assert found == [
        (tmp_path, [tmp_path / "a.mp4", tmp_path / "z.mp4"]),
        (tmp_path / "a", [tmp_path / "a/f.mp4"]),
        (tmp_path / "b", [tmp_path / "b/e.mp4"]),
        (tmp_path / "b/c", [tmp_path / "b/c/d.mp4"]),
    ]


def test_links_are_followed_and_a_loop_ends(tmp_path: Path) -> None:
    target = touch(tmp_path / "elsewhere/a.mp4")
    root = tmp_path / "root"
    touch(root / "sub/b.mp4")
    (root / "link.mp4").symlink_to(target)
    (root / "sub/loop").symlink_to(root)
    (root / "sub/self").symlink_to(root / "sub/self")
    (root / "there").symlink_to(tmp_path / "elsewhere")
    (root / "gone.mp4").symlink_to(tmp_path / "absent")
    listings = list(walk(root))
    assert [path.relative_to(root).as_posix() for one in listings for path in one.files] == [
        "link.mp4",
        "sub/b.mp4",
        "there/a.mp4",
    ]
    assert [name for one in listings for name in one.unreadable] == ["gone.mp4", "self"]


def test_a_name_that_is_no_text_is_left_out(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.mp4")).touch()
    (listing,) = walk(tmp_path)
    assert listing.files == []
    assert listing.unreadable == [r"'\udcff.mp4'"]


def test_a_folder_that_cannot_be_listed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DatasetNotFoundError, match=r"cannot be listed \(Permission denied\); che"):
        list(walk(tmp_path))
