from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from resgat.errors import ConfigError
from resgat.explain.attribution import Explainer
from resgat.explain.methods.attention import AttentionReceived
from resgat.explain.methods.contribution import Contribution
from resgat.explain.methods.controls import CenterMap, OracleNode
from resgat.explain.methods.shapley import RegionShapley
from resgat.explain.metrics.catalogue import MapMetric, ModelMetric
from resgat.explain.metrics.on_maps import Localisation
from resgat.explain.metrics.on_model import Repair, Robustness
from resgat.explain.probe import Probe
from resgat.measuring.faces import FaceLoader
from resgat.measuring.session import Places, Session, Sizes, choose_places
from resgat.measuring.subjects import Subjects
from resgat.measuring.table import Judged
from resgat.measuring.verified import Verified

Metric = MapMetric | ModelMetric

NUM = 30


@pytest.fixture
def session(probe: Probe, subjects: Subjects, loader: FaceLoader, tmp_path: Path) -> Session:
    some = subjects.at(subjects.spread(NUM))
    prob = np.linspace(0, 1, NUM)
    verified = Verified(prob, 1 - prob, np.arange(NUM) % 2 == 0)
    places = choose_places(some, verified, Sizes(costly=8, shown=3, batch=32))
    return Session(probe, Judged("toy", 0, some, verified), places, loader, (4, 4), tmp_path, 32)


def test_the_few_are_of_those_that_count_and_can_be_asked_about(session: Session) -> None:
    places, verified = session.places, session.judged.verified.is_verified
    assert places.costly.sum() == 8
    assert not (places.costly & ~verified).any()
    assert not (places.asked & ~places.costly).any()
    assert not set(np.asarray(session.judged.subjects.track)[places.asked]) & {"D", "E"}
    assert places.shown.sum() == 3
    assert not (places.shown & ~places.asked).any()


def test_where_none_counts_all_do(session: Session) -> None:
    nobody = session.judged.verified._replace(is_verified=np.zeros(NUM, bool))
    places = choose_places(session.judged.subjects, nobody, Sizes(8, 3, 32))
    assert places.costly.sum() == 8


def test_a_dear_method_is_asked_about_the_few(session: Session) -> None:
    assert len(session.subjects_of(CenterMap())) == NUM
    assert (
        session.subjects_of(RegionShapley()).tolist()
        == np.flatnonzero(session.places.costly).tolist()
    )


def test_what_is_done_is_read_back_and_not_done_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    methods: dict[str, Explainer] = {"contrib": Contribution(), "center": CenterMap()}
    metrics: dict[str, Metric] = {"localisation": Localisation(), "repair": Repair()}
    with session.probe.open():
        first = dict(session.run(methods, metrics))
        monkeypatch.setattr(Contribution, "attribute", None)  # whoever calls it fails
        again = dict(session.run(methods, metrics))
    assert list(first) == list(again) == ["contrib", "center"]
    names = [name for name in first["contrib"].scores.schema.names if name != "value"]
    assert again["contrib"].scores.select(names).equals(first["contrib"].scores.select(names))
    values = [found["contrib"].scores["value"].to_numpy() for found in (first, again)]
    np.testing.assert_array_equal(*values)


def test_what_cannot_be_had_is_named_and_the_rest_is_done(session: Session) -> None:
    methods: dict[str, Explainer] = {
        "contrib": Contribution(),
        "attn_received": AttentionReceived(),
    }
    with session.probe.open():
        kept, metrics, refused = session.possible(methods, {"localisation": Localisation()})
    assert (list(kept), list(metrics), list(refused)) == (
        ["contrib"],
        ["localisation"],
        ["attn_received"],
    )


def test_what_needs_masks_is_tried_on_a_face_that_has_one(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is altered on track D, whose faces have no mask; here they are asked about first."""
    subjects = session.judged.subjects
    first = np.argsort(np.asarray(subjects.track) != "D", kind="stable")
    everyone = np.ones(len(subjects), np.bool_)
    places = Places(everyone, everyone, everyone)
    session = replace(session, judged=session.judged.at(first), places=places)
    assert not session.judged.subjects.is_masked[0]
    monkeypatch.setattr("resgat.measuring.session._SAMPLE", 1)
    with session.probe.open():
        methods, metrics, refused = session.possible(
            {"oracle_node": OracleNode()}, {"localisation": Localisation()}
        )
    assert (list(methods), list(metrics), refused) == (["oracle_node"], ["localisation"], {})


def test_where_only_marks_and_unaltered_faces_count_the_mark_is_the_truth(
    session: Session,
) -> None:
    tracks = np.asarray(session.judged.subjects.track)
    real = np.isin(tracks, ["D", "E"])
    assert {"D", "E"} == set(tracks[real])
    session = replace(session, places=Places(real, np.zeros(NUM, np.bool_), real))
    with session.probe.open():
        methods, _, refused = session.possible(
            {"oracle_node": OracleNode()}, {"localisation": Localisation()}
        )
    assert (list(methods), refused) == (["oracle_node"], {})


def test_a_plain_pass_takes_time_and_explains_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0.0, 1.0, 1.0, 3.0, 3.0, 9.0, 9.0, 10.5, 10.5, 12.5])
    monkeypatch.setattr("resgat.measuring.session.time.perf_counter", lambda: next(times))
    with session.probe.open():
        assert session.plain_ms() == pytest.approx(1e3 * 2 / NUM)  # the median of 1, 2, 6, 1.5, 2
        assert session.probe.passes.forward == 5 * NUM


def test_where_no_method_can_be_had_that_is_an_error(session: Session) -> None:
    message = r"explain.methods: none of them can be had here; the first: attn: .*choose a graph"
    with session.probe.open(), pytest.raises(ConfigError, match=message):
        session.possible({"attn": AttentionReceived()}, {})


def test_a_dear_method_is_not_asked_again_for_each_change(session: Session) -> None:
    methods: dict[str, Explainer] = {"shap_region": RegionShapley(), "center": CenterMap()}
    metrics: dict[str, Metric] = {"robustness": Robustness(), "repair": Repair()}
    with session.probe.open():
        parts = dict(session.run(methods, metrics))
    found = {name: set(part.scores["metric"].to_pylist()) for name, part in parts.items()}
    assert "repair" in found["shap_region"]
    assert "jpeg70_rho" not in found["shap_region"]
    assert "jpeg70_rho" in found["center"]
