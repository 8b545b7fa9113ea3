"""Libraries that only some methods need, imported where one of them is used."""

from __future__ import annotations

import importlib
from types import ModuleType

from resgat.errors import ConfigError


def optional(module: str, method: str) -> ModuleType:
    """Import a module of the extra ``explain``.

    Args:
        module: Its dotted name.
        method: Who needs it, for the message.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        msg = f"{method} needs {package}; install it with pip install 'resgat[explain]'"
        raise ConfigError(msg) from error
