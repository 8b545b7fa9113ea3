"""A token in, the parts of the page out, and nothing left."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from resgat.app.desk import Desk
from resgat.app.examine import ComparedFace, Examined
from resgat.app.intake import Intake
from resgat.inference.result import FilePrediction, TrackPrediction, Verdict
from resgat.inference.stream import Predicted
from tests.app.test_sections import track

SURE = Verdict("fake", 0.9, 2.2, 0.5, 0.8, 0.7, 0.9, False)


@dataclass
class FixedExaminer:
    """Sees the same people in every file, and notes the files that were there."""

    tracks: Sequence[TrackPrediction]
    methods: dict[str, None] = field(default_factory=lambda: {"contrib": None})
    seen: list[bytes] = field(default_factory=list)

    def examine(self, path: Path, name: str) -> Examined:
        self.seen.append(path.read_bytes())
        if not self.tracks:
            said = FilePrediction(Path(name), None, "failed", "it is broken", None, ())
        else:
            verdict = self.tracks[0].verdict
            tracks = tuple(self.tracks)
            said = FilePrediction(Path(name), "image", "scored", None, verdict, tracks)
        return Examined(Predicted(said), None, None)

    def compare(self, predicted: Predicted) -> list[ComparedFace]:
        return []


@pytest.fixture
def intake(tmp_path: Path) -> Intake:
    return Intake(tmp_path, room=2)


def desk(intake: Intake, *tracks: TrackPrediction) -> Desk:
    return Desk(intake, FixedExaminer(tracks), {"path": "best.ckpt"}, ["no proof"])  # type: ignore[arg-type]


def sent(intake: Intake) -> str:
    upload = intake.open(intake.reserve(), "face.png")
    upload.path.write_bytes(b"a face")
    return upload.token


def test_the_verdict_comes_before_the_comparison_and_the_file_goes_before_both(
    intake: Intake,
) -> None:
    ours = desk(intake, track(1, SURE))
    parts = ours.answer(sent(intake))
    verdict, waiting = next(parts)
    assert ours.examiner.seen == [b"a face"]  # type: ignore[attr-defined]
    assert list(intake.folder.iterdir()) == []
    assert "Fake" in verdict
    assert "Comparing 1 method of explanation" in waiting
    again, comparison = next(parts)
    assert again == verdict
    assert "Evidence of person 1" in comparison
    assert next(parts, None) is None


def test_what_cannot_be_read_is_said_in_words_and_deleted(intake: Intake) -> None:
    ((said, compared),) = desk(intake).answer(sent(intake))
    assert "Not judged" in said
    assert "It is broken." in said
    assert compared == ""
    assert list(intake.folder.iterdir()) == []


@pytest.mark.parametrize("token", ["", "no token", "../../etc/passwd", "<script>"])
def test_another_token_gets_words(intake: Intake, token: str) -> None:
    ((said, compared),) = desk(intake).answer(token)
    assert "The file is not here any more; send it again." in said
    assert compared == ""
