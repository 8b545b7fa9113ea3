"""The configuration reference: every group of conf/, every choice, every key and what it means.

Read from the files themselves at each build: a choice's own text and comments, and what the
constructor behind its ``_target_`` says of its arguments. Nothing is imported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import griffe

from website.conf import ConfFile, Entry, conf_files
from website.docstrings import in_markdown

_INTRO = """# Configuration

Every command is a Hydra app: `group=choice` swaps a part, `group.key=value` changes a number in
it, and `-m key=a,b` sweeps. A mistyped key is refused with the nearest valid one. `--cfg job`
prints what would run. This page is made from `conf/` and the docstrings of what it names.

"""

#: Key, default and meaning, in Markdown.
Row = tuple[str, str, str]


def configuration_page(conf: Path, source: Path) -> str:
    """Return the page in Markdown.

    Args:
        conf: The folder of the configuration.
        source: The folder of the package.
    """
    files, schemas = conf_files(conf), Schemas(source)
    reader = Meanings(files, Docstrings(source))
    parts = [_INTRO, "## Commands\n"]
    for file in files:
        if not file.group:
            parts += command_section(file, schemas)
    parts.append("\n## Groups\n")
    for group, choices in groupby((file for file in files if file.group), lambda file: file.group):
        parts += [f"### {group} {{ #{_anchor(group)} }}\n", f"{schemas.meaning(group)}\n"]
        for file in choices:
            parts += choice_section(file, reader)
    return "\n".join(parts) + "\n"


def command_section(file: ConfFile, schemas: Schemas) -> Iterator[str]:
    """Yield what a command is for, its groups, and its keys."""
    yield f"### `src/{file.name}.py`\n"
    usage, _, purpose = file.about.partition(": ")
    yield f"`{usage.strip()}`: {_plain(purpose)}\n"
    chosen = dict(file.begins_with)
    links = (f"[`{group}`](#{_anchor(group)})" for group in sorted(chosen))
    yield f"Groups: {', '.join(links)}.\n"
    said = {entry.key: f"`{entry.value}`" for entry in file.entries()}
    said |= {
        group: _choice(group, choice) if choice else "`null`" for group, choice in chosen.items()
    }
    yield from _table(
        (key, said.get(key, default), text) for key, default, text in schemas.rows(file.name)
    )


def choice_section(file: ConfFile, reader: Meanings) -> Iterator[str]:
    """Yield what a choice is, what it builds on, and its keys."""
    name = f"{file.group}={file.name}"
    yield f"#### `{name}` {{ #{_anchor(name)} }}\n"
    said = [_plain(file.about)] if file.about else []
    if file.begins_with:
        links = [_choice(group, choice, full=True) for group, choice in file.begins_with if choice]
        said.append(f"Begins with {', '.join(links)}.")
    if target := reader.built(file).get(file.package):
        said.append(f"Builds {_reference(target, target)}.")
    yield f"{' '.join(said)}\n"
    yield from _table(reader.row(entry, file) for entry in file.entries())


class Meanings:
    """What the keys of files mean: what their constructor says, and the comment beside them.

    Args:
        files: All of them.
        docs: What constructors say.
    """

    def __init__(self, files: Iterable[ConfFile], docs: Docstrings) -> None:
        self._files = {(file.group, file.name): file for file in files}
        self._docs = docs

    def row(self, entry: Entry, file: ConfFile) -> Row:
        """Return the line of the table for a key."""
        value = f"`{entry.value}`" if entry.value else ""
        if entry.target:
            said, value = self._docs.summary(entry.target), _reference(entry.target, entry.value)
        else:
            place, _, name = entry.key.rpartition(".")
            owner = entry.owner or self.built(file).get(place)
            said = self._docs.arguments(owner).get(name, "") if owner else ""
        beside = f"*{entry.comment}*" if said and entry.comment else entry.comment
        return entry.key, value, _plain(f"{said} {beside}".strip())

    def built(self, file: ConfFile) -> Mapping[str, str]:
        """Return what is built where in the configuration, by this file and what it begins with."""
        found: dict[str, str] = {}
        for group, choice in file.begins_with:
            if (group, choice) in self._files:
                found |= self.built(self._files[group, str(choice)])
        own = {entry.key: entry.target for entry in file.entries() if entry.target}
        if file.target:
            own[file.package] = file.target
        return found | own


class Schemas:
    """What ``resgat.schemas`` says of the keys of each command.

    Args:
        source: The folder of the package.
    """

    def __init__(self, source: Path) -> None:
        files = sorted((source / "resgat" / "schemas").glob("*.py"))
        nodes = [node for file in files for node in ast.parse(file.read_text("utf-8")).body]
        self._classes = {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}

    def rows(self, command: str) -> list[Row]:
        """Return the keys of a command."""
        name = f"{command.capitalize()}Config"
        return list(self._fields(self._classes[name])) if name in self._classes else []

    def meaning(self, group: str) -> str:
        """Return what a command says of a group that fills one of its keys; else nothing."""
        commands = sorted(self._classes, key=lambda name: name != "TrainConfig")
        said = [row for name in commands for row in self._fields(self._classes[name])]
        return next((text for key, _, text in said if key == group), "")

    def _fields(self, schema: ast.ClassDef, prefix: str = "") -> Iterator[Row]:
        """Yield each field of a class with the text below it; of a section, those of its own."""
        for base in schema.bases:
            yield from self._fields(self._classes[ast.unparse(base)], prefix)
        for field, text in pairwise(schema.body):
            if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
                continue
            kind, name = ast.unparse(field.annotation), prefix + field.target.id
            if kind in self._classes:
                yield from self._fields(self._classes[kind], f"{name}.")
                continue
            said = text.value.value if isinstance(text, ast.Expr) else ""  # type: ignore[attr-defined]
            yield name, _default(field.value), _plain(str(said))


def _default(value: ast.expr | None) -> str:
    """Return a default as the command line has it."""
    if value is None or ast.unparse(value) == "MISSING":
        return "must be given"
    if isinstance(value, ast.Call) and isinstance(factory := value.keywords[0].value, ast.Lambda):
        value = factory.body
    plain = ast.literal_eval(value)
    if isinstance(plain, list):
        return f"`[{', '.join(map(str, plain))}]`"
    return f"`{plain if isinstance(plain, str) else _in_yaml(repr(plain))}`"


class Docstrings:
    """What constructors and functions of the package say; nothing of what others wrote.

    Args:
        source: The folder of the package.
    """

    def __init__(self, source: Path) -> None:
        self._source = source

    @cached_property
    def _package(self) -> Any:
        return griffe.load("resgat", search_paths=[self._source], docstring_parser="google")

    def summary(self, target: str) -> str:
        """Return the first line of a docstring."""
        sections = self._sections(target)
        return str(sections[0].value).partition("\n")[0] if sections else ""

    def arguments(self, target: str) -> dict[str, str]:
        """Return the meaning of each argument."""
        kind = griffe.DocstringSectionKind.parameters
        parts = [section.value for section in self._sections(target) if section.kind is kind]
        return {one.name: _in_yaml(one.description) for part in parts for one in part}

    def _sections(self, target: str) -> Sequence[Any]:
        if not target.startswith("resgat."):
            return []
        docstring = self._package[target.removeprefix("resgat.")].docstring
        return docstring.parsed if docstring else []


def _table(rows: Iterable[Row]) -> Iterator[str]:
    lines = [f"| `{key}` | {_cell(default)} | {_cell(text)} |" for key, default, text in rows]
    if lines:
        yield from ['<div class="keys" markdown>', "", "| key | default | |", "|---|---|---|"]
        yield from [*lines, "", "</div>", ""]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _choice(group: str, choice: str, *, full: bool = False) -> str:
    shown = f"{group}={choice}" if full else choice
    return f"[`{shown}`](#{_anchor(f'{group}={choice}')})"


def _reference(target: str, shown: str) -> str:
    """Link a name to its docstring, if that is a part of the site."""
    return f'<autoref identifier="{target}" optional><code>{shown}</code></autoref>'


def _anchor(name: str) -> str:
    return name.replace("/", "-").replace("=", "-")


def _in_yaml(text: str) -> str:
    """Write Python's constants as the command line has them."""
    words = {"None": "null", "True": "true", "False": "false"}
    return re.sub("|".join(rf"\b{word}\b" for word in words), lambda found: words[found[0]], text)


def _plain(text: str) -> str:
    """Turn references and literals of reStructuredText into Markdown's."""
    return in_markdown(text).replace("``", "`")
