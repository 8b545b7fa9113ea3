"""Every option of every config group from the command line, alone and in sweeps."""

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import open_dict

from resgat.callbacks.pruning import read_reported
from resgat.config import parse, register
from resgat.run.space import Space
from resgat.targets import check_targets

CONF = Path(__file__).resolve().parents[1] / "conf"
#: Groups of other commands than train, with what these ask for.
OTHERS = {
    "detector": ["preprocess"],
    "explain": ["explain", "ckpt_path=best.ckpt"],
    "robustness": ["eval", "ckpt_path=best.ckpt"],
}


def options() -> Iterator[tuple[str, str]]:
    for path in sorted(CONF.rglob("*.yaml")):
        group = path.parent.relative_to(CONF).as_posix()
        if group not in (".", "hydra") and path.stem != "base":
            yield group, path.stem


@pytest.fixture
def composed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Compose a command's configuration, without running it."""
    register()
    monkeypatch.setenv("RESGAT_YUNET", "yunet.onnx")
    before = HydraConfig.instance().cfg

    def from_command_line(name: str, *overrides: str) -> dict[str, Any]:
        cfg = compose(name, [*overrides], return_hydra_config=True)
        with open_dict(cfg):
            cfg.hydra.runtime.output_dir = str(tmp_path)
            HydraConfig.instance().set_config(cfg)
            del cfg["hydra"]
        return parse(cfg)

    with initialize_config_dir(str(CONF), version_base="1.3"):
        yield from_command_line
    HydraConfig.instance().cfg = before


@pytest.mark.parametrize(("group", "option"), list(options()))
def test_every_option_can_be_chosen(composed: Callable[..., Any], group: str, option: str) -> None:
    check_targets(composed(*OTHERS.get(group, ["train"]), f"{group}={option}"))


@pytest.mark.parametrize("option", [path.stem for path in sorted(CONF.glob("data/[!b]*.yaml"))])
def test_every_corpus_can_be_judged_on(composed: Callable[..., Any], option: str) -> None:
    check_targets(composed("eval", "ckpt_path=best.ckpt", f"data={option}"))


@pytest.mark.parametrize("group", ["scheduler", "logger", "callbacks"])
def test_an_optional_group_can_be_left_out(composed: Callable[..., Any], group: str) -> None:
    assert composed("train", f"~{group}")[group] is None


def test_the_command_line_wins_over_an_experiment(composed: Callable[..., Any]) -> None:
    assert (
        composed("train", "experiment=demo", "trainer.max_epochs=7")["trainer"]["max_epochs"] == 7
    )


def test_a_sweep_trains_every_combination(
    command: Callable[..., Any], tiny: list[str], tmp_path: Path
) -> None:
    grid = ["model=resgatv1,resgatv2", "seed=1,2"]
    done = command(
        "train", "--multirun", *tiny, "trainer=smoke", *grid, f"hydra.sweep.dir={tmp_path}"
    )
    assert (done.status, done.err) == (0, "")
    seen = {}
    for folder in sorted(tmp_path.glob("[0-9]")):
        config = yaml.safe_load((folder / "config.yaml").read_text())
        auc = json.loads((folder / "metrics.json").read_text())["test"]["video"]["auc"]
        seen[config["model"]["head"]["version"], config["seed"]] = auc
        assert (folder / "checkpoints" / "best.ckpt").is_file()
        assert len(list(folder.glob("csv/version_*"))) == 1
    assert set(seen) == {("v1", 1), ("v1", 2), ("v2", 1), ("v2", 2)}
    assert all(0 <= auc <= 1 for auc in seen.values())


