"""Every way to say it wrongly is one line that names the key."""

from typing import Any

import pytest

from resgat.errors import ConfigError
from resgat.explain.methods.controls import CenterMap
from resgat.explain.metrics.on_maps import Localisation
from resgat.run.explain_section import ExplainSection

CENTER = {"_target_": "resgat.explain.methods.controls.CenterMap"}
LOCALISATION = {"_target_": "resgat.explain.metrics.on_maps.Localisation"}
SECTION: dict[str, Any] = {
    "tracks": None,
    "num_images": 8,
    "num_costly": 4,
    "num_shown": 2,
    "batch_size": 16,
    "draws": 40,
    "margin": 0.02,
    "differences": False,
    "randomise": False,
    "catalogue": {"center": CENTER, "mine": None, "odd": LOCALISATION, "empty": {"steps": 3}},
    "measures": {"localisation": LOCALISATION, "odd": CENTER},
    "methods": ["center"],
    "metrics": ["localisation"],
}


def test_what_is_named_is_built() -> None:
    section = ExplainSection.of(SECTION)
    assert {name: type(one) for name, one in section.build_methods().items()} == {
        "center": CenterMap
    }
    assert list(section.build_metrics()) == ["localisation"]
    assert isinstance(section.build_metrics()["localisation"], Localisation)
    assert section.sizes == (4, 2, 16)


def test_all_images_and_whole_numbers_for_shares_are_fine() -> None:
    section = ExplainSection.of(SECTION | {"num_images": None, "margin": 0})
    assert section.num_images is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_images": "x"}, r"explain\.num_images: expected int \| null, got 'x'"),
        ({"num_images": 0}, r"explain\.num_images: expected a number in \[1, inf\], got 0"),
        ({"num_costly": 0}, r"explain\.num_costly: expected a number in \[1, inf\], got 0"),
        ({"num_shown": True}, r"explain\.num_shown: expected int, got True"),
        ({"batch_size": 2.5}, r"explain\.batch_size: expected int, got 2\.5"),
        ({"batch_size": 0}, r"explain\.batch_size: expected a number in \[1, inf\], got 0"),
        ({"draws": 39}, r"explain\.draws: expected a number in \[40, inf\], got 39"),
        ({"margin": float("nan")}, r"explain\.margin: expected a number in \[0, inf\], got nan"),
        ({"randomise": "maybe"}, r"explain\.randomise: expected bool, got 'maybe'"),
        ({"differences": 3}, r"explain\.differences: expected bool, got 3"),
        ({"catalogue": None}, r"explain\.catalogue: expected .*Mapping.*, got None"),
        ({"num_image": 3}, r"explain\.num_image: unknown key; .* Did you mean 'num_images'\?"),
    ],
)
def test_a_value_that_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}$"):
        ExplainSection.of(SECTION | changes)


def test_a_key_that_is_missing_is_named() -> None:
    part = {key: value for key, value in SECTION.items() if key != "margin"}
    with pytest.raises(ConfigError, match=r"^explain\.margin: ExplainSection needs a value for it"):
        ExplainSection.of(part)


@pytest.mark.parametrize("whole", [None, "fast", ["center"]])
def test_what_is_no_section_is_refused(whole: Any) -> None:
    with pytest.raises(ConfigError, match=r"^explain: expected a preset such as explain=fast, got"):
        ExplainSection.of(whole)


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        (["mine"], r"explain\.catalogue\.mine: expected a _target_ and its values, got None"),
        (["empty"], r"explain\.catalogue\.empty: expected a _target_ .*, got \{'steps': 3\}"),
        (["odd"], r"explain\.catalogue\.odd: Localisation is no Explainer; choose another _target"),
        ("center", r"explain\.methods: expected a list .*, such as \[center\]; got 'center'"),
    ],
)
def test_methods_that_cannot_be_built_are_refused(methods: object, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        ExplainSection.of(SECTION | {"methods": methods}).build_methods()


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        (["odd"], r"explain\.measures\.odd: CenterMap is no MapMetric or ModelMetric; choose"),
        ([], r"explain\.metrics: expected a list of some of localisation, odd"),
    ],
)
def test_metrics_that_cannot_be_built_are_refused(metrics: object, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        ExplainSection.of(SECTION | {"metrics": metrics}).build_metrics()
