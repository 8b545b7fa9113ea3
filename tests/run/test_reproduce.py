"""A recorded run comes to its numbers again, and what did not is named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Command = Callable[..., Any]

#: Of explanations, as little as has an interval.
FEW = [
    "explain=ci",
    "explain.num_images=4",
    "explain.num_costly=1",
    "explain.num_shown=1",
    "explain.draws=40",
    "explain.methods=[contrib,random_smooth,center]",
    "explain.metrics=[localisation]",
    "explain.randomise=false",
]


@pytest.fixture
def run(finished: Any, tmp_path: Path) -> Path:
    """A copy of the finished run, to be tampered with."""
    return Path(shutil.copytree(finished.folder, tmp_path / "run"))


@pytest.fixture(scope="session")
def judged(
    command: Command, tiny_data: list[str], best: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The checkpoint of the finished run, judged."""
    folder: Path = tmp_path_factory.mktemp("judged") / "run"
    quick = ["callbacks.gallery=null", "num_resamples=20", f"hydra.run.dir={folder}"]
    done = command("eval", *tiny_data, *quick, f"ckpt_path={best}")
    assert done.status == 0, done.err
    return folder


def contents(folder: Path) -> dict[Path, tuple[int, int]]:
    """Tell every file by its size and its time."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def rewrite(path: Path, change: Callable[[Any], object]) -> None:
    """Change a JSON file in place."""
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def report(folder: Path) -> Any:
    return json.loads((folder / "reproduction.json").read_text())


def refuse(command: Command, run: Path, folder: Path, *overrides: str) -> str:
    """Reproduce what must be refused before it begins; return what is said."""
    done = command("reproduce", str(run), *overrides, f"hydra.run.dir={folder}")
    assert done.status == 1
    assert done.err.startswith("error: ")
    assert len(done.err.splitlines()) == 1
    assert {path.name for path in folder.iterdir()} <= {".hydra", "reproduce.log"}
    return str(done.err)


def test_a_training_comes_to_its_numbers_again(
    command: Command, finished: Any, tmp_path: Path
) -> None:
    before = contents(finished.folder)
    done = command("reproduce", str(finished.folder), f"hydra.run.dir={tmp_path}")
    assert (done.status, done.err) == (0, "")
    assert contents(finished.folder) == before
    said = report(tmp_path)
    assert (said["schema"], said["task"], said["agrees"]) == (1, "train", True)
    assert said["run_dir"] == str(finished.folder)
    assert said["counts"] == {
        "identical": len(said["numbers"]),
        "within tolerance": 0,
        "differs": 0,
        "only in one": 0,
    }
    assert said["largest_difference"] == 0
    assert said["verdict"] == f"all {len(said['numbers'])} numbers are identical"
    assert said["verdict"] in done.out
    assert "test.video.auc" in {row["number"] for row in said["numbers"]}
    recorded = json.loads((finished.folder / "metrics.json").read_text())
    assert json.loads((tmp_path / "metrics.json").read_text()) == recorded
    assert (tmp_path / "checkpoints" / "best.ckpt").is_file()
    assert str(finished.folder) not in (tmp_path / "config.yaml").read_text()


def test_a_number_that_was_tampered_with_is_named(
    command: Command, run: Path, finished: Any, tmp_path: Path
) -> None:
    def tamper(metrics: Any) -> None:
        metrics["test"]["video"]["auc"] -= 0.125
        metrics["test"]["video"]["auc_ci"] = [0.0, 1.0]
        metrics["test"]["frame"]["log_loss"] += 1e-9
        del metrics["val"]["video"]["eer"]

    rewrite(run / "metrics.json", tamper)
    before = contents(run), contents(finished.folder)
    done = command("reproduce", str(run), f"hydra.run.dir={tmp_path / 'again'}")
    assert done.status == 1
    assert (contents(run), contents(finished.folder)) == before
    said = report(tmp_path / "again")
    assert done.err == f"error: {said['verdict']}. See {tmp_path / 'again' / 'reproduction.json'}\n"
    assert not said["agrees"]
    kinds = {row["number"]: row["agreement"] for row in said["numbers"]}
    unlike = {name: kind for name, kind in kinds.items() if kind != "identical"}
    assert unlike.pop("test.video.auc") == "differs"
    assert unlike.pop("test.frame.log_loss") == "within tolerance"
    assert unlike.pop("val.video.eer") == "only in one"
    assert set(unlike) <= {"test.video.auc_ci[0]", "test.video.auc_ci[1]"}
    [auc] = [row for row in said["numbers"] if row["number"] == "test.video.auc"]
    assert auc["in_interval"] is True
    assert auc["difference"] == pytest.approx(0.125)
    assert "test.video.auc " in done.out


def test_a_wider_tolerance_is_a_setting(command: Command, judged: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(judged, tmp_path / "run"))
    rewrite(run / "metrics.json", lambda metrics: metrics["test"]["video"].update(auc=0.5))
    done = command("reproduce", str(run), "atol=0.75", f"hydra.run.dir={tmp_path / 'again'}")
    assert done.status == 0, done.err
    assert report(tmp_path / "again")["counts"]["within tolerance"] == 1
    assert "numbers agree within 0.75" in done.out


def test_a_judged_checkpoint_comes_to_its_numbers_again(
    command: Command, judged: Path, best: Path, tmp_path: Path
) -> None:
    moved = Path(shutil.copy(best, tmp_path / "moved.ckpt"))
    again = tmp_path / "again"
    done = command("reproduce", str(judged), f"ckpt_path={moved}", f"hydra.run.dir={again}")
    assert (done.status, done.err) == (0, "")
    assert report(again)["agrees"]
    assert yaml.safe_load((again / "config.yaml").read_text())["ckpt_path"] == str(moved)


def test_explanations_come_to_their_numbers_again(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    run, again = tmp_path / "run", tmp_path / "again"
    done = command("explain", *tiny_data, *FEW, f"ckpt_path={best}", f"hydra.run.dir={run}")
    assert done.status == 0, done.err
    done = command("reproduce", str(run), f"hydra.run.dir={again}")
    assert (done.status, done.err) == (0, "")
    said = report(again)
    assert said["counts"]["identical"] == len(said["numbers"]) > 10
    assert any(row["number"].endswith(".contrib.mean_ci[0]") for row in said["numbers"])


def test_an_older_run_that_was_moved_and_resumed_is_repeated_from_its_start(
    command: Command, run: Path, finished: Any, tmp_path: Path
) -> None:
    def forget(environment: Any) -> None:
        for key in ("task", "run_dir", "threads", "checkpoint_sha256"):
            del environment[key]

    rewrite(run / "environment.json", forget)
    config = yaml.safe_load((run / "config.yaml").read_text())
    del config["evidence_loss"]
    config["ckpt_path"] = "/gone/last.ckpt"
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    before = contents(run), contents(finished.folder)
    crops = f"crops_dir={config['data']['crops_dir']}"
    done = command("reproduce", str(run), crops, f"hydra.run.dir={tmp_path / 'again'}")
    assert (done.status, done.err) == (0, "")
    assert (contents(run), contents(finished.folder)) == before
    notes = report(tmp_path / "again")["warnings"]
    assert "evidence_loss was not recorded, and is None" in notes
    assert any(note.startswith("threads was not recorded") for note in notes)
    assert "numbers may differ: evidence_loss was not recorded" in done.out


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("modle", 3, "does not fit this version of resgat: modle: unknown key; the configuration"),
        ("loss.gama", 2, "does not fit this version of resgat: loss.gama: unknown key; "),
        ("seed", "many", "does not fit this version of resgat: seed: Value 'many' of type 'str'"),
        ("model._target_", "resgat.models.gone.Net", "model._target_: resgat.models.gone.Net does"),
    ],
)
def test_settings_that_this_version_does_not_know(
    command: Command, run: Path, tmp_path: Path, key: str, value: object, said: str
) -> None:
    config = yaml.safe_load((run / "config.yaml").read_text())
    *parents, last = key.split(".")
    section = config
    for parent in parents:
        section = section[parent]
    section[last] = value
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    message = refuse(command, run, tmp_path / "again")
    assert said in message
    assert "Repeat it with the code that made it: " in message


def test_other_crops_are_refused_before_anything_runs(
    command: Command, finished: Any, data_home: Path, tmp_path: Path
) -> None:
    drawn = next(path for path in data_home.iterdir() if path.name.startswith("synthetic_32px_4"))
    crops = Path(shutil.copytree(drawn, tmp_path / "crops"))
    (crops / "index.parquet").write_bytes(b"other")
    message = refuse(command, finished.folder, tmp_path / "again", f"crops_dir={crops}")
    assert f"{crops} holds other crops than {finished.folder} was made from" in message


def test_the_recorded_run_s_own_folder_is_refused(command: Command, run: Path) -> None:
    metrics = (run / "metrics.json").read_bytes()
    done = command("reproduce", str(run), f"hydra.run.dir={run}")
    assert done.status == 1
    said = f"error: hydra.run.dir={run} is the folder of the recorded run; choose another\n"
    assert done.err == said
    assert (run / "metrics.json").read_bytes() == metrics


def test_what_was_said_wrong_is_one_line(command: Command, finished: Any, tmp_path: Path) -> None:
    folder = finished.folder
    again = tmp_path / "again"
    assert "atol: expected a number in [0, inf], got -1" in refuse(
        command, folder, again, "atol=-1"
    )
    assert "ckpt_path=x: a training is repeated from its start; leave it out" in refuse(
        command, folder, again, "ckpt_path=x"
    )
    assert "does not exist; give the folder of a run of" in refuse(command, tmp_path / "no", again)
    done = command("reproduce", f"hydra.run.dir={again}")
    assert done.err == "error: run_dir: a value is required; add run_dir=... to the command\n"
    done = command("reproduce", "a", "b", f"hydra.run.dir={again}")
    assert (done.status, done.err) == (1, "error: run_dir: expected one, got 2: a, b\n")


def test_a_reproduction_itself_names_where_to_look(
    command: Command, judged: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert command("reproduce", str(judged), f"hydra.run.dir={first}").status == 0
    assert "repeats another run; give that one" in refuse(command, first, second)
