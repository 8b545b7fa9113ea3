"""Every command that the documentation shows is one that the program takes."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn, get_type_hints

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.utils import get_class

from resgat.cli import Positional, as_sweep
from resgat.config import parse, register
from resgat.targets import check_targets

REPO = Path(__file__).resolve().parents[1]
PAGES = [REPO / "README.md", *REPO.glob("docs/**/*.md"), *REPO.glob("experiments/*/*.md")]

_CODE = re.compile(r"^ *```\w*\n(.*?)^ *```$|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"python src/(\w+)\.py((?:[^\n|&;]|\\\n)*)")
#: Switches that are no overrides, and what follows them.
_SWITCHES = re.compile(r"(?:^|\s)(?:-m|--multirun|--contact-sheet|--cfg job|--help)(?=\s|$)")


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield script and arguments of each command in a page's code, but for those of a loop."""
    for block, inline in _CODE.findall(text):
        for name, words in _COMMAND.findall(block.replace("\\\n", " ") or inline):
            said = " ".join(re.sub(r"(^|\s)#.*", "", words).split())
            if said and "$" not in said:
                yield name, said


SHOWN = sorted({command for page in PAGES for command in commands(page.read_text("utf-8"))})


@pytest.fixture(scope="module", autouse=True)
def conf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The folder of the configuration, and a run folder, which some settings name."""
    register()
    run_dir = f"hydra.runtime.output_dir={tmp_path_factory.mktemp('run')}"
    with initialize_config_dir(str(REPO / "conf"), version_base="1.3"):
        HydraConfig.instance().set_config(compose("train", [run_dir], return_hydra_config=True))
        yield
    HydraConfig.instance().cfg = None


def positional(script: str) -> Positional | None:
    """Return what a script says of its words without a key."""
    for node in ast.walk(ast.parse((REPO / "src" / f"{script}.py").read_text("utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Positional":
            names = {word.arg: ast.literal_eval(word.value) for word in node.keywords if word.arg}
            return Positional(*map(ast.literal_eval, node.args), **names)
    return None


def overrides(script: str, words: str) -> list[str]:
    """Return the overrides that a command comes to; of a sweep, those of its first run."""
    arguments = as_sweep(shlex.split(_SWITCHES.sub(" ", words)), ["data"])
    if takes := positional(script):
        arguments = takes.named(arguments)
    parsed = OverridesParser.create().parse_overrides([a for a in arguments if a != "--multirun"])
    return [
        f"{one.key_or_group}={next(iter(one.sweep_string_iterator()))}"
        if one.is_sweep_override()
        else str(one.input_line)
        for one in parsed
    ]


def test_commands_are_found_in_blocks_and_in_lines() -> None:
    page = """
```bash
ls | python src/a.py x=1 \\
  'y=[1, 2]'   # why
python src/b.py z=$n
```
The `python src/c.py` of `python src/d.py RUN z=2`, and python src/e.py.
"""
    assert list(commands(page)) == [("a", "x=1 'y=[1, 2]'"), ("d", "RUN z=2")]
    assert len(SHOWN) > 50


@pytest.mark.parametrize(("script", "words"), SHOWN, ids=[" ".join(shown) for shown in SHOWN])
def test_a_command_composes(script: str, words: str) -> None:
    config = parse(compose(script, overrides(script, words)))
    check_targets(config)
    if script == "preprocess":
        corpus: Any = get_class(config["data"]["corpus"]["_target_"])
        assert get_type_hints(corpus.videos)["return"] is not NoReturn, "it has no raw videos"
