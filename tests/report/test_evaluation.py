from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from resgat.report.evaluation import EvaluationReport, evaluation_page
from resgat.report.metrics_json import OperatingPoint, add_coverage, summarise

POINTS = {level: OperatingPoint(0.5, 1.5) for level in ("video", "frame")}


def test_the_page_opens_with_the_number_and_its_interval(evaluation: EvaluationReport) -> None:
    page = evaluation_page(evaluation)
    video = evaluation.test["video"]
    low, high = video["auc_ci"]
    assert f"Video AUC {video['auc']:.3f} [{low:.3f}, {high:.3f}] on 24 videos, 16 of them" in page
    assert "<h1>ResGAT &lt;v2&gt;</h1>" in page


def test_every_metric_stands_at_both_levels(evaluation: EvaluationReport) -> None:
    page = evaluation_page(evaluation)
    for words in ("TPR at 0.1 % FPR", "ECE, calibrated", "threshold on P(fake)", "temperature"):
        assert f'<th scope="row">{words}</th>' in page
    test = evaluation.test
    shown = [test["video"], test["frame"], *(part["video"] for part in test["by_method"].values())]
    told = [one for one in shown if one["auc_delong_ci"]]
    assert page.count("(DeLong [") == len(told) == 3  # one method is found without a mistake


def test_parts_coverage_evidence_and_pictures_are_there(evaluation: EvaluationReport) -> None:
    page = evaluation_page(evaluation)
    assert "By manipulation method" in page
    assert "By compression" not in page
    assert page.count("data:image/png;base64,") == 1
    assert page.count("data:image/jpeg;base64,") == 3 * 4  # a face and its three maps
    assert "<dt>videos asked for</dt><dd>30</dd>" in page
    assert "beats its controls" in page
    assert "seed: 0" in page


def test_the_hardest_videos_are_a_table_of_twenty_at_most(evaluation: EvaluationReport) -> None:
    page = evaluation_page(evaluation)
    cells = ("fake", "0.250", "FaceSwap", "c23", "1,200")
    row = "".join(f'<td class="num">{cell}</td>' for cell in cells)
    assert f'<th scope="row">ffpp/&lt;x&gt;/c23/000</th>{row}' in page.replace("<wbr>", "")
    many = [[f"v{place}", "original", "c0", 0, 0.5, 1] for place in range(30)]
    page = evaluation_page(replace(evaluation, videos=many))
    assert [f">v{place}<" in page for place in (0, 19, 20)] == [True, True, False]


def test_faces_are_called_at_the_frames_threshold(evaluation: EvaluationReport) -> None:
    page = evaluation_page(evaluation)
    assert page.count("<b>Fake (FaceSwap), called real, P(fake) 0.250</b>") == 2
    assert page.count("<b>Real, called real, P(fake) 0.250</b>") == 1


def test_each_attribute_has_a_section(evaluation: EvaluationReport, frame_table: pa.Table) -> None:
    values = [
        "f" if name < "id004" else "<m>" for name in frame_table["identity_group"].to_pylist()
    ]
    known = frame_table.append_column("attribute:gender", pa.array(values))
    test = {**evaluation.test, "by_attribute": summarise(known, POINTS, draws=10)["by_attribute"]}
    page = evaluation_page(replace(evaluation, test=test))
    assert "By gender" in page
    assert '<th scope="row">&lt;m&gt;</th>' in page


def test_what_is_missing_says_why(evaluation: EvaluationReport, frame_table: pa.Table) -> None:
    reals = frame_table.filter(pc.equal(frame_table["label"], 0))
    test = summarise(reals, POINTS) | {"evidence": {"reason": "no crop has a mask"}}
    bare = replace(evaluation, test=add_coverage(test, "no manifest"), errors=[], faces=[])
    page = evaluation_page(bare)
    assert "No AUC: needs both classes, got real rows only." in page
    assert "Left out: no crop has a mask." in page
    assert "Left out: there is no mistake." in page
    assert "Faces and their evidence" not in page
    undecided = {**test, "frame": {**test["frame"], "threshold_prob": None}}
    page = evaluation_page(replace(bare, test=add_coverage(undecided, "no manifest")))
    assert "Left out: no threshold could be chosen on val." in page
    assert "Earlier counts are not known: no manifest" in page


def test_numbers_of_what_was_learnt_from_are_marked_first(evaluation: EvaluationReport) -> None:
    assert "Too good" not in evaluation_page(evaluation)
    assert "<dt>seen in training</dt><dd>not checked</dd>" in evaluation_page(evaluation)
    test = {**evaluation.test, "seen_in_training": {"val": {"videos": 12}}}
    page = evaluation_page(replace(evaluation, test=test))
    mark = "Too good to be true: of what was judged, 12 videos were in val."
    assert page.index(mark) < page.index("Video AUC ")
    clean = {**evaluation.test, "seen_in_training": {}}
    page = evaluation_page(replace(evaluation, test=clean))
    assert "<dt>seen in training</dt><dd>nothing</dd>" in page


def test_numbers_of_crops_that_were_cut_otherwise_are_marked_first(
    evaluation: EvaluationReport,
) -> None:
    assert "cut otherwise than those" not in evaluation_page(evaluation)
    spec = {"margin": {"trained": 1.3, "judged": 1.5}}
    page = evaluation_page(replace(evaluation, test={**evaluation.test, "other_crop_spec": spec}))
    mark = "These crops were cut otherwise than those of the training: margin 1.5 instead of 1.3."
    assert page.index(mark) < page.index("Video AUC ")
    assert "<dt>cut otherwise than in training</dt><dd>margin 1.5 instead of 1.3</dd>" in page


def test_a_temperature_at_the_end_of_its_search_is_marked(
    evaluation: EvaluationReport, frame_table: pa.Table
) -> None:
    assert "the end of the search" not in evaluation_page(evaluation)
    cold = {level: OperatingPoint(0.5, 0.05) for level in ("video", "frame")}
    test = {**evaluation.test, **summarise(frame_table, cold, draws=10)}
    page = evaluation_page(replace(evaluation, test=add_coverage(test, "no manifest")))
    assert page.count("<small>the end of the search: val holds no mistake that would keep") == 2
