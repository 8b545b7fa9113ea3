import pytest

from resgat.report.seen import seen_words


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ({}, "not checked"),
        ({"seen_in_training": None, "seen_in_training_reason": "why"}, "why"),
        ({"seen_in_training": {}}, "nothing"),
        (
            {"seen_in_training": {"train": {"identity_groups": 2}, "val": {"videos": 1200}}},
            "2 identity groups were in train, 1,200 videos were in val",
        ),
    ],
)
def test_what_was_seen_is_said_by_role_and_kind(test: dict[str, object], words: str) -> None:
    assert seen_words(test) == words
