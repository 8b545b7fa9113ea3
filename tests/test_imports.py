"""Imports go one way: no module imports a higher level, and the parts of level 2 stay apart."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

LEVELS = {
    1: {
        "errors",
        "checks",
        "types",
        "files",
        "holding",
        "progress",
        "records",
        "secrets",
        "settings",
        "stats",
    },
    2: {"graph", "models", "data", "losses", "metrics", "explain"},
    3: {"lit", "callbacks", "report", "measuring", "robustness", "inference", "export", "app"},
    4: {"schemas", "config", "targets", "messages", "usage", "cli", "run"},
}
LEVEL = {part: level for level, parts in LEVELS.items() for part in parts}
COMPOSES_CONFIGS = {"schemas", "config", "messages", "cli", "run"}

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "resgat"
#: What the package itself gives it imports when it is asked for; test_project.py looks at that.
MODULES = sorted(set(PACKAGE.rglob("*.py")) - {PACKAGE / "__init__.py"})


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted name of everything a file imports, at any depth of its code."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def offences(path: Path) -> list[str]:
    part = part_of(path)
    found = []
    for name in imported(path):
        top, _, rest = name.partition(".")
        if top in ("hydra", "omegaconf") and part not in COMPOSES_CONFIGS:
            found.append(f"{name}: only {sorted(COMPOSES_CONFIGS)} read configs")
        other = rest.partition(".")[0]
        if top != "resgat" or other == part or other == "__version__":
            continue
        if LEVEL[other] > LEVEL[part] or LEVEL[other] == LEVEL[part] == 2:
            found.append(f"{name}: level {LEVEL[other]} from level {LEVEL[part]}")
    return found


def test_every_part_has_a_level() -> None:
    parts = {part_of(path) for path in MODULES}
    assert parts <= LEVEL.keys(), f"add to LEVELS: {sorted(parts - LEVEL.keys())}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_no_higher_level_and_no_sibling(path: Path) -> None:
    assert offences(path) == []


def test_the_package_never_imports_a_script() -> None:
    scripts = {path.stem for path in PACKAGE.parent.glob("*.py")}
    for path in MODULES:
        assert scripts.isdisjoint(name.partition(".")[0] for name in imported(path))


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("graph", "from resgat.models import resgat"),
        ("data", "import resgat.run.train"),
        ("lit", "def f():\n    from omegaconf import DictConfig"),
        ("errors", "from resgat import models"),
    ],
)
def test_an_upward_or_sideways_import_is_noticed(
    part: str, line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    path = tmp_path / part / "x.py"
    path.parent.mkdir()
    path.write_text(line)
    assert len(offences(path)) == 1
