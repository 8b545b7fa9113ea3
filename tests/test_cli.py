"""A throw-away project run as a user runs the real one: by a script, in a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from resgat.cli import Positional, as_sweep
from resgat.errors import ConfigError
from resgat.run.stopped import Stop, read_stop

CONF = {
    "train.yaml": """
defaults: [train_schema, _self_, {hydra: default}, {model: small}, {experiment: null}]
data: {raw_dir: here}
loss: {}
optimizer: {}
trainer: {max_epochs: 1}
""",
    "model/small.yaml": "defaults: [{graph: grid8}]\nheads: 4\n",
    "model/large.yaml": "defaults: [{graph: grid8}]\nheads: 8\n",
    "model/graph/grid4.yaml": "neighbours: 4\n",
    "model/graph/grid8.yaml": "neighbours: 8\n",
    "experiment/demo.yaml": "# @package _global_\nseed: 7\n",
}
SCRIPT = """
from pathlib import Path
from resgat.cli import launch

def task(cfg):
    from hydra.core.hydra_config import HydraConfig
    from resgat.config import parse
    from resgat.errors import ConfigError
    plain = parse(cfg)
    if plain["seed"] == 13:
        raise ConfigError("seed: 13 brings bad luck; take another")
    if plain["seed"] == 14:
        raise KeyError("our bug")
    if plain["seed"] == 17:
        Path("/dev/null/a").mkdir()
    if plain["seed"] == 15:
        raise KeyboardInterrupt
    if plain["seed"] == 16:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise SystemExit(1)
    print("seed", plain["seed"], "heads", plain["model"]["heads"], Path.cwd().name)
    print("folder", HydraConfig.get().runtime.output_dir)

if __name__ == "__main__":
    switches = {"--lucky": "seed=7"}
    launch("train", task, switches=switches, conf_dir=Path(__file__).parent / "conf")
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory, repo: Path) -> Path:
    folder = tmp_path_factory.mktemp("project")
    conf = {**CONF, "hydra/default.yaml": (repo / "conf/hydra/default.yaml").read_text()}
    for name, text in conf.items():
        path = folder / "conf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    path = folder / "toy.py"
    path.write_text(SCRIPT)
    return path


def run(script: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(script), *args],
        capture_output=True,
        text=True,
        cwd=script.parent,
        env={**os.environ, **env},
        check=False,
    )


def test_a_run_gets_its_own_folder_and_stays_where_it_was_started(script: Path) -> None:
    done = run(script, "experiment=demo", "model=large")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"seed 7 heads 8 {script.parent.name}" in done.stdout
    folder = Path(done.stdout.split("folder ")[1].strip())
    assert folder.relative_to(script.parent).parts[:2] == ("outputs", "toy")
    assert (folder / ".hydra" / "config.yaml").is_file()


def test_a_switch_stands_for_its_override(script: Path) -> None:
    done = run(script, "--lucky", "model=large")
    assert (done.returncode, done.stderr) == (0, "")
    assert "seed 7 heads 8" in done.stdout


def test_a_switch_that_the_command_does_not_have_is_refused(script: Path) -> None:
    done = run(script, "--luck")
    assert done.returncode != 0
    assert "--luck" in done.stderr
    assert "Traceback" not in done.stderr


ONE, MANY = Positional("run_dir"), Positional("runs", many=True)


def test_a_bare_word_is_the_value_of_its_key() -> None:
    assert ONE.named(["atol=1", "a/b"]) == ["run_dir='a/b'", "atol=1"]
    assert ONE.named(["run_dir=a", "+x=1", "~y", "-m"]) == ["run_dir=a", "+x=1", "~y", "-m"]
    assert ONE.named([]) == []
    assert MANY.named(["a"]) == ["runs=['a']"]
    assert MANY.named(["a", "seed=1", "b"]) == ["runs=['a','b']", "seed=1"]
    assert MANY.named(["-", "-m", "~y"]) == ["runs=['-']", "-m", "~y"]
    assert (ONE.usage, MANY.usage) == ("RUN_DIR", "RUNS ...")


