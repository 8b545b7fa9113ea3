"""Collect the baselines' runs into results.csv, and print the tables of the README.

python experiments/baselines/analysis.py SYNTHETIC_FOLDER PLANTED_FOLDER

A model that its folder does not hold keeps the rows that it has.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import NamedTuple

HERE = Path(__file__).parent
#: Where the README of the project finds the runs.
PAGE = "experiments/baselines/README.md"
MODELS = ("resgatv2", "resnet34", "xception", "efficientnet_b4")
#: Corpus -> the level of its numbers; planted crops have one frame each.
LEVELS = {"synthetic": "video", "planted": "frame"}


class Run(NamedTuple):
    """The test of one run.

    Attributes:
        auc: At ``level``.
        low: Lower end of its 95 % interval over identity groups.
        high: Upper end.
        n: Videos or frames.
        folder: Of the run, below the folder that was read.
        command: That made it, without its folder.
        code: The version it was made with.
    """

    corpus: str
    model: str
    seed: int
    level: str
    auc: float
    low: float
    high: float
    n: int
    folder: str
    command: str
    code: str


def read_runs(corpus: str, root: Path) -> Iterator[Run]:
    """Yield the finished runs ``MODEL/seedN`` of a folder, by model and seed."""
    for model in MODELS:
        for path in sorted((root / model).glob("seed*/metrics.json")):
            folder = path.parent
            level = LEVELS[corpus]
            test = json.loads(path.read_text("utf-8"))["test"][level]
            environment = json.loads((folder / "environment.json").read_text("utf-8"))
            said = [one for one in environment["command"][1:] if not one.startswith("hydra.run")]
            yield Run(
                corpus=corpus,
                model=model,
                seed=environment["seed"],
                level=level,
                auc=test["auc"],
                low=test["auc_ci"][0],
                high=test["auc_ci"][1],
                n=test["n"],
                folder=folder.relative_to(root).as_posix(),
                command=" ".join(["python src/train.py", *said]),
                code=environment["code"],
            )


def results_csv(runs: Sequence[Run]) -> str:
    """Return runs as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Run._fields)
    writer.writerows(runs)
    return text.getvalue()


def read_results(text: str) -> list[Run]:
    """Read what :func:`results_csv` wrote."""
    kinds = {"seed": int, "auc": float, "low": float, "high": float, "n": int}
    rows = csv.DictReader(io.StringIO(text))
    return [Run(**{key: kinds.get(key, str)(value) for key, value in row.items()}) for row in rows]


def merge(kept: Sequence[Run], found: Sequence[Run]) -> list[Run]:
    """Return what was found, and the kept rows of what was not, in the order of the tables."""
    new = {(run.corpus, run.model) for run in found}
    both = [*(run for run in kept if (run.corpus, run.model) not in new), *found]
    corpora = tuple(LEVELS)
    return sorted(both, key=lambda r: (corpora.index(r.corpus), MODELS.index(r.model), r.seed))


def runs_table(runs: Sequence[Run]) -> str:
    """Return a row for each run: its number, its folder, the command and the code that made it."""
    lines = ["| corpus | run | test AUC | n | command | code |", "|---|---|---|---|---|---|"]
    for run in runs:
        anchor = f'<a id="{run.corpus}-{run.model}"></a>' if run.seed == 0 else ""
        number = f"{run.auc:.3f} [{run.low:.3f}, {run.high:.3f}]"
        made = (f"`{run.command}`", f"`{run.code}`")
        cells = (run.corpus, f"{anchor}`{run.folder}`", number, f"{run.n:,}", *made)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def overview(runs: Sequence[Run], page: str) -> str:
    """Return a row for each corpus, a column for each model; a number links to its runs."""
    lines = [
        f"| | {' | '.join(f'`{model}`' for model in MODELS)} |",
        f"|---|{'---|' * len(MODELS)}",
    ]
    for corpus, level in LEVELS.items():
        cells = [
            _cell([r for r in runs if (r.corpus, r.model) == (corpus, m)], page) for m in MODELS
        ]
        lines.append(f"| {corpus}, {level} AUC | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(runs: Sequence[Run], page: str) -> str:
    """Return one run's number with its interval, or the mean of several seeds with their range."""
    if not runs:
        return "-"
    auc = [run.auc for run in runs]
    low, high = (runs[0].low, runs[0].high) if len(runs) == 1 else (min(auc), max(auc))
    spread = f"[{low:.3f}, {high:.3f}]" if len(runs) == 1 else f"({low:.3f} to {high:.3f})"
    return f"[{mean(auc):.3f}]({page}#{runs[0].corpus}-{runs[0].model}) {spread}"


def main(synthetic: Path, planted: Path) -> None:
    """Write results.csv and print the tables."""
    found = [*read_runs("synthetic", synthetic), *read_runs("planted", planted)]
    if not found:
        sys.exit(
            f"{synthetic}, {planted}: no finished run; see the commands in {HERE / 'README.md'}"
        )
    results = HERE / "results.csv"
    runs = merge(read_results(results.read_text(encoding="utf-8")), found)
    results.write_text(results_csv(runs), encoding="utf-8")
    sys.stdout.write(f"{overview(runs, PAGE)}\n{runs_table(runs)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
