import pytest

from resgat.data.corpora.deepfakebench_names import Groups, Kind, People, kind_of, people_of
from resgat.errors import MetadataError


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("FF-real", Kind(0, "ffpp", "original")),
        ("FF-DF", Kind(1, "ffpp", "Deepfakes")),
        ("FF-FS", Kind(1, "ffpp", "FaceSwap")),
        ("FF-NT", Kind(1, "ffpp", "NeuralTextures")),
        ("FF-FH", Kind(1, "ffpp", "FaceShifter")),
        ("DFD_real", Kind(0, "dfd", "original")),
        ("DFD_fake", Kind(1, "dfd", "DeepFakeDetection")),
        ("CelebDFv1_real", Kind(0, "celebdf_v1", "original")),
        ("CelebDFv2_fake", Kind(1, "celebdf", "Celeb-synthesis")),
        ("DFDC_Fake", Kind(1, "dfdc_test", "fake")),
        ("DFDCP_Real", Kind(0, "dfdc_preview", "original")),
        ("DFDCP_FakeA", Kind(1, "dfdc_preview", "fakeA")),
        ("simswap_Fake", Kind(1, "simswap", "fake")),
    ],
)
def test_labels_of_deepfakebench(label: str, kind: Kind) -> None:
    assert kind_of(label) == kind


@pytest.mark.parametrize("label", ["FF-XX", "real", "DFDC", "DFDC_maybe", ""])
def test_a_label_that_says_nothing_is_refused(label: str) -> None:
    with pytest.raises(MetadataError, match=f"label '{label}': expected one of DeepfakeBench's"):
        kind_of(label)


@pytest.mark.parametrize(
    ("label", "name", "people"),
    [
        ("FF-real", "071", People("071")),
        ("FF-NT", "071_054", People("071", "054", "071")),
        ("DFD_real", "01__walking_down", People("01")),
        ("DFD_fake", "01_12__walking_down__AB12CD34", People("01", "12", "01__walking_down")),
        ("CelebDFv1_fake", "id1_id2_0003", People("id1", "id2", "id1_0003")),
        ("CelebDFv1_real", "id1_0003", People("id1")),
        ("DFDC_Fake", "aaqaifqrwn", People("aaqaifqrwn")),
        ("FF-DF", "other", People("other")),
    ],
)
def test_people_are_read_from_names(label: str, name: str, people: People) -> None:
    assert people_of(kind_of(label), name) == people


def test_groups_are_official_pairs_and_else_the_person() -> None:
    groups = Groups([("071", "054"), ("9001", "9002")])
    assert groups.of("ffpp", "071") == groups.of("ffpp", "054") == "ffpp/054_071"
    assert groups.of("ffpp", "9002") == "ffpp/9001"
    assert groups.of("celebdf", "id3") == "celebdf/id3"
