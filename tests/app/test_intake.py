from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resgat.app.intake import MAX_AGE_S, Intake, Upload, UploadRefusedError, shown_name
from resgat.errors import ConfigError


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def intake(tmp_path: Path, clock: Clock) -> Intake:
    return Intake(tmp_path, room=2, clock=clock)


def opened(intake: Intake, name: str) -> Upload:
    return intake.open(intake.reserve(), name)


def test_an_upload_lies_in_its_own_folder_until_it_is_judged(intake: Intake) -> None:
    ours, other = opened(intake, "a.PNG"), opened(intake, "a.PNG")
    assert ours.path.parent != other.path.parent
    assert ours.path.name == "upload.png"
    assert ours.path.parent.parent == intake.folder
    ours.path.write_bytes(b"x")
    with intake.taken(ours.token) as taken:
        assert taken.path.read_bytes() == b"x"
    assert list(intake.folder.iterdir()) == [other.path.parent]


def test_it_is_deleted_when_judging_fails(intake: Intake) -> None:
    upload = opened(intake, "a.png")
    with pytest.raises(ZeroDivisionError), intake.taken(upload.token):
        raise ZeroDivisionError
    assert list(intake.folder.iterdir()) == []
    opened(intake, "a.png")
    opened(intake, "a.png")  # there is room again


def test_a_token_is_good_once_and_nothing_else_is_good(intake: Intake) -> None:
    upload = opened(intake, "a.png")
    with intake.taken(upload.token):
        pass
    for token in (upload.token, "", "..", "/etc/passwd", str(upload.path)):
        with pytest.raises(UploadRefusedError, match="not here any more"), intake.taken(token):
            pytest.fail("taken")


def test_there_is_room_for_so_many_waiting_or_judged(intake: Intake) -> None:
    first = opened(intake, "a.png")
    second = opened(intake, "b.png")
    with intake.taken(first.token):
        with pytest.raises(UploadRefusedError, match="2 files are waiting already") as refused:
            opened(intake, "c.png")
        assert refused.value.status == 503
    intake.discard(second)
    assert list(intake.folder.iterdir()) == []


def test_what_is_on_its_way_takes_a_place_until_it_is_open_or_will_not_come(
    intake: Intake,
) -> None:
    first, second = intake.reserve(), intake.reserve()
    with pytest.raises(UploadRefusedError, match="2 files are waiting already"):
        intake.reserve()
    intake.release(second)
    intake.open(first, "a.png")
    intake.release(first)  # its place is its own by now
    intake.reserve()
    with pytest.raises(UploadRefusedError, match="2 files are waiting already"):
        intake.reserve()


def test_what_nobody_asks_about_goes(intake: Intake, clock: Clock) -> None:
    old, busy = opened(intake, "a.png"), opened(intake, "b.png")
    with intake.taken(busy.token) as taken:
        clock.now = MAX_AGE_S + 1
        intake.sweep()
        assert not old.path.parent.exists()
        assert taken.path.parent.exists()
    with pytest.raises(UploadRefusedError, match="send it again"), intake.taken(old.token):
        pytest.fail("taken")


@pytest.mark.parametrize("name", ["a.exe", "a", ".png", "a.png.html", "..", ""])
def test_another_ending_is_refused_with_those_that_are_known(intake: Intake, name: str) -> None:
    with pytest.raises(UploadRefusedError, match=r"send one of \.png, \.jpg") as refused:
        opened(intake, name)
    assert refused.value.status == 415
    assert list(intake.folder.iterdir()) == []


@given(name=st.text(max_size=300))
def test_no_name_leads_anywhere(name: str) -> None:
    shown = shown_name(name)
    assert shown
    assert len(shown) <= 200
    assert not {"/", "\\", "\0", "\n"} & set(shown)
    assert shown not in (".", "..")


def test_a_name_is_only_ever_shown(intake: Intake) -> None:
    upload = opened(intake, "../../etc/<img src=x onerror=alert(1)>.png")
    assert upload.name == "<img src=x onerror=alert(1)>.png"
    assert upload.path.relative_to(intake.folder).parts == (upload.token, "upload.png")


def test_room_for_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"max_waiting: expected a number in \[1, inf\], got 0"):
        Intake(tmp_path, 0)
