"""Where a model lies that is named: a file or folder, a row of the zoo, a repository of the Hub."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import yaml

from resgat.checks import suggest
from resgat.errors import CheckpointError, WeightsUnavailableError

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
            Face Hub, which is downloaded.

    Raises:
        CheckpointError: There is no such path, row or repository.
        WeightsUnavailableError: The row has no release yet, or the download failed.
    """
    path = Path(source)
    if path.exists():
        return path
    rows = read_zoo()
    name = str(source)
    if name in rows:
        return _of_row(name, rows[name])
    if _HUB_ID.fullmatch(name) and path.suffix not in _FILES:
        return download(name)
    msg = f"{name}: no such file or folder, no model of the zoo and no owner/name of the Hub; the "
    msg += f"zoo has {', '.join(rows) or 'none'}{suggest(name, rows)}"
    raise CheckpointError(msg)


def read_zoo(path: Path = ZOO_PATH) -> dict[str, dict[str, Any]]:
    """Return the rows of the zoo by name; none where the package lies in no checkout."""
    if not path.is_file():
        return {}
    rows: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
    return rows


def _of_row(name: str, row: dict[str, Any]) -> Path:
    place = row.get("release")
    if place is None:
        msg = f"{name} has not been released; this makes it: {' '.join(row['command'].split())}"
        raise WeightsUnavailableError(msg)
    if str(place).startswith("hf://"):
        return download(str(place).removeprefix("hf://"))
    folder = ZOO_PATH.parents[1] / str(place)
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
    except (OSError, ValueError, hub.errors.HfHubHTTPError) as error:
        reason = str(error).strip().splitlines()[0]
        msg = f"{repo_id} cannot be downloaded from the Hugging Face Hub ({reason}). Offline: give "
        raise WeightsUnavailableError(msg + "the folder of a release") from error


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
    except (OSError, ValueError, hub.errors.HfHubHTTPError) as error:
        reason = str(error).strip().splitlines()[0]
        msg = f"{folder} is whole, but cannot be uploaded to {repo_id} ({reason}); check `hf auth "
        raise WeightsUnavailableError(msg + "whoami` and try again with push_to=...") from error


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
