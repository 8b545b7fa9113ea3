import torch

from resgat.explain.attribution import Explainer
from resgat.explain.methods.attention import AttentionReceived
from resgat.explain.methods.contribution import Contrast, Contribution
from resgat.explain.metrics.catalogue import MapMetric, ModelMetric
from resgat.explain.metrics.on_maps import Complexity, Localisation, RegionNaming
from resgat.explain.metrics.on_model import Deletion, Repair
from resgat.explain.metrics.truth import Truth
from resgat.explain.probe import Probe
from resgat.measuring.faces import FaceLoader
from resgat.measuring.possible import try_map_metrics, try_methods, try_model_metrics
from resgat.measuring.subjects import Subjects


def test_methods_that_the_model_cannot_support_say_what_they_lack(
    probe: Probe, subjects: Subjects, loader: FaceLoader
) -> None:
    faces, _ = loader.load(subjects.at(subjects.spread(1)))
    methods: dict[str, Explainer] = {
        "contrib": Contribution(),
        "contrast": Contrast(),
        "attn": AttentionReceived(),
    }
    with probe.open():
        found = try_methods(methods, probe, faces, (4, 4))
    assert list(found.kept) == ["contrib"]
    assert "holds no reference evidence" in found.refused["contrast"]
    assert "choose a graph model" in found.refused["attn"]
    for name, reason in found.refused.items():  # once, and first
        assert reason.startswith(name)
        assert not reason.startswith(f"{name}: {name}")


def test_metrics_that_the_truth_cannot_support_say_what_they_lack() -> None:
    metrics: dict[str, MapMetric] = {
        "localisation": Localisation(),
        "region": RegionNaming(),
        "complexity": Complexity(),
    }
    found = try_map_metrics(metrics, Truth(["a", "b"]), 16)
    assert list(found.kept) == ["complexity"]
    assert found.refused["localisation"].startswith("localisation needs masks of the altered pix")
    masked = Truth(["a", "b"], mask=torch.ones(2, 16, 16, dtype=torch.bool))
    assert list(try_map_metrics(metrics, masked, 16).kept) == ["localisation", "complexity"]


def test_metrics_that_need_an_original_say_so(
    probe: Probe, subjects: Subjects, loader: FaceLoader
) -> None:
    faces, _ = loader.load(subjects.at(subjects.spread(1)))
    metrics: dict[str, ModelMetric] = {"repair": Repair(), "deletion": Deletion()}
    with probe.open():
        assert list(try_model_metrics(metrics, probe, faces, (4, 4)).kept) == list(metrics)
        alone = faces._replace(twin=None)
        found = try_model_metrics(metrics, probe, alone, (4, 4))
    assert list(found.kept) == ["deletion"]
    assert "aligned original, and these faces have none" in found.refused["repair"]
