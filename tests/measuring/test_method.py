from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
import torch

from resgat.explain.attribution import Attribution, Explainer
from resgat.explain.faces import Faces
from resgat.explain.methods.contribution import Contribution
from resgat.explain.methods.controls import CenterMap, OracleNode, UniformMap
from resgat.explain.metrics.catalogue import MapMetric
from resgat.explain.metrics.localisation import pool_masks
from resgat.explain.metrics.on_maps import Complexity, DecoyNaming, Localisation, RegionNaming
from resgat.explain.metrics.on_model import Repair
from resgat.explain.probe import Probe
from resgat.measuring.exchange import kinds_of
from resgat.measuring.faces import FaceLoader
from resgat.measuring.false_evidence import CLAIMED
from resgat.measuring.method import Judges, Measured, measure
from resgat.measuring.subjects import Subjects

NUM = 24


@dataclass(frozen=True)
class TrueMask:
    """Tells the altered pixels."""

    tier: ClassVar[int] = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        mask = torch.zeros_like(faces.pixels[:, 0]) if faces.mask is None else faces.mask.float()
        return Attribution(mask, "pixel", "density")


@pytest.fixture
def some(subjects: Subjects) -> Subjects:
    return subjects.at(subjects.spread(NUM))


@pytest.fixture
def judges(some: Subjects) -> Judges:
    fakes = ~np.isin(np.asarray(some.track), ["D", "E"])
    asked = fakes & (np.cumsum(fakes) <= 6)
    shown = np.arange(NUM) < 3
    maps: dict[str, MapMetric] = {
        "localisation": Localisation(),
        "region": RegionNaming(),
        "decoy": DecoyNaming(),
        "complexity": Complexity(),
    }
    return Judges(maps, {"repair": Repair()}, asked, shown, np.arange(NUM) % 2 == 0)


def measured(
    explainer: Explainer,
    probe: Probe,
    some: Subjects,
    loader: FaceLoader,
    judges: Judges,
    batch_size: int = 32,
) -> Measured:
    with probe.open():
        return measure(
            "method",
            explainer,
            probe,
            some,
            loader,
            judges,
            grid=(4, 4),
            batch_size=batch_size,
        )


def test_who_knows_the_truth_scores_best_and_who_says_nothing_scores_chance(
    probe: Probe, some: Subjects, loader: FaceLoader, judges: Judges
) -> None:
    truth = measured(TrueMask(), probe, some, loader, judges)
    nothing = measured(UniformMap(), probe, some, loader, judges)
    masked = np.asarray(some.track) != "D"
    assert (truth.scores["pixel_auroc"][masked] == 1).all()
    assert (truth.scores["pointing_game"][masked] == 1).all()
    assert (nothing.scores["pixel_auroc"][masked] == 0.5).all()
    one = np.isin(np.asarray(some.track), ["A", "C", "F"])
    assert (truth.scores["region_hit"][one] == 1).all()
    np.testing.assert_allclose(nothing.scores["region_hit"][one], 1 / 8)
    both = np.asarray(some.track) == "B"
    assert (truth.scores["region_recall2"][both] == 1).all()
    assert np.isnan(truth.scores["region_hit"][both]).all()
    assert np.isnan(truth.scores["pixel_auroc"][~masked]).all()
    assert nothing.is_degenerate.all()
    on_c = np.asarray(some.track) == "C"
    assert (truth.scores["fooled"][on_c] == 0).all()
    decoyed = some.decoy >= 0
    assert decoyed.any()
    np.testing.assert_array_equal(np.isfinite(truth.scores["decoy_named"]), decoyed)
    assert (truth.scores["decoy_named"][on_c] == 0).all()
    np.testing.assert_allclose(nothing.scores["decoy_named"][decoyed], 1 / 8)
    assert (truth.scores["false_evidence"][~masked] == 0).all()
    assert (nothing.scores["false_evidence"][~masked] == CLAIMED).all()


def test_maps_of_others_are_scored_beside_a_methods_own(
    probe: Probe, some: Subjects, loader: FaceLoader, judges: Judges
) -> None:
    found = measured(TrueMask(), probe, some, loader, judges)
    assert np.nanmean(found.permuted["pixel_auroc"]) < 0.7
    assert set(found.permuted) == set(found.scores) - {"repair", "false_evidence"}
    same = measured(CenterMap(), probe, some, loader, judges)
    for name, values in same.permuted.items():
        np.testing.assert_allclose(values, same.scores[name])


