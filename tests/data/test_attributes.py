"""What is known of people beside their crops: whose value, and which tables are refused."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from resgat.data.attributes import Attributes, attributes_of, read_attributes
from resgat.data.index import CropIndex
from resgat.errors import MetadataError

CROPS = [
    ("ffpp/original/c23/000", None),
    ("ffpp/original/c23/000", None),
    ("ffpp/Deepfakes/c23/000_003", "ffpp/original/c23/000"),
    ("ffpp/Deepfakes/c23/003_000", "ffpp/original/c23/003"),
    ("ffpp/original/c23/003", None),
]


@pytest.fixture
def index() -> CropIndex:
    videos, originals = zip(*CROPS, strict=True)
    columns = {"video_id": videos, "original_video_id": pa.array(originals, pa.string())}
    return CropIndex.whole(pa.table(columns), Path("crops"))


@pytest.fixture
def write(tmp_path: Path) -> Any:
    """Write a table and return its path."""

    def wrote(text: str) -> Path:
        path = tmp_path / "people.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return wrote


def test_each_crop_has_its_video_s_value_and_a_fake_its_original_s(
    write: Any, index: CropIndex
) -> None:
    path = write(
        "skin;video_id;Gender\n"
        "light;ffpp/original/c23/000;female\n"
        ";ffpp/original/c23/003;male\n"
        "dark;ffpp/Deepfakes/c23/003_000;\n"
        "dark;dfdc/of/another/corpus;male\n"
    )
    known = attributes_of(read_attributes(path), index)
    assert known.to_pydict() == {
        "skin": ["light", "light", "light", "dark", None],
        "gender": ["female", "female", "female", "male", "male"],
    }


def test_the_order_of_the_lines_does_not_matter(write: Any, index: CropIndex) -> None:
    lines = [f"ffpp/original/c23/{name},{value}" for name, value in (("000", "a"), ("003", "b"))]
    head = ["video_id,group"]
    known = attributes_of(read_attributes(write("\n".join(head + lines))), index)
    turned = attributes_of(read_attributes(write("\n".join(head + lines[::-1]))), index)
    assert known.equals(turned)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("person,gender\na,b\n", "line 1: expected columns video_id, got 'person, gender'"),
        ("video_id\na\n", "expected lines of video_id and an attribute at least, got none"),
        ("video_id,gender\n", "expected lines of video_id and an attribute at least, got none"),
        ("video_id,gender\na,f\nb,m\na,f\n", "line 4: 'a' is listed twice, expected once"),
        (
            "video_id,age\n" + "".join(f"v{age},{age}\n" for age in range(21)),
            "column 'age' has 21 values, expected at most 20",
        ),
    ],
)
def test_a_table_of_another_form_is_refused(write: Any, text: str, message: str) -> None:
    path = write(text)
    with pytest.raises(MetadataError) as caught:
        read_attributes(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert str(caught.value).endswith("; correct it, or leave out attributes=")


def test_twenty_values_and_any_number_of_unknown_ones_are_read(write: Any) -> None:
    values = "".join(f"v{age},{age}\n" for age in range(20))
    table = read_attributes(write(f"video_id,age\n{values}w1,\nw2,\n")).table
    assert table["age"].null_count == 2


def test_a_table_that_tells_of_none_of_the_crops_is_refused(index: CropIndex) -> None:
    table = pa.table({"video_id": ["000"], "gender": ["female"]})
    with pytest.raises(MetadataError) as caught:
        attributes_of(Attributes(Path("people.csv"), table), index)
    assert str(caught.value) == (
        "people.csv tells of none of the videos in crops, expected such as "
        "'ffpp/original/c23/000'; correct it, or leave out attributes="
    )
