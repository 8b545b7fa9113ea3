"""The card in its parts; the card of a whole release is read in tests/run."""

from typing import Any

import pytest
import yaml

from resgat.export.card import model_card
from resgat.report.html.wording import DASH

TRAINED: dict[str, Any] = {
    "config": {
        "model": {"_target_": "resgat.models.resgat.ResGAT", "head": {"version": "v2"}},
        "data": {"corpus": {"_target_": "a.b.FFPP"}, "size_px": 224, "normalise": "half"},
    },
    "thresholds": {"video": 0.25},
    "crop_spec": "abc123",
    "code": "4.5.6",
}
IMPORTED: dict[str, Any] = {
    **{key: TRAINED[key] for key in ("config", "code")},
    "imported": {"file": "w.pt", "sha256": "ff00", "crops": "not known"},
}
METRICS: dict[str, Any] = {
    "test": {
        "video": {"auc": 0.9, "auc_ci": [0.85, 0.95], "ap": 0.8, "eer": None},
        "frame": {"auc": 0.7, "ece": 0.02},
    }
}


def card(
    facts: dict[str, Any], metrics: dict[str, Any] | None = None, **other: Any
) -> tuple[dict[str, Any], str]:
    """Return the header and the text below it."""
    said: dict[str, Any] = {
        "files": {"a.safetensors": "weights", "b.json": "numbers"},
        "outputs": ["logit", "prob"],
        "limits": ["First.", "Second."],
        "licence": "mit",
        "data_licence": "Theirs.",
    }
    text = model_card("mine", facts, metrics, **said | other)
    _, header, body = text.split("---\n", 2)
    return yaml.safe_load(header), body


def test_numbers_stand_under_their_names_with_intervals_and_a_dash_where_there_is_none() -> None:
    _, text = card(TRAINED, METRICS)
    head, rule, video, frame = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith(("| level", "|---|---|---|", "| video", "| frame"))
    )
    assert len(head) == len(rule) == len(video) == len(frame)
    assert dict(zip(head, video, strict=True)) == {
        "level": "video",
        "AUC": "0.900 [0.850, 0.950]",
        "average precision": "0.800",
        "equal error rate": DASH,
        "balanced accuracy": DASH,
        "log loss": DASH,
        "ECE": DASH,
    }
    assert frame[1:3] == ["0.700", DASH]
    assert frame[-1] == "0.020"


@pytest.mark.parametrize(
    ("prob", "said"), [(0.25, "val: 0.250 for videos."), (None, "val: none could be.")]
)
def test_the_threshold_is_told_or_that_there_is_none(prob: float | None, said: str) -> None:
    assert said in card(TRAINED | {"thresholds": {"video": prob}}, METRICS)[1]


def test_what_it_is_and_where_it_comes_from() -> None:
    _, text = card(TRAINED, METRICS)
    assert text.startswith("\n# mine\n")
    assert "`ResGATv2`, trained on\n`FFPP` with resgat (`4.5.6`)" in text
    assert "(B, 3, 224, 224) float32 RGB in [0, 1]" in text
    assert "returns `logit` and `prob`." in text
    assert "FFPP: crop spec `abc123`. Theirs." in text
    assert "* First.\n* Second." in text
    assert "| `a.safetensors` | weights |\n| `b.json` | numbers |" in text


def test_a_model_without_a_head_of_ours_and_without_onnx() -> None:
    config = TRAINED["config"] | {"model": {"_target_": "resgat.models.timm.TimmNet"}}
    _, text = card(TRAINED | {"config": config}, METRICS, outputs=[])
    assert "`TimmNet`, trained" in text
    assert "returns nothing: it was left out." in text


def test_weights_that_came_without_numbers_are_given_none() -> None:
    _, text = card(IMPORTED)
    assert "imported by\nresgat (`4.5.6`) from the bare weights `w.pt` (SHA-256 `ff00`)" in text
    assert "P(fake)\nhere is 1 - P(real) there" in text
    assert "Nothing: the weights came without numbers" in text
    assert "data.normalise=half allow_other_crop_spec=true" in text
    assert "found and cut is not known." in text
    assert "| video |" not in text


@pytest.mark.parametrize("licence", ["mit", "a: b", 'say "so" # now', "yes", "[x]\ntags: []"])
def test_the_licence_is_one_string_of_the_header_whatever_it_holds(licence: str) -> None:
    header, _ = card(TRAINED, METRICS, licence=licence)
    assert header["license"] == licence
    assert header["tags"] == ["deepfake-detection", "explainability", "graph-attention"]
