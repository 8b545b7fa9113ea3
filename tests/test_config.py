"""Hydra's config becomes plain containers, or a message that names the key."""

from dataclasses import fields

import pytest
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

from resgat.config import parse, register
from resgat.errors import ConfigError
from resgat.schemas.corpora import AuditConfig, PackConfig, PreprocessConfig
from resgat.schemas.runs import EvalConfig, ReproduceConfig, TrainConfig

SECTIONS: dict[str, object] = {"model": {}, "data": {}, "loss": {}, "optimizer": {}, "trainer": {}}


def config(**changes: object) -> DictConfig:
    cfg: DictConfig = OmegaConf.structured(TrainConfig)
    OmegaConf.set_struct(cfg, False)
    for key, value in {**SECTIONS, **changes}.items():
        cfg[key] = value
    return cfg


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("train_schema", TrainConfig),
        ("eval_schema", EvalConfig),
        ("preprocess_schema", PreprocessConfig),
        ("audit_schema", AuditConfig),
        ("pack_schema", PackConfig),
        ("reproduce_schema", ReproduceConfig),
    ],
)
def test_registered_schemas_hold_the_dataclass_fields(name: str, schema: type) -> None:
    register()
    node = ConfigStore.instance().load(f"{name}.yaml").node
    assert list(node) == [field.name for field in fields(schema)]


def test_a_composed_config_becomes_plain_containers() -> None:
    plain = parse(config(seed=7, model={"heads": 4, "layers": [1, "${seed}"]}))
    assert plain["model"] == {"heads": 4, "layers": [1, 7]}
    assert type(plain["model"]) is dict
    assert type(plain["model"]["layers"]) is list
    assert plain["scheduler"] is None


def test_a_key_outside_the_schema_is_refused_with_the_nearest_one() -> None:
    cfg = OmegaConf.merge(config(), {})
    assert isinstance(cfg, DictConfig)
    OmegaConf.update(cfg, "modle", 3, force_add=True)
    with pytest.raises(ConfigError, match=r"^modle: unknown key; .*Did you mean 'model'\?$"):
        parse(cfg)


def test_every_missing_value_is_named_with_what_to_type() -> None:
    cfg = config(data={"raw_dir": "???", "crops_dir": "???"})
    expected = (
        r"^data\.crops_dir, data\.raw_dir: a value is required; "
        r"add data\.crops_dir=\.\.\. data\.raw_dir=\.\.\. to the command$"
    )
    with pytest.raises(ConfigError, match=expected):
        parse(cfg)


def test_a_reference_to_nowhere_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"^model\.dim: Interpolation key 'width' not found"):
        parse(config(model={"dim": "${width}"}))


def test_a_reference_to_a_missing_value_names_the_missing_value() -> None:
    cfg = config(model={"folder": "${data.raw_dir}"}, data={"raw_dir": "???"})
    with pytest.raises(ConfigError, match=r"data\.raw_dir"):
        parse(cfg)


def test_a_root_without_a_schema_is_refused() -> None:
    with pytest.raises(ConfigError, match="names no schema; put train_schema"):
        parse(OmegaConf.create({"seed": 1}))
