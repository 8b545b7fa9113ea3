"""A bar where somebody watches, silence where nobody does; the items come through either way."""

import pytest
from rich.console import Console

from resgat.progress import is_watched, track


def test_items_pass_through_in_silence_when_stderr_is_a_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert list(track(iter("abc"), "reading", total=3)) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")


def test_a_bar_is_drawn_on_the_terminals_stderr_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Console, "is_terminal", True)
    assert list(track(range(3), "reading crops", total=3)) == [0, 1, 2]
    captured = capsys.readouterr()
    assert "reading crops" in captured.err
    assert captured.out == ""


def test_nothing_is_taken_before_it_is_asked_for() -> None:
    source = iter(range(3))
    items = track(source, "reading", total=3)
    assert next(source) == 0
    assert next(items) == 1


def test_a_notebook_says_that_no_bar_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    assert is_watched()
    monkeypatch.setenv("TTY_COMPATIBLE", "0")
    assert not is_watched()
