import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resgat.files import exists, sweep_unfinished, write_atomic, write_json, write_parquet


def names(folder: Path) -> Any:
    return sorted(path.name for path in folder.iterdir())


def test_nothing_is_at_a_path_that_is_too_long_for_one(tmp_path: Path) -> None:
    assert exists(tmp_path)
    assert not exists(tmp_path / "gone")
    assert not exists(tmp_path / ("a" * 300))


def test_folders_are_made_and_nothing_is_left_beside(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    write_atomic(path, lambda beside: beside.write_text("whole"))
    assert path.read_text() == "whole"
    assert names(path.parent) == ["b.txt"]


def test_the_writer_sees_the_same_suffix_in_the_same_folder(tmp_path: Path) -> None:
    seen = []

    def write(beside: Path) -> None:
        seen.append(beside)
        beside.touch()

    write_atomic(tmp_path / "plot.png", write)
    assert (seen[0].parent, seen[0].suffix) == (tmp_path, ".png")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "numbers.json"
    path.write_text("old")

    def write(beside: Path) -> None:
        beside.write_text("ha")
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011
        write_atomic(path, write)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["numbers.json"]


def test_json_keeps_order_digits_and_letters(tmp_path: Path) -> None:
    value = {"z": 0.1 + 0.2, "a": [1, None], "é": "ü"}
    write_json(tmp_path / "x.json", value)
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert json.loads(text) == value
    assert list(json.loads(text)) == ["z", "a", "é"]
    assert "0.30000000000000004" in text
    assert text.endswith("}\n")


def test_json_refuses_nan_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"auc": float("nan")})
    assert names(tmp_path) == []


def test_parquet_round_trip(tmp_path: Path) -> None:
    table = pa.table({"crop_id": ["a", "b"], "logit": [0.5, -1.0]})
    write_parquet(tmp_path / "predictions.parquet", table)
    assert pq.read_table(tmp_path / "predictions.parquet").equals(table)


def test_what_a_killed_write_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    seen: list[Path] = []
    for name in ("index.parquet", "no_suffix"):
        with pytest.raises(FileNotFoundError):  # it writes nothing, and only its name is noted
            write_atomic(tmp_path / name, seen.append)
    for path in seen:
        path.write_text("half")
    (tmp_path / ".hidden.json").write_text("kept")
    sweep_unfinished(tmp_path)
    assert names(tmp_path) == [".hidden.json"]
