from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.corpora.ffpp_splits import forged_names, pair_of, read_lists, videos_per_split
from resgat.errors import MetadataError

IDS = [f"{number:03d}" for number in range(12)]


def test_a_list_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "train.json").write_text('[["071", "054"]]')
    for split in ("val", "test"):
        (tmp_path / f"{split}.json").write_text("[]")
    assert read_lists(tmp_path) == {"train": [["071", "054"]], "val": [], "test": []}


def test_the_official_lists_pair_every_id_once() -> None:
    pairs = pair_of(read_lists())
    assert sorted(pairs) == [f"{number:03d}" for number in range(1000)]
    assert videos_per_split(pairs) == {"train": 720, "val": 140, "test": 140}
    assert pairs["071"] == pairs["054"] == (frozenset(("054", "071")), "train", "054_071")


def test_both_directions_of_a_pair_are_forged() -> None:
    assert forged_names(pair_of({"val": [("9", "10")]})) == ["10_9", "9_10"]


@given(st.permutations(IDS), st.integers(0, 6), st.booleans())
def test_the_order_of_a_pair_and_a_second_mention_change_nothing(
    ids: list[str], cut: int, mirrored: bool
) -> None:
    couples = list(zip(ids[::2], ids[1::2], strict=True))
    lists = {"train": couples[:cut], "test": couples[cut:]}
    if mirrored:
        lists = {split: [*part, *((b, a) for a, b in part)] for split, part in lists.items()}
    pairs = pair_of(lists)
    assert videos_per_split(pairs) == {"train": 2 * cut, "val": 0, "test": 12 - 2 * cut}
    assert set(forged_names(pairs)) == {f"{a}_{b}" for a, b in couples} | {
        f"{b}_{a}" for a, b in couples
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, r"train\.json: no such file, expected the list of a split; leave splits_dir out"),
        ("[[", r"train\.json: expected JSON without .*, got .*; leave splits_dir out"),
        ("[" * 100_000, r"train\.json: expected JSON without"),
        ('{"train": []}', r"train\.json: expected a list of id pairs"),
        ("[[71, 54]]", r"train\.json: expected a list of id pairs"),
        ('[["071", "054", "003"]]', r"train\.json: expected a list of id pairs"),
        ('[["071", "071"]]', r"train\.json: expected a list of id pairs"),
        ('[["071", "../054"]]', r"train\.json: expected a list of id pairs"),
        ('[["071", "054"], ["054", "003"]]', "expected each id in one pair, got '054' in two"),
    ],
)
def test_malformed_lists_are_refused(text: str | None, message: str, tmp_path: Path) -> None:
    for split in ("val", "test"):
        (tmp_path / f"{split}.json").write_text("[]")
    if text is not None:
        (tmp_path / "train.json").write_text(text)
    with pytest.raises(MetadataError, match=message):
        pair_of(read_lists(tmp_path))
