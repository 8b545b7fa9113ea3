"""The configuration reference says what conf/ and the docstrings say."""

from pathlib import Path

import pytest

from website.reference import configuration_page, groups

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path: Path) -> tuple[Path, Path]:
    """Two groups, a command, and a package of one class."""
    conf, source = tmp_path / "conf", tmp_path / "src"
    (conf / "model" / "head").mkdir(parents=True)
    (source / "resgat").mkdir(parents=True)
    (conf / "run.yaml").write_text("# python src/run.py: runs.\n# At once.\nseed: 0\n")
    (conf / "model" / "net.yaml").write_text("_target_: resgat.nets.Net\nheads: 4\n")
    (conf / "model" / "head" / "sgd.yaml").write_text("_target_: torch.optim.SGD\nlr: 1\n")
    (source / "resgat" / "__init__.py").write_text("")
    (source / "resgat" / "config.py").write_text(
        "class RunConfig:\n    data: Any = MISSING\n    'The corpus | its folder.'\n"
        "    fast: bool = False\n    'Hurry.'\n"
        "    part: P = field(default_factory=P)\n    'Of it.'\n"
    )
    (source / "resgat" / "nets.py").write_text(
        'class Net:\n    """A net.\n\n    Args:\n        heads: How many, see :func:`~resgat.f`.\n'
        '    """\n\n    def __init__(self, heads: int = 2): ...\n'
    )
    return conf, source


def test_commands_have_their_keys_as_the_command_line_has_them(project: tuple[Path, Path]) -> None:
    page = configuration_page(*project)
    assert "### `src/run.py`\n\npython src/run.py: runs. At once." in page
    assert "| `data` | `must be given` | The corpus \\| its folder. |" in page
    assert "| `fast` | `false` | Hurry. |" in page
    assert "| `part` |  | Of it. |" in page


def test_choices_are_shown_as_they_are_with_the_keys_of_what_is_ours(
    project: tuple[Path, Path],
) -> None:
    page = configuration_page(*project)
    assert groups(project[0]) == ["model", "model/head"]
    assert "### model/head { #model-head }" in page
    assert '??? abstract "`model=net`"\n\n    ```yaml\n    _target_: resgat.nets.Net' in page
    assert '??? note "Keys of `resgat.nets.Net`"' in page
    assert "    | `heads` | `2` | How many, see `resgat.f`. |" in page
    assert "Keys of `torch.optim.SGD`" not in page


def test_every_file_of_the_project_is_on_the_page() -> None:
    page = configuration_page(ROOT / "conf", ROOT / "src")
    for path in (ROOT / "conf").glob("*/**/*.yaml"):
        group = path.parent.relative_to(ROOT / "conf").as_posix()
        assert f"`{group}={path.stem}`" in page
    for path in (ROOT / "conf").glob("*.yaml"):
        assert f"### `src/{path.stem}.py`" in page
