"""Compare a config's ``_target_`` sections with the constructors they name, before building.

A mistake found here costs a second; the same mistake found while building costs the loading of the
data, and a misspelled optional argument of a ``**kwargs`` wrapper is never found.
"""

from __future__ import annotations

import importlib
import inspect
import sys
import types
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from os import PathLike
from typing import Annotated, Any, Literal, TypeVar, Union

from resgat.checks import suggest
from resgat.errors import ConfigError

#: Modules whose objects a config on disk may build.
ALLOWED = (
    "resgat",
    "albumentations",
    "lightning_fabric",
    "pytorch_lightning",
    "optuna.pruners",
    "timm",
    "torch.nn",
    "torch.optim",
    "torch.utils.data",
    "torchmetrics",
    "torchvision",
)

#: Modules whose objects a config that came inside a checkpoint may build: someone else wrote it.
ALLOWED_FROM_CHECKPOINT = ("resgat.graph", "resgat.models")

_DIRECTIVES = {"_target_", "_partial_", "_recursive_", "_convert_"}
_SEQUENCES = (list, tuple, set, frozenset, Sequence, Collection, Iterable)


def check_targets(config: Mapping[str, Any], *, allowed: tuple[str, ...] = ALLOWED) -> None:
    """Refuse a config that cannot be built, naming the key at fault.

    Every mapping with a ``_target_``, at any depth, is compared with the signature of what it
    names: keys, required arguments, and values whose annotation is a simple type, a ``Literal``, a
    union or a sequence of such. A mapping with its own ``_target_`` fits any annotation.

    Args:
        config: Plain containers, as :func:`resgat.config.parse` returns them.
        allowed: Prefixes of module names. A target must lie inside one of them both by its name and
            by where the object it leads to was defined; ``resgat.cli.os.system`` does not.

    Raises:
        ConfigError: A target is outside ``allowed`` or does not exist; a key is unknown; a required
            argument is missing; a value has the wrong type.
    """
    for path, section in _sections(config, ""):
        target = _locate(_join(path, "_target_"), section["_target_"], allowed)
        check_arguments(path, target, section)


