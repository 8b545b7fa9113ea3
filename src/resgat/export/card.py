"""The model card of a release: what it is for, what it was measured on, what it cannot do."""

from __future__ import annotations

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

A detector of face forgeries that says where its evidence lies: `{model}`, trained on `{corpus}`
with resgat (`{code}`). Label 1 is fake.

```python
from resgat import load, predict
print(predict(load("{name}"), "clip.mp4").verdict)    # or the path of this folder
```

Without resgat: `model.onnx` takes `pixels`, (B, 3, {size_px}, {size_px}) float32 RGB in [0, 1], and
returns {outputs}.

## Intended use

Research on forgery detection and its explanations, and as one lead among others in an examination
by a person who knows its limits. Not for automatic decisions about people, and not as proof.

## Measured

On the test split of its own corpus, once; 95 % intervals over groups of identities.

| level | {header} |
|---|{rule}|
{rows}

Threshold of P(fake), chosen on val: {threshold}.

## Limits

{limits}

## Data

{corpus}: crop spec `{crop_spec}`. {data_licence}

## Files

| file | what |
|---|---|
{files}

`sha256sum -c SHA256SUMS` checks them.
"""


def model_card(
    name: str,
    facts: Mapping[str, Any],
    metrics: Mapping[str, Any],
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
        metrics: The run's ``metrics.json``.
        files: File -> what it is.
        outputs: Of ``model.onnx``; empty where there is none.
        limits: Sentences.
        licence: Of the weights, as the Hub abbreviates it.
        data_licence: A sentence about the data's.
    """
    config = facts["config"]
    rows = [_row(level, metrics["test"][level]) for level in ("video", "frame")]
    threshold = facts["thresholds"]["video"]
    return _TEMPLATE.format(
        name=name,
        model=_last(config["model"]) + str((config["model"].get("head") or {}).get("version", "")),
        corpus=_last(config["data"]["corpus"]),
        code=facts.get("code", "unknown version"),
        size_px=config["data"]["size_px"],
        outputs=" and ".join(f"`{one}`" for one in outputs) or "nothing: it was left out",
        header=" | ".join(_METRICS.values()),
        rule="|".join("---" for _ in _METRICS),
        rows="\n".join(rows),
        threshold=f"{number(threshold)} for videos" if threshold is not None else "none could be",
        limits="\n".join(f"* {sentence}" for sentence in limits),
        crop_spec=facts["crop_spec"],
        data_licence=data_licence,
        licence=licence,
        files="\n".join(f"| `{file}` | {what} |" for file, what in files.items()),
    )


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
