import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resgat.data.audit.crops import Crops
from resgat.data.audit.manifest import Manifest, read_manifest

MANIFEST: dict[str, Any] = {
    "schema": 2,
    "crop_spec": {"frames_per_video": 32},
    "counts": {"original": {"train": {"videos_found": 3, "videos_with_face": 2}}},
    "official": {"original": {"train": 720}},
    "absent": ["toy/original/c0/9"],
    "missing_videos": ["toy/original/c0/8"],
    "failed_videos": 1,
    "index_sha256": "ab",
}


@pytest.fixture
def crops(make_crops: Callable[..., Crops], make_rows: Callable[..., Any]) -> Crops:
    return make_crops(make_rows("a", "train"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "crops" / "manifest.json"


def test_it_is_read_as_preprocessing_writes_it(crops: Crops, path: Path) -> None:
    path.write_text(json.dumps(MANIFEST))
    assert read_manifest(crops) == Manifest(
        frames_per_video=32,
        found={"original": {"train": 3}},
        with_face={"original": {"train": 2}},
        official={"original": {"train": 720}},
        absent=["toy/original/c0/9"],
        missing_videos=["toy/original/c0/8"],
        failed_videos=1,
        index_sha256="ab",
    )


def test_its_absence_is_said(crops: Crops) -> None:
    assert read_manifest(crops) == "no manifest.json, so preprocessing did not make these crops"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "JSONDecodeError"),
        ("[]", "TypeError"),
        ("{}", "KeyError 'schema'"),
        (json.dumps({**MANIFEST, "schema": 3}), "ValueError schema 3"),
        (json.dumps({**MANIFEST, "official": 7}), "AttributeError"),
        (json.dumps({**MANIFEST, "counts": {"original": {"train": {}}}}), "KeyError"),
        (json.dumps({**MANIFEST, "failed_videos": "x"}), "ValueError"),
        ("\xff", "UnicodeDecodeError"),
    ],
)
def test_another_file_of_that_name_is_said_to_be_none(
    crops: Crops, path: Path, text: str, what: str
) -> None:
    path.write_bytes(text.encode("latin-1"))
    found = read_manifest(crops)
    assert isinstance(found, str)
    assert found.startswith("manifest.json is not what preprocessing writes (schema 2): ")
    assert what in found
    assert found.endswith("preprocess the corpus again")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.sampled_from(sorted(MANIFEST)), value=JSON)
def test_no_value_makes_it_fail(crops: Crops, path: Path, key: str, value: Any) -> None:
    path.write_text(json.dumps({**MANIFEST, key: value}))
    assert isinstance(read_manifest(crops), Manifest | str)
