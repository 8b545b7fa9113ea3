import io

import pytest
from rich.console import Console
from rich.table import Table

from resgat.report.terminal import print_table


@pytest.fixture
def table() -> Table:
    table = Table("split", "AUC")
    table.add_row("test", "0.971 " * 20)
    return table


def test_plain_and_unbroken_where_the_output_is_no_terminal(table: Table) -> None:
    file = io.StringIO()
    print_table(table, Console(file=file, width=40))
    assert file.getvalue().isascii()
    assert "\x1b" not in file.getvalue()
    assert ("0.971 " * 20).strip() in file.getvalue()


def test_a_terminal_gets_colours_and_its_own_width(table: Table) -> None:
    file = io.StringIO()
    print_table(table, Console(file=file, force_terminal=True, width=40))
    assert "\x1b" in file.getvalue()


def test_standard_output_is_the_default(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    print_table(table)
    assert "test" in capsys.readouterr().out
