"""What DeepfakeBench's names of labels and videos say: real or fake, which method, which people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from resgat.data.corpora.ffpp_identity import group_of
from resgat.data.corpora.ffpp_splits import Pair, pair_of, read_lists
from resgat.data.videos import REAL_METHOD
from resgat.errors import MetadataError
from resgat.types import FAKE, REAL


class Kind(NamedTuple):
    """What a label stands for."""

    label: int
    dataset: str
    method: str


class People(NamedTuple):
    """Who is seen in a video, and what its original is called."""

    target: str
    source: str | None = None
    original: str | None = None


_FFPP_METHODS = {
    "DF": "Deepfakes",
    "F2F": "Face2Face",
    "FS": "FaceSwap",
    "NT": "NeuralTextures",
    "FH": "FaceShifter",
    "SH": "FaceShifter",
}
#: The other data sets under the names that they have here.
_DATASETS = {
    "dfd": ("dfd", "DeepFakeDetection"),
    "celebdfv1": ("celebdf_v1", "Celeb-synthesis"),
    "celebdfv2": ("celebdf", "Celeb-synthesis"),
    "dfdc": ("dfdc_test", "fake"),
    "dfdcp": ("dfdc_preview", "fake"),
}
_OTHER_LABEL = re.compile(r"([A-Za-z0-9]+)[_-](real|fake)([A-Za-z0-9]*)", re.IGNORECASE)
_PATTERNS = {
    "ffpp": re.compile(r"(?P<target>[0-9]+)(?:_(?P<source>[0-9]+))?"),
    "dfd": re.compile(r"(?P<target>[0-9]{2})(?:_(?P<source>[0-9]{2}))?__(?P<clip>.+)"),
    "celebdf": re.compile(r"(?P<target>id[0-9]+)(?:_(?P<source>id[0-9]+))?_(?P<clip>[0-9]+)"),
}


def kind_of(label: str) -> Kind:
    """Say what a label of the JSON stands for.

    Raises:
        MetadataError: It says neither real nor fake.

    Example:
        >>> kind_of("FF-F2F")
        Kind(label=1, dataset='ffpp', method='Face2Face')
        >>> kind_of("DFDCP_FakeB"), kind_of("UADFV_Real")
        (Kind(label=1, dataset='dfdc_preview', method='fakeB'), \
Kind(label=0, dataset='uadfv', method='original'))
    """
    if label == "FF-real":
        return Kind(REAL, "ffpp", REAL_METHOD)
    if label.startswith("FF-") and label[3:] in _FFPP_METHODS:
        return Kind(FAKE, "ffpp", _FFPP_METHODS[label[3:]])
    match = _OTHER_LABEL.fullmatch(label)
    if match is None:
        msg = f"label {label!r}: expected one of DeepfakeBench's, such as FF-real, FF-DF, "
        raise MetadataError(msg + "DFDC_Fake or NAME_real and NAME_fake; rename it in the JSON")
    name = match[1].lower()
    dataset, method = _DATASETS.get(name, (name, "fake"))
    if match[2].lower() == "real":
        return Kind(REAL, dataset, REAL_METHOD)
    return Kind(FAKE, dataset, method + match[3])


def people_of(kind: Kind, name: str) -> People:
    """Read the people from a video's name; of a data set that names none, the video is its own.

    Example:
        >>> people_of(kind_of("FF-DF"), "000_003")
        People(target='000', source='003', original='000')
        >>> people_of(kind_of("CelebDFv2_fake"), "id0_id16_0003")
        People(target='id0', source='id16', original='id0_0003')
        >>> people_of(kind_of("CelebDFv2_real"), "00170")
        People(target='00170', source=None, original=None)
    """
    pattern = _PATTERNS.get(kind.dataset.partition("_v")[0])
    match = pattern.fullmatch(name) if pattern else None
    if match is None:
        return People(name)
    target, source = match["target"], match["source"]
    if kind.label == REAL or source is None:
        return People(target)
    clip = match.groupdict().get("clip")
    if clip is None:
        return People(target, source, target)
    # The last part of a DFD fake's name is a code of its own.
    return People(
        target, source, f"{target}_{clip}" if kind.dataset != "dfd" else _dfd(target, clip)
    )


class Groups:
    """The identity groups of a data set's videos, named as its own corpus names them.

    For FaceForensics++ the official pair; for all others the person whose video it is.

    Args:
        fakes: Target and source of FaceForensics++'s fakes.
    """

    def __init__(self, fakes: Iterable[tuple[str, str]]) -> None:
        pairs: dict[str, Pair] = pair_of(read_lists())
        self._ffpp = group_of(pairs, fakes, {})

    def of(self, dataset: str, target: str) -> str:
        """Return the group of a video by whose it is."""
        return f"{dataset}/{self._ffpp.get(target, target) if dataset == 'ffpp' else target}"


def _dfd(target: str, clip: str) -> str:
    return f"{target}__{clip.rpartition('__')[0] or clip}"
