import json
from pathlib import Path

import pytest

from resgat.inference.result import FacePrediction, FilePrediction, TrackPrediction, Verdict

VERDICT = Verdict("fake", 0.9, 2.2, 0.5, None, 0.6, 1.0, False)


def face(frame: int) -> FacePrediction:
    return FacePrediction(frame, frame / 10, (1, 2, 9, 12), 0.75, 2.2, 0.9, {"mouth": 0.5})


def file(name: str, *faces: int) -> FilePrediction:
    """A video of as many tracks as numbers, of that many faces."""
    tracks = tuple(
        TrackPrediction(at, False, VERDICT, None, tuple(face(frame) for frame in range(num)))
        for at, num in enumerate(faces, 1)
    )
    if not tracks:
        return FilePrediction(Path(name), "video", "no_face", "none seen", None, ())
    return FilePrediction(Path(name), "video", "scored", None, VERDICT, tracks)


@pytest.mark.parametrize(("faces", "num"), [((), 0), ((3,), 3), ((3, 1, 2), 6)])
def test_faces_of_all_tracks_are_counted(faces: tuple[int, ...], num: int) -> None:
    assert file("a.mp4", *faces).num_faces == num


def test_a_document_holds_every_value_after_json() -> None:
    said = json.loads(json.dumps(file("in/a.mp4", 2).to_dict(), allow_nan=False))
    assert said["path"] == "in/a.mp4"
    assert (said["kind"], said["status"], said["reason"]) == ("video", "scored", None)
    assert said["verdict"] == {
        "label": "fake",
        "prob": 0.9,
        "logit": 2.2,
        "threshold_prob": 0.5,
        "calibrated_prob": None,
        "low": 0.6,
        "high": 1.0,
        "is_in_doubt": False,
    }
    (track,) = said["tracks"]
    assert (track["track"], track["is_brief"], track["regions"]) == (1, False, None)
    assert track["verdict"] == said["verdict"]
    assert track["faces"][1] == {
        "frame_idx": 1,
        "time_s": 0.1,
        "box_xyxy": [1, 2, 9, 12],
        "det_prob": 0.75,
        "logit": 2.2,
        "prob": 0.9,
        "regions": {"mouth": 0.5},
    }


def test_a_file_without_a_face_keeps_its_reason() -> None:
    said = file("a.mp4").to_dict()
    assert (said["verdict"], said["tracks"], said["reason"]) == (None, (), "none seen")


def test_a_name_of_any_bytes_can_be_written() -> None:
    said = file("a\udcff.mp4").to_dict()["path"]
    assert said == r"a\udcff.mp4"
    assert said.encode("utf-8")
