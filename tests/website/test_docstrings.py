"""Docstrings as the site shows them."""

from website.docstrings import in_markdown


def test_roles_become_names() -> None:
    text = "See :func:`~resgat.a.b` and :class:`C`, `d`."
    assert in_markdown(text) == "See `resgat.a.b` and `C`, `d`."


def test_an_example_is_read_as_examples() -> None:
    assert in_markdown("Do.\n\nExample:\n    >>> 1\n    1") == "Do.\n\nExamples:\n    >>> 1\n    1"


def test_shapes_become_a_list_and_what_follows_stays() -> None:
    text = "Shape:\n    a: (B,), of\n        each\n    b: (N, 2)\n\nRaises:\n    E: no"
    assert in_markdown(text) == (
        "Shape:\n    * a: (B,), of\n        each\n    * b: (N, 2)\n\nRaises:\n    E: no"
    )


def test_a_table_of_restructured_text_becomes_one_of_markdown() -> None:
    text = "=== ======\nkey what\n=== ======\na   one\n    more\nbc  two\n=== ======\n\nAfter."
    assert in_markdown(text) == (
        "| key | what |\n|---|---|\n| a | one more |\n| bc | two |\n\nAfter."
    )
