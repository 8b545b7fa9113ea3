"""Where a model lies that is named: a file or folder, a row of the zoo, a repository of the Hub."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import yaml

from resgat.checks import suggest
from resgat.data.layout.paths import MAX_PART_BYTES
from resgat.errors import CheckpointError, WeightsUnavailableError
from resgat.files import exists

#: The list of models in the checkout that this package lies in.
ZOO_PATH = Path(__file__).resolve().parents[3] / "zoo" / "models.yaml"

_HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")
#: A name that ends so means a file, which is missing; one that ends in "-1.5" means a repository.
_FILES = {".ckpt", ".onnx", ".pt", ".pth", ".safetensors"}
#: Nothing else of a repository is downloaded.
_WANTED = ["*.safetensors", "*.json", "*.md", "SHA256SUMS"]


def find_model(source: str | Path) -> Path:
    """Return the checkpoint, or the folder of the release, that a source names.

    Args:
        source: A path; the name of a row of ``zoo/models.yaml``; or ``owner/name`` on the Hugging
            Face Hub, which is downloaded. Below a folder that is here, nothing but a path is meant.

    Raises:
        CheckpointError: There is no such path, row or repository.
        WeightsUnavailableError: The row's release is not here yet, or the download failed.
    """
    path = Path(source)
    if exists(path):
        return path
    rows = read_zoo()
    name = str(source)
    if name in rows:
        return _of_row(name, rows[name])
    if _HUB_ID.fullmatch(name) and path.suffix not in _FILES and not path.parent.is_dir():
        return download(name)
    msg = f"{name}: no such file or folder, no model of the zoo and no owner/name of the Hub; the "
    msg += f"zoo has {', '.join(rows) or 'none'}{suggest(name, rows)}"
    raise CheckpointError(msg)


def find_checkpoint(source: str) -> str:
    """Return what :func:`find_model` does, in the words in which a run records it.

    The path of a file stays as it was said, be it there or not: who reads the file says what is
    wrong with it.
    """
    path = Path(source)
    means_file = path.suffix in _FILES and len(path.name.encode()) <= MAX_PART_BYTES
    return source if means_file or exists(path) else str(find_model(source))


def read_zoo(path: Path = ZOO_PATH) -> dict[str, dict[str, Any]]:
    """Return the rows of the zoo by name; none where the package lies in no checkout."""
    if not path.is_file():
        return {}
    rows: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
    return rows


def _of_row(name: str, row: dict[str, Any]) -> Path:
    place = str(row["release"])
    if place.startswith("hf://"):
        return download(place.removeprefix("hf://"))
    folder = ZOO_PATH.parents[1] / place
    if not folder.exists():
        msg = f"{name} is not here yet; this makes it: {' '.join(row['command'].split())}"
        raise WeightsUnavailableError(msg)
    return folder


def download(repo_id: str) -> Path:
    """Download a release from the Hugging Face Hub; what was downloaded before is not again.

    Raises:
        WeightsUnavailableError: The Hub's library is not installed, or it cannot be reached, or
            there is no such repository.
    """
    hub = hub_library()
    try:
        return Path(str(hub.snapshot_download(repo_id, allow_patterns=_WANTED)))
    except _failures(hub) as error:
        msg = f"{repo_id} cannot be downloaded from the Hugging Face Hub ({_reason(error)}). "
        raise WeightsUnavailableError(msg + "Offline: give the folder of a release") from error


def upload(folder: Path, repo_id: str) -> str:
    """Upload a release to a private repository of the Hub, which is made if there is none.

    The token is what ``hf auth login`` or ``HF_TOKEN`` provides.

    Returns:
        Where it can be seen.

    Raises:
        WeightsUnavailableError: The Hub's library is not installed, or the upload failed.
    """
    hub = hub_library()
    try:
        hub.HfApi().create_repo(repo_id, private=True, exist_ok=True)
        return str(hub.HfApi().upload_folder(repo_id=repo_id, folder_path=str(folder)))
    except _failures(hub) as error:
        msg = (
            f"{folder} is whole, but cannot be uploaded to {repo_id} ({_reason(error)}); check "
            f"`hf auth whoami`, then: python src/export.py ckpt_path={folder} push_to={repo_id}"
        )
        raise WeightsUnavailableError(msg) from error


def _failures(hub: Any) -> tuple[type[Exception], ...]:
    """Return what a call to the Hub may raise.

    Errors of the transport are the library's own only where the Hub answered. What they share with
    those is a base, by which they are found whatever the transport is called.
    """
    return (OSError, ValueError, *hub.errors.HfHubHTTPError.__bases__)


def _reason(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def hub_library() -> Any:
    """Import the Hub's own library.

    Raises:
        WeightsUnavailableError: It is not installed.
    """
    try:
        return importlib.import_module("huggingface_hub")
    except ImportError as error:
        msg = "the Hugging Face Hub needs huggingface_hub; install it with "
        raise WeightsUnavailableError(msg + "pip install 'resgat[runtime]'") from error
