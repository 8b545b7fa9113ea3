import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Event
from typing import Any

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


def test_two_runs_make_it_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    calls, is_awaited = [], Event()

    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            is_awaited.set()

    def make(folder: Path) -> None:
        calls.append(folder)
        assert is_awaited.wait(60)

    heard = Heard()
    logging.getLogger("resgat.holding").addHandler(heard)
    try:
        with ThreadPoolExecutor(2) as pool:
            runs = [pool.submit(make_once, tmp_path / "crops", "toy", {}, make) for _ in range(2)]
            for run in runs:
                run.result()
    finally:
        logging.getLogger("resgat.holding").removeHandler(heard)
    assert len(calls) == 1
    assert "another run is making" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["crops"]


@pytest.mark.parametrize("seed", [0, 1])
def test_without_locks_a_faster_run_is_no_error_if_it_made_the_same(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resgat.data.corpora.made_once.held", lambda *_, **__: nullcontext())

    def make(folder: Path) -> None:
        make_once(tmp_path / "crops", "toy", {"seed": seed}, lambda folder: None)

    expected: AbstractContextManager[Any] = nullcontext()
    if seed == 1:
        expected = pytest.raises(ConfigError, match="other crops than")
    with expected:
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
