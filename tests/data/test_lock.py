import errno
import fcntl
import multiprocessing
import os
from pathlib import Path

import pytest
from filelock import FileLock

from resgat.data.families import Shard
from resgat.data.lock import at_work
from resgat.errors import ConfigError, StorageError

WHOLE = Shard()
MERGE = Shard(count=2)


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        (WHOLE, WHOLE, "whole"),
        (WHOLE, MERGE, "whole"),
        (Shard(0, 2), Shard(0, 2), "0-of-2"),
        (Shard(0, 2), WHOLE, "0-of-2"),
        (Shard(0, 2), MERGE, "0-of-2"),
        (WHOLE, Shard(1, 2), "whole"),
        (Shard(0, 4), Shard(0, 2), "0-of-4"),
    ],
)
def test_runs_that_would_cut_the_same_videos_do_not_work_at_once(
    first: Shard, second: Shard, named: str, tmp_path: Path
) -> None:
    message = rf"another run is at work in crops_dir .* \({named}\); wait for its end, or stop it"
    with at_work(tmp_path, first):
        for _ in range(2):  # a refusal takes nothing from the one that holds it
            with pytest.raises(ConfigError, match=message), at_work(tmp_path, second):
                pass
    with at_work(tmp_path, second):
        pass
    assert not list(tmp_path.iterdir())


def test_shards_of_one_partition_are_worked_on_at_once(tmp_path: Path) -> None:
    with at_work(tmp_path, Shard(0, 3)), at_work(tmp_path, Shard(1, 3)):
        with at_work(tmp_path, Shard(2, 3)):
            pass
        assert len(list(tmp_path.iterdir())) == 2


def test_nothing_stays_behind_whatever_happens(tmp_path: Path) -> None:
    with pytest.raises(KeyError), at_work(tmp_path, WHOLE):
        raise KeyError
    assert not list(tmp_path.iterdir())


def _hold_and_die(path: Path) -> None:
    FileLock(path).acquire()
    multiprocessing.current_process().kill()


def test_a_run_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    killed = multiprocessing.get_context("spawn").Process(
        target=_hold_and_die, args=(tmp_path / ".0-of-2.lock",)
    )
    killed.start()
    killed.join()
    assert [path.name for path in tmp_path.iterdir()] == [".0-of-2.lock"]
    with at_work(tmp_path, WHOLE):
        assert [path.name for path in tmp_path.iterdir()] == [".whole.lock"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_on_a_disk_without_locks_a_run_goes_on_and_says_so(
    number: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with at_work(tmp_path, WHOLE):
        pass
    assert "this disk knows no locks; see to it that no two runs work in the folder" in caplog.text


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "crops").write_text("a file")
    message = r"crops: cannot write its lock"
    with pytest.raises(StorageError, match=message), at_work(tmp_path / "crops", WHOLE):
        pass
