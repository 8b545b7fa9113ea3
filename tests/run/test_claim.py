"""A folder goes on with the settings that it was begun with, and with no others."""

import json
from pathlib import Path
from typing import Any

import pytest

from resgat.errors import ConfigError
from resgat.run.claim import claim

REMEDY = "Choose another hydra.run.dir, or delete it"


@pytest.fixture
def note(tmp_path: Path) -> Path:
    return tmp_path / "work" / "made_with.json"


def run(note: Path, **settings: Any) -> None:
    mine = {key.replace("__", "."): value for key, value in settings.items()}
    claim(note, mine, "part.", "numbers")


def message(note: Path, **settings: Any) -> str:
    with pytest.raises(ConfigError) as refused:
        run(note, **settings)
    return str(refused.value)


def test_a_new_folder_is_claimed_and_goes_on(note: Path) -> None:
    run(note, seed=0, data=None)
    assert json.loads(note.read_text("utf-8")) == {"seed": 0, "data": None}
    run(note, seed=0, data=None)


def test_other_settings_are_refused_and_those_there_stay(note: Path) -> None:
    run(note, seed=0, lr=1)
    before = note.read_bytes()
    assert message(note, seed=1, lr=2) == (
        f"{note.parent} holds numbers made with other settings: "
        f"lr is 1 there and 2 here (2 differ). {REMEDY}"
    )
    assert "lr is 1 there and None here" in message(note, seed=0)
    assert "more is None there and 3 here" in message(note, seed=0, lr=1, more=3)
    assert note.read_bytes() == before


def test_whole_parts_may_be_added_or_left_out_and_are_remembered(note: Path) -> None:
    run(note, seed=0, part__a__x=1, part__a__y=2)
    run(note, seed=0, part__b=3)
    run(note, seed=0, part__b=3, part__a__x=1, part__a__y=2)
    assert json.loads(note.read_text("utf-8")) == {
        "seed": 0,
        "part.a.x": 1,
        "part.a.y": 2,
        "part.b": 3,
    }
    assert "part.b is 3 there and 4 here" in message(note, seed=0, part__b=4)


def test_a_part_that_is_there_may_not_gain_or_lose_a_setting(note: Path) -> None:
    run(note, part__a__x=1)
    assert "part.a.y is None there and 2 here" in message(note, part__a__x=1, part__a__y=2)
    run(note, part__b__x=1, part__b__y=2)
    assert "part.b.y is 2 there and None here" in message(note, part__b__x=1)
    assert "part.ab" not in note.read_text("utf-8")
    run(note, part__ab__x=1)  # another name, however alike


@pytest.mark.parametrize("text", ['{"seed": 0', "", "\x00", "[]", "3"])
def test_a_damaged_note_is_refused(note: Path, text: str) -> None:
    run(note, seed=0)
    note.write_text(text)
    found = message(note, seed=0)
    assert found.startswith(f"{note.parent} holds numbers, but made_with.json ")
    assert found.endswith(REMEDY)
    assert note.read_text() == text


def test_a_note_in_no_encoding_is_refused(note: Path) -> None:
    note.parent.mkdir()
    note.write_bytes(b"\xff\xfe{")
    assert message(note, seed=0).endswith(REMEDY)


def test_files_that_nothing_is_known_of_are_refused(note: Path) -> None:
    note.parent.mkdir()
    (note.parent / "jpeg_1.parquet").touch()
    assert message(note, seed=0) == (
        f"{note.parent} holds numbers, but no made_with.json to say how they are made. {REMEDY}"
    )
    assert not note.exists()


def test_an_empty_folder_and_a_note_that_is_just_being_written_are_fine(note: Path) -> None:
    note.parent.mkdir()
    (note.parent / ".made_with.0123456789abcdef.json").touch()
    run(note, seed=0)
    assert note.is_file()


def test_a_note_that_another_process_wrote_meanwhile_is_no_stranger(
    note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(note, seed=0)
    monkeypatch.setattr(Path, "is_file", lambda _: False)  # as it was a moment ago
    run(note, seed=0)