def test_maps_are_exchanged_among_those_that_count_and_among_those_that_do_not(
    probe: Probe, some: Subjects, loader: FaceLoader, judges: Judges
) -> None:
    """A method that says something of uncounted faces only is nothing but chance on the others."""

    class WhereUncounted:
        tier: ClassVar[int] = 0

        def attribute(self, probe: Probe, faces: Faces) -> Attribution:
            found = TrueMask().attribute(probe, faces)
            uncounted = torch.isin(faces.seed, uncounted_seeds)
            return found._replace(values=found.values * uncounted[:, None, None])

    places = np.flatnonzero(~judges.counts)
    uncounted_seeds = loader.load(some.at(places)).faces.seed
    found = measured(WhereUncounted(), probe, some, loader, judges)
    null = found.permuted["pixel_auroc"]
    assert set(null[judges.counts & np.isfinite(null)]) == {0.5}
    assert set(null[places][np.isfinite(null[places])]) != {0.5}


def test_only_those_that_are_asked_about_have_what_the_network_says(
    probe: Probe, some: Subjects, loader: FaceLoader, judges: Judges
) -> None:
    found = measured(Contribution(), probe, some, loader, judges)
    np.testing.assert_array_equal(np.isfinite(found.scores["repair"]), judges.asked)
    assert found.curves["repair"].shape == (6, 21)
    assert found.shown.shape == (3, 64, 64)
    assert found.node.shape == (NUM, 16)
    assert found.scores["completeness"].max() < 1e-4


@pytest.mark.parametrize("batch_size", [1, 5])
def test_the_size_of_a_batch_changes_nothing(
    batch_size: int, probe: Probe, some: Subjects, loader: FaceLoader, judges: Judges
) -> None:
    whole = measured(Contribution(), probe, some, loader, judges)
    parts = measured(Contribution(), probe, some, loader, judges, batch_size)
    for name, values in whole.scores.items():
        np.testing.assert_allclose(parts.scores[name], values, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(parts.region, whole.region, rtol=1e-4, atol=1e-7)
    assert parts.price.forward == whole.price.forward == 1


def test_a_method_that_is_asked_about_a_few_scores_on_them_what_it_would_if_asked_about_all(
    probe: Probe, some: Subjects, loader: FaceLoader, judges: Judges
) -> None:
    """Dear methods stand beside others in one table, so their question is the same.

    But for false evidence: from where on a method claims something, its own fakes tell.
    """
    truth = loader.load(some).truth
    assert truth.mask is not None
    few = np.arange(0, NUM, 4)
    pooled = replace(
        judges, pool=pool_masks([(truth.mask, truth.groups, kinds_of(some.track, judges.counts))])
    )
    of_few = replace(
        pooled, asked=judges.asked[few], shown=judges.shown[few], counts=judges.counts[few]
    )
    whole = measured(CenterMap(), probe, some, loader, pooled)
    part = measured(CenterMap(), probe, some.at(few), loader, of_few)
    assert np.isfinite(part.scores["shuffled_auroc"]).any()
    for name in part.scores.keys() - {"false_evidence"}:
        np.testing.assert_array_equal(part.scores[name], whole.scores[name][few], err_msg=name)
    alone = measured(CenterMap(), probe, some.at(few), loader, replace(of_few, pool=None))
    # Among the few, hardly anybody has others of the same track.
    lone, pooled_too = (one.scores["shuffled_auroc"] for one in (alone, part))
    assert np.isfinite(lone).sum() < np.isfinite(pooled_too).sum()


def test_an_explanation_is_priced_without_what_judges_it(
    probe: Probe, some: Subjects, loader: FaceLoader, judges: Judges
) -> None:
    free = measured(CenterMap(), probe, some, loader, judges)
    assert free.price._replace(ms=0.0) == (0.0, 0.0, 0.0, 0.0, 0.0)
    assert free.price.ms > 0


def test_without_anybody_to_ask_about_there_is_no_such_score(
    probe: Probe, some: Subjects, loader: FaceLoader, judges: Judges
) -> None:
    nobody = replace(judges, asked=np.zeros(NUM, bool))
    found = measured(Contribution(), probe, some, loader, nobody)
    assert "repair" not in found.scores
    assert not found.curves


def test_a_batch_in_which_nothing_was_altered_does_not_end_the_run(
    probe: Probe, some: Subjects, loader: FaceLoader, judges: Judges
) -> None:
    """Of faces without a mask the oracle says nothing, whatever batch they come in."""
    whole = measured(OracleNode(), probe, some, loader, judges)
    alone = measured(OracleNode(), probe, some, loader, judges, 1)
    np.testing.assert_array_equal(whole.is_degenerate, alone.is_degenerate)
    np.testing.assert_array_equal(whole.is_degenerate, np.asarray(some.track) == "D")
