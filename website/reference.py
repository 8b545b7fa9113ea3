"""The configuration reference: every group of conf/, every choice, every key and what it means.

Read from the files themselves at each build: a choice's own text and comments, and what the
constructor behind its ``_target_`` says of its arguments. Nothing is imported.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import griffe
import yaml

from website.docstrings import in_markdown

_INTRO = """# Configuration

Every command is a Hydra app: `group=choice` swaps a part, `group.key=value` changes a number in
it, and `-m key=a,b` sweeps. A mistyped key is refused with the nearest valid one. `--cfg job`
prints what would run. This page is made from `conf/` and the docstrings of what it names.

"""


def configuration_page(conf: Path, source: Path) -> str:
    """Return the page in Markdown.

    Args:
        conf: The folder of the configuration.
        source: The folder of the package.
    """
    docs = Docstrings(source)
    parts = [_INTRO, "## Commands\n", *commands(conf, source), "\n## Groups\n"]
    for group in groups(conf):
        parts += group_section(conf, group, docs)
    return "\n".join(parts) + "\n"


def groups(conf: Path) -> list[str]:
    """Return the names of all groups, such as ``model/head``, sorted."""
    return sorted({path.parent.relative_to(conf).as_posix() for path in conf.glob("*/**/*.yaml")})


def commands(conf: Path, source: Path) -> Iterator[str]:
    """Yield a table of the keys of each command, from the classes of ``resgat.config``."""
    module = ast.parse((source / "resgat" / "config.py").read_text("utf-8"))
    schemas = {
        node.name.removesuffix("Config").lower(): node
        for node in module.body
        if isinstance(node, ast.ClassDef) and node.name.endswith("Config")
    }
    for path in sorted(conf.glob("*.yaml")):
        yield f"### `src/{path.stem}.py`\n"
        yield f"{_leading_comment(path)}\n"
        if path.stem in schemas:
            yield from _table(_attributes(schemas[path.stem]))


def _attributes(schema: ast.ClassDef) -> Iterator[tuple[str, str, str]]:
    """Yield each field of a class with its default and the text below it."""
    for field, text in pairwise(schema.body):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        default = "" if field.value is None else _default(ast.unparse(field.value))
        said = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
        yield field.target.id, default, str(text.value.value) if said else ""  # type: ignore[attr-defined]


def _default(code: str) -> str:
    """Return a default as the command line has it; a section has none of its own."""
    if code.startswith("field("):
        return ""
    return {"MISSING": "must be given", "None": "null", "True": "true", "False": "false"}.get(
        code, code
    )


def group_section(conf: Path, group: str, docs: Docstrings) -> Iterator[str]:
    """Yield the choices of a group, and the keys of what they build."""
    yield f"### {group} {{ #{group.replace('/', '-')} }}\n"
    targets: dict[str, None] = {}
    for path in sorted((conf / group).glob("*.yaml")):
        text = path.read_text("utf-8")
        name = path.stem
        yield f'??? abstract "`{group}={name}`"\n'
        block = "\n".join(["```yaml", text.rstrip(), "```"])
        yield _indented(block) + "\n"
        targets |= dict.fromkeys(_targets(yaml.safe_load(text)))
    for target in targets:
        if rows := docs.arguments(target):
            yield f'??? note "Keys of `{target}`"\n'
            yield _indented("\n".join(_table(rows))) + "\n"


def _targets(node: object) -> Iterator[str]:
    """Yield each ``_target_`` in a file."""
    if isinstance(node, dict):
        if isinstance(target := node.get("_target_"), str):
            yield target
        for value in node.values():
            yield from _targets(value)
    elif isinstance(node, list):
        for value in node:
            yield from _targets(value)


class Docstrings:
    """What constructors and functions of the package say of their arguments.

    Args:
        source: The folder of the package.
    """

    def __init__(self, source: Path) -> None:
        self._source = source

    @cached_property
    def _package(self) -> Any:
        return griffe.load("resgat", search_paths=[self._source], docstring_parser="google")

    def arguments(self, target: str) -> list[tuple[str, str, str]]:
        """Return name, default and meaning of each argument; none of what others wrote."""
        if not target.startswith("resgat."):
            return []
        found = self._package[target.removeprefix("resgat.")]
        docstring = found.docstring
        rows = []
        for section in docstring.parsed if docstring else ():
            if section.kind is griffe.DocstringSectionKind.parameters:
                rows += [
                    (one.name, str(one.default or ""), one.description) for one in section.value
                ]
        return rows


def _table(rows: Any) -> Iterator[str]:
    yield "| key | default | |"
    yield "|---|---|---|"
    for name, default, text in rows:
        words = " ".join(text.split()).replace("|", "\\|")
        shown = default.replace("|", "\\|")
        yield f"| `{name}` | {f'`{shown}`' if shown else ''} | {_plain(words)} |"
    yield ""


def _plain(text: str) -> str:
    """Turn references and literals of reStructuredText into Markdown's."""
    return in_markdown(text).replace("``", "`")


def _leading_comment(path: Path) -> str:
    lines = []
    for line in path.read_text("utf-8").splitlines():
        if not line.startswith("#") or line.startswith("# @package"):
            break
        lines.append(line.removeprefix("#").strip())
    return " ".join(lines)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())
