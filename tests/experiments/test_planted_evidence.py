"""The study runs what it says, goes on where it was, and reports what its runs left."""

import csv
import json
import runpy
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hydra import compose, initialize_config_dir

from experiments.planted_evidence.analysis import main
from experiments.planted_evidence.figure import figure
from experiments.planted_evidence.reading import paired, read_study
from experiments.planted_evidence.rows import Result, merge, read_results, results_csv
from experiments.planted_evidence.tables import (
    CONTROLS,
    MAIN,
    NODES,
    READOUTS,
    fill,
    paired_table,
    tables,
)
from experiments.planted_evidence.targets import targets, targets_table
from resgat.cli import CONF_DIR
from resgat.config import register
from resgat.explain.stats.scores import SCORES_SCHEMA

FOLDER = Path(__file__).resolve().parents[2] / "experiments" / "planted_evidence"
STUDY: dict[str, Any] = runpy.run_path(str(FOLDER / "study.py"))
MODELS = {model.name: model for model in STUDY["MODELS"]}


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_one_that_can_be_composed(name: str, tmp_path: Path) -> None:
    register()
    with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
        command = STUDY["train_command"](MODELS[name], 2, tmp_path)
        train = compose("train", overrides=command)
        explain = STUDY["explain_commands"](MODELS[name], [tmp_path / "a.ckpt"])
        for overrides in explain.values():
            compose("explain", overrides=overrides)
    assert train.seed == 2
    assert train.data.corpus._target_ == "resgat.data.corpora.planted.PlantedFaces"


def test_every_model_is_in_a_table_of_the_analysis() -> None:
    groups = (MAIN, READOUTS, NODES, CONTROLS)
    assert {name for group in groups for name in group} == MODELS.keys()


def test_all_seeds_of_a_model_come_before_the_next_in_the_order_of_their_names() -> None:
    tasks = [
        (model.name, seed)
        for model, seed in STUDY["in_order"](["layer1", "resnet34", "layer1"], [0, 1, 0])
    ]
    assert tasks == [("layer1", 0), ("layer1", 1), ("resnet34", 0), ("resnet34", 1)]
    assert [model.name for model, _ in STUDY["in_order"]([], [0])] == list(MODELS)


def test_what_is_done_is_left_alone_and_what_was_stopped_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []

    def called(command: list[str], **_: Any) -> SimpleNamespace:
        commands.append(command)
        run_dir = Path(command[-1].removeprefix("hydra.run.dir="))
        if command[1] == "src/train.py":
            (run_dir / "metrics.json").write_text("{}")
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", called)
    study = STUDY["Study"](tmp_path, [0, 1], 1)
    last = tmp_path / "layer1" / "seed1" / "checkpoints" / "last.ckpt"
    last.parent.mkdir(parents=True)
    last.touch()
    for seed in (0, 1, 1):
        best = tmp_path / "layer1" / f"seed{seed}" / "checkpoints" / "best.ckpt"
        best.parent.mkdir(parents=True, exist_ok=True)
        best.write_bytes(b"weights")
        study.run(MODELS["layer1"], seed)
    # Once for both seeds, after the last of them.
    assert [command[1] for command in commands] == [
        "src/train.py",
        "src/train.py",
        "src/explain.py",
    ]
    assert f"ckpt_path={last}" in commands[1]
    assert not any(part.startswith("ckpt_path") for part in commands[0])
    both = [tmp_path / "layer1" / f"seed{seed}" / "checkpoints" / "best.ckpt" for seed in (0, 1)]
    assert f"ckpt_path=[{both[0]},{both[1]}]" in commands[2]
    both[0].write_bytes(b"others")
    study.run(MODELS["layer1"], 0)
    assert [command[1] for command in commands[3:]] == ["src/explain.py"]
    # Scores of other measures would be read back: they go.
    explained = tmp_path / "layer1" / "explained"
    note = json.loads((explained / "done.json").read_text())
    for measures, is_kept in ((note["measures"], True), (0, False)):
        (explained / "parts").mkdir()
        (explained / "done.json").write_text(json.dumps(note | {"measures": measures}, indent=2))
        study.run(MODELS["layer1"], 0)
        assert (explained / "parts").is_dir() is is_kept
        if is_kept:
            (explained / "parts").rmdir()
    assert [command[1] for command in commands[4:]] == ["src/explain.py"]


def test_seeds_are_in_order_of_their_numbers(tmp_path: Path) -> None:
    for seed in (10, 2):
        run = tmp_path / f"seed{seed}"
        run.mkdir()
        (run / "metrics.json").touch()
    assert [p.parts[-3] for p in STUDY["finished"](tmp_path)] == ["seed2", "seed10"]


