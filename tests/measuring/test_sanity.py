from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch

from resgat.errors import ConfigError
from resgat.explain.attribution import Attribution, Explainer
from resgat.explain.faces import Faces
from resgat.explain.methods.contribution import Contribution
from resgat.explain.methods.controls import CenterMap, DegreeNull
from resgat.explain.methods.shapley import RegionShapley
from resgat.explain.probe import Probe
from resgat.graph.grid import GridGraph
from resgat.measuring.faces import FaceLoader
from resgat.measuring.sanity import Finding, check_sanity
from resgat.measuring.subjects import Subjects
from resgat.models.additive_head import AdditiveHead
from resgat.models.resgat import ResGAT
from resgat.models.trunk import ResNetTrunk


def found(subjects: Subjects, loader: FaceLoader, probe: Probe, **more: Explainer) -> list[Finding]:
    faces, truth = loader.load(subjects.at(subjects.spread(6)))
    methods = {"contrib": Contribution(), "center": CenterMap(), "shap": RegionShapley(), **more}
    with probe.open():
        grid = probe.evidence(faces.pixels[:1]).grid
        return list(check_sanity(methods, probe, faces, truth.groups, grid, seed=0, draws=50))  # type: ignore[arg-type]


def graph_probe() -> Probe:
    torch.manual_seed(0)
    trunk = ResNetTrunk("resnet18", last="layer2")
    net = ResGAT(trunk, GridGraph(), AdditiveHead)
    return Probe(net, mean=[0.5] * 3, std=[0.25] * 3)


def test_every_cheap_method_is_asked_at_every_stage(subjects: Subjects, loader: FaceLoader) -> None:
    findings = found(subjects, loader, graph_probe())
    redrawn = [f for f in findings if f.check == "randomisation"]
    stages = list(dict.fromkeys(f.stage for f in redrawn))
    assert len(stages) >= 3
    assert [(f.stage, f.method) for f in redrawn] == [
        (stage, method) for stage in stages for method in ("contrib", "center")
    ]
    center = [f for f in redrawn if f.method == "center"]
    assert all(abs((f.value.mean or 0) - 1) < 1e-6 for f in center)
    assert all(f.reference and abs((f.reference.mean or 0) - 1) < 1e-6 for f in center)


def test_degrees_and_locality_come_with_a_graph(subjects: Subjects, loader: FaceLoader) -> None:
    findings = found(subjects, loader, graph_probe())
    assert [f.method for f in findings if f.check == "degree"] == ["contrib", "center"]
    own, near = [f for f in findings if f.check == "locality"]
    assert own.value.mean is not None
    assert near.value.mean is not None
    assert 0 < own.value.mean < near.value.mean <= 1
    assert own.reference is not None


@dataclass(frozen=True)
class FirstOnly:
    """A method that shows the first face's degrees and says nothing of the others."""

    tier: ClassVar[int] = 0

    def attribute(self, probe: Probe, faces: Faces) -> Attribution:
        found = DegreeNull().attribute(probe, faces)
        is_first = torch.arange(len(found.values)) == 0
        shape = (-1, *[1] * (found.values.dim() - 1))
        return found._replace(values=found.values * is_first.view(shape))


def test_maps_that_say_nothing_count_as_unlike_the_degrees(
    subjects: Subjects, loader: FaceLoader
) -> None:
    """Left out, one face of six that shows degrees would stand for all."""
    findings = found(subjects, loader, graph_probe(), first=FirstOnly())
    (told,) = [f.value for f in findings if (f.check, f.method) == ("degree", "first")]
    assert told.num_images == 6
    assert told.mean == pytest.approx(1 / 6)


def test_a_network_of_which_nothing_can_be_redrawn_is_refused(
    subjects: Subjects, loader: FaceLoader, probe: Probe
) -> None:
    with pytest.raises(ConfigError, match="redraws modules by reset_parameters, and Brightness"):
        found(subjects, loader, probe)
