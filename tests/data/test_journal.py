import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.data.detector import Face
from resgat.data.entry import CropNote, Entry
from resgat.data.inputs import Inputs
from resgat.data.journal import Journal, JournalWriter, remove_journal
from resgat.data.searching import Guide
from resgat.errors import MetadataError, StorageError

DONE = Entry(
    "toy/original/c0/a",
    inputs=Inputs(source=100),
    status="done",
    is_decoded=True,
    frames_asked=2,
    frames_decoded=2,
    crops=(CropNote(0, (1.0, 2.0, 3.0, 4.0), 0.1 + 0.2, ((1 / 3, 2.0),) * 5, False),),
    guide=Guide((48, 64), {0: (Face((1.0, 2.0, 3.0, 4.0), 0.7),)}),
)
FAILED = Entry("toy/original/c0/b", Inputs(source=50), "failed", "cut short")


def write(folder: Path, *entries: Entry, spec: str = "spec") -> Path:
    """Write a file as one process does."""
    before = set(folder.glob("journal/*"))
    writer = JournalWriter(folder, spec)
    for entry in entries:
        writer.add(entry)
    (made,) = set(folder.glob("journal/*")) - before
    return made


def read(folder: Path, spec: str = "spec") -> Journal:
    return Journal(folder, spec)


def test_what_was_added_is_read_back(tmp_path: Path) -> None:
    write(tmp_path, DONE, FAILED)
    journal = read(tmp_path)
    assert [journal.entry(entry.video_id) for entry in (DONE, FAILED)] == [DONE, FAILED]
    assert DONE.video_id in journal.lines
    assert FAILED.video_id in journal.lines
    assert journal.is_done(DONE.video_id)
    assert not journal.is_done(FAILED.video_id)


def test_a_folder_without_a_journal_knows_nothing(tmp_path: Path) -> None:
    journal = read(tmp_path)
    assert DONE.video_id not in journal.lines
    assert not journal.is_done(DONE.video_id)
    with pytest.raises(KeyError, match="toy/original/c0/a"):
        journal.entry(DONE.video_id)


def test_a_writer_that_adds_nothing_makes_nothing(tmp_path: Path) -> None:
    JournalWriter(tmp_path, "spec")
    assert not list(tmp_path.iterdir())


def test_every_writer_has_a_file_of_its_own(tmp_path: Path) -> None:
    first, second = JournalWriter(tmp_path, "spec"), JournalWriter(tmp_path, "spec")
    for writer in (first, second, first):
        writer.add(FAILED)
    counts = [len(path.read_bytes().splitlines()) for path in tmp_path.glob("journal/*.jsonl")]
    assert sorted(counts) == [1, 2]


def test_a_writer_in_another_process_has_a_file_of_its_own(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "spec")
    for each in (writer, pickle.loads(pickle.dumps(writer)), pickle.loads(pickle.dumps(writer))):
        each.add(FAILED)
    assert len(list(tmp_path.glob("journal/*.jsonl"))) == 3


def test_a_line_torn_at_any_byte_is_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path, DONE, FAILED)
    whole = path.read_bytes()
    start = whole.index(b"\n") + 1
    for end in range(start, len(whole)):
        path.write_bytes(whole[:end])
        journal = read(tmp_path)
        assert journal.is_done(DONE.video_id)
        assert FAILED.video_id not in journal.lines


HEAD = (
    '{"video_id":%s,"inputs":[50,0,null,""],"status":"done","reason":null,"files":"","spec":"spec"}'
)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"garbage",
        b"\xff\xfe\x00\t{}",
        b"\t",
        b"[]\t{}",
        b"[" * 200_000 + b"\t{}",
        b"3\t{}",
        b'"text"\t{}',
        b"{}\t{}",
        b'{"spec":"spec","video_id":"toy/original/c0/b","status":"done"}\t{}',
        (HEAD % '["toy/original/c0/b"]').encode() + b"\t{}",
        (HEAD % '"toy/original/c0/b"').encode(),  # a head alone
    ],
)
def test_garbage_is_passed_over_and_the_lines_after_it_are_read(
    line: bytes, tmp_path: Path
) -> None:
    path = write(tmp_path, DONE)
    path.write_bytes(line + b"\n" + path.read_bytes())
    journal = read(tmp_path)
    assert journal.entry(DONE.video_id) == DONE
    assert FAILED.video_id not in journal.lines


def test_lines_of_another_spec_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, DONE, spec="other")
    assert DONE.video_id not in read(tmp_path).lines
    assert read(tmp_path, spec="other").is_done(DONE.video_id)


def test_a_later_generation_counts_whatever_it_says(tmp_path: Path) -> None:
    write(tmp_path, replace(FAILED, video_id=DONE.video_id, inputs=Inputs(100), generation=2))
    write(tmp_path, DONE, replace(DONE, crops=(), generation=1))
    journal = read(tmp_path)
    assert not journal.is_done(DONE.video_id)
    assert journal.next_generation(DONE.video_id) == 3
    assert journal.next_generation("toy/original/c0/new") == 0