def test_a_run_that_fails_ends_the_study_and_names_its_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[Any] = []

    def failed(command: list[str], **_: Any) -> SimpleNamespace:
        calls.append(command)
        return SimpleNamespace(returncode=1)

    monkeypatch.setattr(subprocess, "run", failed)
    monkeypatch.setattr("sys.argv", ["study.py", str(tmp_path), "--only", "layer1"])
    with pytest.raises(SystemExit):
        STUDY["main"]()
    assert len(calls) == 1
    assert f"layer1 seed 0: failed, see {tmp_path}" in capsys.readouterr().err
    assert not (tmp_path / "layer1" / "explained").exists()


def test_shapley_values_are_asked_of_every_face_of_track_a() -> None:
    commands = STUDY["explain_commands"](MODELS["resnet34"], [])
    assert list(commands) == ["explained", "shapley"]
    assert {"explain.tracks=[A]", "explain.num_costly=320"} < set(commands["shapley"])
    assert list(STUDY["explain_commands"](MODELS["layer1"], [])) == ["explained"]


HEADER = "model,track,metric,method,mean,low,high,n_images\n"


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """Two seeds of one model and their explanations, as the commands leave them."""
    for seed, auc in ((0, 0.75), (1, 0.77)):
        run = tmp_path / "resgatv2" / f"seed{seed}"
        run.mkdir(parents=True)
        frame = {"auc": auc, "auc_ci": [auc - 0.02, auc + 0.02], "n": 2160}
        (run / "metrics.json").write_text(json.dumps({"test": {"frame": frame}}))
        pq.write_table(predictions(), run / "predictions.parquet")
    explained = tmp_path / "resgatv2" / "explained"
    explained.mkdir()
    coverage = [
        {"train_seed": seed, "verified": {"A": {"verified": 80 + seed, "subjects": 320}}}
        for seed in (0, 1)
    ]
    (explained / "coverage.json").write_text(json.dumps(coverage))
    lines = "m,A,region_hit,contrib,0.97,0.93,0.99,160\nm,A,entropy,contrib,1,1,1,160\n"
    (explained / "summary.csv").write_text(HEADER + lines)
    (explained / "summary_all.csv").write_text(HEADER + "m,A,region_hit,contrib,0.6,,,320\n")
    told = {
        "mutual_information_bits": 2.8,
        "mutual_information_interval": [2.7, 2.9],
        "num_images": 160,
        "counts": [[40.0] * 4],
    }
    confusion = {"track": "A", "subjects": "verified", "methods": {"contrib": told}}
    (explained / "confusion.json").write_text(json.dumps(confusion))
    pq.write_table(scores_by_operator(), explained / "scores.parquet")
    (explained / "done.json").touch()
    return tmp_path


def predictions() -> pa.Table:
    """Each original has the logit 1; altering it moved that by 0.25, 0.75, 3, 3, and -8 twice."""
    moves = {"self_blend": (0.25, 0.75, 3, 3), "upsampling": (-8, -8)}
    fakes = [(operator, move) for operator, own in moves.items() for move in own]
    rows = [
        {"crop_id": f"planted/{kind}/{k}", "logit": logit}
        for k, (operator, move) in enumerate(fakes)
        for kind, logit in ((operator, 1.0 + move), ("original", 1.0))
    ]
    return pa.Table.from_pylist(rows)


def scores_by_operator() -> pa.Table:
    """On track A, one operator is named in three faces of four, another in none of two."""
    hits = [("self_blend", hit) for hit in (1, 1, 1, 0)] + [("upsampling", hit) for hit in (0, 0)]
    shared = {"model": "m", "train_seed": 0, "label": 1, "prob": 0.9, "is_degenerate": False}
    rows = [
        {
            **shared,
            **{"crop_id": f"planted/{operator}/{k}", "video_id": str(k), "group": str(k)},
            **{"method": method, "metric": "region_hit", "value": float(hit)},
            **{"track": track, "is_verified": is_verified},
        }
        for k, (operator, hit) in enumerate(hits)
        for method in ("contrib", "gradcam")
        for track, is_verified in (("A", True), ("F", False), ("C", True))
    ]
    return pa.Table.from_pylist(rows, schema=SCORES_SCHEMA)


