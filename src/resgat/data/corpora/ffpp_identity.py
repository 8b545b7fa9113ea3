"""Which ids of FaceForensics++ share a person: official pairs, fakes on disk, YouTube videos."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from resgat.data.corpora.ffpp_splits import Pair, is_id
from resgat.data.layout.metadata import read_object
from resgat.data.videos import identity_groups
from resgat.errors import MetadataError

_CLIP = re.compile(r"(\S{1,64}) [0-9]{1,9}")
_REMEDY = "download conversion_dict.json of FaceForensics++ again, or set conversion_path=null"


def group_of(
    pairs: Mapping[str, Pair],
    fakes: Iterable[tuple[str, str]],
    youtube_of: Mapping[str, str],
) -> dict[str, str]:
    """Name each id's identity group.

    An official pair is a group. Ids in no official pair are connected by the fakes on disk. Groups
    whose ids were cut from one YouTube video are one, even across splits: whether the splits hold
    then is for the audit to say.

    Args:
        pairs: Id -> official pair.
        fakes: Target and source of the fakes on disk.
        youtube_of: Id -> YouTube video; may be empty.

    Returns:
        Id -> the smallest name of the groups that were joined.

    Example:
        >>> pair = Pair(frozenset(("054", "071")), "train", "054_071")
        >>> group_of({"054": pair, "071": pair}, [("9", "8")], {"071": "yt", "8": "yt", "7": "w"})
        {'9': '054_071', '8': '054_071', '054': '054_071', '071': '054_071', '7': '7'}
    """
    groups = identity_groups(ids for ids in fakes if not pairs.keys() & set(ids))
    groups |= {member: pair.group for member, pair in pairs.items()}
    first_of: dict[str, str] = {}
    links = []
    for member, clip in youtube_of.items():
        group = groups.setdefault(member, member)
        links.append((first_of.setdefault(clip, group), group))
    joined = identity_groups(links)
    return {member: joined.get(group, group) for member, group in groups.items()}


def read_conversion(path: Path) -> dict[str, str]:
    """Read the official ``conversion_dict.json``: ``{"331": "R03Sko97IDE 0", ...}``.

    Returns:
        Id -> YouTube video, without the number of the cut.

    Raises:
        MetadataError: The file is missing or malformed.
    """
    entries = read_object(path, "the list of YouTube videos", _REMEDY)
    return {member: _youtube(path, member, clip) for member, clip in entries.items()}


def _youtube(path: Path, member: str, clip: object) -> str:
    match = _CLIP.fullmatch(clip) if isinstance(clip, str) else None
    if match is None or not is_id(member):
        msg = f"{path}: expected entries such as '331': 'R03Sko97IDE 0', got {member!r}: "
        msg += f"{str(clip)[:80]!r}; {_REMEDY}"
        raise MetadataError(msg)
    return match[1]
