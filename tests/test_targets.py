"""Configs are compared with constructors; the toys below stand for the package's classes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import pytest
import pytorch_lightning as pl
import torch

import resgat
from resgat.errors import ConfigError
from resgat.targets import ALLOWED_FROM_CHECKPOINT, check_targets

if TYPE_CHECKING:
    from torch import Tensor as Unknown


class Builder(Protocol):
    def __call__(self, height: int) -> int: ...


class Head:
    def __init__(self, dim: int, *, heads: int = 4, dropout: float = 0.0) -> None: ...


class Model:
    def __init__(
        self,
        head: Head | None = None,
        *,
        builder: Builder | None = None,
        pool: Literal["mean", "max"] = "mean",
        sizes: Sequence[int] = (),
        betas: tuple[float, float] = (0.9, 0.99),
        weights: Path | None = None,
        name: str = "x",
        frozen: bool = False,
        extra: Mapping[str, Any] | None = None,
        unknown: Unknown | None = None,
        scale: float | Literal["auto"] = 1.0,
        make: Callable[[], int] | None = None,
    ) -> None: ...


def loose(**options: object) -> None: ...


class _Namespace:
    """Stands for a module of the package that imported others."""

    __module__ = "resgat.toys"
    os = os
    subprocess = subprocess


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the toys importable as ``resgat.toys``, as if they were defined there."""
    monkeypatch.setattr(resgat, "toys", _Namespace, raising=False)
    for toy in (Head, Model, loose):
        monkeypatch.setattr(_Namespace, toy.__name__, staticmethod(toy), raising=False)
        monkeypatch.setattr(toy, "__module__", "resgat.toys")