def test_what_the_runs_left_is_read_and_survives_the_csv(finished: Path) -> None:
    rows = read_study(finished)
    assert read_results(results_csv(rows)) == rows
    numbers = {(row.subjects, row.metric, row.seeds): row.mean for row in rows}
    assert numbers == {
        ("test", "auc", "0"): 0.75,
        ("test", "auc", "1"): 0.77,
        ("test", "verified_share", "0"): 0.25,
        ("test", "verified_share", "1"): 81 / 320,
        ("verified", "region_hit", "0 1"): 0.97,
        ("all", "region_hit", "0 1"): 0.6,
        ("verified", "bits", "0 1"): 2.8,
        ("self_blend, verified", "region_hit", "0 1"): 0.75,
        ("upsampling, verified", "region_hit", "0 1"): 0.0,
        ("changed by 0 to 0.5 logits", "region_hit", "0 1"): 1.0,
        ("changed by 0.5 to 1 logits", "region_hit", "0 1"): 1.0,
        ("changed by 2 to 4 logits", "region_hit", "0 1"): 0.5,
        ("changed by 4 to inf logits", "region_hit", "0 1"): 0.0,
        ("verified by both", "region_hit", "0"): 0.0,
    }


def judged(model: str, method: str, seed: int, hits: dict[int, float], sure: set[int]) -> list[Any]:
    """Scores of faces of track A, by number, and of whom the model is sure."""
    return [
        {
            **{"model": model, "train_seed": seed, "label": 1, "prob": 0.9, "track": "A"},
            **{"crop_id": f"planted/x/{k}", "video_id": str(k), "group": str(k)},
            **{"method": method, "metric": "region_hit", "value": hit},
            **{"is_verified": k in sure, "is_degenerate": False},
        }
        for k, hit in hits.items()
    ]


def explained(folder: Path, model: str, rows: list[Any], *, is_done: bool = True) -> None:
    run = folder / model / "explained"
    run.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=SCORES_SCHEMA), run / "scores.parquet")
    if is_done:
        (run / "done.json").touch()


@pytest.mark.parametrize("is_done", [True, False])
def test_two_models_are_compared_on_the_faces_that_both_are_sure_of(
    tmp_path: Path, is_done: bool
) -> None:
    """Alone 4 of 5 and 1 of 4; on the three faces of both, 2 of 3 and 1 of 3: a third more."""
    ours = {0: 1.0, 1: 1.0, 2: 0.0, 3: 1.0, 4: 1.0, 9: 0.0}
    theirs = {0: 0.0, 1: 0.0, 2: 1.0, 7: 0.0, 9: 0.0}
    rows = judged("a", "contrib", 0, ours, {0, 1, 2, 3, 4})
    # Of a seed that the other model lacks, and by a method that nobody asks about.
    rows += judged("a", "contrib", 5, ours, {0, 1, 2})
    rows += judged("a", "ig", 0, {0: 0.0}, {0})
    explained(tmp_path, "resgatv2", rows)
    explained(
        tmp_path, "resnet34", judged("b", "gradcam", 0, theirs, {0, 1, 2, 7}), is_done=is_done
    )
    found = list(paired(tmp_path))
    if not is_done:
        assert found == []
        return
    of_models = {row.model: row for row in found}
    row = of_models["resgatv2 - resnet34"]
    assert (row.seeds, row.subjects, row.n) == ("0", "verified by both", 3)
    assert (row.track, row.metric, row.method) == ("A", "region_hit", "contrib - gradcam")
    assert row.mean == pytest.approx(1 / 3)
    assert row.low is not None
    assert row.high is not None
    assert row.low < 1 / 3 < row.high
    table = paired_table(found).splitlines()
    assert table[-1].startswith("| `resgatv2` | gradcam of `resnet34` | 0 | 3 | +0.33 [-")
    assert paired_table([]) == "Not run yet.\n"


def test_a_difference_goes_with_either_of_its_models() -> None:
    old = [result(f"a - {model}", "A", "region_hit", "contrib - ig", 0.1) for model in "bc"]
    new = [result("b", "A", "region_hit", "ig", 0.9)]
    assert merge(old, new) == [old[1], *new]


def test_a_model_that_was_not_run_keeps_its_rows() -> None:
    old = [result(model, "A", "region_hit", m, 0.1) for model in "ab" for m in ("contrib", "ig")]
    new = [result("b", "A", "region_hit", "contrib", 0.9)]
    assert merge(old, new) == [*old[:2], *new]
    assert merge([], [*new, *old[:1]]) == [*old[:1], *new]