def _sections(node: object, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(node, Mapping):
        if "_target_" in node:
            yield path, node
        for key, value in node.items():
            yield from _sections(value, _join(path, str(key)))
    elif isinstance(node, list | tuple):
        for idx, value in enumerate(node):
            yield from _sections(value, f"{path}[{idx}]")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _locate(name: str, dotted: object, allowed: tuple[str, ...]) -> Callable[..., Any]:
    parts = dotted.split(".") if isinstance(dotted, str) else []
    if not parts or any(not part.isidentifier() or part.startswith("_") for part in parts):
        msg = f"{name}: expected the public dotted name of a class or function, got {dotted!r}"
        raise ConfigError(msg)
    target = _import(name, parts) if _lies_in(str(dotted), allowed) else None
    home = str(getattr(target, "__module__", None))
    if target is None or not callable(target) or not _lies_in(home, allowed):
        places = ", ".join(allowed)
        msg = f"{name}: {dotted} may not be built; allowed are classes and functions of {places}"
        raise ConfigError(msg)
    return target


def _lies_in(dotted: str, prefixes: tuple[str, ...]) -> bool:
    return any(dotted == prefix or dotted.startswith(f"{prefix}.") for prefix in prefixes)


def _import(name: str, parts: list[str]) -> object:
    found: object = None
    for depth, part in enumerate(parts, start=1):
        if hasattr(found, part):
            found = getattr(found, part)
            continue
        module = ".".join(parts[:depth])
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as error:
            dotted = ".".join(parts)
            if error.name is None or not f"{module}.".startswith(f"{error.name}."):
                msg = f"{name}: {dotted} needs {error.name!r}, which is not installed"
                raise ConfigError(msg) from error
            msg = f"{name}: {dotted} does not exist{suggest(part, dir(found))}"
            raise ConfigError(msg) from error
    return found


def check_arguments(path: str, target: Callable[..., Any], section: Mapping[str, Any]) -> None:
    """Refuse a section that cannot be the arguments of a class or function.

    Args:
        path: Key of the section, for messages.
        target: What it is compared with.
        section: Argument -> value; Hydra's directives among them.

    Raises:
        ConfigError: A key is unknown, an argument is missing, or a value has the wrong type.
    """
    parameters = inspect.signature(target).parameters
    named = {
        name: parameter
        for name, parameter in parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }
    takes_any = any(p.kind == p.VAR_KEYWORD for p in parameters.values())
    for key in section.keys() - _DIRECTIVES if not takes_any else ():
        if key not in named:
            takes = f"{target.__name__} takes {', '.join(named) or 'no arguments'}"
            msg = f"{_join(path, key)}: unknown key; {takes}{suggest(key, named)}"
            raise ConfigError(msg)
    for name, parameter in named.items():
        if name in section:
            _check_value(_join(path, name), section[name], _hint(target, parameter))
        elif parameter.default is parameter.empty and not section.get("_partial_"):
            msg = f"{_join(path, name)}: {target.__name__} needs a value for it"
            raise ConfigError(msg)


def _hint(target: Callable[..., Any], parameter: inspect.Parameter) -> object:
    """Return a parameter's annotation as an object, ``Any`` where it cannot be told."""
    if parameter.annotation is parameter.empty:
        return Any
    function = inspect.unwrap(target.__init__ if inspect.isclass(target) else target)
    home = vars(sys.modules[function.__module__])
    holder = types.SimpleNamespace(__annotations__={"hint": parameter.annotation})
    try:
        return typing.get_type_hints(holder, globalns=home)["hint"]
    except (NameError, TypeError):  # a name imported for type checkers only
        return Any


def _check_value(name: str, value: object, hint: object) -> None:
    if not _fits(value, hint):
        choices = typing.get_args(hint) if typing.get_origin(hint) is Literal else ()
        msg = f"{name}: expected {_describe(hint)}, got {value!r}{suggest(str(value), choices)}"
        raise ConfigError(msg)


def _fits(value: object, hint: object) -> bool:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(value, Mapping) and "_target_" in value:
        return True
    if origin in (Union, types.UnionType):
        return any(_fits(value, arg) for arg in args)
    if origin is Annotated:
        return _fits(value, args[0])
    if origin is Literal:
        return any(value == arg and type(value) is type(arg) for arg in args)
    kind = type(None) if hint is None else origin or hint
    if not isinstance(kind, type) or kind is Any or isinstance(hint, TypeVar):
        return True
    if kind in _SEQUENCES:
        return isinstance(value, list | tuple) and _items_fit(value, kind, args)
    return _fits_class(value, kind)


def _items_fit(value: Sequence[object], kind: type, args: tuple[object, ...]) -> bool:
    if kind is tuple and args and args[-1] is not Ellipsis:
        pairs = zip(value, args, strict=False)
        return len(value) == len(args) and all(_fits(item, arg) for item, arg in pairs)
    return all(_fits(item, args[0]) for item in value) if args else True


def _fits_class(value: object, kind: type) -> bool:
    if isinstance(value, bool):  # Python counts a bool as an int; a config does not
        return kind in (bool, object)
    if issubclass(kind, Enum):
        return isinstance(value, str)
    if issubclass(kind, PathLike):
        return isinstance(value, str | PathLike)
    if kind is float:
        return isinstance(value, int | float)
    try:
        return isinstance(value, kind)
    except TypeError:  # a protocol of ours: nothing that YAML can say has its methods
        return False


def _describe(hint: object) -> str:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return " | ".join(map(_describe, args))
    if origin is Literal:
        return f"one of {', '.join(map(repr, args))}"
    if hint is type(None):
        return "null"
    return str(hint) if args or not isinstance(hint, type) else hint.__name__
