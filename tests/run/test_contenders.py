"""Detectors have the logits of their seeds, and a name of their own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from resgat.run.contenders import contenders
from resgat.run.judged import read_judged

Write = Callable[..., Path]
Rows = list[dict[str, Any]]


def test_detectors_have_the_logits_and_thresholds_of_their_seeds(write_run: Write) -> None:
    def shifted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row | {"logit": row["logit"] + 1} for row in rows]

    groups = [[read_judged(write_run("a")), read_judged(write_run("b", seed=1, change=shifted))]]
    (frames,), rows = contenders(groups, "frame")
    np.testing.assert_array_equal(frames.logits, [[0, 1, 2, 1, 2, 3], [1, 2, 3, 2, 3, 4]])
    assert list(frames.threshold_probs) == [0.3, 0.3]
    assert rows["label"].to_pylist() == [0, 0, 0, 1, 1, 1]
    (videos,), rows = contenders(groups, "video")
    np.testing.assert_array_equal(videos.logits, [[1, 2], [2, 3]])
    assert rows["identity_group"].to_pylist() == ["g0", "g1"]


def test_a_name_is_what_was_said_of_one_and_not_of_all(write_run: Write) -> None:
    said = [["data=ffpp", "model=a", "seed=0"], ["data=ffpp", "model=b", "hydra.run.dir=x"]]
    groups = [[read_judged(write_run(f"r{k}", said=one))] for k, one in enumerate(said)]
    assert [one.name for one in contenders(groups, "video")[0]] == ["model=a", "model=b"]


def test_without_words_a_name_is_the_folder_that_is_its_own(write_run: Write) -> None:
    alike = [read_judged(write_run(f"x/seed{k}", seed=k)) for k in (0, 1)]
    scattered = [read_judged(write_run(f"y{k}", seed=k, lr=0.2)) for k in (0, 1)]
    groups = [alike, scattered, [read_judged(write_run("z", lr=0.3, said=["lr=0.3"]))]]
    names = [one.name for one in contenders(groups, "video")[0]]
    assert names == ["x", "y0 and 1 more", "lr=0.3"]


def test_words_that_cannot_be_read_name_nobody(write_run: Write) -> None:
    groups = [
        [read_judged(write_run(name, lr=lr, said=["lr=1"]))]
        for name, lr in (("a", 0.1), ("b", 0.2))
    ]
    path = groups[0][0].recorded.run_dir / ".hydra" / "overrides.yaml"
    path.write_text("- [1,")
    assert [one.name for one in contenders(groups, "video")[0]] == ["a", "lr=1"]
