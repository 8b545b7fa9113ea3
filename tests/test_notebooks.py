"""The notebooks run from top to bottom without a network, and lie in git without their outputs."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbmake.nb_run import NotebookRun

REPO = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted(REPO.glob("notebooks/*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]

Cells = list[dict[str, Any]]


def cells(path: Path) -> Cells:
    return list(json.loads(path.read_text("utf-8"))["cells"])


def code(path: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in cells(path) if cell["cell_type"] == "code"]


def text(path: Path) -> str:
    return "\n".join("".join(cell["source"]) for cell in cells(path))


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout in which nothing has run yet."""
    for name in ("src", "conf", "zoo"):
        (tmp_path / name).symlink_to(REPO / name)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.delenv("RESGAT_DATA", raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme}_proxy", "http://127.0.0.1:9")  # where nobody answers
    return tmp_path


@pytest.fixture(scope="session")
def run_of_seconds(command: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``experiment=quick`` leaves, after too little training to find anything."""
    folder = tmp_path_factory.mktemp("quick") / "run"
    done = command(
        "train",
        *("experiment=quick", "trainer.max_epochs=1", "data.corpus.num_workers=1"),
        *(f"data.corpus.{split}_pairs=4" for split in ("train", "val", "test")),
        f"hydra.run.dir={folder}",
    )
    assert done.status == 0, done.err
    return folder


def executed(name: str, checkout: Path) -> Cells:
    """Run a notebook where Jupyter would, and return its cells with their outputs."""
    path = shutil.copy(REPO / "notebooks" / f"{name}.ipynb", checkout / "notebooks")
    result = NotebookRun(Path(path), 300).execute()
    assert result.error is None, result.error.trace
    return list(result.nb.cells)


def num_pictures(run: Cells) -> int:
    outputs = [output for cell in run for output in cell.get("outputs", [])]
    return sum("image/png" in output.get("data", {}) for output in outputs)


def test_there_are_the_three_that_the_readme_names() -> None:
    readme = (REPO / "README.md").read_text("utf-8")
    assert NAMES == ["explain", "image_prediction", "video_prediction"]
    assert [name for name in NAMES if f"(notebooks/{name}.ipynb)" not in readme] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_no_output_is_kept(path: Path) -> None:
    for cell in cells(path):
        assert cell["metadata"] == {}
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_the_badge_opens_the_notebook_in_the_repository_that_it_fetches(path: Path) -> None:
    (repository,) = re.findall(r'REPOSITORY = "https://github.com/(.+)"', text(path))
    opened = (
        f"https://colab.research.google.com/github/{repository}/blob/main/notebooks/{path.name}"
    )
    assert f"]({opened})" in text(path)


def test_all_begin_alike() -> None:
    assert len({tuple(code(path)[:2]) for path in NOTEBOOKS}) == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!https:)([^)#]+)", text(path))
    assert targets
    assert [target for target in targets if not (path.parent / target).is_file()] == []


def test_a_verdict_on_images_comes_from_a_detector_that_was_trained_here(checkout: Path) -> None:
    run = executed("image_prediction", checkout)
    assert num_pictures(run) == 3
    numbers = json.loads((checkout / "outputs/quick/metrics.json").read_text())
    assert numbers["test"]["video"]["auc"] > 0.9
    assert len(list((checkout / "outputs/notebooks/predicted/overlays").iterdir())) == 5


@pytest.mark.parametrize(("name", "pictures"), [("video_prediction", 4), ("explain", 4)])
def test_one_runs_with_the_checkpoint_that_is_there(
    name: str, pictures: int, checkout: Path, run_of_seconds: Path
) -> None:
    (checkout / "outputs").mkdir()
    (checkout / "outputs" / "quick").symlink_to(run_of_seconds)
    assert num_pictures(executed(name, checkout)) == pictures