def test_a_void_line_takes_back_what_was_noted_until_the_video_is_cut_anew(tmp_path: Path) -> None:
    taken_back = replace(DONE, status="void", reason="cut anew", generation=1)
    write(tmp_path, DONE, taken_back)
    assert read(tmp_path).lines[DONE.video_id].status == "void"
    assert not read(tmp_path).is_done(DONE.video_id)
    write(tmp_path, replace(DONE, generation=1))
    assert read(tmp_path).is_done(DONE.video_id)


def test_removing_a_journal_leaves_what_others_put_there(tmp_path: Path) -> None:
    write(tmp_path, DONE)
    own = tmp_path / "journal" / "2026.txt"
    own.write_text("mine")
    remove_journal(tmp_path)
    assert [path.name for path in (tmp_path / "journal").iterdir()] == ["2026.txt"]
    own.unlink()
    remove_journal(tmp_path)
    assert not (tmp_path / "journal").exists()
    remove_journal(tmp_path)


SAME = "toy/original/c0/b"
LINES = [
    replace(FAILED, reason="cut short"),
    replace(FAILED, reason="took longer than 5 s"),
    replace(DONE, video_id=SAME, inputs=Inputs(50)),
    replace(FAILED, reason="no face found in 4 frames", is_decoded=True),
]


@given(st.permutations(LINES), st.lists(st.booleans(), min_size=4, max_size=4), st.integers(2, 4))
def test_the_best_line_wins_whatever_the_order_and_the_files(
    tmp_path_factory: pytest.TempPathFactory, order: list[Entry], splits: list[bool], count: int
) -> None:
    folder = tmp_path_factory.mktemp("crops")
    writer = JournalWriter(folder, "spec")
    for entry, is_new in zip(order[:count], splits, strict=False):
        writer = JournalWriter(folder, "spec") if is_new else writer
        writer.add(entry)
    best = max(order[:count], key=lambda entry: (entry.status == "done", str(entry.reason)))
    assert read(folder).entry(SAME) == best


def test_the_head_of_a_line_tells_what_a_plan_needs(tmp_path: Path) -> None:
    (line,) = write(tmp_path, DONE).read_text().splitlines()
    head, body = map(json.loads, line.split("\t"))
    assert head == {
        "video_id": DONE.video_id,
        "inputs": [100, 0, None, ""],
        "status": "done",
        "reason": None,
        "files": DONE.files,
        "found": DONE.found,
        "generation": 0,
        "spec": "spec",
    }
    assert Entry.from_dict(body) == DONE
    known = read(tmp_path).lines[DONE.video_id]
    assert (known.files, known.found, known.inputs) == (DONE.files, DONE.found, Inputs(source=100))


def test_a_reason_with_tabs_and_line_feeds_stays_in_its_line(tmp_path: Path) -> None:
    odd = replace(FAILED, reason="a\tb\nc\r\u2028d")
    write(tmp_path, odd, DONE)
    assert read(tmp_path).entry(odd.video_id) == odd
    assert read(tmp_path).is_done(DONE.video_id)


def test_a_line_is_on_the_disk_before_the_next_video(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr("os.fsync", synced.append)
    write(tmp_path, DONE, FAILED)
    assert len(synced) == 2


def test_a_full_disk_is_named_and_what_was_noted_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = JournalWriter(tmp_path, "spec")
    writer.add(DONE)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        message = r"cannot write the journal's \w+\.jsonl \(No space left on device\); make room"
        with pytest.raises(StorageError, match=message):
            writer.add(FAILED)
    assert read(tmp_path).entry(DONE.video_id) == DONE


@pytest.mark.parametrize("value", [["x"], [1, 2, 3], {}, 1.5, None])
@pytest.mark.parametrize("field", ["inputs", "files", "found", "generation", "status"])
def test_a_head_with_a_field_of_another_type_is_passed_over(
    field: str, value: object, tmp_path: Path
) -> None:
    path = write(tmp_path, DONE)
    head, _, body = path.read_text().partition("\t")
    path.write_text(json.dumps(json.loads(head) | {field: value}) + "\t" + body)
    assert DONE.video_id not in read(tmp_path).lines


@pytest.mark.parametrize("body", ["{}", "[]", '{"guide": 3, "crops": []}', "null"])
def test_a_line_that_somebody_changed_is_named(body: str, tmp_path: Path) -> None:
    path = write(tmp_path, DONE)
    path.write_text(path.read_text().partition("\t")[0] + f"\t{body}\n")
    with pytest.raises(MetadataError, match=r"jsonl: the line about toy/original/c0/a is damaged"):
        read(tmp_path).entry(DONE.video_id)
