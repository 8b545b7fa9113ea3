"""Files in, predictions out: cut in worker processes, scored here in batches across files."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from resgat.data.workers import Over, run_over
from resgat.inference.cutting import Cutter, FaceCut, FileCut, cut_or_reason
from resgat.inference.result import FacePrediction, FilePrediction
from resgat.inference.scoring import FaceScore, FaceScorer
from resgat.inference.verdict import Judge, judge_tracks, most_suspicious
from resgat.metrics.inputs import sigmoid
from resgat.types import REGIONS

_Cut = FileCut | str

NO_FACE = "no face found, so nothing can be said about it"


@dataclass(frozen=True, eq=False)
class Predicted:
    """A prediction, and what a picture of it is drawn from.

    Attributes:
        prediction: What is said of a file.
        cuts: Its faces, for each track; empty where there is none.
        scores: What the detector said of each.
    """

    prediction: FilePrediction
    cuts: tuple[tuple[FaceCut, ...], ...] = ()
    scores: tuple[tuple[FaceScore, ...], ...] = ()


@dataclass
class Clock:
    """Where the time went, in seconds of the process that did the work.

    Attributes:
        decode_s: Reading frames and cutting crops.
        detect_s: Finding faces.
        model_s: The detector, with its evidence.
        wait_s: The detector's process had no batch to score and waited for faces; where it reads
            the files itself, that is the reading.
        num_faces: Faces that went through it.
    """

    decode_s: float = 0.0
    detect_s: float = 0.0
    model_s: float = 0.0
    wait_s: float = 0.0
    num_faces: int = 0


@dataclass(frozen=True)
class Predictor:
    """Predicts files.

    Args:
        cutter: Finds and cuts the faces.
        scorer: Asks the detector.
        image_judge: Turns a face's logit into a verdict.
        video_judge: Turns the mean logit of a video's track into a verdict.
        batch_size: Faces per pass, of whatever files.
        clock: Adds up where the time went.
    """

    cutter: Cutter
    scorer: FaceScorer
    image_judge: Judge
    video_judge: Judge
    batch_size: int = 32
    clock: Clock = field(default_factory=Clock)

    def stream(
        self, paths: Sequence[Path], *, num_workers: int, timeout_s: float
    ) -> Iterator[Predicted]:
        """Predict files and yield each when it is done, in whatever order that is.

        A file that cannot be read is yielded as failed, and the others go on.

        Args:
            paths: The files.
            num_workers: Processes that cut; 0 cuts in this one.
            timeout_s: Seconds that cutting one file may take.
        """
        batch = _Batch(self)
        work = partial(cut_or_reason, self.cutter)
        for over in self._awaited(run_over(work, paths, num_workers, lambda _: timeout_s)):
            cut = _cut_of(over)
            if isinstance(cut, str):
                yield Predicted(FilePrediction(over.item, None, "failed", cut, None, ()))
                continue
            self.clock.decode_s += cut.decode_s
            self.clock.detect_s += cut.detect_s
            batch.add(cut)
            yield from batch.done(at_least=self.batch_size)
        yield from batch.done(at_least=1)

    def _awaited(self, cuts: Iterator[Over[Path, _Cut]]) -> Iterator[Over[Path, _Cut]]:
        """Pass files on, and note how long each was waited for."""
        while True:
            start = time.perf_counter()
            over = next(cuts, None)
            self.clock.wait_s += time.perf_counter() - start
            if over is None:
                return
            yield over

    def predicted(self, cut: FileCut, scores: Sequence[FaceScore]) -> Predicted:
        """Judge a file by the scores of its faces, in the order of its tracks."""
        if not scores:
            return Predicted(FilePrediction(cut.path, cut.kind, "no_face", NO_FACE, None, ()))
        rest = iter(scores)
        by_track = tuple(tuple(islice(rest, len(faces))) for faces in cut.tracks)
        faces = [
            [_face(*pair, cut.frames_per_s) for pair in zip(cuts, own, strict=True)]
            for cuts, own in zip(cut.tracks, by_track, strict=True)
        ]
        by = self.image_judge if cut.kind == "image" else self.video_judge
        tracks = judge_tracks(faces, by)
        verdict = most_suspicious(tracks).verdict
        prediction = FilePrediction(cut.path, cut.kind, "scored", None, verdict, tracks)
        return Predicted(prediction, cut.tracks, by_track)

    def score(self, faces: Sequence[FaceCut]) -> list[FaceScore]:
        """Score a batch under the clock."""
        start = time.perf_counter()
        scores = self.scorer.score(faces)
        self.clock.model_s += time.perf_counter() - start
        self.clock.num_faces += len(faces)
        return scores


class _Batch:
    """Files whose faces are being gathered into batches, first come, first served."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._files: deque[tuple[FileCut, int, list[FaceScore]]] = deque()
        self._faces: deque[tuple[FaceCut, list[FaceScore]]] = deque()

    def add(self, cut: FileCut) -> None:
        """Queue a file."""
        scores: list[FaceScore] = []
        faces = [face for track in cut.tracks for face in track]
        self._files.append((cut, len(faces), scores))
        self._faces.extend((face, scores) for face in faces)

    def done(self, *, at_least: int) -> Iterator[Predicted]:
        """Score full batches, and yield the files all of whose faces have been scored."""
        while len(self._faces) >= at_least:
            size = min(self._predictor.batch_size, len(self._faces))
            taken = [self._faces.popleft() for _ in range(size)]
            for (_, into), score in zip(
                taken, self._predictor.score([face for face, _ in taken]), strict=True
            ):
                into.append(score)
            yield from self._whole()
        yield from self._whole()

    def _whole(self) -> Iterator[Predicted]:
        while self._files and len(self._files[0][2]) == self._files[0][1]:
            cut, _, scores = self._files.popleft()
            yield self._predictor.predicted(cut, scores)


def _cut_of(over: Over[Path, _Cut]) -> _Cut:
    if over.result is None:
        return over.trouble or "nothing came of it"
    return over.result


def _face(cut: FaceCut, score: FaceScore, frames_per_s: float | None) -> FacePrediction:
    shares = None
    if score.mass is not None:
        shares = {name: float(share) for name, share in zip(REGIONS, score.mass, strict=True)}
    time_s = None if frames_per_s is None else cut.frame_idx / frames_per_s
    prob = float(sigmoid(np.array([score.logit]))[0])
    return FacePrediction(
        cut.frame_idx, time_s, cut.box_xyxy, cut.det_prob, score.logit, prob, shares
    )
