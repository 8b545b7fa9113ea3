"""What a user may get wrong, at the command line: a line that helps, status 1, no half."""

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from PIL import Image

from resgat.lit.checkpoint import FACTS_KEY, add_facts, read_checkpoint

Command = Callable[..., Any]

#: Reads any crops folder, and would not draw one.
ON_DISK = ["data=ffpp", "data.size_px=32", "data.batch_size=8", "data.num_workers=0"]


@pytest.fixture(scope="session")
def run_folder(command: Command, tiny: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One epoch on drawn faces: a checkpoint to judge with."""
    folder = tmp_path_factory.mktemp("judge")
    done = command("train", *tiny, "trainer.max_epochs=1", f"hydra.run.dir={folder}")
    assert done.status == 0, done.err
    return folder


@pytest.fixture
def crops(run_folder: Path, data_home: Path, tmp_path: Path) -> Path:
    """A crops folder of 48 + 24 + 24 crops, to be damaged."""
    drawn = next(path for path in data_home.iterdir() if path.name.startswith("synthetic_32px_4"))
    return Path(shutil.copytree(drawn, tmp_path / "crops"))


#: Where explanations would lie; what a refused run notes there binds nobody.
_CLAIMS = {"parts"}


def refuse(command: Command, name: str, folder: Path, *overrides: str) -> str:
    """Run a command that must be refused before it writes anything; return what it says."""
    done = command(name, *overrides, f"hydra.run.dir={folder}")
    assert done.status == 1
    assert done.err.startswith("error: ")
    assert len(done.err.splitlines()) <= 2
    made = {path.name for path in folder.iterdir()} if folder.exists() else set()
    assert made <= {".hydra", f"{name}.log", *_CLAIMS}
    return str(done.err)


CONFIG_MISTAKES = {
    "unknown model": (["model=resnet99"], "model=resnet99: unknown option; model has resgatv1"),
    "unknown corpus": (["data=celeb"], "data=celeb: unknown option; data has"),
    "unknown key": (["model.headz=3"], "model.headz: unknown key; model has"),
    "no such corpus key": (["data.raw=x"], "Did you mean 'raw_dir'?"),
    "no gpu": (["trainer=gpu"], "no usable GPU. Use trainer=cpu"),
    "batch larger than data": (
        ["data.batch_size=49"],
        "data.batch_size=49 is larger than split 'train' with 48 crops",
    ),
    "empty batch": (["data.batch_size=0"], "data.batch_size: expected a number in [1, inf]"),
    "val is test": (["data.val_split=test"], "val_split and data.test_split are both 'test'"),
    "negative rate": (["optimizer.lr=-1"], "optimizer or scheduler: Invalid learning rate: -1"),
    "warm-up too long": (["scheduler.warmup=3"], "warmup: expected a number in [0, 1], got 3"),
    "negative seed": (["seed=-1"], "seed: expected a number in [0, 4294967295], got -1"),
    "no such weights": (
        ["model.backbone.weights=/nowhere/w.pth"],
        "/nowhere/w.pth",
    ),
    "no such layer": (["model.backbone.last=layer9"], "got 'layer9'. Did you mean 'layer4'?"),
    "code as a target": (["loss._target_=os.system"], "loss._target_: os.system may not be built"),
    "fsdp without a gpu": (["strategy=fsdp"], "The strategy `fsdp` requires a GPU accelerator"),
}


@pytest.mark.parametrize("mistake", CONFIG_MISTAKES)
def test_a_mistake_in_the_settings(
    command: Command,
    tiny: list[str],
    run_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mistake: str,
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    overrides, message = CONFIG_MISTAKES[mistake]
    assert message in refuse(command, "train", tmp_path / "run", *tiny, *overrides)


def rewrite(crops: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    path = crops / "index.parquet"
    pq.write_table(change(pq.read_table(path)), path)


def put(column: str, where: Callable[[pa.Table], Any], value: object) -> Callable[[Path], None]:
    """Set a column to a value in some rows."""

    def change(table: pa.Table) -> pa.Table:
        place = table.schema.get_field_index(column)
        changed = pc.if_else(
            where(table), pa.scalar(value, table.schema.field(place).type), table[column]
        )
        return table.set_column(place, table.schema.field(place), changed)

    return lambda crops: rewrite(crops, change)


def is_in(column: str, value: object) -> Callable[[pa.Table], Any]:
    return lambda table: pc.equal(table[column], value)


def first(table: pa.Table) -> Any:
    return pa.array(np.arange(len(table)) == 0)


def empty(crops: Path) -> None:
    shutil.rmtree(crops)
    crops.mkdir()


CROPS_MISTAKES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing folder": (shutil.rmtree, "does not exist; run `python src/preprocess.py data=ffpp"),
    "empty folder": (
        empty,
        "holds no index.parquet; run `python src/preprocess.py data=ffpp data.raw_dir=",
    ),
    "no parquet": (
        lambda crops: (crops / "index.parquet").write_text("a,b\n"),
        "index.parquet: cannot be read as Parquet",
    ),
    "no rows": (lambda crops: rewrite(crops, lambda table: table[:0]), "has no rows"),
    "missing column": (
        lambda crops: rewrite(crops, lambda table: table.drop_columns(["video_id"])),
        "column 'video_id': missing",
    ),
    "wrong label": (put("label", first, 2), "column 'label': 1 row(s) such as 2; expected 0 or 1"),
    "files gone": (
        lambda crops: shutil.rmtree(crops / "synthetic" / "original"),
        "files of column 'path' are gone, the first is 'synthetic/original/",
    ),
    "path upwards": (put("path", first, "../secret.png"), "without '..'"),
    "absolute path": (put("path", first, "/etc/passwd"), "a POSIX path below the crops folder"),
    "one class": (
        put("split", lambda t: pc.and_(is_in("split", "val")(t), is_in("label", 0)(t)), None),
        "split 'val' has 0 real and 16 fake crops; expected both",
    ),
    "no crop of a split": (
        put("split", is_in("split", "test"), None),
        "split 'test' has 0 real and 0 fake crops",
    ),
    "a person in two splits": (
        put("identity_group", is_in("split", "test"), "synthetic/train0000"),
        "1 identity group(s) lie in several splits ('synthetic/train0000' in test and train)",
    ),
    "two kinds of crops": (put("crop_spec", first, "another"), "mixes crops cut in 2 ways"),
}


@pytest.mark.parametrize("mistake", CROPS_MISTAKES)
def test_a_crops_folder_that_cannot_be_used(
    command: Command, tiny: list[str], crops: Path, tmp_path: Path, mistake: str
) -> None:
    damage, message = CROPS_MISTAKES[mistake]
    damage(crops)
    on_disk = [*ON_DISK, f"data.crops_dir={crops}", *tiny[8:]]
    assert message in refuse(command, "train", tmp_path / "run", *on_disk)


@pytest.mark.parametrize(("label", "word"), [(0, "real"), (1, "fake")])
def test_one_class_at_test_has_what_it_can_have_and_says_why_not_the_rest(
    command: Command,
    tiny_data: list[str],
    run_folder: Path,
    crops: Path,
    tmp_path: Path,
    label: int,
    word: str,
) -> None:
    rewrite(crops, lambda table: table.filter(is_in("label", label)(table)))
    judge = [f"ckpt_path={run_folder / 'checkpoints' / 'best.ckpt'}", "num_resamples=20"]
    options = [*tiny_data, *judge, f"data.crops_dir={crops}", f"hydra.run.dir={tmp_path / 'run'}"]
    done = command("eval", *options)
    assert done.status == 0, done.err
    assert "numbers that need both are null" in done.out
    text = (tmp_path / "run" / "metrics.json").read_text()
    assert "NaN" not in text
    video = json.loads(text)["test"]["video"]
    assert video["auc"] is None
    assert video["auc_reason"] == f"needs both classes, got {word} rows only"
    assert video["log_loss"] > 0
    assert "No AUC: needs both classes" in (tmp_path / "run" / "report.html").read_text()


def test_a_test_split_without_a_crop_is_refused(
    command: Command, tiny_data: list[str], run_folder: Path, crops: Path, tmp_path: Path
) -> None:
    CROPS_MISTAKES["no crop of a split"][0](crops)
    judge = [f"ckpt_path={run_folder / 'checkpoints' / 'best.ckpt'}", f"data.crops_dir={crops}"]
    message = refuse(command, "eval", tmp_path / "run", *tiny_data, *judge)
    assert "split 'test' has no crops; the index in" in message
    assert "has 'train', 'val'. Name another one with data.test_split=..." in message


def test_a_leak_that_was_asked_for_is_a_warning(
    command: Command, tiny: list[str], crops: Path, tmp_path: Path
) -> None:
    CROPS_MISTAKES["a person in two splits"][0](crops)
    overrides = [
        *tiny,
        f"data.crops_dir={crops}",
        "data.allow_leakage=true",
        "trainer.max_epochs=1",
    ]
    done = command("train", *overrides, f"hydra.run.dir={tmp_path / 'run'}")
    assert done.status == 0
    assert "numbers on val and test will be too good" in done.out


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


RGB = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8))
IMAGES = {
    "zero bytes": (b"", "has zero bytes"),
    "no image": (b"not an image", "is no such image"),
    "truncated": (encoded(RGB)[:1000], "is truncated or broken"),
    "1x1": (encoded(RGB.resize((1, 1))), "is 1x1 px"),
    "grey": (encoded(RGB.convert("L")), "is a grey image"),
    "16-bit": (encoded(Image.new("I;16", (32, 32))), "is a 16-bit grey image"),
    "cmyk": (encoded(RGB.convert("CMYK"), "JPEG"), "is a CMYK image"),
    "alpha": (encoded(RGB.convert("RGBA")), "is an RGB + alpha image"),
}


@pytest.mark.parametrize("kind", IMAGES)
def test_an_unreadable_image_at_test_is_an_error(
    command: Command,
    tiny_data: list[str],
    run_folder: Path,
    crops: Path,
    tmp_path: Path,
    kind: str,
) -> None:
    data, message = IMAGES[kind]
    path = crops / crop_paths(crops, "test")[5]
    path.write_bytes(data)
    workers = f"data.num_workers={int(kind == 'grey')}"  # once through a worker's traceback
    judge = [f"ckpt_path={run_folder / 'checkpoints' / 'best.ckpt'}", "callbacks.gallery=null"]
    overrides = [*tiny_data, workers, f"data.crops_dir={crops}", *judge]
    done = command("eval", *overrides, f"hydra.run.dir={tmp_path / 'run'}")
    assert done.status == 1
    assert done.err.startswith(f"error: {path} {message}")
    assert "Make it again with `python src/preprocess.py`" in done.err
    assert len(done.err.splitlines()) == 1
    assert not list((tmp_path / "run").glob("[mp][er]*"))  # metrics.json, predictions.parquet


@pytest.mark.parametrize("workers", [0, 1])
def test_unreadable_images_in_training_are_counted_and_left_out(
    command: Command, tiny: list[str], crops: Path, tmp_path: Path, workers: int
) -> None:
    broken = crop_paths(crops, "train")[: 5 * len(IMAGES) : 5]
    for path, (data, _) in zip(broken, IMAGES.values(), strict=True):
        (crops / path).write_bytes(data)
    run = tmp_path / "run"
    overrides = [*tiny, "data.balanced=false", "trainer.max_epochs=2"]
    overrides += [f"data.num_workers={workers}", f"data.crops_dir={crops}"]
    done = command("train", *overrides, f"hydra.run.dir={run}")
    assert done.status == 0, done.err
    log = (run / "train.log").read_text()
    if workers == 0:  # a worker's log ends where this process's does
        assert all(f"skipped in training: {crops / path} " in log for path in broken)
    assert f"{len(IMAGES)} of 48 training crops could not be read and were left out" in log


def test_a_training_split_that_cannot_be_read_at_all_is_an_error(
    command: Command, tiny: list[str], crops: Path, tmp_path: Path
) -> None:
    for path in crop_paths(crops, "train"):
        (crops / path).write_bytes(b"")
    overrides = [*tiny, f"data.crops_dir={crops}"]
    done = command("train", *overrides, f"hydra.run.dir={tmp_path / 'run'}")
    assert done.status == 1
    assert "none of the 8 crops of a batch can be read" in done.err


def test_a_loss_that_is_no_number_stops_the_run_and_names_the_batch(
    command: Command, tiny: list[str], run_folder: Path, tmp_path: Path
) -> None:
    done = command("train", *tiny, "optimizer.lr=1e30", f"hydra.run.dir={tmp_path}")
    assert done.status == 1
    assert "Lower optimizer.lr" in done.err
    diverged = json.loads((tmp_path / "diverged.json").read_text())
    assert len(diverged["crop_ids"]) == 8
    assert all(crop_id.startswith("synthetic/") for crop_id in diverged["crop_ids"])
    assert not (tmp_path / "metrics.json").exists()


def test_outputs_that_are_no_numbers_on_val_stop_the_run(
    command: Command, tiny: list[str], run_folder: Path, tmp_path: Path
) -> None:
    one_step = ["+trainer.limit_train_batches=1", "~scheduler", "optimizer.lr=1e30"]
    done = command("train", *tiny, *one_step, f"hydra.run.dir={tmp_path}")
    assert done.status == 1
    assert done.err.startswith("error: the model's outputs are nan or infinite. Lower optimizer.lr")


@pytest.mark.parametrize(
    "monitor",
    [["callbacks.checkpoint.monitor=val/acc"], ["scheduler=plateau", "scheduler.monitor=val/acc"]],
)
def test_a_monitor_that_nothing_logs_is_named(
    command: Command, tiny: list[str], run_folder: Path, tmp_path: Path, monitor: list[str]
) -> None:
    done = command("train", *tiny, *monitor, f"hydra.run.dir={tmp_path}")
    assert done.status == 1
    assert "val/acc" in done.err
    assert len(done.err.splitlines()) == 1


def forget_reference(best: Path, crops: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_facts(best, {**read_checkpoint(best)[FACTS_KEY], "reference": None})


def keep_one_class(label: int) -> Callable[[Path, Path, pytest.MonkeyPatch], None]:
    def change(best: Path, crops: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        put(
            "split",
            lambda t: pc.and_(is_in("split", "test")(t), is_in("label", 1 - label)(t)),
            None,
        )(crops)

    return change


EXPLAIN_MISTAKES: dict[
    str, tuple[Callable[[Path, Path, pytest.MonkeyPatch], object], list[str], str]
] = {
    "no reference evidence": (
        forget_reference,
        ["explain.methods=[contrast]"],
        "explain.methods: none of them can be had here; the first: contrast: this checkpoint holds "
        "no reference evidence; finish its training run",
    ),
    "no masks": (
        lambda best, crops, _: put("mask_path", is_in("label", 1), None)(crops),
        ["explain.metrics=[localisation]"],
        "explain.metrics: none of them can be had here; the first: localisation needs masks",
    ),
    "missing extra": (
        lambda best, crops, monkeypatch: monkeypatch.setitem(sys.modules, "captum.attr", None),
        ["explain.methods=[ig]"],
        "the first: ig needs captum; install it with pip install 'resgat[explain]'",
    ),
    "only real faces": (
        keep_one_class(0),
        [],
        "has no fake, and only fakes can be explained as such; choose another data.test_split",
    ),
}


@pytest.mark.parametrize("mistake", EXPLAIN_MISTAKES)
def test_explanations_that_cannot_be_had(
    command: Command,
    run_folder: Path,
    crops: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mistake: str,
) -> None:
    change, asked, message = EXPLAIN_MISTAKES[mistake]
    best = Path(shutil.copy(run_folder / "checkpoints" / "best.ckpt", tmp_path / "best.ckpt"))
    change(best, crops, monkeypatch)
    overrides = [*ON_DISK, f"data.crops_dir={crops}", "explain=ci", f"ckpt_path={best}", *asked]
    assert message in refuse(command, "explain", tmp_path / "run", *overrides)


def test_fakes_alone_can_be_explained(
    command: Command, run_folder: Path, crops: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fakes are what is explained; that the real ones are missing is said."""
    best = run_folder / "checkpoints" / "best.ckpt"
    keep_one_class(1)(best, crops, monkeypatch)
    asked = ["explain=ci", "explain.methods=[contrib,center]", f"ckpt_path={best}"]
    folder = tmp_path / "run"
    overrides = [*ON_DISK, f"data.crops_dir={crops}", *asked, f"hydra.run.dir={folder}"]
    done = command("explain", *overrides)
    assert done.status == 0, done.err
    assert "split 'test' has 0 real and 16 fake crops" in done.out + done.err
    assert (folder / "report.html").is_file()


def test_attention_of_a_model_without_a_graph(
    command: Command, tiny: list[str], tmp_path: Path
) -> None:
    plain = [
        "model=resnet34",
        "model/backbone=resnet18",
        *(one for one in tiny if one.startswith(("data.", "callbacks."))),
    ]
    trained = tmp_path / "trained"
    done = command("train", *plain, "trainer.max_epochs=1", f"hydra.run.dir={trained}")
    assert done.status == 0, done.err
    asked = [one for one in plain if one.startswith("data.")]
    asked += ["explain=ci", "explain.methods=[attn_received]"]
    asked += [f"ckpt_path={trained / 'checkpoints' / 'best.ckpt'}"]
    said = refuse(command, "explain", tmp_path / "run", *asked)
    assert "attn_received: attention: this model has no graph layer" in said
    assert "choose a graph model such as model=resgatv2, or leave the method out" in said


def crop_paths(crops: Path, split: str) -> list[str]:
    table = pq.read_table(crops / "index.parquet")
    paths: list[str] = table.filter(pc.equal(table["split"], split))["path"].to_pylist()
    return paths