def test_a_sweep_that_is_started_again_runs_what_is_missing(
    command: Callable[..., Any], tiny: list[str], tmp_path: Path
) -> None:
    swept = ["train", "-m", *tiny, "seed=1,2,3", f"hydra.sweep.dir={tmp_path}"]
    assert command(*swept).status == 0
    results = [tmp_path / name / "metrics.json" for name in "012"]
    before = [path.read_text() for path in results]
    times = [path.stat().st_mtime_ns for path in results]
    results[1].unlink()  # killed after its last epoch
    results[2].unlink()
    shutil.rmtree(tmp_path / "2" / "checkpoints")  # and before its first
    done = command(*swept)
    assert (done.status, done.err) == (0, "")
    assert [path.read_text() for path in results] == before
    assert results[0].stat().st_mtime_ns == times[0]
    assert f"nothing is missing in {tmp_path / '0'}" in done.out
    assert done.out.count("epoch 2/2") == 1


def test_a_sweep_with_other_settings_does_not_go_on_in_the_folder_of_another(
    command: Callable[..., Any], tiny: list[str], tmp_path: Path
) -> None:
    swept = ["train", "-m", *tiny, "trainer=smoke", f"hydra.sweep.dir={tmp_path}"]
    assert command(*swept, "seed=1").status == 0
    done = command(*swept, "seed=2")
    assert done.status == 1
    said = f"{tmp_path / '0'} holds the results of other settings: data.seed is 1 there and 2 here"
    assert said in done.err


def test_a_search_goes_on_and_leaves_its_table(
    command: Callable[..., Any], tiny: list[str], tmp_path: Path
) -> None:
    searched = ["hparams_search=optuna", "apart=false", "trainer=smoke", "trainer.max_epochs=1"]
    for n_trials, num_missing in ((1, 1), (2, 1), (2, 0)):
        limits = [f"hydra.sweeper.n_trials={n_trials}", f"hydra.sweep.dir={tmp_path}"]
        done = command("train", "-m", *tiny, *searched, *limits)
        assert (done.status, done.err) == (0, "")
        assert done.out.count("epoch 1/1") == num_missing
    with (tmp_path / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["trial"], row["state"]) for row in rows] == [("0", "complete"), ("1", "complete")]
    for row in rows:
        folder = tmp_path / row["trial"]
        config = yaml.safe_load((folder / "config.yaml").read_text())
        assert config["optimizer"]["lr"] == float(row["optimizer.lr"])
        val = json.loads((folder / "metrics.json").read_text())["val"]["video"]["auc"]
        assert val == float(row["value"]) == read_reported(folder)[0]


@pytest.mark.parametrize("name", ["optuna", "resgat", "resgat_masks"])
def test_every_search_asks_for_settings_that_there_are(
    composed: Callable[..., Any], name: str
) -> None:
    sweeper = compose("train", [f"hparams_search={name}"], return_hydra_config=True).hydra.sweeper
    space = Space.of([f"{key}={values}" for key, values in sweeper.params.items()])
    assert (space.fixed, len(space.searched)) == ((), len(sweeper.params))
    study = optuna.create_study()
    tried = study.ask(dict(space.searched)).params
    said = [f"{key}={value}" for key, value in tried.items()]
    check_targets(composed("train", f"hparams_search={name}", *said))


def test_the_sweep_of_wandb_speaks_the_language_of_the_command(
    composed: Callable[..., Any],
) -> None:
    """What its agent would call is a training that can be composed and logs what is maximised."""
    path = CONF.parent / "docs" / "wandb-sweep.yaml"
    sweep = yaml.safe_load(path.read_text("utf-8"))
    assert (CONF.parent / sweep["program"]).is_file()
    assert sweep["command"][-1] == "${args_no_hyphens}"
    chosen = [
        f"{key}={one['value'] if 'value' in one else one.get('values', [one.get('min')])[0]}"
        for key, one in sweep["parameters"].items()
    ]
    config = composed("train", *chosen)
    check_targets(config)
    assert "wandb" in config["logger"]
    assert sweep["metric"] == {
        "name": config["callbacks"]["checkpoint"]["monitor"],
        "goal": "maximize",
    }
