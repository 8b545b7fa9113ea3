"""A file of conf/ with its comments: where they stand, and what they are about."""

from pathlib import Path

import pytest

from website.conf import ConfFile, Entry, conf_files

TEXT = """\
# What the file is about,
# in two lines.
defaults:
  - base
  - override /data: drawn

_target_: a.Net
heads: 4 # or 8
# Both of these: see the paper.
dim: 16
names: [a, b]
head:
  _target_: a.b.Head
  _partial_: true
  level: null
tools:
  saw: {_target_: a.Saw, teeth: 32}
  rest: {}
"""
NET = ConfFile("model", "net", TEXT)


def test_it_begins_with_what_it_is_about() -> None:
    assert NET.about == "What the file is about, in two lines."
    assert ConfFile("model", "bare", "heads: 4 # or 8\n").about == ""


def test_keys_have_their_values_and_comments() -> None:
    entries = {entry.key: entry for entry in NET.entries()}
    assert entries["model.heads"] == Entry("model.heads", "4", "or 8", owner="a.Net")
    assert entries["model.dim"].comment == "Both of these: see the paper."
    assert (entries["model.names"].value, entries["model.names"].comment) == ("[a, b]", "")
    assert entries["model.tools.rest"].value == "{}"


def test_what_is_built_owns_the_keys_below_it() -> None:
    entries = {entry.key: entry for entry in NET.entries()}
    assert NET.target == "a.Net"
    assert entries["model.head"] == Entry("model.head", "Head", "", "a.b.Head", "a.Net")
    assert entries["model.head.level"].owner == "a.b.Head"
    assert entries["model.tools.saw.teeth"] == Entry(
        "model.tools.saw.teeth", "32", "", None, "a.Saw"
    )
    assert not {"model.tools", "model._target_", "model.head._partial_"} & set(entries)


def test_the_comment_at_the_top_is_not_that_of_the_first_key() -> None:
    (entry,) = ConfFile("loss", "bce", "# The usual one.\nweight: 1.0\n").entries()
    assert entry == Entry("loss.weight", "1.0", "")


@pytest.mark.parametrize(
    ("group", "package", "key"),
    [
        ("model/head", "", "model.head.a"),
        ("strategy", "# @package trainer\n", "trainer.a"),
        ("experiment", "# @package _global_\n", "a"),
        ("", "", "a"),
    ],
)
def test_a_key_is_what_the_command_line_calls_it(group: str, package: str, key: str) -> None:
    (entry,) = ConfFile(group, "x", f"{package}# About it.\na: 1\n").entries()
    assert entry.key == key
    assert ConfFile(group, "x", f"{package}# About it.\na: 1\n").about == "About it."


def test_what_it_builds_on_has_its_group() -> None:
    assert NET.begins_with == [("model", "base"), ("data", "drawn")]
    text = "defaults:\n  - train_schema\n  - _self_\n  - data: a\n  - experiment: null\n"
    assert ConfFile("", "train", text).begins_with == [("data", "a"), ("experiment", None)]
    nested = ConfFile("model", "net", "defaults:\n  - head: mean\n")
    assert nested.begins_with == [("model/head", "mean")]


def test_a_file_may_be_empty() -> None:
    nothing = ConfFile("logger", "none", "# No logger.\n{}\n")
    assert (nothing.about, nothing.entries(), nothing.target) == ("No logger.", [], None)


def test_files_are_read_group_by_group(tmp_path: Path) -> None:
    for name in ("model/head/mean", "train", "model/net"):
        path = tmp_path / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    found = [(file.group, file.name) for file in conf_files(tmp_path)]
    assert found == [("", "train"), ("model", "net"), ("model/head", "mean")]
