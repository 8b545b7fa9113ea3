"""Each kind of mistake becomes one line; our own bugs do not."""

import pytest
from hydra.errors import InstantiationException, MissingConfigException
from hydra.utils import instantiate
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from resgat.errors import ConfigError, CropReadError
from resgat.messages import user_message


def caught(target: str) -> InstantiationException:
    with pytest.raises(InstantiationException) as info:
        instantiate({"_target_": target})
    return info.value


def test_our_own_refusal_is_found_inside_an_instantiation_error() -> None:
    error = InstantiationException("Error in call to target 'x':\n...")
    error.__cause__ = ConfigError("heads: expected a number in [1, 64], got 0")
    assert user_message(error) == "heads: expected a number in [1, 64], got 0"


def test_a_librarys_refusal_of_a_value_names_the_target() -> None:
    message = user_message(caught("fractions.Fraction.from_float"))
    assert message is not None
    assert message.startswith("Error in call to target 'fractions.Fraction.from_float':")
    assert "\n" not in message


def test_a_bug_in_a_constructor_is_not_a_message() -> None:
    error = InstantiationException("Error in call to target 'x':")
    error.__cause__ = AttributeError("no attribute 'foo'")
    assert user_message(error) is None
    assert user_message(KeyError("foo")) is None


def test_a_loader_workers_traceback_is_reduced_to_its_last_line() -> None:
    text = (
        "Caught CropReadError in DataLoader worker process 0.\n"
        'Original Traceback (most recent call last):\n  File "x.py", line 1, in f\n'
        "resgat.errors.CropReadError: a/b.png: not an image; delete it and preprocess again\n"
    )
    expected = "a/b.png: not an image; delete it and preprocess again"
    assert user_message(CropReadError(text)) == expected


def test_an_unknown_option_lists_the_known_ones() -> None:
    error = MissingConfigException("", "model/resgatv3", ["resgatv2", "resgatv1", "timm"])
    message = user_message(error)
    assert message is not None
    assert message.startswith("model=resgatv3: unknown option; model has resgatv1, resgatv2, timm")
    assert message.endswith("Did you mean 'resgatv2'?")


def test_an_unknown_key_may_have_meant_a_group() -> None:
    cfg = OmegaConf.create({"seed": 1, "hydra": {}})
    OmegaConf.set_struct(cfg, True)
    with pytest.raises(OmegaConfBaseException) as info:
        cfg.experimnt = 3
    expected = "experimnt: unknown key; the configuration has seed. Did you mean 'experiment'?"
    assert user_message(info.value, ["experiment"]) == expected
