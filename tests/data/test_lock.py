import multiprocessing
from pathlib import Path

import pytest
from filelock import FileLock

from resgat.data.lock import at_work, is_alone
from resgat.errors import ConfigError, StorageError


def test_two_runs_of_one_part_do_not_work_at_once(tmp_path: Path) -> None:
    message = r"another run is at work in crops_dir .* \(whole\); wait for its end, or "
    with at_work(tmp_path, "whole"):
        with pytest.raises(ConfigError, match=message), at_work(tmp_path, "whole"):
            pass
        with pytest.raises(ConfigError, match="another run"), at_work(tmp_path, "whole"):
            pass  # a refusal takes nothing from the one that holds it
    with at_work(tmp_path, "whole"):
        pass


def test_parts_are_worked_on_at_once_and_know_of_each_other(tmp_path: Path) -> None:
    with at_work(tmp_path, "0-of-2"):
        assert is_alone(tmp_path, "0-of-2")
        with at_work(tmp_path, "1-of-2"):
            assert not is_alone(tmp_path, "0-of-2")
            assert not is_alone(tmp_path, "whole")
        assert is_alone(tmp_path, "0-of-2")


def test_nothing_stays_behind_whatever_happens(tmp_path: Path) -> None:
    with pytest.raises(KeyError), at_work(tmp_path, "whole"):
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
    assert is_alone(tmp_path, "whole")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "crops").write_text("a file")
    message = r"crops: cannot write its lock"
    with pytest.raises(StorageError, match=message), at_work(tmp_path / "crops", "whole"):
        pass
