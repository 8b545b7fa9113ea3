import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from resgat.inference.result import FacePrediction, FilePrediction, TrackPrediction, Verdict
from resgat.report.prediction.document import document, predictions_csv, predictions_table
from resgat.report.terminal import print_table
from resgat.types import REGIONS

VERDICT = Verdict("fake", 0.9, 2.2, 0.5, 0.8, 0.6, 1.0, False)
SHARES = dict.fromkeys(REGIONS, 0.0) | {"nose": 0.6}
FACE = FacePrediction(3, 0.3, (1.0, 2.0, 3.0, 4.0), 0.99, 2.2, 0.9, SHARES)
TRACKS = (
    TrackPrediction(1, False, VERDICT, SHARES, (FACE, FACE)),
    TrackPrediction(2, True, VERDICT, None, (FACE,)),
)
SCORED = FilePrediction(Path("in/=a.mp4"), "video", "scored", None, VERDICT, TRACKS)
FAILED = FilePrediction(Path("-b.png"), None, "failed", "no such file", None, ())
EMPTY = FilePrediction(Path("c.png"), "image", "no_face", "no face found", None, ())


def test_the_document_is_plain_and_versioned() -> None:
    said = document([SCORED, FAILED], model={"sha256": "ab"}, limits=["no proof"], is_complete=True)
    read = json.loads(json.dumps(said, allow_nan=False))
    assert (read["schema"], read["is_complete"], read["limits"]) == (1, True, ["no proof"])
    assert read["files"][0]["tracks"][0]["faces"][0]["regions"]["nose"] == 0.6
    assert read["files"][0]["verdict"]["label"] == "fake"
    assert read["files"][1]["reason"] == "no such file"


def test_the_table_has_a_row_for_each_person_and_each_file_without_one() -> None:
    rows = list(csv.DictReader(io.StringIO(predictions_csv([SCORED, FAILED, EMPTY]))))
    assert [(row["status"], row["track"], row["num_faces"]) for row in rows] == [
        ("scored", "1", "2"),
        ("scored", "2", "1"),
        ("failed", "", ""),
        ("no_face", "", ""),
    ]
    assert (rows[0]["prob"], rows[0]["low"], rows[0]["nose"]) == ("0.9", "0.6", "0.6")
    assert rows[1]["nose"] == ""


def test_the_terminal_says_each_file_in_a_line() -> None:
    text = io.StringIO()
    print_table(predictions_table([SCORED, FAILED, EMPTY]), Console(file=text))
    said = text.getvalue()
    assert "fake, P(fake) = 0.90; calibrated 0.80, doubt 0.60 to 1.00" in said
    assert "nose 60 %, outside the regions 40 %" in said
    assert "failed: no such file" in said
    assert "no face found" in said


def test_a_name_can_be_anything_that_a_disk_takes() -> None:
    """Markup of the terminal, its escape sequences, a line's end, bytes that are no text."""
    odd = replace(FAILED, path=Path("in/[bold]a\x1b[31m\n\udcff.png"))
    text = io.StringIO()
    print_table(predictions_table([odd]), Console(file=text))
    assert r"[bold]a\x1b[31m\n\udcff.png" in text.getvalue()
    (row,) = csv.DictReader(io.StringIO(predictions_csv([odd])))
    assert row["path"] == r"in/[bold]a\x1b[31m\n\udcff.png"
    (said,) = document([odd], model={}, limits=[], is_complete=True)["files"]
    assert said["path"] == "in/[bold]a\x1b[31m\n\\udcff.png"


@pytest.mark.parametrize("begin", ["=", "+", "-", "@"])
def test_no_file_name_is_a_formula_of_a_spreadsheet(begin: str) -> None:
    text = predictions_csv([replace(FAILED, path=Path(f"{begin}1+1.png"))])
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["path"] == f"'{begin}1+1.png"
