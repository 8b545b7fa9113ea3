"""Runs are compared where they judged the same crops."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resgat.errors import RunFolderError
from resgat.run.judged import read_judged
from resgat.run.same_crops import check_same_crops

Write = Callable[..., Path]
Rows = list[dict[str, Any]]


def test_another_runs_val_is_another_test_and_both_names_are_said(write_run: Write) -> None:
    def apart(rows: Rows) -> Rows:
        return [row | {"crop_id": f"{row['split']}/{row['crop_id']}"} for row in rows]

    index = {"index_sha256": "a" * 64}
    one = read_judged(write_run("one", change=apart, **index))
    swapped = {"val_split": "test", "test_split": "val"}
    two = read_judged(write_run("two", change=apart, data=swapped, **index))
    with pytest.raises(RunFolderError, match=r"\(data.test_split is 'test' and 'val'\)"):
        check_same_crops([one, two])


def test_runs_on_different_data_are_refused_and_the_difference_is_named(write_run: Write) -> None:
    run = read_judged(write_run("run"))
    check_same_crops([run, run])
    fewer = read_judged(write_run("fewer", change=lambda rows: rows[1:]))
    for pair in ([run, fewer], [fewer, run]):
        with pytest.raises(RunFolderError, match=r"fewer lacks 1 of 6 crops, such as v1/2"):
            check_same_crops(pair)
    moved = read_judged(
        write_run("moved", change=lambda rows: [row | {"identity_group": "g"} for row in rows])
    )
    with pytest.raises(RunFolderError, match="another identity_group has 6 of 6 crops"):
        check_same_crops([run, moved])


@pytest.mark.parametrize("column", ["video_id", "method", "compression"])
def test_whatever_is_believed_of_a_crop_must_be_alike(write_run: Write, column: str) -> None:
    run = read_judged(write_run("run"))
    other = read_judged(
        write_run("other", change=lambda rows: [row | {column: f"x{row['label']}"} for row in rows])
    )
    with pytest.raises(RunFolderError, match=f"another {column} has 6 of 6 crops"):
        check_same_crops([run, other])


@pytest.mark.parametrize("column", ["method", "compression"])
def test_what_is_not_known_of_a_crop_is_like_itself_only(write_run: Write, column: str) -> None:
    run = read_judged(write_run("run"))
    missing = read_judged(
        write_run("none", change=lambda rows: [rows[0] | {column: None}, *rows[1:]])
    )
    with pytest.raises(RunFolderError, match=f"another {column} has 1 of 6 crops"):
        check_same_crops([run, missing])
    check_same_crops([missing, missing])


def test_crops_of_another_index_are_refused_though_their_ids_are_equal(
    write_run: Write, caplog: pytest.LogCaptureFixture
) -> None:
    a, b = "a" * 64, "b" * 64
    run, same = (read_judged(write_run(name, index_sha256=a)) for name in ("run", "same"))
    check_same_crops([run, same])
    assert caplog.records == []
    unknown, other = read_judged(write_run("old")), read_judged(write_run("other", index_sha256=b))
    said = (
        r"run and .*other were tested on different data: the SHA-256 of the index of their crops "
        r"begins a{12} and b{12}\. Evaluate both with src/eval.py on the same crops folder"
    )
    for order in ([run, same, other], [unknown, run, other]):
        with pytest.raises(RunFolderError, match=said):
            check_same_crops(order)


def test_a_run_that_did_not_record_the_index_is_warned_of(
    write_run: Write, caplog: pytest.LogCaptureFixture
) -> None:
    run, old = read_judged(write_run("run", index_sha256="a" * 64)), read_judged(write_run("old"))
    check_same_crops([run, old])
    (record,) = caplog.records
    assert record.getMessage().endswith(f"the index was not recorded by {old.name}")
    assert record.levelno == logging.WARNING
    large = read_judged(write_run("large", data={"size_px": 299}))
    with pytest.raises(RunFolderError, match=r"data.size_px is 299 and None, and .*large did not"):
        check_same_crops([run, large])
    seen = read_judged(write_run("seen", data={"size_px": 299}, index_sha256="a" * 64))
    check_same_crops([run, seen])
