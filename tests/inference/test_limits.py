from typing import Any

from resgat.inference.limits import limits


def facts(corpus: str, threshold: float | None = 0.4) -> dict[str, Any]:
    data = {"corpus": {"_target_": f"resgat.data.corpora.x.{corpus}"}}
    return {"config": {"data": data}, "thresholds": {"video": threshold, "frame": 0.5}}


def test_they_name_the_corpus_and_say_that_a_verdict_is_no_proof() -> None:
    said = limits(facts("FaceForensics"))
    assert "trained on FaceForensics" in said[0]
    assert said[-1].endswith("no proof.")


def test_drawn_faces_come_first_and_an_untested_threshold_last() -> None:
    said = limits(facts("SyntheticFaces", None))
    assert said[0].startswith("The detector has seen drawn faces only")
    assert "threshold is 0.5, untested" in said[-1]
