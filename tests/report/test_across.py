from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from resgat.report.across import across_page
from resgat.report.metrics_json import OperatingPoint, summarise

POINTS = {level: OperatingPoint(0.5, None) for level in ("video", "frame")}


@pytest.fixture
def judged(frame_table: pa.Table) -> Any:
    reals = frame_table.filter(pc.equal(frame_table["label"], 0))
    tables = {"0": ("ffpp", frame_table), "1": ("<dfdc>", reals)}
    return {
        folder: {
            "corpus": corpus,
            "ckpt_path": "best.ckpt",
            "test": summarise(table, POINTS, draws=20),
        }
        for folder, (corpus, table) in tables.items()
    }


def test_each_corpus_has_its_line_and_its_numbers(judged: Any) -> None:
    page = across_page(judged)
    assert "<h1>1 checkpoint on ffpp, &lt;dfdc&gt;</h1>" in page
    assert '<a href="0/report.html">ffpp</a>' in page
    assert f"<b>{judged['0']['test']['video']['auc']:.3f}</b>" in page
    assert 'title="needs both classes, got real rows only"' in page
    assert "<dfdc>" not in page


def test_several_checkpoints_are_groups(judged: Any) -> None:
    assert 'class="part"' not in across_page(judged)
    assert "<h3>" not in across_page(judged)
    judged["1"]["ckpt_path"] = "other.ckpt"
    page = across_page(judged)
    assert '<div class="part">other.ckpt</div>' in page
    assert "2 checkpoints on" in page
    _, between, after = page.split("<h3>")
    assert (between.count("<table"), after.count("<table")) == (1, 1)
    assert between.startswith("best.ckpt</h3>")
    assert after.startswith("other.ckpt</h3>")
    assert "0/report.html" in between
    assert "1/report.html" in after


def test_a_corpus_that_was_learnt_from_is_marked(judged: Any) -> None:
    assert "too good" not in across_page(judged)
    judged["1"]["test"]["seen_in_training"] = {"train": {"videos": 3}}
    assert across_page(judged).count("<small>too good: 3 videos were in train</small>") == 1


def test_a_corpus_that_was_cut_otherwise_is_marked(judged: Any) -> None:
    mark = "<small>cut otherwise than in training: margin 1.5 instead of 1.3</small>"
    assert mark not in across_page(judged)
    spec = {"margin": {"trained": 1.3, "judged": 1.5}}
    judged["1"]["test"]["other_crop_spec"] = spec
    assert across_page(judged).count(mark) == 1


def test_what_is_left_out_is_named_with_its_reason(judged: Any) -> None:
    assert "Left out" not in across_page(judged)
    page = across_page(judged, {"2": "it has <no> results"})
    assert "<dt>2</dt><dd>it has &lt;no&gt; results</dd>" in page
