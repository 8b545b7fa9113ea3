"""One holds a file at a time; what is killed holds nothing. tests/data/test_lock.py kills one."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from resgat.errors import ConfigError
from resgat.holding import held


def test_who_comes_second_is_told_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / ".a.lock"
    with held(path, "busy"):
        for _ in range(2):  # a refusal takes nothing from the one that holds it
            with pytest.raises(ConfigError, match=r"^busy; wait$"), held(path, "busy; wait"):
                pass
        with held(tmp_path / ".b.lock", "busy"):
            assert len(list(tmp_path.iterdir())) == 2
    with held(path, "busy"):
        pass
    assert not list(tmp_path.iterdir())


def test_nothing_stays_behind_whatever_happens(tmp_path: Path) -> None:
    with pytest.raises(KeyError), held(tmp_path / ".a.lock", "busy"):
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_a_disk_without_locks_holds_nothing_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with held(tmp_path / ".a.lock", "busy") as first, held(tmp_path / ".a.lock", "busy") as second:
        assert (first, second) == (False, False)
    assert f"{tmp_path}: this disk knows no locks; see to it that no two runs" in caplog.text


def test_a_file_that_cannot_be_is_an_error_of_the_disk(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file")
    with pytest.raises(FileExistsError), held(tmp_path / "a" / ".lock", "busy"):
        pass
