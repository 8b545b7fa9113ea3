"""What the pictures of faces are made of."""

from functools import partial

import torch

from resgat.data.datamodule import CropDataModule
from resgat.graph.grid import GridGraph
from resgat.models.additive_head import AdditiveHead
from resgat.models.resgat import ResGAT
from resgat.models.resnet import ResNetClassifier
from resgat.models.trunk import ResNetTrunk
from resgat.report.faces import draw_items


def test_a_face_shows_what_the_detector_found_in_it(datamodule: CropDataModule) -> None:
    torch.manual_seed(0)
    head = partial(AdditiveHead, level="layer1", pool=1, value_levels=("layer1",))
    net = ResGAT(ResNetTrunk("resnet18", last="layer1"), GridGraph(8), head)
    index = datamodule.index.select("test")
    facts = {"reference": torch.zeros(64)}
    items = draw_items(net, index, datamodule, facts, torch.device("cpu"))
    assert [item.crop_id for item in items] == index.column("crop_id").to_pylist()
    for item in items:
        assert item.image.shape == (32, 32, 3)
        assert (item.mask is None) == (item.label == 0)
        assert item.contribution is not None
        assert item.contribution.shape == (32, 32)
        assert item.contrast is not None
        assert (item.contrast == item.contribution).all()
        assert item.attention is not None
        assert 0 < item.prob < 1


def test_maps_that_a_model_does_not_have_are_left_out(datamodule: CropDataModule) -> None:
    net = ResNetClassifier(ResNetTrunk("resnet18", last="layer1"))
    index = datamodule.index.select("test").thin(1)
    for item in draw_items(net, index, datamodule, {}, torch.device("cpu")):
        assert item.attention is item.contrast is None
        assert item.contribution is not None
