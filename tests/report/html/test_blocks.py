from resgat.report.html.blocks import fact_list, folded, grid_table, scrolling
from resgat.report.html.markup import element


def test_a_fold_is_closed_unless_it_is_asked_to_be_open() -> None:
    inner = element("p", "x")
    assert folded("more", inner) == "<details><summary>more</summary><p>x</p></details>"
    assert folded("more", inner, is_open=True).startswith("<details open>")


def test_a_table_has_named_rows_numbers_and_a_label() -> None:
    table = grid_table(["run", "AUC"], [["a<b", 0.5], ["c", 0.7]], "Runs")
    assert table.startswith('<div class="scroll" tabindex="0" role="region" aria-label="Runs">')
    assert '<th scope="col">run</th><th scope="col" class="num">AUC</th>' in table
    assert '<th scope="row">a&lt;b</th><td class="num">0.5</td>' in table


def test_facts_are_escaped_pairs() -> None:
    assert fact_list([("code", "<1>")]) == (
        '<dl class="facts"><dt>code</dt><dd>&lt;1&gt;</dd></dl>'
    )


def test_what_scrolls_can_be_reached_by_keyboard() -> None:
    assert 'tabindex="0"' in scrolling(element("table"), "T")
