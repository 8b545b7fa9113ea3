"""The model card of a release: what it is for, what it was measured on, what it cannot do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from resgat.report.html.wording import DASH, interval, number

#: Metric -> how the card calls it.
_METRICS = {
    "auc": "AUC",
    "ap": "average precision",
    "eer": "equal error rate",
    "balanced_accuracy": "balanced accuracy",
    "log_loss": "log loss",
    "ece": "ECE",
}

_TEMPLATE = """---
library_name: resgat
pipeline_tag: image-classification
tags: [deepfake-detection, explainability, graph-attention]
license: {licence}
---

# {name}

A detector of face forgeries that says where its evidence lies: `{model}`, {origin}

```python
from resgat import load, predict
print(predict(load("FOLDER"), "clip.mp4").verdict)    # this folder, or owner/name of the Hub
```

Without resgat: `model.onnx` takes `pixels`, (B, 3, {size_px}, {size_px}) float32 RGB in [0, 1], and
returns {outputs}.

## Intended use

Research on forgery detection and its explanations, and as one lead among others in an examination
by a person who knows its limits. Not for automatic decisions about people, and not as proof.

## Measured

{measured}

## Limits

{limits}

## Data

{data}

## Files

| file | what |
|---|---|
{files}

`sha256sum -c SHA256SUMS` checks them.
"""

_MEASURED = """On the test split of its own corpus, once; 95 % intervals over groups of identities.

| level | {header} |
|---|{rule}|
{rows}

Threshold of P(fake), chosen on val: {threshold}."""

_TRAINED = "trained on\n`{corpus}` with resgat (`{code}`). Label 1 is fake."
_IMPORTED = """imported by
resgat (`{code}`) from the bare weights `{file}` (SHA-256 `{sha256}`).
Label 1 is fake. In that file label 1 is real: the classifier's sign was flipped, so that P(fake)
here is 1 - P(real) there."""

_NOT_MEASURED = """Nothing: the weights came without numbers, threshold and calibration. Measure
them on faces that they have not seen, which nothing here can check, in a checkout of resgat:

```bash
python src/eval.py ckpt_path=FOLDER data=... data.normalise={normalise} allow_other_crop_spec=true
```"""
_DATA_UNKNOWN = """How the training faces were found and cut is {crops}. Give face crops
(`faces=crop`), or name a face detector and a margin. {data_licence}"""


def model_card(
    name: str,
    facts: Mapping[str, Any],
    metrics: Mapping[str, Any] | None,
    *,
    files: Mapping[str, str],
    outputs: Sequence[str],
    limits: Sequence[str],
    licence: str,
    data_licence: str,
) -> str:
    """Write the card as Markdown with the header that the Hugging Face Hub reads.

    Args:
        name: Of the release.
        facts: Of the checkpoint.
        metrics: The run's ``metrics.json``; None for weights that were imported.
        files: File -> what it is.
        outputs: Of ``model.onnx``; empty where there is none.
        limits: Sentences.
        licence: Of the weights, as the Hub abbreviates it.
        data_licence: A sentence about the data's.
    """
    config = facts["config"]
    sections = (
        _of_import(facts, data_licence)
        if metrics is None
        else _of_training(facts, metrics, data_licence)
    )
    return _TEMPLATE.format(
        name=name,
        model=_last(config["model"]) + str((config["model"].get("head") or {}).get("version", "")),
        size_px=config["data"]["size_px"],
        outputs=" and ".join(f"`{one}`" for one in outputs) or "nothing: it was left out",
        limits="\n".join(f"* {sentence}" for sentence in limits),
        licence=json.dumps(licence),  # a string of YAML, whatever is in it
        files="\n".join(f"| `{file}` | {what} |" for file, what in files.items()),
        **sections,
    )


def _of_training(
    facts: Mapping[str, Any], metrics: Mapping[str, Any], data_licence: str
) -> dict[str, str]:
    corpus, prob = _last(facts["config"]["data"]["corpus"]), facts["thresholds"]["video"]
    threshold = "none could be" if prob is None else f"{number(prob)} for videos"
    return {
        "origin": _TRAINED.format(corpus=corpus, code=facts.get("code", "unknown version")),
        "measured": _MEASURED.format(
            header=" | ".join(_METRICS.values()),
            rule="|".join("---" for _ in _METRICS),
            rows="\n".join(_row(level, metrics["test"][level]) for level in ("video", "frame")),
            threshold=threshold,
        ),
        "data": f"{corpus}: crop spec `{facts['crop_spec']}`. {data_licence}",
    }


def _of_import(facts: Mapping[str, Any], data_licence: str) -> dict[str, str]:
    imported = facts["imported"]
    return {
        "origin": _IMPORTED.format(code=facts["code"], **imported),
        "measured": _NOT_MEASURED.format(**facts["config"]["data"]),
        "data": _DATA_UNKNOWN.format(data_licence=data_licence, **imported),
    }


def _row(level: str, numbers: Mapping[str, Any]) -> str:
    return f"| {level} | {' | '.join(_number(numbers, metric) for metric in _METRICS)} |"


def _number(numbers: Mapping[str, Any], metric: str) -> str:
    value = numbers.get(metric)
    if value is None:
        return DASH
    ends = numbers.get(f"{metric}_ci")
    return f"{number(value)} {interval(*ends)}" if ends else number(value)


def _last(section: Mapping[str, Any]) -> str:
    return str(section["_target_"]).rpartition(".")[2]
