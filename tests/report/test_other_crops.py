import pytest

from resgat.report.other_crops import other_crops_words

SPEC = {"trained": "0a", "judged": "1b"}


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ({}, "not recorded"),
        ({"other_crop_spec": {}}, "nothing"),
        (
            {"other_crop_spec": {"crop_spec": SPEC}},
            "crop_spec 1b instead of 0a, and what differs was not recorded",
        ),
        (
            {
                "other_crop_spec": {
                    "crop_spec": SPEC,
                    "margin": {"trained": 1.3, "judged": 1.5},
                    "quality": {"trained": None, "judged": 95},
                }
            },
            "margin 1.5 instead of 1.3, quality 95 instead of None",
        ),
    ],
)
def test_what_differs_is_said_by_setting(test: dict[str, object], words: str) -> None:
    assert other_crops_words(test) == words