def test_the_value_of_a_switch_is_no_bare_word() -> None:
    assert ONE.named(["--cfg", "job", "a"]) == ["run_dir='a'", "--cfg", "job"]
    assert MANY.named(["-m", "a", "b"]) == ["runs=['a','b']", "-m"]
    assert ONE.named(["--resolve", "a"]) == ["run_dir='a'", "--resolve"]


def test_two_bare_words_for_one_value_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"^run_dir: expected one, got 2: a, b$"):
        ONE.named(["a", "b"])


def test_a_path_may_hold_what_hydra_reads_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ["seed=1,model=a", "it's [one], two", "null", "1e-3", "a\\", r"a\'b", r"a\\'", r"a\b"]
    Path(names[0]).mkdir()
    (override,) = MANY.named(names)
    assert OverridesParser.create().parse_override(override).value() == names


def test_a_sweep_runs_every_combination(script: Path) -> None:
    done = run(script, "-m", "seed=1,2", "model=small,large")
    assert (done.returncode, done.stderr) == (0, "")
    assert [f"seed {seed} heads {heads}" in done.stdout for seed in (1, 2) for heads in (4, 8)] == [
        True
    ] * 4
    assert len({line for line in done.stdout.splitlines() if line.startswith("folder")}) == 4


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["seed=13"], "seed: 13 brings bad luck; take another"),
        (["sead=3"], "sead: unknown key; the configuration has {root}. Did you mean 'seed'?"),
        (["model.headz=3"], "model.headz: unknown key; model has graph, heads. {hint} 'heads'?"),
        (["trainer.max_epoch=2"], "trainer.max_epoch: {one} max_epochs. {hint} 'max_epochs'?"),
        (["modle=small"], "modle: unknown key; the configuration has {root}. {hint} 'model'?"),
        (["model/graf=grid4"], "model/graf: unknown key; {all} has {root}. {hint} 'model/graph'?"),
        (["model=smal"], "model=smal: unknown option; model has large, small. {hint} 'small'?"),
        (
            ["model/graph=grid6"],
            "model/graph=grid6: unknown option; model/graph has grid4, grid8. {hint} 'grid8'?",
        ),
        (["seed=abc"], "seed: Value 'abc' of type 'str' could not be converted to Integer"),
        (["+foo=3"], "foo: unknown key; the configuration has {root}"),
        (["data.raw_dir=???"], "data.raw_dir: a value is required; add data.raw_dir=... to {cmd}"),
        (["seed"], "'seed': not of the form key=value; quote a value that holds {quote}"),
        (
            ["-m", "--cfg", "job"],
            "Only one of --run, --multirun, --cfg, --info and --shell_completion can be specified",
        ),
    ],
)
def test_a_mistake_is_one_line_and_status_1(script: Path, args: list[str], message: str) -> None:
    root = (
        "model, data, loss, optimizer, trainer, evidence_loss, scheduler, callbacks, logger, seed, "
        "ckpt_path, apart"
    )
    expected = message.format(
        root=root,
        hint="Did you mean",
        one="unknown key; trainer has",
        all="the configuration",
        cmd="the command",
        quote="brackets, commas or blanks",
    )
    done = run(script, *args)
    assert (done.returncode, done.stderr) == (1, f"error: {expected}\n")


def test_a_failing_job_of_a_sweep_is_named_and_fails_the_sweep(script: Path) -> None:
    done = run(script, "-m", "seed=1,13")
    assert done.returncode == 1
    job, error = done.stderr.splitlines()
    assert "seed=13" in job
    assert error == "error: seed: 13 brings bad luck; take another"


def test_a_sweep_over_an_unknown_option_fails_before_it_starts(script: Path) -> None:
    done = run(script, "-m", "model=small,smal")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: model=smal: unknown option")


def test_the_traceback_of_a_mistake_is_there_for_who_asks(script: Path) -> None:
    done = run(script, "seed=13", "hydra.verbose=true")
    assert done.returncode == 1
    assert "Traceback" in done.stdout
    assert done.stderr == "error: seed: 13 brings bad luck; take another\n"


