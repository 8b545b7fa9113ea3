"""A file of conf/ as its reader sees it: its text, what it begins with, each key with its comment.

YAML's own parsers forget comments. Here the parser says where each key and value lies, and the
comments are read from the lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

_PACKAGE = re.compile(r"^# @package (\S+)$", re.MULTILINE)
_COMMENT = re.compile(r"\s+#\s?(.*)")
#: Hydra's own keys, which are said in other ways.
_HYDRAS = ("defaults", "_target_", "_partial_")


@dataclass(frozen=True)
class Entry:
    """A key of a file.

    Attributes:
        key: As the command line has it, ``data.corpus.compression``.
        value: As it stands in the file; of what is built, the name of its class.
        comment: Beside it or above it; may be empty.
        target: Of what is built here, its full name; else None.
        owner: What the key is an argument of; None where nothing is built from it.
    """

    key: str
    value: str
    comment: str
    target: str | None = None
    owner: str | None = None


@dataclass(frozen=True)
class ConfFile:
    """A file of conf/.

    Attributes:
        group: Such as ``model/head``; empty for a command's root file.
        name: The choice, or the command.
        text: The file's.
    """

    group: str
    name: str
    text: str

    @classmethod
    def read(cls, conf: Path, path: Path) -> ConfFile:
        """Read one of the files below ``conf``."""
        group = path.parent.relative_to(conf).as_posix()
        return cls("" if group == "." else group, path.stem, path.read_text("utf-8"))

    @property
    def about(self) -> str:
        """The comment that the file begins with."""
        lines = _PACKAGE.sub("", self.text).lstrip("\n").splitlines()
        return " ".join(self._lines_of_comment(lines))

    @property
    def package(self) -> str:
        """Where its keys come to lie in the configuration; empty for the top."""
        said = _PACKAGE.search(self.text)
        return self.group.replace("/", ".") if said is None else said[1].replace("_global_", "")

    @property
    def begins_with(self) -> list[tuple[str, str | None]]:
        """Group and choice of each file that this one builds on; None is no choice."""
        found = []
        for line in (yaml.safe_load(self.text) or {}).get("defaults", []):
            (group, choice), *_ = line.items() if isinstance(line, dict) else [("", line)]
            if choice == "_self_" or str(choice).endswith("_schema"):
                continue
            group = group.removeprefix("override ")
            is_absolute = group.startswith("/") or not self.group
            own = group.removeprefix("/") if is_absolute else f"{self.group}/{group}".rstrip("/")
            found.append((own, choice))
        return found

    @property
    def target(self) -> str | None:
        """What is built from the whole file; None where nothing is, or another file says it."""
        return _target(self._root)

    def entries(self) -> list[Entry]:
        """List the keys, those of what is built below that."""
        return list(self._walk(self._root, self.package, self.target))

    def _walk(self, node: yaml.MappingNode, prefix: str, owner: str | None) -> Iterator[Entry]:
        for key_node, value in node.value:
            if key_node.value in _HYDRAS:
                continue
            key = f"{prefix}.{key_node.value}" if prefix else str(key_node.value)
            if not isinstance(value, yaml.MappingNode) or not value.value:
                shown = self.text[value.start_mark.index : value.end_mark.index].strip()
                yield Entry(key, shown, self._comment(key_node, value), owner=owner)
                continue
            target, comment = _target(value), self._comment(key_node, key_node)
            if target or comment:
                shown = target.rpartition(".")[2] if target else ""
                yield Entry(key, shown, comment, target, owner)
            yield from self._walk(value, key, target)

    def _comment(self, key: yaml.Node, value: yaml.Node) -> str:
        """Return the comment behind a value, or the lines of comment above its key."""
        behind = _COMMENT.search(self._all_lines[value.end_mark.line][value.end_mark.column :])
        if behind:
            return behind[1]
        above = self._all_lines[: key.start_mark.line][::-1]
        lines = self._lines_of_comment(above)
        # Those at the top of the file are about all of it.
        return "" if len(lines) == len(above) else " ".join(reversed(lines))

    @cached_property
    def _root(self) -> yaml.MappingNode:
        root = yaml.compose(self.text)
        return root if isinstance(root, yaml.MappingNode) else yaml.MappingNode("", [])

    @cached_property
    def _all_lines(self) -> list[str]:
        return [*self.text.splitlines(), ""]

    @staticmethod
    def _lines_of_comment(lines: list[str]) -> list[str]:
        """Return the lines of comment that a list of lines begins with."""
        bare = [line.strip() for line in lines]
        count = next((at for at, line in enumerate(bare) if not line.startswith("#")), len(bare))
        return [line.removeprefix("#").strip() for line in bare[:count]]


def conf_files(conf: Path) -> list[ConfFile]:
    """Read all files of a folder, root files first, each group's after its parent's."""
    paths = sorted(conf.rglob("*.yaml"), key=lambda path: (path.parent.as_posix(), path.name))
    return [ConfFile.read(conf, path) for path in paths]


def _target(node: yaml.MappingNode) -> str | None:
    return next((str(value.value) for key, value in node.value if key.value == "_target_"), None)
