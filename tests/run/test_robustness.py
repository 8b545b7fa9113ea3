"""The command under corruptions: same crops, same numbers, and on from where it was stopped."""

import csv
import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resgat.errors import ConfigError
from resgat.files import write_parquet
from resgat.robustness.graded import NUM_LEVELS
from resgat.run.robustness import PASSES, chosen_corruptions, judge_corrupted

Command = Callable[..., Any]

JPEG = {"_target_": "resgat.robustness.corruptions.Jpeg", "quality": [90, 70, 50, 30, 10]}
BLUR = {"_target_": "resgat.robustness.corruptions.GaussianBlur", "sigma_px": [1, 2, 3, 4, 5]}
QUICK = ["robustness=paper", "callbacks.gallery=null", "num_resamples=20"]


def section(**changes: Any) -> dict[str, Any]:
    return {"num_videos": None, "only": None, "corruptions": {"jpeg": JPEG, "blur": BLUR}} | changes


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


@pytest.fixture(scope="module")
def judged(
    command: Command, tiny_data: list[str], best: Path, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """All corruptions, on all crops."""
    pytest.importorskip("av", reason="needs the extra robustness")
    run = tmp_path_factory.mktemp("robust") / "run"
    done = command("eval", *tiny_data, *QUICK, f"ckpt_path={best}", f"hydra.run.dir={run}")
    assert (done.status, done.err) == (0, "")
    return run, done.out


def test_every_corruption_is_listed_at_every_level(judged: Any) -> None:
    run, out = judged
    levels = rows(run / "robustness.csv")
    names = list(dict.fromkeys(row["corruption"] for row in levels))
    assert names == [
        "jpeg", "blur", "noise", "downscale", "brightness_contrast", "h264", "crop_shift",
        "occlusion",
    ]  # fmt: skip
    assert len(levels) == 8 * 2 * 6
    assert [row["value"] for row in levels[:6]] == ["", "90", "70", "50", "30", "10"]
    areas = rows(run / "robustness_areas.csv")
    assert [(row["corruption"], row["pooling"]) for row in areas[:2]] == [
        ("jpeg", "video"),
        ("jpeg", "frame"),
    ]
    for area in areas:
        key = ("corruption", "pooling")
        aucs = [float(row["auc"]) for row in levels if all(row[k] == area[k] for k in key)]
        mean = (aucs[0] / 2 + sum(aucs[1:5]) + aucs[5] / 2) / 5
        assert float(area["area"]) == pytest.approx(mean)
        assert float(area["drop"]) == pytest.approx(aucs[0] - mean)
    assert (run / "plots" / "robustness.png").is_file()
    assert "AUC under corruptions, by severity." in (run / "report.html").read_text("utf-8")
    assert "crop_shift " in out


def test_level_zero_is_the_test_itself(judged: Any) -> None:
    run, _ = judged
    test = json.loads((run / "metrics.json").read_text())["test"]
    for row in rows(run / "robustness.csv"):
        if row["level"] == "0":
            expected = test[row["pooling"]]
            assert float(row["auc"]) == expected["auc"]
            assert [float(row["auc_low"]), float(row["auc_high"])] == expected["auc_ci"]
            assert float(row["balanced_accuracy"]) == expected["balanced_accuracy"]
            assert int(row["n"]) == expected["n"]


def test_each_pass_is_over_the_same_crops_in_the_same_order(judged: Any) -> None:
    run, _ = judged
    clean = pq.read_table(run / "predictions.parquet")
    passes = sorted((run / "robustness").glob("*.parquet"))
    assert len(passes) == 40
    for path in passes:
        table = pq.read_table(path)
        assert table.drop(["logit", "prob"]).equals(clean.drop(["logit", "prob"]))
        assert table["logit"] != clean["logit"]


def test_the_default_is_no_corruption(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    quick = ["callbacks.gallery=null", "num_resamples=20"]
    done = command("eval", *tiny_data, *quick, f"ckpt_path={best}", f"hydra.run.dir={tmp_path}")
    assert done.status == 0, done.err
    assert not list(tmp_path.glob("robustness*"))


def test_a_killed_evaluation_goes_on_and_others_do_not(
    command: Command, tiny_data: list[str], best: Path, judged: Any, tmp_path: Path
) -> None:
    run, _ = judged
    stopped = tmp_path / "stopped"
    shutil.copytree(run, stopped)
    first, *others = sorted((stopped / "robustness").glob("noise_*.parquet"))
    (stopped / "robustness.csv").unlink()
    for path in others[1:]:
        path.unlink()
    untouched = first.stat().st_mtime_ns
    again = [*tiny_data, *QUICK, f"hydra.run.dir={stopped}"]
    done = command("eval", *again, f"ckpt_path={best}", "data.batch_size=5")
    assert done.status == 0, done.err
    assert first.stat().st_mtime_ns == untouched
    found, expected = rows(stopped / "robustness.csv"), rows(run / "robustness.csv")
    assert [row["auc"] for row in found] == [row["auc"] for row in expected]
    refused = command("eval", *again, f"ckpt_path={best}", "robustness.num_videos=4")
    assert refused.status == 1
    assert refused.err == (
        f"error: {stopped / 'robustness'} holds predictions made with other settings: "
        "robustness.num_videos is None there and 4 here (1 differ). "
        "Choose another hydra.run.dir, or delete it\n"
    )
    assert (stopped / "robustness.csv").is_file()


def test_few_videos_and_one_corruption_are_a_small_part_of_the_work(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    few = ["robustness.only=jpeg", "robustness.num_videos=5", f"hydra.run.dir={tmp_path}"]
    done = command("eval", *tiny_data, *QUICK, *few, f"ckpt_path={best}")
    assert done.status == 0, done.err
    tables = [pq.read_table(path) for path in (tmp_path / "robustness").glob("*.parquet")]
    assert len(tables) == 5
    videos = pa.concat_tables(tables)["video_id"].unique()
    assert len(videos) == 5
    levels = rows(tmp_path / "robustness.csv")
    assert {(row["pooling"], row["n"]) for row in levels} == {("video", "5"), ("frame", "10")}
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["test"]["video"]["n"] == 12  # the test itself is as ever


def test_a_part_with_one_class_has_no_auc_and_says_why(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    one = ["robustness.only=[jpeg]", "robustness.num_videos=1", f"hydra.run.dir={tmp_path}"]
    done = command("eval", *tiny_data, *QUICK, *one, f"ckpt_path={best}")
    assert done.status == 0, done.err
    for row in [*rows(tmp_path / "robustness.csv"), *rows(tmp_path / "robustness_areas.csv")]:
        assert row["reason"].startswith("needs both classes, got")
        assert row.get("auc", row.get("area")) == ""


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("robustness=papr", "robustness=papr: unknown option; robustness has none, paper. Did"),
        ("robustness.only=[jpg]", "robustness.only: expected one of jpeg, blur, noise, downscale"),
        ("robustness.corruptions.jpg=null", "robustness.corruptions.jpg: unknown key; "),
        ("robustness.num_videos=0", "robustness.num_videos: expected a number in [1, inf], got 0"),
        ("robustness.num_videos=1.5", "robustness.num_videos: expected a whole number"),
        ("robustness.only=3", "robustness.only: expected null, a name or a list of names, got 3"),
        ("robustness.corruptions=null", "robustness.corruptions: expected corruptions by name"),
        ("+robustness.corruptions.x.y=1", "robustness.corruptions.x: expected a _target_"),
        (
            "robustness.corruptions.jpeg.quality=[10,30,50,70,90]",
            "Jpeg.quality: expected falling values, mild to severe, got [10, 30, 50, 70, 90]",
        ),
        ("robustness.corruptions.jpeg.quality=null", "robustness.corruptions.jpeg.quality: expec"),
        ("robustness.corruptions.jpeg.quality=5", "robustness.corruptions.jpeg.quality: expected"),
        (
            "robustness.corruptions.jpeg.quality=[1,2]",
            "Jpeg.quality: expected 5 values, mild to severe, got [1, 2]",
        ),
        (
            "robustness.corruptions.jpeg.quality=much",
            "robustness.corruptions.jpeg.quality: expected ",
        ),
    ],
)
def test_a_mistake_ends_before_anything_is_written(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path, override: str, message: str
) -> None:
    quick = [*QUICK[override.startswith("robustness=") :], override, f"hydra.run.dir={tmp_path}"]
    done = command("eval", *tiny_data, *quick, f"ckpt_path={best}")
    assert done.status == 1
    assert message in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "config.yaml").exists()


def test_a_part_of_the_section_without_the_rest_is_a_mistake(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    said = ["+robustness.only=jpeg", f"ckpt_path={best}", f"hydra.run.dir={tmp_path}"]
    done = command("eval", *tiny_data, *said)
    assert done.status == 1
    assert done.err == (
        "error: robustness.num_videos: needs a value; "
        "choose robustness=paper, and change what is in it\n"
    )
    assert not (tmp_path / "config.yaml").exists()


def test_a_limited_run_is_refused_before_its_first_pass(
    command: Command, tiny_data: list[str], best: Path, tmp_path: Path
) -> None:
    said = [*tiny_data, *QUICK, "robustness.only=jpeg", f"hydra.run.dir={tmp_path}"]
    limited = command("eval", *said, f"ckpt_path={best}", "+trainer.limit_test_batches=1")
    assert limited.status == 1
    assert limited.err.startswith("error: trainer.limit_test_batches=1: numbers would be of a part")
    assert {path.name for path in tmp_path.iterdir()} == {".hydra", "eval.log"}


@pytest.mark.parametrize("change", ["fewer", "more", "later"])
def test_levels_of_other_crops_are_never_compared(tmp_path: Path, change: str) -> None:
    """Whatever made the passes, as another number of batches: the pass at fault is named."""
    clean = crops_table(range(8))
    passes: dict[int, Any] = dict.fromkeys(range(1, NUM_LEVELS + 1), clean)
    if change == "fewer":
        clean, at_fault, counts = crops_table(range(3)), 1, "5 more and 0 fewer"
    elif change == "more":
        passes[2], at_fault, counts = crops_table(range(9)), 2, "1 more and 0 fewer"
    else:
        passes[4], at_fault, counts = crops_table(range(1, 8)), 4, "0 more and 1 fewer"
    for level, table in passes.items():
        write_parquet(tmp_path / PASSES / f"jpeg_{level}.parquet", table)
    module: Any = SimpleNamespace(facts={"thresholds": {"video": 0.5, "frame": 0.5}})
    corruptions = chosen_corruptions(section(only="jpeg"))
    with pytest.raises(ConfigError) as refused:
        judge_corrupted(corruptions, {"num_resamples": 10}, module, clean, tmp_path)
    path = tmp_path / PASSES / f"jpeg_{at_fault}.parquet"
    assert str(refused.value) == (
        f"{path} is not of the crops of level 0: {counts}, "
        f"so a drop would be none. Choose another hydra.run.dir, or delete {path.parent}"
    )


def crops_table(numbers: Iterable[int]) -> pa.Table:
    return pa.table({"crop_id": [f"video/{number}/0" for number in numbers]})


def test_corruptions_are_built_by_name() -> None:
    assert chosen_corruptions(None) == {}
    assert chosen_corruptions({}) == {}
    built = chosen_corruptions(section())
    assert {name: one.parameter for name, one in built.items()} == {
        "jpeg": "quality",
        "blur": "sigma_px",
    }


@pytest.mark.parametrize("wrong", [{"_target_": "torch.nn.ReLU"}, JPEG | {"_partial_": True}])
def test_what_is_no_corruption_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"robustness.corruptions.x: expected a corruption, got "):
        chosen_corruptions(section(corruptions={"x": wrong}))
