import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.corpora.ffpp_identity import group_of, read_conversion
from resgat.data.corpora.ffpp_splits import Pair, pair_of
from resgat.errors import MetadataError

LISTED = pair_of({"train": [("00", "01"), ("02", "03")], "test": [("04", "05")]})
IDS = [f"{number:02d}" for number in range(10)]


def test_an_id_is_in_the_group_of_its_pair_or_of_its_fakes() -> None:
    groups = group_of(LISTED, [("00", "01"), ("06", "07"), ("08", "07"), ("02", "09")], {})
    assert groups == {
        "00": "00_01", "01": "00_01", "02": "02_03", "03": "02_03", "04": "04_05", "05": "04_05",
        "06": "06", "07": "06", "08": "06",
    }  # fmt: skip


def test_a_youtube_video_joins_pairs_across_splits() -> None:
    groups = group_of(LISTED, [], {"01": "a", "05": "a", "03": "b", "09": "b", "08": "c"})
    assert groups == {
        "00": "00_01", "01": "00_01", "04": "00_01", "05": "00_01",
        "02": "02_03", "03": "02_03", "09": "02_03", "08": "08",
    }  # fmt: skip


@given(st.dictionaries(st.sampled_from(IDS), st.sampled_from("abcd")))
def test_groups_are_what_can_be_reached(youtube_of: dict[str, str]) -> None:
    groups = group_of(LISTED, [], youtube_of)
    members = sorted(groups)
    assert set(members) == LISTED.keys() | youtube_of.keys()
    reached = np.array([[_are_linked(a, b, youtube_of) for b in members] for a in members])
    for _ in members:  # each product reaches one link further
        reached = reached @ reached
    same = [[groups[a] == groups[b] for b in members] for a in members]
    assert np.array_equal(reached, np.array(same, bool).reshape(reached.shape))


def _are_linked(first: str, second: str, youtube_of: dict[str, str]) -> bool:
    is_pair = first in LISTED and LISTED[first] == LISTED.get(second)
    is_video = first in youtube_of and youtube_of[first] == youtube_of.get(second)
    return first == second or is_pair or is_video


def test_the_official_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "conversion_dict.json"
    path.write_text('{"331": "R03Sko97IDE 0", "332": "R03Sko97IDE 1", "000": "--b1Ua-kWJE 0"}')
    expected = {"331": "R03Sko97IDE", "332": "R03Sko97IDE", "000": "--b1Ua-kWJE"}
    assert read_conversion(path) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no such file, expected the list of YouTube videos; download"),
        ("{", "expected JSON without .*, got .*; download conversion_dict.json"),
        ("[" * 100_000, "expected JSON"),
        ('[["000", "--b1Ua-kWJE 0"]]', "expected an object .*, got list; download"),
        ('{"000": "a 0", "000": "b 0"}', "a repeated key '000'; download"),
        ('{"000": 3}', r"expected entries such as '331': .*, got '000': '3'; download"),
        ('{"000": "--b1Ua-kWJE"}', "got '000': '--b1Ua-kWJE'"),
        ('{"000": "a b 0"}', "got '000': 'a b 0'"),
        ('{"../0": "--b1Ua-kWJE 0"}', r"got '\.\./0'"),
    ],
)
def test_malformed_files_are_refused(text: str | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "conversion_dict.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(MetadataError, match=rf"conversion_dict\.json: .*{message}"):
        read_conversion(path)


def test_a_folder_is_no_conversion_file(tmp_path: Path) -> None:
    with pytest.raises(MetadataError, match=r"expected JSON.*, got .*directory"):
        read_conversion(tmp_path)


def test_a_long_entry_is_shown_shortened(tmp_path: Path) -> None:
    path = tmp_path / "conversion_dict.json"
    path.write_text(json.dumps({"000": "x" * 10_000}))
    with pytest.raises(MetadataError) as caught:
        read_conversion(path)
    assert len(str(caught.value)) < len(str(path)) + 400


def test_a_pair_alone_is_its_own_group() -> None:
    pair = Pair(frozenset(("1", "2")), "val", "1_2")
    assert group_of({"1": pair, "2": pair}, [("1", "2")], {}) == {"1": "1_2", "2": "1_2"}
