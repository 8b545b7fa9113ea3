"""Is every crop and mask there, and can it be read?"""

from __future__ import annotations

from collections.abc import Mapping

from resgat.data.audit.crops import Crops
from resgat.data.audit.verdict import Check, Verdict, listing
from resgat.data.videos import examples

NAME = "files"

_COLUMNS = ("path", "mask_path")


def check_files(crops: Crops, problems: Mapping[str, str], num_read: int) -> Check:
    """Look for all files, and report those that were read and found broken.

    Args:
        crops: The crops folder.
        problems: Path of a broken crop or mask -> what is wrong with it.
        num_read: How many crops were looked at, with their masks.
    """
    absent = {path: "does not exist" for column in _COLUMNS for path in crops.absent_files(column)}
    found = dict(sorted({**problems, **absent}.items()))
    details = {
        "crops_read": num_read,
        "crops": len(crops),
        "absent": len(absent),
        "broken": listing([{"path": path, "reason": why} for path, why in found.items()]),
    }
    read = f"{num_read} of {len(crops)} crops and their masks looked at"
    if not found:
        return Check(NAME, Verdict.OK, f"all are there; {read}", details)
    named = examples([f"{path} {why}" for path, why in found.items()])
    summary = f"{len(found)} files cannot be used: {named}; {read}; delete them and run "
    summary += "src/preprocess.py (or copy them) again"
    return Check(NAME, Verdict.BROKEN, summary, details)
