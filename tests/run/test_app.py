"""src/app.py: what it is told, before it serves; tests/app has the page itself."""

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from resgat.app import page, serving
from resgat.app.desk import Desk

Command = Callable[..., Any]


class Served(NamedTuple):
    """What would be served, and where."""

    desk: Desk
    host: str
    port: int


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Served]:
    """Note what would be served; the process is told to stop at once."""
    served: list[Served] = []

    def stop(desk: Desk, listening: socket.socket) -> None:
        served.append(Served(desk, *listening.getsockname()))
        raise KeyboardInterrupt

    # Gradio leaves event loops open where it builds what is never served.
    monkeypatch.setattr(page, "build_page", lambda answer, **_: answer.__self__)
    monkeypatch.setattr(serving, "build_app", lambda desk, *_, **__: desk)
    monkeypatch.setattr(serving, "serve", stop)
    return served


def run(command: Command, best: Path, folder: Path, *more: str) -> Any:
    return command("app", f"ckpt_path={best}", f"hydra.run.dir={folder}", "faces=crop", *more)


def test_it_serves_this_machine_at_a_free_port_until_it_is_told_to_stop(
    command: Command, best: Path, tmp_path: Path, served: list[Served]
) -> None:
    done = run(command, best, tmp_path)
    assert done.status == 0, done.err
    (one,) = served
    assert one.host == "127.0.0.1"
    assert f"serving at http://127.0.0.1:{one.port}/ (Ctrl-C ends it)" in done.out
    assert "stopped" in done.out
    assert "without a password" not in done.out


def test_another_address_has_to_be_asked_for_and_warns(
    command: Command, best: Path, tmp_path: Path, served: list[Served]
) -> None:
    done = run(command, best, tmp_path, "host=0.0.0.0")
    assert done.status == 0, done.err
    assert served[0].host == "0.0.0.0"
    assert (
        "host=0.0.0.0: whoever reaches this machine can use the page, without a passw" in done.out
    )


def test_methods_that_the_model_cannot_have_are_left_out(
    command: Command, best: Path, tmp_path: Path, served: list[Served]
) -> None:
    done = run(command, best, tmp_path, "methods=[contrib,gradcam,oracle_node]")
    assert done.status == 0, done.err
    assert list(served[0].desk.examiner.methods) == ["contrib", "gradcam"]
    assert "left out: oracle_node" in done.out
    said = served[0].desk.model
    assert said["path"] == "best.ckpt"  # where it lies is nobody's business
    assert list(said["corpus"]) == ["_target_"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["methods=[gradcamm]"], "methods: expected one of contrib, "),
        (["workers=0"], "workers: expected a number in [1, inf], got 0"),
        (["max_waiting=0"], "max_waiting: expected a number in [1, inf], got 0"),
        (["max_clip_s=0"], "max_clip_s: expected a number in [0.001, inf], got 0"),
        (["timeout_s=0"], "timeout_s: expected a number in [1, inf], got 0"),
        (["faces=auto"], "how to find faces for it is not known. Give face crops and add"),
        (["host=192.0.2.1"], "host=192.0.2.1 port=None: cannot be served at"),
        (["max_upload=3"], "Did you mean 'max_upload_mb'?"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_served(
    command: Command,
    best: Path,
    tmp_path: Path,
    served: list[Served],
    more: list[str],
    message: str,
) -> None:
    done = run(command, best, tmp_path, *more)
    assert done.status == 1
    assert message in done.err
    assert served == []


def test_help_and_the_configuration_need_neither_torch_nor_gradio(repo: Path) -> None:
    code = """
import runpy, sys
sys.argv = ["src/app.py", *{arguments}]
runpy.run_path("src/app.py", run_name="__main__")
assert not {{"torch", "gradio"}} & set(sys.modules)
"""
    for arguments, words in ((["--help"], "python src/app.py"), (["--cfg", "job"], "127.0.0.1")):
        done = subprocess.run(
            [sys.executable, "-c", code.format(arguments=arguments)],
            cwd=repo, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert words in done.stdout
