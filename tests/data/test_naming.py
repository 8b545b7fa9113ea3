import hashlib
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from resgat.data.naming import MAX_NAME_BYTES, as_text, on_one_line, safe_name

NAMES = st.text() | st.text("ab/\\. -_\x00\n\ud800é", max_size=8)


@pytest.mark.parametrize("name", ["000_003", "a b (2).mp4", "имя=1,x@y+z", "視頻", "-", "a.b", "é"])
def test_a_plain_name_stays(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("a/b", "a_b"),
        ("a\\b", "a_b"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("/etc", "_etc"),
        (".hidden", "hidden"),
        ("a.", "a"),
        ("a ", "a"),
        ("..", "_"),
        ("", "_"),
        ("a\x00\n\tb", "a_b"),
        ("a\ud800b", "a_b"),
        ("e\u0301", "é"),
        ("con.mp4", "_con.mp4"),
        ("a-01234567", "a-01234567"),
        ("x" * 121, "x" * 111),
        ("é" * 61, "é" * 55),
    ],
)
def test_any_other_is_cleaned_and_marked(name: str, cleaned: str) -> None:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    assert safe_name(name) == f"{cleaned}-{digest}"


@given(NAMES)
@example("x" * 500)
@example("." * 130)
@example("\u0301" * 200)
@example("\U0001d15e" * 60)  # grows when it is normalised
def test_it_is_one_component_that_every_disk_takes(name: str) -> None:
    made = safe_name(name)
    assert 1 <= len(made.encode()) <= MAX_NAME_BYTES
    assert not set(made) & set('/\\:*?"<>|')
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in made)
    assert made == made.strip(" .")
    assert safe_name(name) == made


@given(NAMES, NAMES)
def test_two_names_never_become_one(first: str, second: str) -> None:
    assert (safe_name(first) == safe_name(second)) == (first == second)


@given(NAMES)
def test_nobody_can_take_the_name_made_for_another(name: str) -> None:
    made = safe_name(name)
    assert (safe_name(made) == made) == (made == name)


@given(NAMES)
def test_any_name_is_text_and_fits_on_a_line(name: str) -> None:
    assert as_text(name).encode().decode() == as_text(name)
    assert on_one_line(name).isprintable()
    if name.isprintable():
        assert as_text(name) == on_one_line(name) == name


def test_what_cannot_be_shown_is_spelt_out() -> None:
    name = "a\udcff\x1b[31m\n\N{RIGHT-TO-LEFT OVERRIDE}.png"
    assert on_one_line(name) == r"a\udcff\x1b[31m\n\u202e.png"
    assert as_text("a\udcff\n") == "a\\udcff\n"
