import hashlib
import os
import pickle
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resgat.data.folder import Folder, RemoteFolder
from resgat.data.shard_writer import Member, write_shard
from resgat.data.tar_store import SHARDS_NAME, TarStore, path_key, shard_name, shards_table
from resgat.errors import CropReadError, IndexSchemaError

FILES = {f"v{number}/{number:04d}.png": bytes([number]) * (100 * number) for number in range(12)}


def write_store(folder: Path) -> None:
    names = list(FILES)
    tables = []
    for shard, part in enumerate((names[:5], names[5:])):
        members = [Member(name, FILES[name]) for name in part]
        tables.append(write_shard(folder / shard_name(shard), members, shard)[0])
    pq.write_table(shards_table(tables), folder / SHARDS_NAME)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two shards of twelve files, the first of them empty."""
    write_store(tmp_path)
    return tmp_path


def test_any_file_can_be_read_in_any_order(root: Path) -> None:
    store = TarStore(root)
    for name in sorted(FILES, key=path_key):
        if FILES[name]:
            assert store.read(name) == FILES[name]


def test_shards_behind_a_url_are_the_same(root: Path) -> None:
    remote = RemoteFolder("memory://shards")
    for path in root.iterdir():
        (remote / path.name).write_bytes(path.read_bytes())
    store = TarStore(remote)
    assert store.read("v3/0003.png") == FILES["v3/0003.png"]
    assert store.exist(pa.chunked_array([["v3/0003.png", "v3/none"]])).tolist() == [True, False]
    (remote / shard_name(0)).remove()
    with pytest.raises(CropReadError, match=r"shards/crops-000000\.tar: v3/0003\.png does"):
        store.read("v3/0003.png")
    remote.remove()


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("v0/0000.png", "crops-000000.tar: v0/0000.png has zero bytes"),
        ("none.png", "none.png is in none of the shards"),
        ("../none.png", "expected a POSIX path below"),
    ],
)
def test_what_cannot_be_read_is_named(path: str, found: str, root: Path) -> None:
    with pytest.raises(CropReadError, match=found):
        TarStore(root).read(path)


def test_a_gone_or_truncated_shard_is_named(root: Path) -> None:
    store = TarStore(root)
    (root / shard_name(0)).unlink()
    shard = root / shard_name(1)
    shard.write_bytes(shard.read_bytes()[:1000])
    with pytest.raises(CropReadError, match=r"v3/0003\.png does not exist, as its shard is gone"):
        store.read("v3/0003.png")
    with pytest.raises(CropReadError, match=r"v11/0011\.png is cut off, as its shard is truncated"):
        store.read("v11/0011.png")
    paths = pa.chunked_array([["v3/0003.png", "v11/0011.png", "none.png"]])
    assert store.exist(paths).tolist() == [False, True, False]


def test_copies_and_forks_read_on(root: Path) -> None:
    store = TarStore(root)
    store.read("v3/0003.png")
    assert pickle.loads(pickle.dumps(store)).read("v7/0007.png") == FILES["v7/0007.png"]
    child = os.fork()
    if not child:
        os._exit(0 if store.read("v7/0007.png") == FILES["v7/0007.png"] else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert store.read("v8/0008.png") == FILES["v8/0008.png"]


def test_a_key_is_the_start_of_a_public_hash() -> None:
    digest = hashlib.blake2b(b"a/b.png", digest_size=8).hexdigest()
    assert path_key("a/b.png") == int(digest, 16)


def test_one_path_twice_is_refused(root: Path) -> None:
    members = pa.table({"path": ["a", "a"], "shard": [0, 0], "offset": [0, 1], "length": [1, 1]})
    with pytest.raises(IndexSchemaError, match="'a' and 'a' cannot lie in one set of shards"):
        shards_table([members])


@pytest.mark.parametrize("what", ["broken", "columns", "order"])
def test_a_list_that_cannot_be_used_is_refused(what: str, root: Path) -> None:
    path: Folder = root / SHARDS_NAME
    table = pq.read_table(path)
    if what == "broken":
        (root / SHARDS_NAME).write_bytes(b"no parquet")
    elif what == "columns":
        pq.write_table(table.drop_columns(["offset"]), path)
    else:
        pq.write_table(table.take(list(range(len(table)))[::-1]), path)
    with pytest.raises(IndexSchemaError, match=r"shards\.parquet: .*; pack the crops again with"):
        TarStore(root)