def test_tables_show_means_and_intervals_of_the_models_that_are_there(finished: Path) -> None:
    rows = read_study(finished)
    found = tables(rows)
    met, detection, hits = found["targets"], found["detection"], found["hits"]
    assert "at least 0.85 | 0.97 [0.93, 0.99] | met |" in met
    assert "at least 0.95 | - | not run yet |" in met
    assert "| `resgatv2` | 0.750, 0.770 | 25 %, 25 % |" in detection
    assert hits.splitlines() == ["| | `resgatv2` |", "|---|---|", "| contrib | 0.97 [0.93, 0.99] |"]
    contrib = next(line for line in found["tracks"].splitlines() if line.startswith("| contrib "))
    assert contrib == (
        "| contrib | 0.97 [0.93, 0.99] | 0.60 | 2.80 [2.70, 2.90] | - | - | - | - | - | - | - | - "
        "| - | - | - | - |"
    )
    assert found["tracks"].splitlines()[::2][:2] == [
        "| | A: Hit@1 | A: Hit@1, all faces | A: bits of 3 "
        "| B: share of the two named | B: share of the two named, all faces "
        "| C: Hit@1 | C: Hit@1, all faces | C: fooled | C: fooled, all faces "
        "| D: false evidence | D: false evidence, all faces | D: fooled | D: fooled, all faces "
        "| F: Hit@1 | F: Hit@1, all faces |",
        "| faces | 160 | 320 | 160 | - | - | - | - | - | - | - | - | - | - | - | - |",
    ]
    by_operator = found["operators"].splitlines()[2:]
    assert by_operator[0].startswith("| self_blend, trained on | 0.75 [")
    assert by_operator[1] == "| upsampling, trained on | 0.00 [0.00, 0.00], n = 2 |"
    drawn = figure(rows, ["resgatv2", "resnet34"])
    assert drawn is not None
    assert len(drawn.axes) == 1
    assert figure(rows, ["resnet34"]) is None


@pytest.mark.parametrize(("difference", "holds"), [(-0.019, True), (-0.021, False)])
def test_exact_shapley_values_of_the_judged_faces_stand_beside_the_contribution(
    finished: Path, difference: float, holds: bool
) -> None:
    folder = finished / "resgatv2" / "shapley"
    folder.mkdir()
    lines = "m,A,region_hit,contrib,0.97,0.93,0.99,160\nm,A,region_hit,shap_region,0.98,0.9,1,160\n"
    (folder / "summary.csv").write_text(HEADER + lines)
    pairs = f"region_hit,A,contrib,shap_region,{difference},-0.04,0.01\n"
    (folder / "pairwise.csv").write_text("metric,track,a,b,diff,low,high\n" + pairs)
    assert "shap_region" not in tables(read_study(finished))["hits"]
    (folder / "done.json").touch()
    rows = read_study(finished)
    found = tables(rows)
    assert "| shap_region | 0.98 [0.90, 1.00] |" in found["hits"]
    assert found["hits"].count("| contrib ") == 1
    assert held(*rows)["not 0.02 below exact Shapley values of the same faces (stretch)"] is holds
    assert "-0.02 [-0.04, +0.01]" in found["targets"]


def test_without_a_verified_face_no_number_is_called_verified(finished: Path) -> None:
    path = finished / "resgatv2" / "explained" / "coverage.json"
    nobody = [{"train_seed": 0, "verified": {"A": {"verified": 0, "subjects": 320}}}]
    path.write_text(json.dumps(nobody))
    rows = read_study(finished)
    assert {row.metric for row in rows if row.subjects == "verified"} == {"bits"}


def test_a_seed_that_came_after_the_explanations_waits_for_the_next(finished: Path) -> None:
    model = finished / "resgatv2"
    before = read_study(finished)
    (model / "seed2").mkdir()
    (model / "seed2" / "metrics.json").write_bytes((model / "seed1" / "metrics.json").read_bytes())
    assert read_study(finished) == before


def test_a_model_that_was_stopped_is_left_out_and_so_keeps_the_rows_that_it_has(
    finished: Path, tmp_path: Path
) -> None:
    (finished / "resgatv2" / "explained" / "done.json").unlink()
    assert read_study(finished) == []
    for folder in (finished, tmp_path / "nothing"):
        with pytest.raises(SystemExit, match="no explained model of the study"):
            main(folder)


def test_the_write_up_shows_the_tables_of_the_results() -> None:
    rows = read_results((FOLDER / "results.csv").read_text(encoding="utf-8"))
    told = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert fill(told, tables(rows)) == told
    with (FOLDER / "degrees.csv").open(encoding="utf-8", newline="") as file:
        assert (
            runpy.run_path(str(FOLDER / "degrees.py"))["table"](list(csv.DictReader(file))) in told
        )


