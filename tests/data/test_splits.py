import logging
from collections.abc import Callable
from typing import Any

import pytest

from resgat.data.index import CropIndex
from resgat.data.splits import check_splits
from resgat.errors import SplitError, SplitLeakageError

Rows = list[dict[str, Any]]
MakeIndex = Callable[[Rows], CropIndex]


def test_good_splits_pass(make_index: MakeIndex, rows: Rows) -> None:
    check_splits(make_index(rows))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"val": "test"}, "data.val_split and data.test_split are both 'test'"),
        ({"val": "train"}, "data.train_split and data.val_split are both 'train'"),
        ({"test": "train"}, "data.train_split and data.test_split are both 'train'"),
    ],
)
def test_one_split_in_two_roles_is_refused(
    names: dict[str, str], message: str, make_index: MakeIndex, rows: Rows
) -> None:
    with pytest.raises(SplitError, match=message):
        check_splits(make_index(rows), **names)  # type: ignore[arg-type]


def test_empty_split_is_refused(make_index: MakeIndex, rows: Rows) -> None:
    with pytest.raises(SplitError, match=r"'valid' has 0 real and 0 fake crops; .*split column"):
        check_splits(make_index(rows), val="valid")


@pytest.mark.parametrize(("kept", "counts"), [(0, "4 real and 0 fake"), (1, "0 real and 4 fake")])
def test_split_of_one_class_is_refused(
    kept: int, counts: str, make_index: MakeIndex, rows: Rows
) -> None:
    rows = [row for row in rows if row["split"] != "val" or row["label"] == kept]
    with pytest.raises(SplitError, match=f"split 'val' has {counts} crops"):
        check_splits(make_index(rows))


def leak(rows: Rows) -> Rows:
    rows[0]["identity_group"] = rows[47]["identity_group"]  # train, test
    rows[1]["identity_group"] = rows[33]["identity_group"]  # train, val
    rows[2]["split"] = None
    rows[2]["identity_group"] = rows[47]["identity_group"]  # in no split: no harm
    return rows


def test_leak_is_refused_with_examples(make_index: MakeIndex, rows: Rows) -> None:
    with pytest.raises(SplitLeakageError) as caught:
        check_splits(make_index(leak(rows)))
    message = str(caught.value)
    assert message.startswith("2 identity group(s) lie in several splits (")
    assert "'person5' in test and train" in message
    assert "'person4' in train and val" in message
    assert message.endswith("or set data.allow_leakage=true")


def test_many_leaks_give_few_examples(make_index: MakeIndex, rows: Rows) -> None:
    for row in rows:
        row["identity_group"] = f"p{row['frame_idx']}"
    with pytest.raises(SplitLeakageError, match=r"^4 identity") as caught:
        check_splits(make_index(rows))
    assert str(caught.value).count("test and train and val") == 3


def test_allowed_leak_is_a_warning(
    make_index: MakeIndex, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    check_splits(make_index(leak(rows)), allow_leakage=True)
    assert "2 identity group(s) lie in several splits" in caplog.text
    caplog.clear()
    check_splits(make_index(rows[3:]), allow_leakage=True)
    assert not caplog.text


def test_allowed_leak_still_needs_both_classes(make_index: MakeIndex, rows: Rows) -> None:
    rows = [row for row in leak(rows) if row["label"] == 1]
    with pytest.raises(SplitError, match="0 real"):
        check_splits(make_index(rows), allow_leakage=True)


def test_to_be_judged_it_takes_a_test_split_only(make_index: MakeIndex, rows: Rows) -> None:
    only_test = make_index([row for row in rows if row["split"] == "test"])
    check_splits(only_test, is_judged_only=True)
    with pytest.raises(SplitError, match="split 'train' has 0 real and 0 fake crops"):
        check_splits(only_test)
    with pytest.raises(SplitError) as caught:
        check_splits(only_test, test="train", train="test", is_judged_only=True)
    assert str(caught.value) == (
        f"split 'train' has no crops; the index in {only_test.crops_dir} has 'test'. Name another "
        "one with data.test_split=..."
    )


def test_what_is_only_judged_may_lie_in_other_splits_too(
    make_index: MakeIndex, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    check_splits(make_index(leak(rows)), is_judged_only=True)
    check_splits(make_index(rows), test="train", is_judged_only=True)
    assert not caplog.messages


def test_one_class_may_be_judged_and_is_warned_of(
    make_index: MakeIndex, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    check_splits(make_index(rows), is_judged_only=True)
    assert not caplog.messages
    fakes = [row for row in rows if row["label"] == 1]
    check_splits(make_index(fakes), is_judged_only=True)
    (message,) = caplog.messages
    num = sum(row["split"] == "test" for row in fakes)
    assert message == (
        f"split 'test' has 0 real and {num} fake crops: numbers that need both are null"
    )
