"""How alike crops of different people are, and copies of one crop: where the audit draws the line.

python experiments/near_duplicates/analysis.py

Draws data=synthetic into a temporary folder; about a minute on two cores.
"""

from __future__ import annotations

import csv
import io
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from resgat.data.audit.fingerprints import Fingerprint, correlate, fingerprint
from resgat.data.audit.near_duplicates import MAX_DISTANCE, MIN_CORRELATION
from resgat.data.corpora.synthetic import SyntheticFaces
from resgat.data.index import CropIndex
from resgat.data.spread import spread

HERE = Path(__file__).parent
FRAMES_PER_VIDEO, NUM_COPIED = 2, 600
DISTANCES = (4, 6)
COLUMNS = ("rule", "pairs", "false_alarms", "copies", "least_found", "aside_1", "aside_2")

Crop = NDArray[np.uint8]


def recoded(crop: Crop, quality: int) -> Crop:
    """Send a crop through JPEG."""
    _, data = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def scaled(crop: Crop, factor: float) -> Crop:
    """Change a crop's size."""
    size = cv2.resize(crop, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(size, np.uint8)


def lit(crop: Crop, factor: float) -> Crop:
    """Change a crop's brightness."""
    return np.asarray(np.clip(crop * factor, 0, 255), np.uint8)


def aside(crop: Crop, share: float) -> Crop:
    """Cut the same face elsewhere: moved to the right by a share of the side."""
    move = np.array([[1, 0, share * crop.shape[1]], [0, 1, 0]], np.float64)
    size = (crop.shape[1], crop.shape[0])
    return np.asarray(cv2.warpAffine(crop, move, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


#: What may become of a crop on its way into another split.
COPIES: Mapping[str, Callable[[Crop], Crop]] = {
    "JPEG 70": lambda crop: recoded(crop, 70),
    "JPEG 30": lambda crop: recoded(crop, 30),
    "half the size": lambda crop: scaled(crop, 0.5),
    "blurred": lambda crop: np.asarray(cv2.GaussianBlur(crop, (0, 0), 1.0), np.uint8),
    "10 % brighter": lambda crop: lit(crop, 1.1),
    "20 % darker": lambda crop: lit(crop, 0.8),
    "all at once": lambda crop: recoded(lit(scaled(crop, 0.7), 1.1), 60),
}


#: What the audit is not made to find, and how much of it it does.
ELSEWHERE: Mapping[str, Callable[[Crop], Crop]] = {
    "aside_1": lambda crop: aside(crop, 0.01),
    "aside_2": lambda crop: aside(crop, 0.02),
}


class Alike(NamedTuple):
    """How alike the crops of some pairs are.

    Shape:
        distance: (p,) bits of 64
        correlation: (p,)
    """

    distance: NDArray[np.int64]
    correlation: NDArray[np.float32]

    def found(self, max_distance: int, min_correlation: float) -> NDArray[np.bool_]:
        """Tell which pairs a rule takes for near-duplicates."""
        return (self.distance <= max_distance) & (self.correlation >= min_correlation)


def compare(
    prints: Sequence[Fingerprint], first: NDArray[np.int64], second: NDArray[np.int64]
) -> Alike:
    """Compare pairs of crops."""
    codes = np.array([one.code for one in prints])
    reliefs = np.array([one.relief for one in prints])
    distance = np.bitwise_count(codes[first] ^ codes[second]).astype(np.int64)
    return Alike(distance, correlate(reliefs, first, second))


def pairs_of_others(groups: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs of crops whose identity groups differ."""
    codes = np.unique(groups, return_inverse=True)[1]
    first, second = np.triu_indices(len(codes), 1)
    others = codes[first] != codes[second]
    return first[others], second[others]


def rules() -> dict[str, tuple[int, float]]:
    """Name the rules: a distance alone, and the audit's own."""
    alone = {f"{bits} bits": (bits, -1.0) for bits in DISTANCES}
    audit = f"{MAX_DISTANCE} bits, correlation {MIN_CORRELATION}"
    return alone | {audit: (MAX_DISTANCE, MIN_CORRELATION)}


def measure(index: CropIndex) -> tuple[list[dict[str, Any]], Alike, dict[str, Alike]]:
    """Measure the rules on a corpus; also return how alike others, and copies, are."""
    crops = [index.read_image(position) for position in range(len(index))]
    prints = [fingerprint(crop) for crop in crops]
    others = compare(prints, *pairs_of_others(index.column("identity_group").to_pylist()))
    copied = spread(len(crops), NUM_COPIED)
    originals, beside = [prints[at] for at in copied], np.arange(len(copied))

    def with_copies(make: Callable[[Crop], Crop]) -> Alike:
        made = [fingerprint(make(crops[at])) for at in copied]
        return compare([*originals, *made], beside, beside + len(made))

    copies = {name: with_copies(make) for name, make in COPIES.items()}
    moved = {name: with_copies(make) for name, make in ELSEWHERE.items()}
    rows = [
        {
            "rule": name,
            "pairs": len(others.distance),
            "false_alarms": int(others.found(*rule).sum()),
            "copies": len(copied),
            "least_found": min(_share(alike, rule) for alike in copies.values()),
            **{column: _share(alike, rule) for column, alike in moved.items()},
        }
        for name, rule in rules().items()
    ]
    return rows, others, copies


def _share(alike: Alike, rule: tuple[int, float]) -> float:
    return round(float(alike.found(*rule).mean()), 4)


def results_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Render one line per rule."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Render the table of the README."""
    head = ("rule", "false alarms", "copies found, at least", "1 % aside", "2 % aside")
    lines = [f"| {' | '.join(head)} |", "|---|---|---|---|---|"]
    for row in rows:
        shares = [f"{row[column]:.1%}" for column in ("least_found", *ELSEWHERE)]
        cells = [row["rule"], f"{row['false_alarms']} of {row['pairs']}", *shares]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Draw, measure, write ``results.csv``, print the table."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "crops"
        SyntheticFaces().prepare(folder)
        rows, others, copies = measure(CropIndex.read(folder).thin(FRAMES_PER_VIDEO))
    (HERE / "results.csv").write_text(results_csv(rows), encoding="utf-8")
    near = others.distance <= MAX_DISTANCE
    highest = others.correlation[near].max()
    least = min(float(alike.correlation.min()) for alike in copies.values())
    sys.stdout.write(table(rows))
    sys.stdout.write(f"others within {MAX_DISTANCE} bits correlate up to {highest:.3f}, ")
    sys.stdout.write(f"copies at least {least:.3f}\n")


if __name__ == "__main__":
    main()
