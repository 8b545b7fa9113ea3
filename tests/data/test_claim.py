import json
from pathlib import Path

import pytest

from resgat.data.claim import claim, described, refuse_others
from resgat.data.cropping import CropSpec
from resgat.errors import ConfigError

SPEC = CropSpec(64, 1.3, {"name": "fixed"})


def test_a_new_folder_is_claimed_and_can_be_claimed_again(tmp_path: Path) -> None:
    for _ in range(2):
        claim(tmp_path / "crops", "toy", SPEC)
        found = json.loads((tmp_path / "crops" / "crop_spec.json").read_text())
        assert found == {"corpus": "toy", "crop_spec": described(SPEC)}


def test_a_description_has_the_hash_first_and_every_setting() -> None:
    values = described(SPEC)
    assert next(iter(values)) == "hash"
    assert values.pop("hash") == SPEC.hash
    assert values.pop("extraction") == 1
    assert CropSpec(**values) == SPEC


@pytest.mark.parametrize(
    ("corpus", "spec", "difference"),
    [
        ("other", SPEC, "corpus toy there, other now"),
        ("toy", CropSpec(96, 1.3, {"name": "fixed"}), r"size_px 64 there, 96 now"),
        (
            "toy",
            CropSpec(64, 1.3, {"name": "fixed"}, frames_per_video=None, stride=5),
            "frames_per_video 32 there, None now, stride 1 there, 5 now",
        ),
        ("toy", CropSpec(64, 1.3, {"name": "else"}), r"detector {'name': 'fixed'} there, {'nam"),
    ],
)
def test_other_crops_are_refused_with_what_differs_of_both(
    corpus: str, spec: CropSpec, difference: str, tmp_path: Path
) -> None:
    claim(tmp_path, "toy", SPEC)
    with pytest.raises(ConfigError, match="holds other crops: ") as caught:
        claim(tmp_path, corpus, spec)
    assert difference in str(caught.value)
    assert str(caught.value).endswith("choose another crops_dir, or delete this one")


def test_a_setting_that_an_older_version_did_not_know_differs(tmp_path: Path) -> None:
    values = described(SPEC)
    del values["stride"]
    (tmp_path / "crop_spec.json").write_text(json.dumps({"corpus": "toy", "crop_spec": values}))
    with pytest.raises(ConfigError, match="holds other crops: stride None there, 1 now"):
        claim(tmp_path, "toy", SPEC)


@pytest.mark.parametrize("name", ["index.parquet", "ffpp", "notes.txt"])
def test_a_folder_with_other_files_is_refused(name: str, tmp_path: Path) -> None:
    """A video's crops are put in place as a whole folder: what lay there would be gone."""
    (tmp_path / name).mkdir()
    expected = rf"holds {name}, which preprocessing did not write; choose a new or empty crops_dir"
    with pytest.raises(ConfigError, match=expected):
        claim(tmp_path, "toy", SPEC)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_is_hidden_and_what_a_failed_run_left_is_no_obstacle(tmp_path: Path) -> None:
    for name in (".DS_Store", "failures.csv"):
        (tmp_path / name).touch()
    claim(tmp_path, "toy", SPEC)
    assert (tmp_path / "crop_spec.json").is_file()


def test_looking_claims_nothing(tmp_path: Path) -> None:
    refuse_others(tmp_path / "crops", "toy", SPEC)
    assert not (tmp_path / "crops").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"crop_spec\.json: expected JSON"),
        ("[]", r"crop_spec\.json: expected an object"),
        ('{"corpus": "toy"}', r"crop_spec\.json: expected an object with a crop_spec"),
        ('{"crop_spec": 3}', r"crop_spec\.json: expected an object with a crop_spec"),
    ],
)
def test_a_malformed_note_is_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "crop_spec.json").write_text(text)
    with pytest.raises(ConfigError, match=message):
        claim(tmp_path, "toy", SPEC)


def test_a_note_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "crop_spec.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"crop_spec\.json: expected JSON"):
        claim(tmp_path, "toy", SPEC)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "crops").touch()
    with pytest.raises(ConfigError, match="crops: expected a folder, got a file"):
        claim(tmp_path / "crops", "toy", SPEC)


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"cannot be written to \(Not a directory\); choose"):
        claim(tmp_path / "file" / "crops", "toy", SPEC)


def test_a_shard_that_claims_the_folder_at_the_same_moment_is_no_stranger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its note and its journal may come between any two looks at the folder."""
    is_file = Path.is_file

    def claimed_meanwhile(path: Path) -> bool:
        monkeypatch.undo()
        answer = is_file(path)
        claim(tmp_path, "toy", SPEC)
        (tmp_path / "journal").mkdir()
        return answer

    monkeypatch.setattr(Path, "is_file", claimed_meanwhile)
    refuse_others(tmp_path, "toy", SPEC)
    assert (tmp_path / "journal").is_dir()
