import pytest

from resgat.run.nested_csv import Layout, nest

LAYOUT = Layout(("name", "level"), {"x_ci": ("low", "high")})
HEAD = "level,name,x,low,high,is_real\n"


def test_rows_are_nested_and_ends_become_an_interval() -> None:
    found = nest(f"{HEAD}1,a,0.5,0.25,0.75,True\n2,a,3,,,False\n1,b,1e-05,-1,nan,\n", LAYOUT)
    assert found == {
        "a": {
            "1": {"x": 0.5, "x_ci": [0.25, 0.75], "is_real": True},
            "2": {"x": 3, "x_ci": [None, None], "is_real": False},
        },
        "b": {"1": {"x": 1e-05, "x_ci": [-1, "nan"], "is_real": None}},
    }
    assert isinstance(found["a"]["2"]["x"], int)


def test_a_header_alone_holds_nothing() -> None:
    assert nest(HEAD, LAYOUT) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no column 'name'"),
        (HEAD.replace("low", "lo"), "there is no column 'low'"),
        (f"{HEAD}1,a\n", r"zip\(\)"),
    ],
)
def test_what_is_no_such_table_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        nest(text, LAYOUT)
