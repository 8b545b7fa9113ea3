import pytest
from matplotlib.figure import Figure

from resgat.explain.inches import axes_at, write_at


def test_axes_lie_where_they_are_put_and_show_nothing_of_themselves() -> None:
    figure = Figure(figsize=(8, 4))
    axes = axes_at(figure, left=2, bottom=1, width=4, height=2)
    assert axes.get_position().bounds == pytest.approx((0.25, 0.25, 0.5, 0.5))
    assert not list(axes.get_xticks())
    assert not any(spine.get_visible() for spine in axes.spines.values())


def test_text_hangs_from_its_place() -> None:
    figure = Figure(figsize=(8, 4))
    write_at(figure, 2, 3, "face", color="red")
    (text,) = figure.texts
    assert text.get_position() == (0.25, 0.75)
    assert (text.get_text(), text.get_verticalalignment(), text.get_color()) == (
        "face",
        "top",
        "red",
    )


def test_a_dollar_sign_begins_no_formula() -> None:
    figure = Figure(figsize=(8, 4))
    write_at(figure, 2, 3, r"a $\no formula$ in a file's name")
    figure.canvas.draw()
