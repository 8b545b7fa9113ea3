import pytest

from resgat.data.audit.verdict import MAX_LISTED, Verdict, listing, worst


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["ok", "not checked"], "ok"),
        (["ok", "warning", "ok"], "warning"),
        (["broken", "warning"], "broken"),
        (["LEAK", "broken"], "LEAK"),
        (["not checked"], "not checked"),
    ],
)
def test_the_worst_verdict_counts(verdicts: list[str], expected: str) -> None:
    assert worst(Verdict(verdict) for verdict in verdicts) == expected


def test_a_long_list_is_cut_and_its_length_kept() -> None:
    listed = listing(range(MAX_LISTED + 5))
    assert (listed["count"], len(listed["first"])) == (MAX_LISTED + 5, MAX_LISTED)
