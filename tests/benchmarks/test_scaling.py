"""The cases have names of their own and settings that compose."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.cost import FACTORS
from benchmarks.networks import section
from benchmarks.scaling import Case, all_cases, machine

REPO = Path(__file__).resolve().parents[2]


def test_names_are_unique_and_every_factor_has_an_axis() -> None:
    cases = all_cases()
    assert len({case.name for case in cases}) == len(cases)
    assert {case.factor for case in cases} == set(FACTORS)


@pytest.mark.parametrize(
    "case", [c for c in all_cases() if c.factor not in {"frames", "workers"}], ids=lambda c: c.name
)
def test_what_is_trained_with_composes(case: Case) -> None:
    trainer = section("trainer", *case.overrides, "trainer.default_root_dir=null")
    assert trainer["devices"] == (2 if case.name == "ranks=2" else 1)


def test_the_machine_is_named() -> None:
    assert " cores of " in machine()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["batch_size=8", "ranks=2", "workers=1"])
def test_a_case_is_measured_by_a_process_of_its_own(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "benchmarks/scaling.py", "--case", name, "--folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPO)
    assert json.loads(done.stdout.splitlines()[-1])["faces_per_s"] > 0