def model(**arguments: object) -> dict[str, Any]:
    return {"model": {"_target_": "resgat.toys.Model", **arguments}}


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"head": {"_target_": "resgat.toys.Head", "dim": 3}},
        {"head": None},
        {"builder": {"_target_": "resgat.toys.loose", "_partial_": True, "anything": 1}},
        {"pool": "max", "sizes": [1, 2], "betas": [0, 0.5], "weights": "a/b.pt"},
        {"extra": {"a": 1}, "unknown": 3, "scale": "auto"},
        {"scale": 2, "make": {"_target_": "resgat.toys.Head", "_partial_": True}},
        {"_convert_": "all", "_recursive_": False},
    ],
)
def test_a_config_that_can_be_built_passes(arguments: dict[str, Any]) -> None:
    check_targets(model(**arguments))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pol": "max"}, r"model\.pol: unknown key; Model takes head, .*Did you mean 'pool'\?"),
        ({"pool": "maks"}, r"model\.pool: expected one of 'mean', 'max', got 'maks'.*'max'\?"),
        ({"sizes": [1, "b"]}, r"model\.sizes: expected .*Sequence\[int\], got \[1, 'b'\]"),
        ({"sizes": "12"}, r"model\.sizes: expected"),
        ({"betas": [0.1]}, r"model\.betas: expected tuple\[float, float\], got \[0\.1\]"),
        ({"weights": 3}, r"model\.weights: expected Path \| null, got 3"),
        ({"name": None}, r"model\.name: expected str, got None"),
        ({"frozen": 1}, r"model\.frozen: expected bool, got 1"),
        ({"scale": True}, r"model\.scale: expected float \| one of 'auto', got True"),
        ({"head": "gat"}, r"model\.head: expected Head \| null, got 'gat'"),
        ({"head": {"dim": 3}}, r"model\.head: expected Head \| null, got \{'dim': 3\}"),
        ({"builder": "grid8"}, r"model\.builder: expected Builder \| null, got 'grid8'"),
        ({"make": "f"}, r"model\.make: expected .*Callable.* \| null, got 'f'"),
        ({"_args_": [1]}, r"model\._args_: unknown key"),
    ],
)
def test_a_wrong_argument_is_refused_by_its_full_name(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        check_targets(model(**arguments))


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ({"dim": 8, "heads": "abc"}, r"model\.head\.heads: expected int, got 'abc'$"),
        ({"dim": 8, "heads": 4.0}, r"model\.head\.heads: expected int, got 4\.0$"),
        ({"dim": 8, "heads": True}, r"model\.head\.heads: expected int, got True$"),
        ({"dim": 8, "headz": 4}, r"model\.head\.headz: unknown key; .* Did you mean 'heads'\?$"),
        ({"heads": 4}, r"model\.head\.dim: Head needs a value for it$"),
    ],
)
def test_nested_sections_are_checked(head: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        check_targets(model(head={"_target_": "resgat.toys.Head", **head}))


def test_a_partial_may_leave_required_arguments_out_but_not_misspell_them() -> None:
    check_targets({"head": {"_target_": "resgat.toys.Head", "_partial_": True}})
    with pytest.raises(ConfigError, match=r"^head\.dmi: unknown key"):
        check_targets({"head": {"_target_": "resgat.toys.Head", "_partial_": True, "dmi": 3}})


def test_sections_inside_lists_are_checked() -> None:
    good, bad = ({"_target_": "resgat.toys.Head", "dim": dim} for dim in (1, "a"))
    with pytest.raises(ConfigError, match=r"^steps\[1\]\.dim: expected int, got 'a'$"):
        check_targets({"steps": [good, bad]})


def test_the_libraries_own_constructors_are_understood() -> None:
    check_targets(
        {
            "trainer": {
                "_target_": "pytorch_lightning.Trainer",
                "max_epochs": 3,
                "accelerator": "cpu",
                "devices": 1,
                "logger": False,
                "precision": "32-true",
                "max_time": None,
                "callbacks": [{"_target_": "pytorch_lightning.callbacks.Timer"}],
            },
            "optimizer": {
                "_target_": "torch.optim.AdamW",
                "_partial_": True,
                "lr": 1e-3,
                "betas": [0.9, 0.999],
            },
            "scheduler": {
                "_target_": "torch.optim.lr_scheduler.OneCycleLR",
                "_partial_": True,
                "max_lr": 0.1,
                "total_steps": 100,
            },
            "loss": {"_target_": "torch.nn.BCEWithLogitsLoss", "reduction": "mean"},
        }
    )
    assert pl.Trainer is not None
    assert torch.optim.AdamW is not None


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("pytorch_lightning.Trainr", r"does not exist\. Did you mean 'Trainer'\?"),
        ("torch.optimm.Adam", "may not be built"),
        ("resgat.nowhere.Thing", "resgat.nowhere.Thing does not exist"),
        ("os.system", "may not be built; allowed are classes and functions of resgat, "),
        ("builtins.exec", "may not be built"),
        ("resgat.toys.os.system", "may not be built"),
        ("resgat.toys.subprocess.Popen", "may not be built"),
        ("resgat.errors", "may not be built"),
        ("resgat.__version__", "expected the public dotted name"),
        ("resgat.toys.Head.__init__", "expected the public dotted name"),
        ("resgatx.models.Net", "may not be built"),
        ("", "expected the public dotted name of a class or function, got ''"),
        (3, "expected the public dotted name of a class or function, got 3"),
    ],
)
def test_only_objects_of_the_allowed_modules_are_built(target: object, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"^x\._target_: .*{message}"):
        check_targets({"x": {"_target_": target}})


def test_a_checkpoint_may_name_only_what_models_are_made_of() -> None:
    for target in ("torch.nn.Linear", "resgat.cli.launch", "resgat.toys.Head"):
        with pytest.raises(ConfigError, match=r"allowed are .* of resgat\.graph, resgat\.models$"):
            check_targets({"model": {"_target_": target}}, allowed=ALLOWED_FROM_CHECKPOINT)


def test_a_target_that_needs_an_absent_library_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "needy.py").write_text("import not_there_at_all\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match="needs 'not_there_at_all', which is not installed"):
        check_targets({"x": {"_target_": "needy.Thing"}}, allowed=("needy",))
