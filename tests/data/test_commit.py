import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resgat.data.commit import PARTIAL_DIR, commit, fingerprint, is_whole, sweep
from resgat.files import write_atomic, write_text

VIDEO = "toy/swap/c0/a_b"
OLD = {"000000_0.png": b"old", "000009_0.png": b"old too"}
NEW = {"000000_0.png": b"new", "000005_0.png": b"new too", "000005_0_mask.png": b"mask"}


def content(folder: Path) -> dict[str, bytes] | None:
    if not folder.exists():
        return None
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_all_files_are_there(tmp_path: Path) -> None:
    commit(tmp_path, VIDEO, NEW)
    assert content(tmp_path / VIDEO) == NEW
    assert not list((tmp_path / PARTIAL_DIR).iterdir())


def test_an_old_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    commit(tmp_path, VIDEO, OLD)
    commit(tmp_path, VIDEO, NEW)
    assert content(tmp_path / VIDEO) == NEW


def test_files_are_on_the_disk_before_they_get_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut could leave empty files under the names of whole ones."""
    flushed: list[int] = []
    fsync, rename = os.fsync, Path.rename

    def note_flush(descriptor: int) -> None:
        flushed.append(os.fstat(descriptor).st_size)
        fsync(descriptor)

    def check_flushed(path: Path, target: Path) -> Path:
        assert sorted(flushed) == sorted(map(len, NEW.values()))
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", note_flush)
    monkeypatch.setattr(Path, "rename", check_flushed)
    commit(tmp_path, VIDEO, NEW)
    assert content(tmp_path / VIDEO) == NEW


def test_without_files_there_is_no_folder(tmp_path: Path) -> None:
    commit(tmp_path, VIDEO, {})
    assert not list(tmp_path.iterdir())
    commit(tmp_path, VIDEO, OLD)
    commit(tmp_path, VIDEO, {})
    assert not (tmp_path / VIDEO).exists()
    assert not list((tmp_path / PARTIAL_DIR).iterdir())


class KilledError(BaseException):
    """Stands for SIGKILL: no handler catches it."""


#: Removing and copying a folder are made of the last three.
STEPS = [
    *((Path, "mkdir"), (Path, "write_bytes"), (Path, "rename")),
    *((os, "unlink"), (os, "rmdir"), (shutil, "copyfile")),
]


def counted(
    monkeypatch: pytest.MonkeyPatch, last: int | None, *, is_after: bool
) -> Callable[[], int]:
    """Count the steps that touch the disk, and end before or after one of them."""
    done = 0

    def guard(step: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            nonlocal done
            is_last = done == last
            done += 1
            if is_last and not is_after:
                raise KilledError
            result = step(*args, **kwargs)
            if is_last:
                raise KilledError
            return result

        return guarded

    for owner, name in STEPS:
        monkeypatch.setattr(owner, name, guard(getattr(owner, name)))
    return lambda: done


def num_steps(monkeypatch: pytest.MonkeyPatch, crops_dir: Path) -> int:
    with monkeypatch.context() as patch:
        count = counted(patch, None, is_after=False)
        commit(crops_dir, VIDEO, NEW)
        return count()


@pytest.mark.parametrize("is_after", [False, True])
@pytest.mark.parametrize("has_old", [False, True])
def test_a_kill_at_any_step_leaves_all_or_nothing_and_can_be_repeated(
    has_old: bool, is_after: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if has_old:
        commit(tmp_path / "count", VIDEO, OLD)
    steps = num_steps(monkeypatch, tmp_path / "count")
    assert steps >= 9
    found = []
    for step in range(steps):
        crops_dir = tmp_path / str(step)
        if has_old:
            commit(crops_dir, VIDEO, OLD)
        with monkeypatch.context() as patch:
            counted(patch, step, is_after=is_after)
            with pytest.raises(KilledError):
                commit(crops_dir, VIDEO, NEW)
        found.append(content(crops_dir / VIDEO))
        assert found[-1] in (None, NEW, OLD)
        commit(crops_dir, VIDEO, NEW)
        sweep(crops_dir)
        assert content(crops_dir / VIDEO) == NEW
        assert os.listdir(crops_dir) == ["toy"]  # noqa: PTH208
    assert found[0] == (OLD if has_old else None)
    assert found[-1] == NEW


def test_a_whole_folder_holds_its_crops_and_may_hold_what_others_put_there(tmp_path: Path) -> None:
    commit(tmp_path, VIDEO, NEW | {".DS_Store": b"", "notes.png": b""})
    assert is_whole(tmp_path, VIDEO, fingerprint(NEW))
    assert not is_whole(tmp_path, VIDEO, fingerprint([*NEW, "000007_0.png"]))
    assert not is_whole(tmp_path, VIDEO, fingerprint(OLD))
    (tmp_path / VIDEO / "000005_0.png").rename(tmp_path / VIDEO / "000006_0.png")
    assert not is_whole(tmp_path, VIDEO, fingerprint(NEW))


def test_a_fingerprint_is_of_the_names_and_neither_of_their_order_nor_of_the_format() -> None:
    names = ["000000_0.png", "000000_0_mask.png", "1000000_1.png"]
    expected = fingerprint(names)
    assert fingerprint(names[::-1]) == expected
    assert fingerprint([*names, ".000000_0.png", "000000_0.txt", "0_0.png"]) == expected
    for suffix in (".jpg", ".webp"):
        assert fingerprint([name.replace(".png", suffix) for name in names]) == expected
    assert len({fingerprint(names[:count]) for count in range(4)}) == 4


def test_no_folder_and_a_file_in_its_place_are_not_whole(tmp_path: Path) -> None:
    assert not is_whole(tmp_path, VIDEO, fingerprint([]))
    (tmp_path / "toy").write_bytes(b"")
    assert not is_whole(tmp_path, "toy", fingerprint([]))


def test_sweeping_removes_what_was_begun_and_nothing_else(tmp_path: Path) -> None:
    commit(tmp_path, VIDEO, NEW)
    write_text(tmp_path / "index.txt", "whole")
    (tmp_path / PARTIAL_DIR / "0123" / "made").mkdir(parents=True)

    unfinished: list[Path] = []

    def write(beside: Path) -> None:
        beside.write_text("whole")
        unfinished.append(beside)

    write_atomic(tmp_path / "other.txt", write)
    unfinished[0].write_text("half")  # what a kill would have left under that name
    sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"toy", "index.txt", "other.txt"}


def test_sweeping_where_there_is_nothing_does_nothing(tmp_path: Path) -> None:
    sweep(tmp_path)
    assert not list(tmp_path.iterdir())
