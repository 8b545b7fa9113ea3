"""A page's links lead to the same things in the site as in the project."""

import pytest

from website.links import relinked

KNOWN = {"index.md", "a.md", "adr/x.md", "experiments/e/README.md", "experiments/e/h.png"}


@pytest.mark.parametrize(
    ("page", "before", "after"),
    [
        ("a.md", "[x](adr/x.md#why)", "[x](adr/x.md#why)"),
        ("adr/x.md", "[a](../a.md)", "[a](../a.md)"),
        ("a.md", "[e](../experiments/e/README.md)", "[e](experiments/e/README.md)"),
        ("adr/x.md", "[e](../../experiments/e/README.md)", "[e](../experiments/e/README.md)"),
        ("a.md", "[start](../README.md)", "[start](index.md)"),
        ("experiments/e/README.md", "![h](h.png)", "![h](../../experiments/e/h.png)"),
        ("experiments/e/README.md", "[a](../../docs/a.md)", "[a](../../a.md)"),
        ("experiments/e/README.md", "[s](../../src/s.py)", "`s`"),
        ("a.md", "[`s.py`](../src/s.py)", "`s.py`"),
        ("a.md", "[w](https://w.org/x), [here](#here)", "[w](https://w.org/x), [here](#here)"),
    ],
)
def test_where_links_lead(page: str, before: str, after: str) -> None:
    assert relinked(before, page, KNOWN) == after


def test_code_is_no_link() -> None:
    block = "```python\nf[x](y)\n```"
    assert relinked(f"[s](../src/s.py)\n{block}\n", "a.md", KNOWN) == f"`s`\n{block}\n"
