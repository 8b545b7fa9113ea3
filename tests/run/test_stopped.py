"""Why a job has no results."""

from pathlib import Path

from resgat.errors import TrialPrunedError
from resgat.run.stopped import Stop, read_stop, with_reason, write_stop


def test_what_is_noted_is_read(tmp_path: Path) -> None:
    assert read_stop(tmp_path) is None
    for stop in (Stop("failed", "out of ä"), Stop("pruned", "hopeless")):
        write_stop(tmp_path, stop)
        assert read_stop(tmp_path) == stop


def test_a_hopeless_job_has_not_failed() -> None:
    assert Stop.of(TrialPrunedError("worse")).state == "pruned"
    assert Stop.of(ValueError("a"), "in words") == Stop("failed", "in words")


def test_the_reason_stands_beside_the_name(tmp_path: Path) -> None:
    assert with_reason(tmp_path, "0") == "0"
    write_stop(tmp_path, Stop("pruned", "hopeless"))
    assert with_reason(tmp_path, "0") == "0 (pruned: hopeless)"
