"""What is kept of one method under one checkpoint, so that a stopped run goes on behind it."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from resgat.files import write_atomic, write_parquet
from resgat.measuring.method import Measured, Price

_PRICE = b"price"


@dataclass(frozen=True, eq=False)
class Part:
    """One method, measured.

    Attributes:
        scores: Rows of the long table.
        price: What an explanation costs.
        curves: Name -> P(fake) along it, (m, 21).
        region: The region view, (n, 8).
        shown: The pixel view of those that pictures are made of, (k, H, W).
    """

    scores: pa.Table
    price: Price
    curves: dict[str, NDArray[np.float32]]
    region: NDArray[np.float32]
    shown: NDArray[np.float32]


def write_part(folder: Path, method: str, scores: pa.Table, measured: Measured) -> None:
    """Write ``method.npz``, the explanations, and then ``method.parquet``, the scores."""
    arrays = {
        "node": measured.node.astype(np.float16),
        "region": measured.region,
        "shown": measured.shown,
        "is_degenerate": measured.is_degenerate,
        **{f"curve/{name}": curve for name, curve in measured.curves.items()},
    }
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    write_atomic(folder / f"{method}.npz", lambda path: path.write_bytes(content.getvalue()))
    price = json.dumps(measured.price._asdict()).encode()
    write_parquet(folder / f"{method}.parquet", scores.replace_schema_metadata({_PRICE: price}))


def read_part(folder: Path, method: str) -> Part | None:
    """Read what :func:`write_part` has written, None where it has not."""
    path = folder / f"{method}.parquet"
    if not path.is_file():
        return None
    scores = pq.read_table(path)
    with np.load(folder / f"{method}.npz", allow_pickle=False) as arrays:
        curves = {
            name.removeprefix("curve/"): arrays[name]
            for name in arrays.files
            if name.startswith("curve/")
        }
        region, shown = arrays["region"], arrays["shown"]
    price = Price(**json.loads(scores.schema.metadata[_PRICE]))
    return Part(scores.replace_schema_metadata(None), price, curves, region, shown)
