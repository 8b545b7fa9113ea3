"""Turn what Hydra, OmegaConf and our own checks raise into one line for the user."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hydra.errors import (
    ConfigCompositionException,
    HydraException,
    InstantiationException,
    MissingConfigException,
    OverrideParseException,
)
from omegaconf import DictConfig
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from resgat.checks import suggest
from resgat.errors import ResgatError

#: What a constructor raises about the values it was given; anything else from it is our bug.
_REFUSALS = (ValueError, TypeError, OSError, ImportError)

#: How a DataLoader worker's exception arrives: the whole traceback as text, this line last.
_LAST_LINE = re.compile(r"^resgat\.errors\.\w+: ", re.MULTILINE)


def user_message(error: BaseException, groups: Iterable[str] = ()) -> str | None:
    """Say in one line what the user got wrong, or return ``None`` if the error is our bug.

    Args:
        error: What a command raised.
        groups: The config groups, which a mistyped top-level key may have meant.
    """
    for cause in _causes(error):
        if isinstance(cause, ResgatError):
            return _own_words(cause)
    if isinstance(error, InstantiationException):
        return _construction_message(error)
    if isinstance(error, OverrideParseException):
        remedy = "quote a value that holds brackets, commas or blanks"
        return f"{error.override!r}: not of the form key=value; {remedy}"
    if isinstance(error, MissingConfigException):
        return _option_message(error)
    if isinstance(error, ConfigCompositionException) and error.__cause__ is not None:
        return user_message(error.__cause__, groups) or _one_line(str(error))
    if isinstance(error, ConfigKeyError | ConfigAttributeError):
        return _key_message(error, groups)
    if isinstance(error, OmegaConfBaseException):
        return value_message(error)
    return _one_line(str(error)) if isinstance(error, HydraException) else None


def value_message(error: OmegaConfBaseException) -> str:
    """Return ``key: what is wrong with its value`` from an OmegaConf error."""
    reason = str(error).splitlines()[0]
    return f"{error.full_key}: {reason}" if error.full_key else reason


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _own_words(error: ResgatError) -> str:
    text = str(error)
    return _LAST_LINE.split(text)[-1].strip() if "Original Traceback" in text else text


def _construction_message(error: InstantiationException) -> str | None:
    cause = error.__cause__
    if cause is None:
        return _one_line(str(error))
    # Lightning's own "you asked for something impossible" subclasses Exception directly.
    misuse = type(cause).__name__ == "MisconfigurationException"
    if not misuse and not isinstance(cause, _REFUSALS):
        return None
    return f"{str(error).splitlines()[0]} {_one_line(str(cause))}"


def _option_message(error: MissingConfigException) -> str:
    group, _, option = (error.missing_cfg_file or "").rpartition("/")
    if not error.options:
        return _one_line(str(error))
    options = sorted(error.options)
    hint = suggest(option, options)
    return f"{group}={option}: unknown option; {group} has {', '.join(options)}{hint}"


def _key_message(error: OmegaConfBaseException, groups: Iterable[str]) -> str:
    parent, _, key = str(error.full_key).rpartition(".")
    node = error.parent_node
    siblings = [str(name) for name in node] if isinstance(node, DictConfig) else []
    siblings = [name for name in siblings if name != "hydra" and not name.startswith("_")]
    where = parent or "the configuration"
    has = f"has {', '.join(siblings)}" if siblings else "has no keys of its own"
    hint = suggest(key, siblings if parent else [*siblings, *groups])
    return f"{error.full_key}: unknown key; {where} {has}{hint}"


def _one_line(text: str) -> str:
    """Join the lines of a message of Hydra's, without its search path and its links."""
    lines = text.partition("Config search path:")[0].splitlines()
    return " ".join(line.strip() for line in lines if line.strip() and "https://" not in line)
