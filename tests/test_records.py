import csv
import io
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from resgat.records import to_csv


@dataclass
class Shot:
    name: str
    prob: float | None


def test_columns_are_the_fields_and_none_is_empty() -> None:
    assert to_csv(Shot, [Shot("a", 0.1), Shot("b", None)]) == "name,prob\na,0.1\nb,\n"


def test_without_a_record_the_columns_stand_alone() -> None:
    assert to_csv(Shot, []) == "name,prob\n"


@given(
    st.lists(
        st.builds(
            Shot,
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0")),
            st.floats(allow_nan=False),
        )
    )
)
def test_what_is_written_is_read_to_the_last_digit(shots: list[Shot]) -> None:
    found = csv.DictReader(io.StringIO(to_csv(Shot, shots)))
    assert [Shot(row["name"], float(row["prob"])) for row in found] == shots
