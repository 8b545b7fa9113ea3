import errno
import os
from pathlib import Path

import pytest

from resgat.data.storing import storing
from resgat.errors import DatasetNotFoundError, StorageError


def test_a_full_disk_is_told_in_a_line_with_a_remedy() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(StorageError) as caught, storing(Path("crops"), "the index"):
        raise full
    assert str(caught.value) == (
        "crops: cannot write the index (No space left on device); make room and run again: "
        "finished videos are kept"
    )
    assert caught.value.__cause__ is full


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOTEMPTY, errno.EIO])
def test_what_more_room_does_not_mend_has_another_remedy(number: int) -> None:
    message = rf"cannot write the index \({os.strerror(number)}\); see to the folder and its disk"
    with pytest.raises(StorageError, match=message), storing(Path("crops"), "the index"):
        raise OSError(number, os.strerror(number))


def test_an_error_without_a_number_is_told_in_its_own_words() -> None:
    message = "crops: cannot write masks \\(odd\\)"
    with pytest.raises(StorageError, match=message), storing(Path("crops"), "masks"):
        raise OSError("odd")


def test_our_own_errors_pass_though_some_are_of_the_same_kind() -> None:
    with pytest.raises(DatasetNotFoundError, match="no videos"), storing(Path("crops"), "masks"):
        raise DatasetNotFoundError("no videos")