def test_a_table_goes_between_its_marks_and_nothing_else_changes() -> None:
    text = "# A\n<!-- hits -->\nold\n<!-- end -->\n<!-- more -->\n<!-- end -->\nb\n"
    told = fill(text, {"hits": "| new |\n", "more": "| 2 |\n"})
    assert (
        told == "# A\n<!-- hits -->\n| new |\n<!-- end -->\n<!-- more -->\n| 2 |\n<!-- end -->\nb\n"
    )
    assert fill(told, {"hits": "old\n", "more": ""}) == text
    with pytest.raises(ValueError, match="no place for the table 'others'"):
        fill(text, {"others": ""})


def result(
    model: str,
    track: str,
    metric: str,
    method: str,
    mean: float | None,
    low: float | None = None,
    high: float | None = None,
) -> Any:
    subjects = "test" if metric == "auc" else "verified"
    return Result(model, "0", subjects, track, metric, method, mean, low, high, 100)


def held(*rows: Any) -> dict[str, bool | None]:
    return {target.claim: target.holds for target in targets(rows)}


def test_targets_by_hand() -> None:
    own = result("resgatv2", "A", "region_hit", "contrib", 0.9, 0.85, 0.95)
    near = result("resnet34", "A", "region_hit", "gradcam", 0.8, 0.7, 0.86)
    far = result("resnet34", "A", "region_hit", "gradcam", 0.75, 0.65, 0.84)
    ahead = "`resgatv2` 10 points over gradcam of `resnet34`, intervals apart"
    assert (held(own, near)[ahead], held(own, far)[ahead], held(own)[ahead]) == (False, True, None)
    kept = "operators never seen keep 70 % of it"
    for hit, holds in ((0.64, True), (0.62, False)):
        unseen = result("resgatv2", "F", "region_hit", "contrib", hit, None, None)
        assert held(own, unseen)[kept] is holds


def test_decoys_count_beside_an_altered_region_and_where_nothing_is_altered() -> None:
    rows = [result("resgatv2", "C", "fooled", "contrib", 0.02)]
    rows.append(result("resgatv2", "D", "fooled", "contrib", 0.12))
    found = held(*rows)
    assert found["at most 10 % of the decoys fool it, beside an altered region"] is True
    later = "at most 10 % of the decoys fool it, where nothing is altered (added later)"
    assert found[later] is False


def test_bits_of_too_few_faces_leave_a_target_open() -> None:
    told = targets_table([result("resgatv2", "A", "bits", "contrib", None)])
    assert "| 2.2 bits of 3 (stretch): at least 2.2 | too few faces: 100 | open |" in told


@pytest.mark.parametrize("model", ["resgatv2", "resgatv2_supervised"])
def test_each_of_both_is_compared_with_every_rival(model: str) -> None:
    rivals = (
        *((model, "gradcam"), (model, "gradcam_layer1"), ("resnet34", "gradcam")),
        ("resgatv2_paper34", "attn_received"),
    )
    rows = [result(model, "A", "region_hit", "contrib", 0.9, 0.85, 0.95)]
    for name, method in rivals:
        rows.append(result(name, "A", "region_hit", method, 0.1, 0.05, 0.2))
    found = held(*rows)
    other = ({"resgatv2", "resgatv2_supervised"} - {model}).pop()
    for name, method in rivals:
        later = " (added later)" if method == "gradcam_layer1" else ""
        claim = f"10 points over {method} of `{name}`, intervals apart{later}"
        assert found[f"`{model}` {claim}"] is True
    assert found[f"`{other}` 10 points over gradcam of `resnet34`, intervals apart"] is None


def test_tables_of_methods_hold_their_chance_levels() -> None:
    rows = [
        result("layer1_watermark", "E", "relevance_mass", method, mean, mean, mean)
        for method, mean in (("contrib", 0.16), ("uniform", 0.004), ("degree_null", 0.003))
    ]
    assert tables(rows)["watermark"].splitlines()[2:] == [
        "| contrib | 0.16 [0.16, 0.16] |",
        "| uniform | 0.00 [0.00, 0.00] |",
        "| degree_null | 0.00 [0.00, 0.00] |",
    ]


@pytest.mark.parametrize(("control", "holds"), [(0.744, True), (0.748, False)])
def test_detection_is_compared_by_the_means_of_the_seeds(control: float, holds: bool) -> None:
    aucs = {"resgatv2": [0.73, 0.75], "resnet34": [control]}
    rows = [
        result(model, "", "auc", "", auc, auc - 0.02, auc + 0.02)
        for model, found in aucs.items()
        for auc in found
    ]
    assert held(*rows)["test AUC at most 0.005 below `resnet34`'s, means of the seeds"] is holds
