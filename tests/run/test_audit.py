"""The command: a table, a report, a picture, and an exit status that a script can rely on."""

import json
import runpy
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pytest

from resgat.data.corpora.ffpp import FaceForensics
from resgat.data.corpora.ffpp_splits import read_lists
from resgat.data.index import write_index
from resgat.data.schema import INDEX_SCHEMA
from resgat.data.videos import VideoRecord

Command = Callable[..., Any]

OF_VIDEO = ["label", "dataset", "method", "compression", "video_id", "target_id", "source_id"]
OF_VIDEO += ["identity_group", "original_video_id", "split"]
PAIRS_PER_SPLIT = {"train": 12, "val": 4, "test": 4}


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[VideoRecord]:
    """Originals and Deepfakes of some official pairs, found as empty files."""
    raw = tmp_path_factory.mktemp("ffpp")
    corpus = FaceForensics(methods=["Deepfakes"])
    lists = read_lists()
    for split, number in PAIRS_PER_SPLIT.items():
        for a, b in lists[split][:number]:
            for place, name in (
                ("original_sequences/youtube", a),
                ("original_sequences/youtube", b),
                ("manipulated_sequences/Deepfakes", f"{a}_{b}"),
                ("manipulated_sequences/Deepfakes", f"{b}_{a}"),
            ):
                path = raw / place / "c23" / "videos" / f"{name}.mp4"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
    return corpus.videos(raw)


def write_crops(folder: Path, records: Sequence[VideoRecord]) -> Path:
    """Give each video one crop of its own blots."""
    rows = []
    for number, record in enumerate(records):
        blots = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
        path = folder / record.video_id / "000000_0.png"
        path.parent.mkdir(parents=True)
        assert cv2.imwrite(str(path), cv2.resize(blots, (64, 64), interpolation=cv2.INTER_CUBIC))
        row = {name: getattr(record, name) for name in OF_VIDEO}
        row |= {"crop_id": f"{record.video_id}/0/0", "path": str(path.relative_to(folder))}
        row |= {"frame_idx": 0, "face_idx": 0, "bbox_xyxy": [0, 0, 64, 64], "crop_spec": "spec"}
        rows.append(row)
    write_index(pa.Table.from_pylist(rows, INDEX_SCHEMA), folder)
    return folder


@pytest.fixture
def audit(command: Command, tmp_path: Path) -> Command:
    def run(*overrides: str) -> Any:
        folders = [f"data.crops_dir={tmp_path / 'crops'}", f"hydra.run.dir={tmp_path / 'run'}"]
        return command("audit", "data=ffpp", *folders, *overrides)

    return run


def report(tmp_path: Path) -> Any:
    return json.loads((tmp_path / "run" / "audit.json").read_text())


def verdicts(tmp_path: Path) -> dict[str, str]:
    return {name: check["verdict"] for name, check in report(tmp_path)["checks"].items()}


def test_the_official_split_is_clean(
    audit: Command, records: list[VideoRecord], tmp_path: Path
) -> None:
    write_crops(tmp_path / "crops", records)
    done = audit()
    assert (done.status, done.err) == (0, "")
    assert set(verdicts(tmp_path).values()) == {"ok", "not checked"}
    assert report(tmp_path)["corpus"] == "ffpp"
    assert "persons         | ok          | 40 persons, each in one split" in done.out
    assert not (tmp_path / "run" / "near_duplicates.png").exists()


def test_a_split_that_ignores_the_source_ends_with_status_1(
    audit: Command, records: list[VideoRecord], tmp_path: Path, repo: Path
) -> None:
    study = runpy.run_path(str(repo / "experiments" / "source_leakage" / "analysis.py"))
    write_crops(tmp_path / "crops", study["target_only_split"](records, 1))
    done = audit()
    assert done.status == 1
    assert done.err.startswith(
        "error: the audit found leakage (identity groups, persons): numbers on these crops cannot "
        "be trusted. See "
    )
    assert len(done.err.splitlines()) == 1
    assert "persons         | LEAK" in done.out
    found = verdicts(tmp_path)
    assert (found["identity_groups"], found["persons"]) == ("LEAK", "LEAK")


