"""Between the page and the examiner: a token in, the parts of the page out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resgat.app.examine import Examiner
from resgat.app.intake import Intake, UploadRefusedError
from resgat.app.sections import answer, comparison, refused, waiting
from resgat.report.html.markup import Markup
from resgat.report.prediction.document import document


@dataclass(frozen=True)
class Desk:
    """Answers the page.

    Args:
        intake: Where uploads lie.
        examiner: Judges them.
        model: What a prediction says of the detector that made it.
        limits: What a verdict cannot say.
    """

    intake: Intake
    examiner: Examiner
    model: Mapping[str, Any]
    limits: Sequence[str]

    def answer(self, token: str) -> Iterator[tuple[Markup, Markup]]:
        """Judge an upload: yield the verdict at once, then the comparison of methods below it.

        The upload is deleted before anything is yielded, whether it could be judged or not.
        """
        nothing = Markup("")
        try:
            with self.intake.taken(token) as upload:
                examined = self.examiner.examine(upload.path, upload.name)
        except UploadRefusedError as error:
            yield refused(str(error)), nothing
            return
        said = examined.predicted.prediction
        told = document([said], model=self.model, limits=self.limits, is_complete=True)
        verdict = answer(examined, told)
        if said.status != "scored":
            yield verdict, nothing
            return
        yield verdict, waiting(len(self.examiner.methods))
        yield verdict, comparison(said, self.examiner.compare(examined.predicted))
