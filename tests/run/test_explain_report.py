"""What was measured reaches the report page: numbers worked out by hand, then a whole page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pyarrow as pa
import pytest
import yaml
from numpy.typing import NDArray
from torch import nn

from resgat.data.index import CropIndex
from resgat.explain.attribution import Explainer
from resgat.explain.methods.contribution import Contribution
from resgat.explain.methods.controls import CenterMap, UniformMap
from resgat.explain.methods.shapley import RegionShapley
from resgat.explain.probe import Probe
from resgat.explain.regions import region_masks
from resgat.explain.stats.bootstrap import Estimate, estimate_means
from resgat.explain.stats.scores import SCORES_SCHEMA
from resgat.explain.stats.summary import PairRow, SummaryRow
from resgat.measuring.faces import FaceLoader
from resgat.measuring.method import Price
from resgat.measuring.naming import Named
from resgat.measuring.part import Part
from resgat.measuring.sanity import Finding
from resgat.measuring.session import Places, Session
from resgat.measuring.subjects import Subjects, paired_subjects
from resgat.measuring.table import Judged
from resgat.measuring.verified import Verified
from resgat.report.explanations.content import Check, Claim, ExplanationReport
from resgat.report.explanations.page import render_page
from resgat.report.explanations.picture import Picture
from resgat.run import explain_report
from resgat.run.explain_report import write_report
from resgat.run.explain_results import Explained, Source
from tests.report.explanations.reading import text_of

SIDE, NUM = 32, 8
#: Of eight subjects, those of costly methods, those that metrics ask of, and those in pictures.
COSTLY, ASKED, SHOWN = (0, 2, 3, 4, 6), (2, 3, 4, 6), (2, 4)
METHODS: dict[str, Explainer] = {
    "contrib": Contribution(),
    "shap_region": RegionShapley(),
    "uniform": UniformMap(),
    "center": CenterMap(),
}
PLAIN_MS = 1.25
PRICE = Price(ms=1.5, forward=2.0, backward=3.0, head_forward=4.0, head_backward=5.0)
CONFIG = {
    "seed": 11,
    "data": {"crops_dir": "crops/here"},
    "explain": {"draws": 40, "methods": list(METHODS)},
}
ENVIRONMENT = {"index_sha256": "cafe", "code": "abc123, clean"}
ROW = SummaryRow(
    "toy", "A", "region_hit", "contrib", 0.9, 0.8, 0.95, 9, 9, 0, 0, 0.1,
    0.8, 0.7, 0.9, 0.8, 0.7, 0.9, "higher", True,
)  # fmt: skip
PAIR = PairRow(
    "toy", "A", "region_hit", "contrib", "gradcam", 0.5, 0.4, 0.6, 0.001, 0.002, 0.9, False, 0.02
)


class Written(NamedTuple):
    report: ExplanationReport
    pictures: tuple[Picture, ...]
    folder: Path


Make = Callable[..., Explained]
Write = Callable[..., Written]


def marked(places: Sequence[int]) -> NDArray[np.bool_]:
    return np.isin(np.arange(NUM), places)


def part(shown: NDArray[np.float32] | None = None, **curves: NDArray[np.float32]) -> Part:
    """A method's explanations; without pictures, which take a moment to draw."""
    shown = np.zeros((0, SIDE, SIDE), np.float32) if shown is None else shown
    return Part(SCORES_SCHEMA.empty_table(), PRICE, curves, np.zeros((NUM, 8), np.float32), shown)


def flat(num: int = len(SHOWN)) -> NDArray[np.float32]:
    """Pictures of as many faces on which every pixel says the same."""
    return np.ones((num, SIDE, SIDE), np.float32)


