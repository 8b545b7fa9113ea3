"""The configuration reference says what conf/ and the docstrings say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from website.reference import configuration_page

ROOT = Path(__file__).resolve().parents[2]

CONFIG = '''
class PartConfig:
    size: float = 0.5
    """Of the part."""

class _AnyConfig:
    device: str = "auto"
    """Where to."""

class RunConfig(_AnyConfig):
    data: Any = MISSING
    """The corpus | its folder."""
    model: Any = MISSING
    """The network."""
    fast: bool = False
    """Hurry."""
    how: str = "well"
    """In which way."""
    names: list[str] = field(default_factory=lambda: ["a", "b"])
    """Whose."""
    seed: int = 0
    """Of it all."""
    part: PartConfig = field(default_factory=PartConfig)
    """A part."""
'''
NETS = '''
class Net:
    """A net of nodes.

    Args:
        heads: How many, see :func:`~resgat.f`; None counts.
    """

    def __init__(self, heads: int = 2): ...
'''


@pytest.fixture
def page(tmp_path: Path) -> str:
    """Three groups, a command, and a package of one class."""
    files = {
        "conf/run.yaml": "# python src/run.py: runs.\n# At once.\n"
        "defaults:\n  - run_schema\n  - _self_\n  - model: net\n  - hurry: null\n\nseed: 7\n",
        "conf/model/net.yaml": "# The usual one.\n_target_: resgat.nets.Net\nheads: 4 # or 8\n",
        "conf/model/wide.yaml": "defaults:\n  - net\n\nheads: 16\n",
        "conf/model/head/sgd.yaml": "_target_: torch.optim.SGD\nlr: 1 # a | b\n",
        "conf/hurry/much.yaml": "saw: {_target_: resgat.nets.Net}\n",
        "src/resgat/__init__.py": "",
        "src/resgat/schemas/runs.py": CONFIG,
        "src/resgat/nets.py": NETS,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return configuration_page(tmp_path / "conf", tmp_path / "src")


def test_a_command_has_its_groups_and_its_keys_as_the_command_line_has_them(page: str) -> None:
    assert "### `src/run.py`\n\n`python src/run.py`: runs. At once." in page
    assert "Groups: [`hurry`](#hurry), [`model`](#model)." in page
    assert "| `data` | must be given | The corpus \\| its folder. |" in page
    assert "| `model` | [`net`](#model-net) | The network. |" in page
    assert "| `fast` | `false` | Hurry. |" in page
    assert "| `how` | `well` | In which way. |" in page
    assert "| `part.size` | `0.5` | Of the part. |" in page
    assert "| `part` |" not in page


def test_what_a_class_has_of_another_is_a_key_of_its_command(page: str) -> None:
    assert "| `device` | `auto` | Where to. |" in page


def test_a_list_is_a_default_too(page: str) -> None:
    assert "| `names` | `[a, b]` | Whose. |" in page


def test_the_root_file_wins_over_the_default_of_the_class(page: str) -> None:
    assert "| `seed` | `7` | Of it all. |" in page


def test_a_group_says_what_it_is_for(page: str) -> None:
    assert "### model { #model }\n\nThe network.\n" in page
    assert "### model/head { #model-head }" in page


def test_a_choice_has_its_keys_with_what_is_said_of_them(page: str) -> None:
    linked = '<autoref identifier="resgat.nets.Net" optional><code>resgat.nets.Net</code></autoref>'
    assert f"#### `model=net` {{ #model-net }}\n\nThe usual one. Builds {linked}." in page
    assert "| `model.heads` | `4` | How many, see `resgat.f`; null counts. *or 8* |" in page


def test_a_choice_knows_what_it_builds_from_what_it_begins_with(page: str) -> None:
    assert "Begins with [`model=net`](#model-net). Builds <autoref" in page
    assert "| `model.heads` | `16` | How many, see `resgat.f`; null counts. |" in page


def test_of_what_others_wrote_the_comment_is_all(page: str) -> None:
    assert "| `model.head.lr` | `1` | a \\| b |" in page


def test_what_is_built_inside_has_a_line(page: str) -> None:
    linked = '<autoref identifier="resgat.nets.Net" optional><code>Net</code></autoref>'
    assert f"| `hurry.saw` | {linked} | A net of nodes. |" in page


def leaves(node: Any, prefix: str = "") -> Iterator[str]:
    for key, value in node.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{prefix}{key}.")
        elif key not in ("defaults", "_target_", "_partial_"):
            yield f"{prefix}{key}"


def test_every_key_of_every_file_of_the_project_is_on_the_page() -> None:
    page = configuration_page(ROOT / "conf", ROOT / "src")
    paths = sorted((ROOT / "conf").rglob("*.yaml"))
    assert len(paths) > 50
    for path in paths:
        group = path.parent.relative_to(ROOT / "conf").as_posix()
        heading = f"#### `{group}={path.stem}`" if group != "." else f"### `src/{path.stem}.py`"
        section = page.partition(f"{heading}")[2].partition("\n###")[0]
        assert section, heading
        keys = list(leaves(yaml.safe_load(path.read_text("utf-8")) or {}))
        missing = [key for key in keys if f"{key}` |" not in section]
        assert [key for key in missing if not key.startswith("hydra.")] == [], heading
