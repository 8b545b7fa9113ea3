"""What --help says, from a conf folder made here."""

from pathlib import Path

import pytest

from resgat.usage import groups, usage


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    for name in ("train", "model/big", "model/small", "model/head/mean"):
        path = tmp_path / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    return tmp_path


def test_groups_and_their_options_are_listed_and_roots_are_not(conf: Path) -> None:
    assert groups(conf) == [("model", ["big", "small"]), ("model/head", ["mean"])]


def test_the_text_says_what_the_command_is_for_and_what_can_be_chosen(conf: Path) -> None:
    text = usage("train", "Train a detector.", conf)
    assert text.startswith("Train a detector.\n\nusage: python src/train.py ")
    assert "  model:             big, small\n" in text
    assert "  model/head:        mean\n" in text
    assert "usage: python src/train.py [group=option" in text


def test_what_needs_no_key_comes_first(conf: Path) -> None:
    assert "usage: python src/x.py RUNS ... [group=option" in usage("x", "", conf, "RUNS ...")
