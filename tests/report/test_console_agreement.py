"""What is printed of a comparison."""

import io

from rich.console import Console
from rich.table import Table

from resgat.report.agreement import agree
from resgat.report.console_agreement import counts_table, worst_table
from resgat.report.terminal import print_table

ROWS = agree(
    {"a": 1.0, "a_ci": [0.0, 3.0], "b[red]": 1.0, "c": 1},
    {"a": 2.0, "a_ci": [0.0, 3.0], "b[red]": 1.25, "d": 1},
    atol=0.5,
)


def printed(table: Table) -> list[list[str]]:
    text = io.StringIO()
    print_table(table, Console(file=text))
    lines = text.getvalue().splitlines()
    return [[cell.strip() for cell in line.split("|")] for line in lines if "|" in line]


def test_each_kind_is_counted() -> None:
    assert printed(counts_table(ROWS)) == [
        ["identical", "within tolerance", "differs", "only in one"],
        ["2", "1", "1", "2"],
    ]


def test_the_worst_numbers_stand_beside_what_was_recorded() -> None:
    head, *rows = printed(worst_table(ROWS))
    assert head[:4] == ["number", "recorded", "now", "difference"]
    assert rows == [
        ["a", "1", "2", "1", "differs", "yes"],
        ["b[red]", "1", "1.25", "0.25", "within tolerance", "-"],
        ["c", "1", "-", "-", "only in one", "-"],
        ["d", "-", "1", "-", "only in one", "-"],
    ]
    assert printed(worst_table(ROWS, limit=1))[1:] == rows[:1]
