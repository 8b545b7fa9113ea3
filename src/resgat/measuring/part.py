"""What is kept of one method under one checkpoint, so that a stopped run goes on behind it."""

from __future__ import annotations

import io
import json
import logging
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from resgat.files import write_atomic, write_parquet
from resgat.measuring.method import Measured, Price

logger = logging.getLogger(__name__)

_PRICE = b"price"
#: What the readers raise on files that were cut short or are gone.
_BROKEN = (
    *(pa.ArrowException, OSError, EOFError, zipfile.BadZipFile),
    *(ValueError, KeyError, TypeError),
)


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
    """Read what :func:`write_part` has written; None where it has not, or where that is broken."""
    path = folder / f"{method}.parquet"
    if not path.is_file():
        return None
    try:
        return _read(path, folder / f"{method}.npz")
    except _BROKEN as error:
        reason = str(error).splitlines()[0]
        logger.warning("%s is broken (%s); %s is explained again", path, reason, method)
        return None


def _read(path: Path, arrays_path: Path) -> Part:
    scores = pq.read_table(path)
    with np.load(io.BytesIO(arrays_path.read_bytes()), allow_pickle=False) as arrays:
        curves = {
            name.removeprefix("curve/"): arrays[name]
            for name in arrays.files
            if name.startswith("curve/")
        }
        region, shown = arrays["region"], arrays["shown"]
    price = Price(**json.loads(scores.schema.metadata[_PRICE]))
    return Part(scores.replace_schema_metadata(None), price, curves, region, shown)
