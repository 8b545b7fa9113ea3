"""Measure each thing against its control, in turn, in one process: ``make bench``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from multiprocessing import active_children
from pathlib import Path

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
if "--cpu" in sys.argv:  # threads that wait would count as working
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# A script sees only its own folder.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from benchmarks.paired import Measurement, Pair, paired_ratios, summarise
from benchmarks.pairs import all_pairs
from benchmarks.results import append_history, results_json, results_table
from resgat.errors import ResgatError
from resgat.files import write_json
from resgat.progress import track
from resgat.report.terminal import print_table
from resgat.run.provenance import surroundings
from resgat.run.quiet import hush_libraries

_NUM_THREADS = 2
_ROUNDS = 15  # with all pairs about half an hour on two cores
_OUT_DIR = Path("outputs/bench")


def main() -> None:
    """Measure, print one table, write one file."""
    hush_libraries()
    with tempfile.TemporaryDirectory(prefix="resgat-bench-") as scratch:
        pairs = all_pairs(Path(scratch))
        args = _parse([pair.name for pair in pairs])
        # Threads that wait for each other in a convolution would count as working.
        torch.set_num_threads(1 if args.cpu else _NUM_THREADS)
        if not args.cpu:
            _warn_if_busy()
        clock = cpu_s if args.cpu else time.perf_counter
        chosen = [pair for pair in pairs if args.only in (None, pair.name)]
        measured = {pair.name: _measure(pair, args.rounds, clock) for pair in chosen}
    print_table(results_table(pairs, measured))
    results = results_json(pairs, measured)
    write_json(args.out, results)
    circumstances = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "clock": "cpu" if args.cpu else "wall",
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0],
        **{key: surroundings()[key] for key in ("code", "platform", "packages")},
    }
    append_history(args.out.with_name("history.jsonl"), results, circumstances)


def _warn_if_busy() -> None:
    """Warn where threads wait for other work: that slows many small steps more than few large."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > cores / 2:
        sys.stderr.write(
            f"warning: other work is running (load {load:.1f} on {cores} cores), which makes graph "
            "layers look slower than they are; measure on a quiet machine, or --cpu\n"
        )


def cpu_s() -> float:
    """Return the seconds that processors have worked for this process, its workers and commands."""
    living = sum(_process_cpu_s(child.pid) for child in active_children())
    user, system, of_children, of_their_system, _ = os.times()
    return user + system + of_children + of_their_system + living


def _process_cpu_s(pid: int | None) -> float:
    """Return the same of one process that is still running, where the system tells."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _measure(pair: Pair, rounds: int, clock: Callable[[], float]) -> Measurement:
    rounds = min(rounds, pair.most_rounds or rounds)
    ratios = paired_ratios(pair.prepare(), pair.better, rounds, clock)
    return summarise(list(track(ratios, pair.name, rounds)))


def _parse(names: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=f"{__doc__} Float32, {_NUM_THREADS} threads, 224 px, batch 16."
    )
    parser.add_argument(
        "--rounds", type=int, default=_ROUNDS, help="pairs of measurements [%(default)s]"
    )
    parser.add_argument("--only", choices=names, metavar="NAME", help=f"one of {', '.join(names)}")
    parser.add_argument(
        "--cpu",
        action="store_true",
        help="compare seconds of the processors, which other work changes less than those of the "
        "wall clock",
    )
    parser.add_argument(
        "--out",
        type=Path,
        help=f"results file [{_OUT_DIR}/latest.json, or NAME.json, or -cpu.json]",
    )
    args = parser.parse_args()
    if args.rounds < 1:
        parser.error(f"--rounds: expected at least 1, got {args.rounds}")
    name = f"{args.only or 'latest'}{'-cpu' if args.cpu else ''}.json"
    args.out = args.out or _OUT_DIR / name
    if args.out.is_dir():
        parser.error(f"--out: {args.out} is a folder; give the name of a file in it")
    return args


if __name__ == "__main__":
    try:
        main()
    except ResgatError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted; nothing was written\n")
        sys.exit(130)
