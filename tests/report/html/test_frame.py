from resgat.report.html.frame import HEIGHT, WIDTH, Frame
from resgat.report.html.markup import element
from resgat.report.html.scales import linear

FRAME = Frame(linear([0, 1]), linear([0, 10]), "share <x>", "P(fake)")


def test_corners() -> None:
    assert (FRAME.x(0), FRAME.x(1)) == (44, WIDTH - 12)
    assert (FRAME.y(0), FRAME.y(10)) == (HEIGHT - 40, 10)


def test_middle_lies_between_the_ends() -> None:
    assert FRAME.x(0.5) == (FRAME.x(0) + FRAME.x(1)) / 2
    assert FRAME.y(5) == (FRAME.y(0) + FRAME.y(10)) / 2


def test_a_drawing_holds_marks_labels_and_its_text() -> None:
    page = FRAME.draw(element("circle", r=3), alt="a & b")
    assert '<circle r="3"></circle>' in page
    assert 'role="img" aria-label="a &amp; b"' in page
    assert "share &lt;x&gt;</text>" in page
    assert all(f">{tick}</text>" in page for tick in ("0.4", "10", "0"))
