from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from matplotlib.figure import Figure

from resgat.report.evaluation import EvaluationReport, evaluation_page
from resgat.report.metrics_json import OperatingPoint, add_coverage, summarise

POINTS = {level: OperatingPoint(0.5, 1.5) for level in ("video", "frame")}
EVIDENCE = {
    "contribution": {
        "hit": 0.8,
        "hit_ci": (0.7, 0.9),
        "auroc": 0.75,
        "auroc_ci": None,
        "permuted_hit": 0.2,
        "beats_controls": True,
    },
    "random": {"hit": 0.1, "hit_ci": None, "auroc": 0.5, "auroc_ci": None},
    "completeness_residual": 0.0,
    "grid": [7, 7],
}


@pytest.fixture
def report(frame_table: pa.Table) -> Any:
    test = summarise(frame_table, POINTS, draws=20) | {"evidence": EVIDENCE}
    counts = {"videos_asked": 30, "videos_found": 28, "videos_decoded": 26, "videos_with_face": 24}
    return EvaluationReport(
        title="ResGAT <v2>",
        test=add_coverage(test, counts),
        figures={"roc": Figure(figsize=(2, 2))},
        errors=Figure(figsize=(4, 2)),
        facts=(("code", "abc"),),
        config="seed: 0\n",
    )


def test_the_page_opens_with_the_number_and_its_interval(report: EvaluationReport) -> None:
    page = evaluation_page(report)
    video = report.test["video"]
    low, high = video["auc_ci"]
    assert f"Video AUC {video['auc']:.3f} [{low:.3f}, {high:.3f}] on 24 videos, 16 of them" in page
    assert "<h1>ResGAT &lt;v2&gt;</h1>" in page


def test_every_metric_stands_at_both_levels(report: EvaluationReport) -> None:
    page = evaluation_page(report)
    for words in ("TPR at 0.1 % FPR", "ECE, calibrated", "threshold on P(fake)", "temperature"):
        assert f'<th scope="row">{words}</th>' in page
    assert page.count("(DeLong [") == 2 + 2  # both levels, and the two methods


def test_parts_coverage_evidence_and_pictures_are_there(report: EvaluationReport) -> None:
    page = evaluation_page(report)
    assert "By manipulation method" in page
    assert "By compression" not in page
    assert page.count("data:image/png;base64,") == 2
    assert "<dt>videos asked for</dt><dd>30</dd>" in page
    assert "beats its controls" in page
    assert "seed: 0" in page


def test_what_is_missing_says_why(report: EvaluationReport, frame_table: pa.Table) -> None:
    reals = frame_table.filter(pc.equal(frame_table["label"], 0))
    test = summarise(reals, POINTS) | {"evidence": {"reason": "no crop has a mask"}}
    bare = replace(report, test=add_coverage(test, "no manifest"), errors=None)
    page = evaluation_page(bare)
    assert "No AUC: needs both classes, got real rows only." in page
    assert "Left out: no crop has a mask." in page
    assert "Left out: there is no mistake, or no threshold." in page
    assert "Earlier counts are not known: no manifest" in page
