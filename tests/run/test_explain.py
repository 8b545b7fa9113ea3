"""Explanations by the command: what it leaves, what it goes on with, what it refuses."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from resgat.errors import ResgatError
from resgat.explain.stats.scores import check_scores
from resgat.holding import held
from resgat.lit.checkpoint import FACTS_KEY, add_facts, read_checkpoint
from resgat.run import zoo
from resgat.run.alone import LOCK_NAME

Command = Callable[..., Any]

FEW = [
    "explain=ci",
    "explain.num_images=12",
    "explain.num_costly=3",
    "explain.num_shown=2",
    "explain.draws=50",
    "explain.methods=[contrib,gradcam,random_smooth,center,uniform,oracle_node]",
]
LEAVES = {
    "config.yaml",
    "environment.json",
    "scores.parquet",
    "summary.csv",
    "summary_all.csv",
    "pairwise.csv",
    "costs.csv",
    "coverage.json",
    "confusion.json",
    "report.html",
    "gallery/gallery.png",
}


@pytest.fixture(scope="session")
def explained(
    command: Command, tiny_data: list[str], best: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder: Path = tmp_path_factory.mktemp("explained") / "run"
    done = command("explain", *tiny_data, *FEW, f"ckpt_path={best}", f"hydra.run.dir={folder}")
    assert done.status == 0, done.err
    assert "track all" in done.out
    assert "region needs known altered regions (data=planted)" in done.out
    return folder


def run(command: Command, data: list[str], best: Path, folder: Path, *more: str) -> Any:
    return command("explain", *data, *FEW, f"ckpt_path={best}", f"hydra.run.dir={folder}", *more)


def test_a_run_leaves_tables_pictures_and_the_page(explained: Path) -> None:
    assert all((explained / name).is_file() for name in LEAVES)
    scores = pq.read_table(explained / "scores.parquet")
    check_scores(scores)
    assert len(set(scores["crop_id"].to_pylist())) == 12
    assert set(scores["label"].to_pylist()) == {1}
    methods = set(scores["method"].to_pylist())
    assert {"contrib", "permuted/contrib", "oracle_node"} <= methods
    of_contrib = [row for row in scores.to_pylist() if row["method"] == "contrib"]
    deletion = [row["value"] for row in of_contrib if row["metric"] == "deletion"]
    assert np.isfinite(deletion).sum() == 3
    assert not [row for row in of_contrib if row["metric"] == "repair"]
    page = (explained / "report.html").read_text()
    assert "Explanations of ResGATv2" in page
    assert "gradcam" in page


def test_controls_say_what_they_must(explained: Path) -> None:
    rows = pq.read_table(explained / "scores.parquet").to_pylist()
    auroc = {
        method: [r["value"] for r in rows if (r["method"], r["metric"]) == (method, "pixel_auroc")]
        for method in ("uniform", "oracle_node")
    }
    assert set(auroc["uniform"]) == {0.5}
    assert min(auroc["oracle_node"]) > 0.8


def test_robustness_describes_and_decides_nothing(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    more = ["explain.methods=[contrib,center]", "explain.metrics=[robustness]"]
    done = run(command, tiny_data, best, tmp_path, *more)
    assert done.status == 0, done.err
    with (tmp_path / "summary.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == "jpeg70_rho"]
    assert {row["method"]: float(row["mean"]) for row in rows}["center"] == pytest.approx(1)
    assert {(row["unrelated"], row["diff_center"], row["beats_controls"]) for row in rows} == {
        ("0.0", "", "False")
    }
    assert "not better than chance" not in done.out


def test_costs_count_passes(explained: Path) -> None:
    lines = (explained / "costs.csv").read_text().splitlines()
    cells = {line.split(",")[2]: line.split(",")[4:] for line in lines[1:]}
    assert cells["contrib"] == ["1", "0", "0", "0"]
    assert cells["gradcam"] == ["1", "0", "1", "1"]
    assert cells["center"] == ["0", "0", "0", "0"]


def test_a_run_that_is_started_again_goes_on_and_changes_nothing(
    command: Command, tiny_data: list[str], best: Path, explained: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(explained, tmp_path / "again"))
    (folder / "parts" / "seed0" / "gradcam.parquet").unlink()
    kept = {p: p.stat().st_mtime_ns for p in folder.glob("parts/seed0/contrib.*")}
    done = run(command, tiny_data, best, folder)
    assert done.status == 0, done.err
    assert {p: p.stat().st_mtime_ns for p in kept} == kept
    for name in ("summary.csv", "pairwise.csv", "confusion.json"):
        assert (folder / name).read_bytes() == (explained / name).read_bytes()


def test_a_method_may_be_added_to_what_is_there(
    command: Command, tiny_data: list[str], best: Path, explained: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(explained, tmp_path / "more"))
    more = "explain.methods=[contrib,gradcam,random_smooth,center,uniform,oracle_node,occlusion]"
    done = run(command, tiny_data, best, folder, more, "explain.catalogue.occlusion.fill=mean")
    assert done.status == 0, done.err
    assert "occlusion" in (folder / "summary.csv").read_text()
    before = (folder / "summary.csv").read_bytes()
    done = run(command, tiny_data, best, folder, more, "explain.catalogue.occlusion.fill=blur")
    assert done.status == 1
    assert "explain.catalogue.occlusion.fill is 'mean' there and 'blur' here" in done.err
    assert (folder / "summary.csv").read_bytes() == before


@pytest.mark.parametrize(
    "change", ["seed=1", "explain.num_images=11", "explain.measures.road=null", "data.seed=5"]
)
def test_explanations_made_with_other_settings_are_not_gone_on_with(
    change: str, command: Command, tiny_data: list[str], best: Path, explained: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(explained, tmp_path / "other"))
    before = (folder / "summary.csv").read_bytes()
    done = run(command, tiny_data, best, folder, change)
    assert done.status == 1
    assert "holds explanations made with other settings: " in done.err
    assert "Choose another hydra.run.dir, or delete it" in done.err
    assert (folder / "summary.csv").read_bytes() == before


def test_two_runs_do_not_work_in_one_folder(
    command: Command, tiny_data: list[str], best: Path, explained: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(explained, tmp_path / "busy"))
    before = (folder / "summary.csv").read_bytes()
    with held(folder / LOCK_NAME, "not busy"):
        done = run(command, tiny_data, best, folder)
    assert done.status == 1
    assert done.err == (
        f"error: another run is at work in {folder}; wait for its end, or choose another "
        "hydra.run.dir\n"
    )
    assert (folder / "summary.csv").read_bytes() == before
    assert not (explained / LOCK_NAME).exists()


def test_what_the_detector_learnt_from_is_explained_only_if_that_is_wanted(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    swapped = ("data.test_split=val", "data.val_split=test")
    refused = run(command, tiny_data, best, tmp_path, *swapped)
    assert refused.status == 1
    assert "is not new to the checkpoint: " in refused.err
    assert not (tmp_path / "config.yaml").exists()
    done = run(command, tiny_data, best, tmp_path, *swapped, "allow_seen_videos=true")
    assert done.status == 0
    (one,) = json.loads((tmp_path / "coverage.json").read_text("utf-8"))
    assert set(one["seen_in_training"]) == {"val"}
    assert "identity groups were in val" in (tmp_path / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("explain.methods=[contrb]", "got 'contrb'. Did you mean 'contrib'?"),
        ("explain.methods=[]", "explain.methods: expected a list of some of contrib, "),
        ("explain.methods=gradcam", "such as [gradcam]; got 'gradcam'"),
        ("explain.metrics=region", "such as [region]; got 'region'"),
        ("explain.metrics=[localization]", "got 'localization'. Did you mean 'localisation'?"),
        ("explain.num_costly=0", "explain.num_costly: expected a number in"),
        ("explain.num_images=x", "explain.num_images: expected int | null, got 'x'"),
        ("explain.batch_size=2.5", "explain.batch_size: expected int, got 2.5"),
        ("explain.randomise=maybe", "explain.randomise: expected bool, got 'maybe'"),
        ("explain.catalogue.contrib=null", "explain.catalogue.contrib: expected a _target_ and"),
        ("data.size_px=48", "but the model was trained with 32; add data.size_px=32"),
        ("explain.margin=-1", "explain.margin: expected a number in"),
        ("device=tpu3", "device: expected auto, cpu, cuda or cuda:N, got 'tpu3'"),
        ("mode=draw", "mode: expected one of measure, single; got 'draw'"),
        ("image=a.png", "image=a.png is for mode=single; add that, or leave the image out"),
        ("mode=single", "mode=single explains one face crop; add image=PATH"),
        ("data.test_split=valid", "valid"),
    ],
)
def test_mistakes_are_named_before_anything_is_written(
    override: str, message: str, command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    done = run(command, tiny_data, best, folder, override)
    assert done.status == 1
    assert message in done.err
    assert {path.name for path in folder.iterdir()} <= {".hydra", "explain.log"}


def test_metrics_of_which_none_can_be_had_are_refused_before_anything_is_explained(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    done = run(command, tiny_data, best, tmp_path / "run", "explain.metrics=[region]")
    assert done.status == 1
    assert (
        "explain.metrics: none of them can be had here; the first: region needs known altered"
        in done.err
    )
    assert not list((tmp_path / "run").glob("parts/seed*"))


def test_nothing_of_a_finished_run_outlives_one_that_fails(
    command: Command,
    tiny_data: list[str],
    best: Path,
    explained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        msg = "the disk is full"
        raise ResgatError(msg)

    folder = Path(shutil.copytree(explained, tmp_path / "failing"))
    monkeypatch.setattr("resgat.run.explain.save_explained", fail)
    assert run(command, tiny_data, best, folder).status == 1
    stays = {".hydra", "explain.log", "config.yaml", "environment.json", "parts"}
    assert {path.name for path in folder.iterdir()} - stays == set()


def test_a_run_that_can_explain_nothing_leaves_a_finished_one_as_it_is(
    command: Command, tiny_data: list[str], best: Path, explained: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(explained, tmp_path / "refused"))
    forget_reference(best, tmp_path / "without.ckpt")
    shutil.rmtree(folder / "parts")
    without = tmp_path / "without.ckpt"
    done = run(command, tiny_data, without, folder, "explain.methods=[contrast]")
    assert done.status == 1
    assert "explain.methods: none of them can be had here" in done.err
    for name in ("summary.csv", "config.yaml", "environment.json", "report.html"):
        assert (folder / name).read_bytes() == (explained / name).read_bytes()


def forget_reference(best: Path, path: Path) -> None:
    """Write a checkpoint as one that never met a real training face."""
    add_facts(
        Path(shutil.copy(best, path)), {**read_checkpoint(best)[FACTS_KEY], "reference": None}
    )


def test_numbers_reach_the_loggers(
    command: Command, tiny_data: list[str], best: Path, explained: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(explained, tmp_path / "logged"))
    done = run(command, tiny_data, best, folder, "logger=csv")
    assert done.status == 0, done.err
    (path,) = folder.glob("csv/version_*/metrics.csv")
    names, values = (line.split(",") for line in path.read_text().splitlines())
    logged = dict(zip(names, values, strict=True))
    assert float(logged["xai/all/uniform/pixel_auroc"]) == 0.5
    assert "xai/all/contrib/pixel_auroc_lo" in logged


def test_what_random_weights_leave_is_told_on_request(
    command: Command, tiny_data: list[str], best: Path, explained: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(explained, tmp_path / "random"))
    done = run(command, tiny_data, best, folder, "explain.randomise=true")
    assert done.status == 0, done.err
    lines = [line.split(",") for line in (folder / "sanity.csv").read_text().splitlines()]
    checks = {line[2] for line in lines[1:]}
    assert checks == {"randomisation", "degree", "locality"}
    assert {line[3] for line in lines if line[2] == "randomisation"} == {"contrib", "gradcam"}


def test_seeds_are_judged_together_on_planted_evidence(
    command: Command, best: Path, seed_1: Path, tmp_path: Path
) -> None:
    """A detector of a few steps is sure of nobody, so all faces are judged, and nothing is told."""
    counts = {"train_twins": 2, "val_twins": 2, "test_twins": 26, "size_px": 48, "num_workers": 1}
    data = ["data=planted", "data.num_workers=0", "allow_other_crop_spec=true"]
    data += [f"data.corpus.{name}={value}" for name, value in counts.items()]
    data += ["data.size_px=32"]
    options = [*data, *FEW, "explain.num_images=null", f"hydra.run.dir={tmp_path}"]
    methods = "explain.methods=[contrib,center,random_smooth,uniform,oracle_node]"
    for checkpoints in (f"[{best}]", f"[{seed_1},{best}]"):
        done = command("explain", *options, methods, f"ckpt_path={checkpoints}")
        assert done.status == 0, done.err
    assert {path.name for path in (tmp_path / "parts").glob("seed*")} == {"seed0", "seed1"}
    scores = pq.read_table(tmp_path / "scores.parquet")
    assert set(scores["track"].to_pylist()) == set("ABCDEF")
    assert set(scores["train_seed"].to_pylist()) == {0, 1}
    told = json.loads((tmp_path / "confusion.json").read_text())
    assert (told["track"], told["subjects"]) == ("A", "all")
    on_a = {r["crop_id"] for r in scores.to_pylist() if r["track"] == "A"}
    assert told["methods"]["contrib"]["num_images"] == len(on_a)
    assert np.sum(told["methods"]["contrib"]["counts"]) == pytest.approx(2 * len(on_a))
    for one in told["methods"].values():  # a number of so few faces would look certain
        assert one["mutual_information_bits"] is None
        assert one["mutual_information_reason"].startswith("too few faces: ")
    page = (tmp_path / "report.html").read_text()
    assert "Curves, cost and gallery are those of seed 1" in page


def test_a_track_that_the_data_do_not_have_is_refused(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    done = run(command, tiny_data, best, tmp_path / "run", "explain.tracks=[A]")
    assert done.status == 1
    assert "explain.tracks: expected one of all; got 'A'" in done.err
    assert not (tmp_path / "run" / "scores.parquet").exists()


@pytest.fixture
def seed_1(best: Path, tmp_path: Path) -> Path:
    """The same weights, as if they were of another seed."""
    path = Path(shutil.copy(best, tmp_path / "seed1.ckpt"))
    facts = read_checkpoint(path)[FACTS_KEY]
    config = facts["config"]
    add_facts(
        path, {**facts, "config": {**config, "seed": 1, "data": {**config["data"], "seed": 1}}}
    )
    return path


def test_checkpoints_of_another_recipe_are_no_seeds(
    command: Command, tiny_data: list[str], best: Path, seed_1: Path, tmp_path: Path
) -> None:
    facts = read_checkpoint(seed_1)[FACTS_KEY]
    facts["config"]["evidence_loss"] = {"mask_share": {"weight": 0.5}}
    add_facts(seed_1, facts)
    folder = tmp_path / "run"
    done = command(
        "explain", *tiny_data, *FEW, f"ckpt_path=[{best},{seed_1}]", f"hydra.run.dir={folder}"
    )
    assert done.status == 1
    assert "got seeds [0, 1] that differ in evidence_loss.mask_share.weight" in done.err


def test_checkpoints_of_one_seed_are_no_seeds(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    done = command(
        "explain", *tiny_data, *FEW, f"ckpt_path=[{best},{best}]", f"hydra.run.dir={tmp_path}"
    )
    assert done.status == 1
    assert "expected checkpoints of one model with different seeds, got seeds [0, 0]" in done.err


def test_a_list_may_name_models_of_the_zoo(
    command: Command,
    tiny_data: list[str],
    best: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zoo, "read_zoo", lambda: {"mine": {"release": str(best)}})
    names = ["ckpt_path=[mine,mine]", f"hydra.run.dir={tmp_path}"]
    done = command("explain", *tiny_data, *FEW, *names)
    assert done.status == 1
    assert "expected checkpoints of one model with different seeds, got seeds [0, 0]" in done.err


def test_a_detector_that_answers_with_no_number_leaves_no_half_result(
    command: Command, tiny_data: list[str], diverged: Path, tmp_path: Path
) -> None:
    done = run(command, tiny_data, diverged, tmp_path / "out")
    assert done.status == 1
    assert "error: the detector's logit of synthetic/" in done.err
    assert f" is nan; the checkpoint {diverged} is broken, as after a training that" in done.err
    stays = {".hydra", "explain.log", "parts"}
    assert {path.name for path in (tmp_path / "out").iterdir()} <= stays
    assert not list((tmp_path / "out").glob("parts/seed*"))


def test_one_node_is_no_map_and_ends_no_run(
    command: Command, tiny_data: list[str], tmp_path: Path
) -> None:
    """A ResNet has one cell at 32 px; what lives on it says the same everywhere."""
    model = ["model=resnet34", "model/backbone=resnet18", "callbacks.gallery=null"]
    folder = f"hydra.run.dir={tmp_path / 'trained'}"
    trained = command("train", *tiny_data, *model, "trainer.max_epochs=1", folder)
    assert trained.status == 0, trained.err
    best = tmp_path / "trained" / "checkpoints" / "best.ckpt"
    methods = "explain.methods=[attn_received,contrib,center,occlusion]"
    done = run(command, tiny_data, best, tmp_path / "out", methods)
    assert done.status == 0, done.err
    assert "attn_received: attention: this model has no graph layer" in done.out
    rows = pq.read_table(tmp_path / "out" / "scores.parquet").to_pylist()
    auroc = [(row["method"], row["value"]) for row in rows if row["metric"] == "pixel_auroc"]
    assert {value for name, value in auroc if name == "contrib"} == {0.5}
    for method in ("center", "occlusion"):
        assert {value for name, value in auroc if name == method} != {0.5}
    image = tmp_path / "face.png"
    cv2.imwrite(str(image), np.full((32, 32, 3), 128, np.uint8))
    done = run(command, tiny_data, best, tmp_path / "one", "mode=single", f"image={image}")
    assert done.status == 0, done.err
    assert "the map says nothing: it is constant, or not finite" in done.out
