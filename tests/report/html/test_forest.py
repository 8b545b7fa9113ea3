from resgat.report.html.forest import Bar, forest, key
from resgat.report.html.markup import element

BAR = Bar("resgat_v2", 0.75, 0.7, 0.8)


def test_a_line_has_its_name_its_mark_and_its_number() -> None:
    plot = forest({"": [BAR]})
    assert "resgat_<wbr>v2" in plot
    assert "<b>0.750</b> <small>[0.700, 0.800]</small>" in plot
    # The scale ends on 0.7 and 0.8.
    assert 'cx="50.00%"' in plot
    assert 'x1="0.00%" x2="100.00%"' in plot


def test_groups_have_headings_and_share_the_scale() -> None:
    plot = forest({"": [BAR], "controls": [BAR._replace(value=0.2, low=None, high=None)], "c": []})
    assert plot.count('class="part"') == 1
    assert '<div class="part">controls</div>' in plot
    assert "no interval" in plot
    assert 'x1="0.00%" x2="100.00%"' not in plot


def test_what_claims_nothing_is_dull_and_says_why() -> None:
    plot = forest({"": [BAR._replace(value=None, words="undefined", is_dull=True, is_grey=True)]})
    assert "<small>undefined</small>" in plot
    assert "<circle" not in plot
    assert 'class="label grey" title="undefined"' in plot


def test_chance_and_a_rival_are_marked() -> None:
    plot = forest({"": [BAR._replace(rival=0.72)]}, 0.5)
    assert plot.count('class="chance"') == 1
    assert 'class="permuted"' in plot


def test_the_key_names_each_sign() -> None:
    assert key({"chance": [element("line")]}).count("<li>") == 1
