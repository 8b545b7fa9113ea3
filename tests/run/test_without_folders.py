from typing import Any

from resgat.run.without_folders import without_folders


def model(**changes: Any) -> dict[str, Any]:
    return {
        "path": "/home/x/run/checkpoints/best.ckpt",
        "sha256": "ab",
        "config": {"_target_": "resgat.models.resgat.ResGAT", "released": None, "dim": 4},
        "corpus": None,
        **changes,
    }


def test_names_stay_and_folders_go() -> None:
    backbone = {"arch": "resnet34", "weights": "/srv/weights/own.pth"}
    corpus = {"_target_": "resgat.data.corpora.ffpp.Ffpp", "root": "/srv/ffpp", "stride": 1}
    given = model(config={"backbone": backbone, "released": "~/w/a.pth"}, corpus=corpus)
    shown = without_folders(given)
    assert shown == {
        "path": "best.ckpt",
        "sha256": "ab",
        "config": {"backbone": {"arch": "resnet34", "weights": "own.pth"}, "released": "a.pth"},
        "corpus": {"_target_": "resgat.data.corpora.ffpp.Ffpp"},
    }
    assert given["config"]["backbone"] is backbone
    assert backbone["weights"] == "/srv/weights/own.pth"


def test_what_is_no_file_stays_as_it_is() -> None:
    for weights in ("none", "imagenet"):
        given = model(config={"backbone": {"weights": weights, "last": "layer2"}})
        assert without_folders(given) == {**given, "path": "best.ckpt"}
    assert without_folders(model()) == {**model(), "path": "best.ckpt"}
