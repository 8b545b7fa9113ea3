from typing import Any

from resgat.inference.limits import limits


def facts(corpus: str, threshold: float | None = 0.4) -> dict[str, Any]:
    data = {"corpus": {"_target_": f"resgat.data.corpora.x.{corpus}"}}
    return {"config": {"data": data}, "thresholds": {"video": threshold, "frame": 0.5}}


def test_they_name_the_corpus_and_say_that_a_verdict_is_no_proof() -> None:
    said = limits(facts("FaceForensics"))
    assert "trained on FaceForensics" in said[0]
    assert said[-1].endswith("no proof.")


def test_what_is_calibrated_is_so_for_its_own_source_only() -> None:
    assert "Its probabilities are not calibrated." in limits(facts("FaceForensics"))
    told = facts("FaceForensics") | {"temperatures": {"video": 1.3}}
    assert any(one.startswith("A probability is calibrated for faces like") for one in limits(told))


def test_of_weights_that_came_bare_nothing_is_known() -> None:
    bare: dict[str, Any] = {
        "config": {"data": {"corpus": None}},
        "thresholds": {"video": None, "frame": None},
        "imported": {"file": "model_weights.pth"},
    }
    said = limits(bare)
    assert said[0].startswith("The detector was trained on data that is not known and judges by")
    assert said[-1] == "It came without a threshold, so the threshold is 0.5, untested."


def test_drawn_faces_come_first_and_an_untested_threshold_last() -> None:
    said = limits(facts("SyntheticFaces", None))
    assert said[0].startswith("The detector has seen drawn faces only")
    assert "threshold is 0.5, untested" in said[-1]
