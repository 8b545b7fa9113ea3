"""The seeds of a recipe are one detector, and nothing else is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from resgat.errors import ConfigError
from resgat.run.judged import read_judged
from resgat.run.recipe import group_seeds

Write = Callable[..., Path]
Rows = list[dict[str, Any]]

BEST = {"monitor": "val/video_auc", "mode": "max"}
CALLBACKS = {"checkpoint": BEST, "gallery": {"num_faces": 8}}


def grouped(*folders: Path) -> list[int]:
    return [len(group) for group in group_seeds([read_judged(folder) for folder in folders])]


def test_seeds_of_one_recipe_are_together(write_run: Write) -> None:
    runs = [read_judged(write_run(f"r{k}", seed=k % 2, lr=0.1 + k // 2)) for k in range(4)]
    assert group_seeds(runs) == [runs[:2], runs[2:]]
    again = read_judged(write_run("again"))
    with pytest.raises(ConfigError, match=r"r0 and .*again are of one recipe and of one seed, 0"):
        group_seeds([*runs, again])


def test_an_evaluation_has_the_recipe_of_its_checkpoint(write_run: Write) -> None:
    runs = []
    for seed in (0, 1):
        folder = write_run(f"eval{seed}", lr=seed)
        told = {"task": "eval", "trained_config": {"seed": seed, "optimizer": {"lr": 0.1}}}
        (folder / "environment.json").write_text(json.dumps(told))
        runs.append(read_judged(folder))
    assert group_seeds(runs) == [runs]


@pytest.mark.parametrize(
    "other",
    [
        {**CALLBACKS, "ema": {"decay": 0.999}},
        {**CALLBACKS, "early_stopping": {"patience": 5}},
        {**CALLBACKS, "checkpoint": {"monitor": "val/loss", "mode": "min"}},
    ],
)
def test_callbacks_that_decide_numbers_tell_detectors_apart(
    write_run: Write, judge_run: Write, other: dict[str, Any]
) -> None:
    one, two = write_run("one", callbacks=CALLBACKS), write_run("two", seed=1, callbacks=other)
    assert grouped(one, two) == [1, 1]
    known = {"index_sha256": "a" * 64}
    one = judge_run("j1", callbacks=CALLBACKS, **known)
    two = judge_run("j2", callbacks=other, **known)  # of the same seed, too
    assert grouped(one, two) == [1, 1]


def test_callbacks_that_only_watch_and_the_runs_folder_do_not(write_run: Write) -> None:
    def moved(name: str) -> dict[str, Any]:
        return {"checkpoint": {**BEST, "dirpath": f"{name}/checkpoints"}}

    watching = {name: {"num_faces": 2} for name in ("evidence_log", "epoch_log", "guard")}
    one = write_run("one", callbacks={**moved("one"), **watching, "last_checkpoint": moved("x")})
    two = write_run("two", seed=1, callbacks={**moved("two"), "gallery": None, "ema": None})
    assert grouped(one, two) == [2]


def test_detectors_of_other_training_crops_are_apart(
    judge_run: Write, caplog: pytest.LogCaptureFixture
) -> None:
    def of(folder: str, seed: int, crops: str, **facts: Any) -> Path:
        return judge_run(folder, seed=seed, callbacks=CALLBACKS, data={"crops_dir": crops}, **facts)

    a, b = {"index_sha256": "a" * 64}, {"index_sha256": "b" * 64}
    assert grouped(of("k0", 0, "x", **a), of("k1", 1, "x", **b)) == [1, 1]
    assert grouped(of("m0", 0, "x", **a), of("m1", 1, "elsewhere", **a)) == [2]
    assert caplog.records == []
    assert grouped(of("o0", 0, "x"), of("o1", 1, "y")) == [1, 1]
    assert grouped(of("s0", 0, "x", crop_spec="1"), of("s1", 1, "x", crop_spec="2")) == [1, 1]
    assert caplog.records == []
    old = of("p0", 0, "x"), of("p1", 1, "x")
    assert grouped(*old) == [2]
    (record,) = caplog.records
    assert record.getMessage().endswith(f"of an older version: {old[0]}, {old[1]}")


def test_a_training_and_an_evaluation_of_its_other_seed_are_one_recipe(
    write_run: Write, judge_run: Write
) -> None:
    index = {"index_sha256": "a" * 64}
    trained = write_run("t", callbacks=CALLBACKS, **index)
    assert grouped(trained, judge_run("j", seed=1, callbacks=CALLBACKS, **index)) == [2]
    with pytest.raises(ConfigError, match="of one recipe and of one seed, 0"):
        grouped(trained, judge_run("same", callbacks=CALLBACKS, **index))


def test_an_older_checkpoint_tells_by_its_states_what_trained_it(judge_run: Write) -> None:
    best: dict[str, Any] = {"ModelCheckpoint": {}}
    ema: dict[str, Any] = {**best, "EMAWeightAveraging": {}}
    assert grouped(judge_run("j0", states=best), judge_run("j1", seed=1, states=ema)) == [1, 1]
    assert grouped(judge_run("k0", states=best), judge_run("k1", seed=1, states=best)) == [2]


def test_a_checkpoint_that_is_gone_or_another_by_now_says_nothing(
    judge_run: Write, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gone = judge_run("j0", callbacks=CALLBACKS, gone=True)
    written_over = judge_run("j1", seed=1, callbacks=CALLBACKS)
    (tmp_path / "j1.ckpt").write_bytes(b"other")
    assert grouped(gone, written_over) == [2]
    assert "taken for seeds of one recipe by what is known of it" in caplog.text
    known = {"callbacks": CALLBACKS, "index_sha256": "a" * 64}
    assert grouped(gone, judge_run("j2", seed=2, **known)) == [1, 1]


def test_a_run_that_notes_its_training_needs_no_checkpoint(
    write_run: Write, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def judged(folder: str, seed: int, **facts: Any) -> Path:
        trained = {"seed": seed, "optimizer": {"lr": 0.1}}
        noted = {"trained_config": trained, "trained_facts": facts, "checkpoint_sha256": ["f" * 64]}
        return write_run(folder, task="eval", **noted)

    monkeypatch.setattr("resgat.run.recipe.read_checkpoint", lambda path: pytest.fail(str(path)))
    a, b = ({"callbacks": CALLBACKS, "index_sha256": digest * 64} for digest in "ab")
    assert grouped(judged("k0", 0, **a), judged("k1", 1, **a), judged("k2", 2, **b)) == [2, 1]
    assert caplog.records == []


def test_an_evaluation_that_says_nothing_of_its_training_is_by_itself(write_run: Write) -> None:
    runs = [write_run(f"eval{seed}", seed=seed, task="eval") for seed in (0, 1)]
    for run in runs:
        config = yaml.safe_load((run / "config.yaml").read_text())
        text = yaml.safe_dump({**config, "ckpt_path": f"{run.name}.ckpt"})
        (run / "config.yaml").write_text(text)
    assert grouped(*runs) == [1, 1]
