import hashlib
import itertools
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.shard_writer import Member, in_shards, write_shard
from resgat.errors import StorageError

LONG = "a" * 90 + "/" + "ü" * 90 + "/crop.png"
MEMBERS = [Member("v/a.png", b"first"), Member(LONG, bytes(1000)), Member("v/c.png", b"x" * 512)]


def test_any_tar_tool_reads_it_and_nothing_in_it_depends_on_the_machine(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.tar", MEMBERS, 0)
    with tarfile.open(tmp_path / "a.tar") as tar:
        infos = tar.getmembers()
        assert [info.name for info in infos] == [member.path for member in MEMBERS]
        assert {(info.mtime, info.uid, info.gid, info.uname, info.mode) for info in infos} == {
            (0, 0, 0, "", 0o644)
        }
        for info, member in zip(infos, MEMBERS, strict=True):
            file = tar.extractfile(info)
            assert file is not None
            assert file.read() == member.data


def test_offsets_are_those_that_tarfile_finds(tmp_path: Path) -> None:
    table, _ = write_shard(tmp_path / "a.tar", MEMBERS, 7)
    with tarfile.open(tmp_path / "a.tar") as tar:
        expected = [(info.name, 7, info.offset_data, info.size) for info in tar.getmembers()]
    assert [tuple(row.values()) for row in table.to_pylist()] == expected
    content = (tmp_path / "a.tar").read_bytes()
    for row, member in zip(table.to_pylist(), MEMBERS, strict=True):
        assert content[row["offset"] :][: row["length"]] == member.data


def test_the_same_members_give_the_same_bytes(tmp_path: Path) -> None:
    sums = [write_shard(tmp_path / f"{name}.tar", MEMBERS, 0)[1] for name in "ab"]
    assert sums[0] == sums[1]
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


def test_bytes_that_did_not_reach_the_disk_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "resgat.data.shard_writer.hashlib.file_digest", lambda file, name: hashlib.sha256(b"")
    )
    with pytest.raises(StorageError, match="read back other bytes than were written"):
        write_shard(tmp_path / "a.tar", MEMBERS, 0)


@given(
    lengths=st.lists(st.lists(st.integers(1, 3000), min_size=1, max_size=2), max_size=20),
    shard_bytes=st.integers(1, 20_000),
)
def test_shards_keep_order_and_groups_and_are_full(
    lengths: list[list[int]], shard_bytes: int
) -> None:
    groups = [
        [Member(f"{number}/{part}", bytes(length)) for part, length in enumerate(group)]
        for number, group in enumerate(lengths)
    ]
    shards = list(in_shards(groups, shard_bytes))
    assert [group for shard in shards for group in shard] == groups

    def size(shard: list) -> int:
        return 1024 + sum(512 + -(-len(m.data) // 512) * 512 for group in shard for m in group)

    assert all(size(shard) <= shard_bytes or len(shard) == 1 for shard in shards)
    for shard, after in itertools.pairwise(shards):
        assert size([*shard, after[0]]) > shard_bytes
