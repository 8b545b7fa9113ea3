import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pyarrow.parquet as pq
import pytest

from resgat.data.audit import suite
from resgat.data.audit.crops import Crops
from resgat.data.audit.suite import AuditSettings, audit
from resgat.errors import ConfigError

Rows = list[dict[str, Any]]
MakeCrops = Callable[..., Crops]

CHECKS = [
    "identity_groups",
    "persons",
    "near_duplicates",
    "balance",
    "coverage",
    "completeness",
    "files",
    "crop_specs",
]


def test_sound_crops_pass_every_check(make_crops: MakeCrops, rows: Rows) -> None:
    report = audit(make_crops(rows), AuditSettings())
    assert [check.name for check in report.checks] == CHECKS
    assert {
        check.name: check.verdict.value for check in report.checks if check.verdict != "ok"
    } == {"completeness": "not checked"}
    assert (report.verdict, report.num_videos, report.num_crops) == ("ok", 12, 24)
    assert report.pairs == ()


def test_the_file_is_the_same_whatever_the_threads(make_crops: MakeCrops, rows: Rows) -> None:
    crops = make_crops(rows)
    texts = {
        json.dumps(audit(crops, AuditSettings(), threads).to_dict("toy", "here"), allow_nan=False)
        for threads in (1, 2, 5)
    }
    (text,) = texts
    found = json.loads(text)
    assert (found["schema"], found["corpus"], found["crops_dir"]) == (1, "toy", "here")
    assert (found["videos"], found["crops"], found["verdict"]) == (12, 24, "ok")
    assert list(found["checks"]) == CHECKS
    assert all({"verdict", "summary"} <= check.keys() for check in found["checks"].values())


def test_every_key_of_the_file_is_documented(make_crops: MakeCrops, rows: Rows) -> None:
    documented = str(suite.__doc__)
    for name, check in (
        audit(make_crops(rows), AuditSettings()).to_dict("toy", "")["checks"].items()
    ):
        for key in (name, *check):
            assert f"``{key}``" in documented or f'"{key}"' in documented, key


def test_several_faults_are_reported_at_once(
    make_crops: MakeCrops, rows: Rows, tmp_path: Path
) -> None:
    for row in rows:
        if row["video_id"] == "toy/swap/c0/test0":
            row["source_id"] = "train0"
    crops = make_crops(rows)
    (tmp_path / "crops" / rows[0]["path"]).write_bytes(b"")
    report = audit(crops, AuditSettings())
    assert report.verdict == "LEAK"
    named = {check.name: check.verdict.value for check in report.checks}
    assert named | {"persons": "LEAK", "files": "broken", "identity_groups": "ok"} == named


def test_a_sample_reads_fewer_crops_and_still_looks_for_all(
    make_crops: MakeCrops, rows: Rows, tmp_path: Path
) -> None:
    crops = make_crops(rows)
    (tmp_path / "crops" / rows[3]["path"]).unlink()
    settings = AuditSettings(frames_per_video=1, sample=2)
    files = audit(crops, settings).to_dict("toy", "")["checks"]["files"]
    assert 12 <= files["crops_read"] <= 14
    assert files["broken"]["count"] == 1


def test_images_are_looked_at_for_giveaways(
    make_crops: MakeCrops, rows: Rows, tmp_path: Path
) -> None:
    crops = make_crops(rows)
    folder = tmp_path / "crops"
    for position, row in enumerate(rows):
        if row["label"] == 0:
            small = cv2.resize(crops.crop(position).pixels, (48, 48))
            assert cv2.imwrite(str(folder / row["path"]), small)
    check = audit(crops, AuditSettings()).checks[-1]
    assert check.verdict == "LEAK"
    assert check.summary.startswith("image_size alone tells real from fake: image_size 48x48")


def test_a_column_beyond_the_contract_does_no_harm(
    make_crops: MakeCrops, rows: Rows, tmp_path: Path
) -> None:
    make_crops(rows)
    path = tmp_path / "crops" / "index.parquet"
    table = pq.read_table(path)
    pq.write_table(table.append_column("mine", table["path"]), path)
    assert audit(Crops.open(path.parent, path.parent, ""), AuditSettings()).verdict == "ok"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"frames_per_video": 0}, "hash.frames_per_video: expected a number in [1, inf], got 0"),
        ({"max_distance": 17}, "hash.max_distance: expected a number in [0, 16], got 17"),
        ({"min_correlation": 2}, "hash.min_correlation: expected a number in [0, 1], got 2"),
        ({"sample": 0}, "files.sample: expected a number in [1, inf], got 0"),
    ],
)
def test_settings_out_of_range_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        AuditSettings(**values)
    assert str(caught.value) == message


def test_it_needs_no_torch() -> None:
    code = "import sys, resgat.data.audit.suite; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