def falling(num: int) -> NDArray[np.float32]:
    """Curve k falls from 1 to (k + 1) / 10 in 20 steps."""
    ends = (np.arange(num) + 1) / 10
    return np.linspace(np.ones(num), ends, 21, axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def subjects(drawn_crops: Path) -> Subjects:
    """The eight fakes of a test split, two of each method, as if a method were a person."""
    index = CropIndex.read(drawn_crops).select("test")
    table = index.take()
    place = table.schema.get_field_index("identity_group")
    groups = [crop_id.split("/")[1] for crop_id in table["crop_id"].to_pylist()]
    table = table.set_column(place, table.schema.field(place), pa.array(groups))
    found = paired_subjects(CropIndex.whole(table, drawn_crops))
    assert len(found) == NUM
    return found


@pytest.fixture
def make(subjects: Subjects, tmp_path: Path) -> Make:
    """Explanations of the eight fakes; keywords replace what is known of them."""

    def explained(
        *,
        seed: int = 3,
        verified: Sequence[int] = range(NUM),
        shown: Sequence[int] = SHOWN,
        parts: Mapping[str, Part] | None = None,
        refused: Mapping[str, str] | None = None,
        tracks: str | None = None,
        threshold: float | None = 0.35,
        findings: tuple[Finding, ...] = (),
    ) -> Explained:
        people = subjects if tracks is None else replace(subjects, track=tuple(tracks))
        prob = np.arange(NUM) / 10
        judged = Judged("toy", seed, people, Verified(prob, 1 - prob, marked(verified)))
        places = Places(marked(COSTLY), marked(ASKED), marked(shown))
        probe = Probe(nn.Identity(), mean=[0.0] * 3, std=[1.0] * 3)
        loader = FaceLoader(SIDE, seed=0)
        session = Session(probe, judged, places, loader, (4, 4), tmp_path / "parts", 32)
        found = {"contrib": part()} if parts is None else parts
        ckpt = Path(f"runs/{seed}/best.ckpt")
        source = Source(ckpt, threshold, {"seen_in_training": {}})
        return Explained(source, session, METHODS, {}, found, refused or {}, findings, PLAIN_MS)

    return explained


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write the page, and note what it was made of."""

    def written(
        *explained: Explained,
        summary: Sequence[SummaryRow] = (ROW,),
        pairs: Sequence[PairRow] = (),
        named: Mapping[str, Named] | None = None,
        checks: Sequence[Check] = (),
        config: Mapping[str, Any] = CONFIG,
    ) -> Written:
        made: list[ExplanationReport] = []

        def noted(report: ExplanationReport) -> str:
            made.append(report)
            return render_page(report)

        monkeypatch.setattr(explain_report, "render_page", noted)
        pictures = write_report(
            explained, config, ENVIRONMENT, summary, pairs, named or {}, checks, tmp_path
        )
        return Written(made[0], pictures, tmp_path)

    return written


def test_the_facts_say_what_was_run_on_what(make: Make, write: Write) -> None:
    report = write(make(seed=3), make(seed=7, threshold=None)).report
    assert report.title == "Explanations of toy"
    assert report.facts == (
        ("checkpoint, seed 3", "runs/3/best.ckpt"),
        ("called fake, seed 3", "from P(fake) = 0.350, chosen on val"),
        ("checkpoint, seed 7", "runs/7/best.ckpt"),
        ("called fake, seed 7", "val gave no threshold; 0.5 where one is needed"),
        ("of the crops, seen in training", "nothing"),
        ("data", "crops/here"),
        ("index SHA-256", "cafe"),
        ("code", "abc123, clean"),
        ("seed", "11"),
        ("resamplings", "40"),
    )
    assert yaml.safe_load(report.config) == CONFIG
    assert report.config.index("seed") < report.config.index("data")  # in the order of the run


def test_columns_are_the_numbers_that_are_shown_in_their_order(make: Make, write: Write) -> None:
    metrics = ("jpeg70_rho", "entropy", "repair", "region_hit")
    summary = [replace(ROW, metric=metric) for metric in metrics]
    columns = write(make(), summary=summary).report.columns
    assert [(c.metric, c.label) for c in columns] == [
        ("region_hit", "Hit@1"),
        ("repair", "repair"),
        ("jpeg70_rho", "JPEG rho"),
    ]
    assert columns[0].note == "Is the altered region the one with the densest evidence?"
    assert all(column.note.endswith((".", "?")) for column in columns)


def test_tracks_are_told_in_words_and_those_of_others_by_name(make: Make, write: Write) -> None:
    summary = [replace(ROW, track=track) for track in ("B", "all", "mine")]
    assert write(make(), summary=summary).report.tracks == {
        "B": "two altered regions",
        "all": "the fakes of the test split",
        "mine": "mine",
    }


@pytest.mark.parametrize(
    ("metric", "chance"),
    [
        ("region_hit", 1 / 8),
        ("region_recall2", 1 / 4),
        ("false_evidence", 0.95),
        ("pixel_auroc", 1 / 2),
        ("shuffled_auroc", 1 / 2),
    ],
)
def test_the_chance_of_some_numbers_is_known_beforehand(
    metric: str, chance: float, make: Make, write: Write
) -> None:
    summary = [
        replace(ROW, metric=metric),
        replace(ROW, metric=metric, method="uniform", mean=0.9, track="B"),
    ]
    expected = {("A", metric): chance, ("B", metric): chance}
    assert write(make(), summary=summary).report.chance == expected


def test_the_chance_of_others_is_what_a_map_that_says_nothing_scores(
    make: Make, write: Write
) -> None:
    mass = replace(ROW, metric="relevance_mass")
    summary = [
        mass,
        replace(mass, method="uniform", mean=0.07),
        replace(mass, method="uniform", mean=0.03, track="B"),
        replace(mass, method="uniform", mean=None, track="C"),
        replace(mass, metric="entropy", method="center"),
    ]
    expected = {("A", "relevance_mass"): 0.07, ("B", "relevance_mass"): 0.03}
    assert write(make(), summary=summary).report.chance == expected


def test_coverage_is_summed_over_seeds(make: Make, write: Write) -> None:
    first = make(seed=0, verified=[0, 1, 7], tracks="AAAAABBB")
    second = make(seed=1, verified=[1, 2, 3], tracks="AAAAABBC")
    assert write(first, second).report.coverage == {
        ("toy", "A"): (2 + 3, 5 + 5),
        ("toy", "B"): (1 + 0, 3 + 2),
        ("toy", "C"): (0, 1),
    }


def test_prices_are_those_of_the_first_seed(make: Make, write: Write) -> None:
    dear = replace(part(), price=PRICE._replace(ms=90.0, forward=256.0))
    first = make(parts={"contrib": part(), "shap_region": dear})
    prices = write(first, make(seed=7, parts={"contrib": dear})).report.prices
    assert prices == {"contrib": (1.5, 2.0), "shap_region": (90.0, 256.0)}


def test_a_plain_pass_stands_beside_the_prices(make: Make, write: Write) -> None:
    assert write(make()).report.plain_ms == PLAIN_MS


def test_it_is_said_which_methods_random_weights_were_not_tried_with(
    make: Make, write: Write
) -> None:
    found = Finding("randomisation", "contrib", "stem", Estimate(0.1, 0.0, 0.2, 9, 9))
    told = "Random weights were tried with methods of a few passes, not with shap_region"
    assert write(make(findings=(found,))).report.pitfalls == (told,)
    degree = replace(found, check="degree")
    assert write(make(findings=(degree,))).report.pitfalls == ()


def test_a_curve_is_the_mean_over_the_faces_that_were_asked(make: Make, write: Write) -> None:
    """Four faces end at 0.1 to 0.4, so their mean falls from 1 to 0.25."""
    repair = falling(len(ASKED))
    parts = {
        "contrib": part(repair=repair, deletion=(repair / 2).astype(np.float32)),
        "shap_region": part(repair=repair),
    }
    found = write(make(parts=parts)).report.curves
    assert {name: list(by) for name, by in found.items()} == {
        "repair": ["contrib", "shap_region"],
        "deletion": ["contrib"],
    }
    curve = found["repair"]["contrib"]
    np.testing.assert_allclose(curve.x, np.arange(21) / 20)
    np.testing.assert_allclose(curve.mean, 1 - 0.75 * np.arange(21) / 20, rtol=1e-6)
    np.testing.assert_allclose(found["deletion"]["contrib"].mean, curve.mean / 2)
    for end in ("mean", "low", "high"):  # a dear method is asked about the same faces
        dear = getattr(found["repair"]["shap_region"], end)
        np.testing.assert_array_equal(dear, getattr(curve, end))


def test_the_band_of_a_curve_is_drawn_over_people(make: Make, write: Write) -> None:
    """Crops 2 and 3 are of one person; where all curves agree the band has no width."""
    curve = write(make(parts={"contrib": part(repair=falling(4))})).report.curves["repair"]
    low, high = curve["contrib"].low, curve["contrib"].high
    assert low[0] == high[0] == 1
    assert 0.1 - 1e-6 <= low[-1] < 0.25 < high[-1] <= 0.4 + 1e-6
    values = falling(4)[None].astype(np.float64)
    expected = estimate_means(values, ["a", "a", "b", "c"], draws=40, seed=11)
    assert [(one.low, one.high) for one in expected] == list(zip(low, high, strict=True))


def test_one_person_s_curve_has_no_band(make: Make, write: Write, subjects: Subjects) -> None:
    one = make(parts={"contrib": part(repair=falling(2))})
    pair = replace(one.session, places=one.session.places._replace(asked=marked([2, 3])))
    curve = write(replace(one, session=pair)).report.curves["repair"]["contrib"]
    for end in (curve.low, curve.high):
        np.testing.assert_array_equal(end, curve.mean)
    assert curve.mean[-1] == pytest.approx(0.15)


def test_a_band_takes_no_more_draws_than_the_run_asks_for(
    make: Make, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def noted(*args: Any, draws: int, **options: Any) -> Any:
        asked.append(draws)
        return estimate_means(*args, draws=draws, **options)

    monkeypatch.setattr(explain_report, "estimate_means", noted)
    one = make(parts={"contrib": part(repair=falling(4))})
    for draws in (40, 2000, 10_000):
        write(one, config={**CONFIG, "explain": {"draws": draws}})
    assert asked == [40, 2000, 2000]


def test_pictures_are_of_the_shown_faces_under_methods_that_know_something(
    make: Make, write: Write, subjects: Subjects
) -> None:
    """Neither a control nor a method that lacks a picture has a column."""
    ramp = np.arange(2 * SIDE * SIDE, dtype=np.float32).reshape(2, SIDE, SIDE)
    parts = {"contrib": part(ramp), "uniform": part(ramp), "shap_region": part(ramp[:1])}
    report, pictures, folder = write(make(parts=parts))
    assert [list(picture.maps) for picture in pictures] == [["contrib"]] * 2
    assert [picture.caption for picture in pictures] == ["MouthReplay", "NoseBlend"]
    assert [picture.prob for picture in pictures] == [0.2, 0.4]
    assert [picture.label for picture in pictures] == [1, 1]
    assert [row.caption for row in report.gallery] == [
        "MouthReplay, P(fake) = 0.20",
        "NoseBlend, P(fake) = 0.40",
    ]
    for row, (place, picture) in enumerate(zip(SHOWN, pictures, strict=True)):
        crop = subjects.index.read_image(int(subjects.position[place]))
        small = cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(float)
        assert np.abs(picture.image - small).mean() < 3
        np.testing.assert_array_equal(picture.maps["contrib"], ramp[row])
        faces, _ = FaceLoader(SIDE, seed=0).load(subjects.at(np.array([place])))
        assert faces.mask is not None
        assert picture.mask is not None
        np.testing.assert_array_equal(picture.mask, faces.mask[0].numpy())
    assert (folder / "gallery" / "gallery.png").stat().st_size > 1000


@pytest.mark.parametrize("threshold", [0.35, None])
def test_the_gallery_calls_by_the_threshold_of_the_checkpoint(
    threshold: float | None, make: Make, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float | None] = []

    def noted(*_: Any, threshold_prob: float | None) -> None:
        asked.append(threshold_prob)

    monkeypatch.setattr(explain_report, "gallery_png", noted)
    write(make(parts={"contrib": part(flat())}, threshold=threshold))
    assert asked == [threshold]


def test_a_region_is_worth_the_mean_heat_of_its_pixels(
    make: Make, write: Write, subjects: Subjects
) -> None:
    heat = np.random.default_rng(0).normal(size=(1, SIDE, SIDE)).astype(np.float32)
    (picture,) = write(make(shown=[4], parts={"contrib": part(heat)})).pictures
    faces, _ = FaceLoader(SIDE, seed=0).load(subjects.at(np.array([4])))
    expected = [heat[0][mask.numpy()].mean() for mask in faces.regions[0]]
    np.testing.assert_allclose(picture.regions["contrib"], expected, rtol=1e-4, atol=1e-6)


def test_a_region_without_a_pixel_is_worth_nothing(
    make: Make, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    masks = region_masks(None, SIDE)
    masks[2] = False
    monkeypatch.setattr("resgat.measuring.faces.region_masks", lambda *_: masks)
    (picture,) = write(make(shown=[4], parts={"contrib": part(flat(1))})).pictures
    assert picture.regions["contrib"].tolist() == [1, 1, 0, 1, 1, 1, 1, 1]


def test_at_most_ten_methods_are_shown(make: Make, write: Write) -> None:
    names = [f"method{number}" for number in range(12)]
    one = make(shown=[4], parts={name: part(flat(1)) for name in names})
    (picture,) = write(replace(one, methods={name: Contribution() for name in names})).pictures
    assert list(picture.maps) == names[:10]


@pytest.mark.parametrize("parts", [{}, {"uniform": part(flat())}, {"contrib": part(flat(1))}])
def test_without_a_method_to_show_there_is_no_gallery(
    parts: dict[str, Part], make: Make, write: Write
) -> None:
    report, pictures, folder = write(make(parts=parts))
    assert len(pictures) == len(report.gallery) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["report.html"]
    assert "Left out: this run kept no picture." in (folder / "report.html").read_text()


def test_what_was_left_out_is_a_pitfall_once(make: Make, write: Write) -> None:
    first = make(seed=0, refused={"ig": "ig needs captum", "repair": "repair needs twins"})
    second = make(seed=1, refused={"ig": "ig needs captum", "attn": "attn: choose a graph"})
    assert write(first, second).report.pitfalls == (
        "Left out: ig needs captum",
        "Left out: repair needs twins",
        "Left out: attn: choose a graph",
        "Curves, cost and gallery are those of seed 0",
    )


@pytest.mark.parametrize(("verified", "is_told"), [((0, 1, 2), True), ((0, 1, 2, 3), False)])
def test_a_detector_that_is_sure_of_less_than_half_is_a_pitfall(
    verified: tuple[int, ...], is_told: bool, make: Make, write: Write
) -> None:
    told = (
        "The detector of seed 5 gets 37.5 % of the subjects right with certainty; the tables are "
        "of these",
    )
    assert write(make(seed=5, verified=verified)).report.pitfalls == (told if is_told else ())


def test_a_detector_that_is_sure_of_nothing_has_tables_of_all(make: Make, write: Write) -> None:
    unsure = make(seed=5, verified=())
    assert write(unsure, make(seed=6, verified=())).report.pitfalls[0] == (
        "The detector gets no subject right with certainty, so the tables are of all of them"
    )


def test_maps_that_say_nothing_are_a_pitfall_of_the_main_track(make: Make, write: Write) -> None:
    silent = replace(ROW, n_degenerate=2)
    summary = [
        ROW,
        replace(silent, method="rise"),
        replace(silent, method="ig"),
        replace(silent, method="ig", metric="repair"),
        replace(silent, method="lime", track="B"),
    ]
    assert write(make(), summary=summary).report.pitfalls == (
        "Maps that say nothing, scored as chance, occur with ig, rise",
    )


def test_claims_are_of_the_main_track_and_checks_are_passed_on(make: Make, write: Write) -> None:
    checks = [Check("do maps change?", "0.04", True)]
    pairs = [PAIR, replace(PAIR, track="B", diff=0.1)]
    report = write(make(), pairs=pairs, checks=checks).report
    assert report.claims == (
        Claim(
            "contrib: Hit@1 0.900 [0.800, 0.950]; better than random_smooth, center and its own "
            "maps of other faces",
            True,
        ),
        Claim("contrib is better than gradcam, by 0.500 [0.400, 0.600]", True),
    )
    assert report.pairs == tuple(pairs)
    assert report.sanity == tuple(checks)


def test_what_was_named_is_counted(make: Make, write: Write) -> None:
    answers = np.eye(8)[None, [1, 1, 4]]
    named = {"contrib": Named(answers, np.array([1, 2, 4]), ("a", "b", "c"))}
    (counts,) = write(make(), named=named).report.confusion.values()
    assert {(int(r), int(c)) for r, c in np.argwhere(counts)} == {(1, 1), (2, 1), (4, 4)}
    assert counts.sum() == 3


def test_a_whole_page_is_written(make: Make, write: Write) -> None:
    shown = part(flat(), repair=falling(len(ASKED)))
    parts = {"contrib": shown, "shap_region": shown, "uniform": part()}
    named = {"contrib": Named(np.eye(8)[None, :3], np.arange(3), ("a", "b", "c"))}
    summary = [
        ROW,
        replace(ROW, method="shap_region", mean=0.713, beats_controls=False),
        replace(ROW, method="uniform", mean=0.125, beats_controls=False),
    ]
    checks = [Check("do maps change?", "0.04", True)]
    explained = (make(seed=0, verified=[0, 1], parts=parts), make(seed=1, parts=parts))
    report, pictures, folder = write(
        *explained, summary=summary, pairs=[PAIR], named=named, checks=checks
    )
    page = (folder / "report.html").read_text()
    assert "note absent" not in page
    text = text_of(page)
    wanted = [part for fact in report.facts for part in fact]
    wanted += ["Explanations of toy", "one altered region", "0.713", "do maps change?", "repair"]
    wanted += [f"{picture.caption}, P(fake) = {picture.prob:.2f}" for picture in pictures]
    wanted += ["The detector of seed 0 gets 25.0 % of the subjects right with certainty"]
    wanted += ["crops_dir: crops/here"]
    assert [part for part in wanted if part not in text] == []
    assert len(pictures) == len(SHOWN)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == {"report.html", "gallery/gallery.png"}
