import sys

import pytest

from resgat.errors import ConfigError
from resgat.explain.extra import optional


def test_a_module_is_imported() -> None:
    assert optional("json.decoder", "ig") is sys.modules["json.decoder"]


def test_a_missing_extra_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    expected = r"ig needs captum; install it with pip install 'resgat\[explain\]'"
    with pytest.raises(ConfigError, match=expected):
        optional("captum.attr", "ig")
