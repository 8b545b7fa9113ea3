"""The project itself: one installed copy, one lock, one set of versions, thin scripts."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import cv2
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import resgat


@pytest.fixture(scope="module")
def project(repo: Path) -> dict[str, Any]:
    return tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def lock(repo: Path) -> str:
    return (repo / "requirements.lock").read_text(encoding="utf-8")


def run_python(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_the_package_under_test_is_this_checkout(repo: Path) -> None:
    assert Path(resgat.__file__).is_relative_to(repo / "src")


def test_the_version_is_said_once(project: dict[str, Any]) -> None:
    assert resgat.__version__ == project["project"]["version"]


def test_an_unexpected_pass_is_a_failure(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.getini("xfail_strict") is True


def test_importing_the_package_loads_nothing_and_changes_nothing() -> None:
    code = """
import logging, os, random, sys
before = set(sys.modules), dict(os.environ), random.getstate(), list(logging.root.handlers)
import resgat
assert set(sys.modules) - before[0] == {"resgat"}, set(sys.modules) - before[0]
assert before[1:] == (dict(os.environ), random.getstate(), list(logging.root.handlers))
print("same")
"""
    assert run_python(code) == "same"


def test_conda_users_get_the_same_python_and_packages(repo: Path, project: dict[str, Any]) -> None:
    environment = yaml.safe_load((repo / "environment.yml").read_text(encoding="utf-8"))
    python = next(d for d in environment["dependencies"] if str(d).startswith("python="))
    pip = next(d["pip"] for d in environment["dependencies"] if isinstance(d, dict))
    assert f">={python.removeprefix('python=')}" == project["project"]["requires-python"]
    assert pip == ["-e .[all]"]
    assert "all" in project["project"]["optional-dependencies"]


def test_the_lock_names_no_address_and_hashes_every_pin(lock: str) -> None:
    assert "://" not in lock
    pins = re.split(r"^(?=\S)", lock, flags=re.MULTILINE)[1:]
    assert len(pins) > 100
    assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin] == []


def test_the_lock_pins_every_dependency_inside_its_range(
    project: dict[str, Any], lock: str
) -> None:
    pins = dict(re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;]+)", lock, flags=re.MULTILINE))
    pinned = {canonicalize_name(name): version for name, version in pins.items()}
    extras = project["project"]["optional-dependencies"].values()
    wanted = [*project["project"]["dependencies"], *(line for extra in extras for line in extra)]
    for requirement in map(Requirement, wanted):
        if requirement.name != "resgat":
            assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)])


def test_every_folder_with_modules_is_a_package(repo: Path) -> None:
    folders = {path.parent for path in (repo / "src" / "resgat").rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_scripts_only_hand_over(repo: Path) -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in repo.glob("src/*.py")}
    assert lengths
    assert {name: length for name, length in lengths.items() if length > 30} == {}


def test_opencv_still_has_its_cascades() -> None:
    # opencv 5, which an unbounded requirement installs, dropped the class and the files.
    path = Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_alt2.xml"
    assert not cv2.CascadeClassifier(str(path)).empty()
