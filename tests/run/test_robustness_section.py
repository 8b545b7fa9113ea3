"""Every way to say it wrongly is one line that names the key and what to do."""

from typing import Any

import pytest

from resgat.errors import ConfigError
from resgat.run.robustness_section import chosen_sections

JPEG = {"_target_": "resgat.robustness.corruptions.Jpeg", "quality": [90, 70, 50, 30, 10]}
BLUR = {"_target_": "resgat.robustness.corruptions.GaussianBlur", "sigma_px": [1, 2, 3, 4, 5]}


def section(**changes: Any) -> dict[str, Any]:
    return {"num_videos": None, "only": None, "corruptions": {"jpeg": JPEG, "blur": BLUR}} | changes


def test_corruptions_are_chosen_by_name() -> None:
    assert chosen_sections(section()) == {"jpeg": JPEG, "blur": BLUR}
    assert chosen_sections(section(only=["blur"])) == {"blur": BLUR}
    assert chosen_sections(section(only="blur", num_videos=3)) == {"blur": BLUR}
    assert list(chosen_sections(section(only=["blur", "jpeg"]))) == ["blur", "jpeg"]
    left_out = section(corruptions={"jpeg": JPEG, "blur": None})
    assert chosen_sections(left_out) == {"jpeg": JPEG}
    with pytest.raises(ConfigError, match=r"robustness.only: expected one of jpeg; got 'blur'"):
        chosen_sections(left_out | {"only": ["blur"]})


@pytest.mark.parametrize("changes", [{"only": []}, {"corruptions": {"jpeg": None, "blur": None}}])
def test_nothing_to_do_is_a_mistake(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"robustness.only: expected at least one of jpeg, blur"):
        chosen_sections(section(**changes))


@pytest.mark.parametrize("key", ["num_videos", "only", "corruptions"])
def test_a_key_that_is_missing_is_named(key: str) -> None:
    part = {name: value for name, value in section().items() if name != key}
    with pytest.raises(
        ConfigError, match=rf"robustness.{key}: needs a value; choose robustness=pa"
    ):
        chosen_sections(part)


def test_a_key_that_there_is_not_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"robustness: .* got 'nun_videos'. Did you mean 'num_vi"):
        chosen_sections(section(nun_videos=3))


@pytest.mark.parametrize("whole", ["jpeg", 3, ["jpeg"]])
def test_what_is_no_section_is_refused(whole: Any) -> None:
    with pytest.raises(
        ConfigError, match=r"robustness: expected num_videos, only, corruptions, go"
    ):
        chosen_sections(whole)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_videos": 0}, r"robustness.num_videos: expected a number in \[1, inf\], got 0"),
        ({"num_videos": "many"}, r"robustness.num_videos: expected a number .* got 'many'"),
        ({"num_videos": True}, r"robustness.num_videos: expected a number .* got True"),
        ({"num_videos": 1.5}, r"num_videos: expected a whole number, or null for all, got 1.5"),
        ({"only": 3}, r"robustness.only: expected null, a name or a list of names, got 3"),
        ({"only": {"jpeg": 1}}, r"robustness.only: expected null, a name or a list of names, got"),
        ({"only": [3]}, r"robustness.only: expected one of jpeg, blur; got 3"),
        ({"only": [["jpeg"]]}, r"robustness.only: expected one of jpeg, blur; got \['jpeg'\]"),
        ({"corruptions": None}, r"corruptions: expected corruptions by name, got None; choose rob"),
        ({"corruptions": {}}, r"robustness.corruptions: expected corruptions by name, got \{\}"),
        ({"corruptions": ["jpeg"]}, r"robustness.corruptions: expected corruptions by name, got"),
        (
            {"corruptions": {"jpeg": JPEG, "x": {"y": 1}}},
            r"robustness.corruptions.x: expected a _target_ and values, got \{'y': 1\}; conf/rob",
        ),
        ({"corruptions": {"x": 5}}, r"robustness.corruptions.x: expected a _target_ and values"),
    ],
)
def test_what_a_key_may_not_hold_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        chosen_sections(section(**changes))
