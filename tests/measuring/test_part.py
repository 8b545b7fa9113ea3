from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from resgat.measuring.method import Measured, Price
from resgat.measuring.part import read_part, write_part


def measured_and_scores() -> tuple[Measured, pa.Table]:
    region = np.zeros((5, 8), np.float32)
    price = Price(1.5, 256.0, 0.0, 3.0, 4.0)
    measured = Measured({}, {}, {}, np.zeros(5, bool), region, region, region, price)
    return measured, pa.table({"value": [1.0]})


@pytest.mark.parametrize("name", ["contrib.npz", "contrib.parquet"])
@pytest.mark.parametrize("damage", ["gone", "cut", "empty"])
def test_a_broken_part_is_measured_again(
    name: str, damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    measured, scores = measured_and_scores()
    write_part(tmp_path, "contrib", scores, measured)
    path = tmp_path / name
    content = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(content[:40] if damage == "cut" else b"")
    assert read_part(tmp_path, "contrib") is None
    told = "" if (name, damage) == ("contrib.parquet", "gone") else "contrib is explained again"
    assert told in caplog.text


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    region, shown = (rng.random(shape, np.float32) for shape in ((5, 8), (2, 4, 4)))
    curve = rng.random((3, 21), np.float32)
    price = Price(1.5, 256.0, 0.0, 3.0, 4.0)
    measured = Measured({}, {}, {"repair": curve}, np.zeros(5, bool), region, region, shown, price)
    scores = pa.table({"value": [1.0, float("nan")]})
    write_part(tmp_path, "gradcam++", scores, measured)
    part = read_part(tmp_path, "gradcam++")
    assert part is not None
    assert part.price == price
    assert part.scores.schema.equals(scores.schema)
    assert part.scores["value"].to_pylist()[0] == 1.0
    np.testing.assert_array_equal(part.region, region)
    np.testing.assert_array_equal(part.shown, shown)
    np.testing.assert_array_equal(part.curves["repair"], curve)


def test_what_was_not_written_is_not_there(tmp_path: Path) -> None:
    assert read_part(tmp_path, "contrib") is None
    (tmp_path / "contrib.npz").write_bytes(b"begun")  # the scores come last
    assert read_part(tmp_path, "contrib") is None
