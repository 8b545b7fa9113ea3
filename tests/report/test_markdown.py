"""Tables as Markdown."""

from resgat.report.markdown import markdown_table


def test_a_table_by_hand() -> None:
    rows = [("a|b", 0.123456, None, True), ("c\nd", 12, "x\\", 1e-9)]
    assert markdown_table(("name", "p", "q", "r"), rows).splitlines() == [
        "| name | p | q | r |",
        "|---|---|---|---|",
        "| a\\|b | 0.1235 |  | True |",
        "| c d | 12 | x\\\\ | 1e-09 |",
    ]


def test_a_long_table_says_how_many_rows_it_has() -> None:
    told = markdown_table(("n",), [(n,) for n in range(1200)], limit=2)
    assert told == "| n |\n|---|\n| 0 |\n| 1 |\n\nThe first 2 of 1,200 rows.\n"
    assert "of" not in markdown_table(("n",), [(0,), (1,)], limit=2)