def test_a_run_folder_that_cannot_be_is_named(script: Path) -> None:
    done = run(script, "hydra.run.dir=toy.py")
    assert done.returncode == 1
    error = "error: the run folder cannot be made: [Errno 17] File exists: 'toy.py'. Choose another"
    assert done.stderr == f"{error} hydra.run.dir\n"


def test_a_folder_that_a_task_cannot_make_is_our_bug(script: Path) -> None:
    done = run(script, "seed=17")
    assert done.returncode == 1
    assert "NotADirectoryError" in done.stderr
    assert "Traceback" in done.stderr


def test_our_bug_keeps_its_traceback(script: Path) -> None:
    done = run(script, "seed=14")
    assert done.returncode == 1
    assert done.stderr.endswith("KeyError: 'our bug'\n")


@pytest.mark.parametrize("seed", [15, 16])
def test_ctrl_c_ends_in_status_130(script: Path, seed: int) -> None:
    done = run(script, f"seed={seed}")
    assert (done.returncode, done.stderr) == (128 + signal.SIGINT, "error: interrupted\n")


def test_a_checkout_without_its_conf_folder_says_so(script: Path) -> None:
    done = run(script, "--config-path", str(script.parent / "gone"))
    assert done.returncode == 1
    assert done.stderr.startswith("error: Primary config directory not found")
    assert len(done.stderr.splitlines()) == 1


def test_shell_completion_offers_the_options(script: Path) -> None:
    line = "python toy.py model="
    done = run(script, "-sc", "query=bash", COMP_LINE=line, COMP_POINT=str(len(line)))
    assert done.stdout.split() == ["model=large", "model=small"]


@pytest.mark.parametrize("args", [["--help"], ["--cfg", "job"]])
def test_asking_about_a_command_loads_no_torch(repo: Path, args: list[str]) -> None:
    for name in ("train", "eval", "preprocess", "reproduce"):
        code = (
            "import runpy, sys\n"
            "try:\n    runpy.run_path(sys.argv[0], run_name='__main__')\n"
            "except SystemExit as stop:\n    print('status', stop.code or 0)\n"
            "print('torch' in sys.modules)"
        )
        path = repo / "src" / f"{name}.py"
        setup = f"import sys; sys.argv = [{str(path)!r}, *{args!r}]\n"
        done = subprocess.run(
            [sys.executable, "-c", setup + code], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "False"
        assert "status 1" not in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (["data=[a, b]", "seed=1"], ["--multirun", "data=a,b", "seed=1"]),
        (["-m", "data=[a,b]"], ["-m", "data=a,b"]),
        (["data=a", "model=[x,y]"], ["data=a", "model=[x,y]"]),
        (["data.crops_dir=[x]"], ["data.crops_dir=[x]"]),
        ([], []),
    ],
)
def test_several_options_of_a_group_are_a_sweep(said: list[str], meant: list[str]) -> None:
    assert as_sweep(said, ["data"]) == meant


@pytest.mark.parametrize("value", ["[]", "[a,[b]]", "[a,,b]", "[a=1]"])
def test_what_is_no_list_of_options_is_refused(value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        as_sweep([f"data={value}"], ["data"])
    assert str(caught.value) == f"data: expected names such as data=[a,b], got {value}"


def test_a_job_of_a_sweep_leaves_why_it_failed_and_a_run_of_its_own_does_not(
    script: Path, tmp_path: Path
) -> None:
    swept = run(script, "-m", "seed=12,13,14", f"hydra.sweep.dir={tmp_path}")
    assert swept.returncode == 1
    reasons = [read_stop(tmp_path / name) for name in "012"]
    lucky, broken = "seed: 13 brings bad luck; take another", "KeyError: 'our bug'"
    assert reasons == [None, Stop("failed", lucky), Stop("failed", broken)]
    assert run(script, "seed=13", f"hydra.run.dir={tmp_path / 'alone'}").returncode == 1
    assert read_stop(tmp_path / "alone") is None
