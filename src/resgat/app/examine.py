"""One upload -> all that the page shows of it; the file is gone before anything is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from resgat.data.cropping import Pixels
from resgat.data.stills import read_still
from resgat.explain.attribution import Explainer
from resgat.explain.explanation import Explanation
from resgat.inference.stream import Predicted, Predictor
from resgat.inference.verdict import most_fake
from resgat.report.explanations.picture import Picture
from resgat.report.plots import figure_png
from resgat.report.prediction.annotated import annotated, readable_size
from resgat.report.prediction.timeline import timeline_figure


@dataclass(frozen=True, eq=False)
class Examined:
    """What was seen in a file.

    Attributes:
        predicted: What is said of it, under the name that its sender gave it.
        frame: An image with its faces framed; None of a clip.
        timeline: Of a clip with at least one face, as PNG; or None.
    """

    predicted: Predicted
    frame: Pixels | None
    timeline: bytes | None


@dataclass(frozen=True, eq=False)
class ComparedFace:
    """A person's most fake face under several methods.

    Attributes:
        track: Of the person.
        picture: The face and each method's map.
        shares: Method -> each region's share of its positive evidence, and last what lies outside
            of all; None where the map says nothing.
    """

    track: int
    picture: Picture
    shares: Mapping[str, list[float] | None]


@dataclass(frozen=True)
class Examiner:
    """Judges files, from any number of threads.

    Args:
        predictor: The detector.
        methods: What is compared on each face; the model can have all of them.
        timeout_s: Seconds that reading a file and finding its faces may take.
    """

    predictor: Predictor
    methods: Mapping[str, Explainer]
    timeout_s: float

    def examine(self, path: Path, name: str) -> Examined:
        """Judge a file.

        Args:
            path: Where it lies. It is read in a process of its own, which may crash.
            name: What to call it.
        """
        (found,) = self.predictor.stream([path], num_workers=1, timeout_s=self.timeout_s)
        said = found.prediction
        frame = timeline = None
        if said.kind == "image":
            still = read_still(path)
            frame = annotated(still, 0, said.tracks, readable_size(still))
        elif said.status == "scored":
            timeline = figure_png(timeline_figure(found, name))
        return Examined(replace(found, prediction=replace(said, path=Path(name))), frame, timeline)

    def compare(self, predicted: Predicted) -> list[ComparedFace]:
        """Explain the most fake face of each person that is shown, by every method."""
        tracks = predicted.prediction.tracks
        shown = most_fake(tracks)
        if not shown or not self.methods:
            return []
        most = [
            max(range(len(faces)), key=lambda at: faces[at].logit)
            for faces in (tracks[at].faces for at in shown)
        ]
        cuts = [predicted.cuts[track][face] for track, face in zip(shown, most, strict=True)]
        compared = self.predictor.scorer.compare(cuts, self.methods)
        return [
            _compared(
                tracks[at].track, tracks[at].faces[face].prob, image, place, compared.by_method
            )
            for place, (at, face, image) in enumerate(
                zip(shown, most, compared.images, strict=True)
            )
        ]


def _compared(
    track: int, prob: float, image: Pixels, place: int, by_method: Mapping[str, Explanation]
) -> ComparedFace:
    maps = {name: found.pixel[place].numpy() for name, found in by_method.items()}
    regions = {name: found.region[place].numpy() for name, found in by_method.items()}
    shares = {
        name: None if found.is_degenerate[place] else _with_the_rest(found.mass[place].tolist())
        for name, found in by_method.items()
    }
    return ComparedFace(track, Picture(image, prob, None, f"person {track}", maps, regions), shares)


def _with_the_rest(shares: list[float]) -> list[float]:
    """Add what is left of 1, where there is any evidence at all."""
    return [*shares, max(0.0, 1 - sum(shares)) if max(shares) > 0 else 0.0]