def test_a_copy_in_another_split_is_shown(
    audit: Command, records: list[VideoRecord], tmp_path: Path
) -> None:
    folder = write_crops(tmp_path / "crops", records)
    paths = {
        split: folder / next(r.video_id for r in records if r.split == split) / "000000_0.png"
        for split in ("train", "test")
    }
    image = np.asarray(cv2.imread(str(paths["train"]), cv2.IMREAD_COLOR), float)
    brighter = np.clip(image * 1.05 + 8, 0, 255).astype(np.uint8)
    assert cv2.imwrite(str(paths["test"]), brighter)
    done = audit()
    assert done.status == 1
    assert "leakage (near duplicates)" in done.err
    picture = cv2.imread(str(tmp_path / "run" / "near_duplicates.png"))
    assert picture is not None
    assert audit("hash.min_correlation=1").status == 0
    assert not (tmp_path / "run" / "near_duplicates.png").exists()


def test_a_broken_crop_ends_with_status_1(
    audit: Command, records: list[VideoRecord], tmp_path: Path
) -> None:
    folder = write_crops(tmp_path / "crops", records)
    (folder / records[3].video_id / "000000_0.png").write_bytes(b"")
    done = audit()
    assert done.status == 1
    assert "error: the audit found broken data (files): " in done.err
    assert f"{records[3].video_id}/000000_0.png has zero bytes" in done.out


def test_a_split_of_one_class_ends_with_status_1(
    audit: Command, records: list[VideoRecord], tmp_path: Path
) -> None:
    kept = [record for record in records if record.split != "val" or record.label == 0]
    write_crops(tmp_path / "crops", kept)
    done = audit()
    assert done.status == 1
    assert "error: the audit found broken data (balance): " in done.err
    assert "only one class in val" in done.out


def test_drawn_faces_are_drawn_first_and_clean(
    command: Command, tiny_data: list[str], tmp_path: Path
) -> None:
    overrides = [override for override in tiny_data if override.startswith("data.corpus.")]
    done = command("audit", "data=synthetic", *overrides, f"hydra.run.dir={tmp_path / 'run'}")
    assert (done.status, done.err) == (0, "")
    assert report(tmp_path)["verdict"] == "ok"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ([], "does not exist; run `python src/preprocess.py data=ffpp"),
        (["hash.max_distance=99"], "hash.max_distance: expected a number in [0, 16], got 99"),
        (["num_threads=0"], "num_threads: expected a number in [1, inf], got 0"),
        (["files.sampel=3"], "files.sampel: unknown key; files has sample"),
        (["+model=resgatv2"], "model"),
    ],
)
def test_a_mistake_is_one_line(
    audit: Command, tmp_path: Path, overrides: list[str], message: str
) -> None:
    done = audit(*overrides)
    assert done.status == 1
    assert message in done.err
    assert len(done.err.splitlines()) == 1
    assert not (tmp_path / "run" / "audit.json").exists()


def test_help_and_the_run_itself_need_no_torch(repo: Path) -> None:
    code = (
        "import runpy, sys; sys.argv = ['src/audit.py', '--help']\n"
        "runpy.run_path('src/audit.py', run_name='__main__')\n"
        "import resgat.run.audit; sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repo, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "Check a corpus's crops for leaking splits" in done.stdout


def test_a_corpus_that_makes_its_own_crops_makes_none_behind_a_url(
    command: Command, tmp_path: Path
) -> None:
    url = "data.crops_dir=memory://nowhere/crops"
    done = command("audit", "data=synthetic", url, f"hydra.run.dir={tmp_path / 'run'}")
    assert done.status == 1
    assert "memory://nowhere/crops does not exist" in done.err
    assert len(done.err.splitlines()) == 1
