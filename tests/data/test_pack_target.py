from pathlib import Path

import pyarrow.parquet as pq
import pytest

from resgat.data.pack_target import CLAIM_NAME, SUMS_NAME, PackReport, PackTarget
from resgat.data.shard_writer import Member
from resgat.data.tar_store import SHARDS_NAME, TarStore
from resgat.errors import ConfigError, StorageError

CLAIM = {"index_sha256": "0" * 64, "shard_mb": 1}
MEMBERS = ([Member("a.png", b"a" * 600), Member("a_mask.png", b"m")], [Member("b.png", b"bb")])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "packed"


def fill(folder: Path) -> PackReport:
    target = PackTarget.claim(folder, CLAIM)
    for members in MEMBERS:
        target.add_shard(members, 1)
    return target.finish(b"the index")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_finished_folder_holds_shards_list_sums_and_index(folder: Path) -> None:
    assert fill(folder) == PackReport(num_files=3, num_shards=2, num_bytes=603)
    shards = {"crops-000000.tar", "crops-000001.tar"}
    assert names(folder) == shards | {CLAIM_NAME, SHARDS_NAME, SUMS_NAME, "index.parquet"}
    store = TarStore(folder)
    assert [store.read(one.path) for part in MEMBERS for one in part] == [b"a" * 600, b"m", b"bb"]
    assert sorted(pq.read_table(folder / SHARDS_NAME)["shard"].to_pylist()) == [0, 0, 1]


def test_a_run_goes_on_behind_the_last_shard_with_a_note(folder: Path) -> None:
    PackTarget.claim(folder, CLAIM).add_shard(MEMBERS[0], 1)
    (folder / "crops-000001.tar").write_bytes(b"written, but not noted before the kill")
    again = PackTarget.claim(folder, CLAIM)
    assert (again.num_rows, again.is_finished) == (1, False)
    again.add_shard(MEMBERS[1], 1)
    again.finish(b"the index")
    killed = {path.name: path.read_bytes() for path in folder.iterdir()}
    fill(folder.with_name("undisturbed"))
    whole = {path.name: path.read_bytes() for path in folder.with_name("undisturbed").iterdir()}
    assert killed == whole


def test_a_folder_of_something_else_is_refused_and_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "holiday.jpg").write_bytes(b"precious")
    with pytest.raises(ConfigError, match=r"packed holds something else .*expected an empty or"):
        PackTarget.claim(folder, CLAIM)
    assert names(folder) == {"holiday.jpg"}


def test_another_claim_on_a_begun_folder_is_refused(folder: Path) -> None:
    PackTarget.claim(folder, CLAIM)
    with pytest.raises(ConfigError, match="holds something else than these crops packed in this"):
        PackTarget.claim(folder, CLAIM | {"shard_mb": 2})


@pytest.mark.parametrize("name", ["crops-000001.tar", SHARDS_NAME, "index.parquet"])
def test_a_changed_byte_is_found(name: str, folder: Path) -> None:
    fill(folder)
    assert PackTarget.claim(folder, CLAIM).verified().num_files == 3
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(StorageError, match=rf"{name}: its SHA-256 is not that of what was written"):
        PackTarget.claim(folder, CLAIM).verified()
