"""Every file in conf/ composes and names what can be built; every model explains itself."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from resgat.config import parse, register
from resgat.run.instantiate import build
from resgat.targets import check_targets

CONF = Path(__file__).resolve().parents[1] / "conf"
FILES = sorted(path.relative_to(CONF).with_suffix("").as_posix() for path in CONF.rglob("*.yaml"))
ROOTS = [name for name in FILES if "/" not in name]
OPTIONS = [name for name in FILES if "/" in name]
MODELS = sorted(path.stem for path in CONF.glob("model/*.yaml"))
HEADS = sorted(path.stem for path in CONF.glob("model/head/*.yaml"))
EXPERIMENTS = sorted(path.stem for path in CONF.glob("experiment/*.yaml"))

#: What every corpus shares; no corpus by itself.
PARTS = {"data/base"}
#: What a command asks its user for.
GIVEN = {
    "ckpt_path": "best.ckpt",
    "name": "mine",
    "input": "face.png",
    "out": "packed",
    "run_dir": "run",
    "runs": "[run]",
}
#: What an option is of use with.
BELONGS_TO = {"model/head/mean": ("model=resgatv2_paper",)}

Compose = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """Compose a root config as a command does, up to the plain containers."""

    @cache
    def run(root: str, *overrides: str) -> dict[str, Any]:
        given = [f"{key}={value}" for key, value in GIVEN.items() if key in missing_keys(root)]
        return parse(compose(root, [*given, *overrides]))

    register()
    output_dir = f"hydra.runtime.output_dir={tmp_path_factory.mktemp('run')}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESGAT_YUNET", "face_detection_yunet_2023mar.onnx")
        with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
            HydraConfig.instance().set_config(
                compose("train", [output_dir], return_hydra_config=True)
            )
            yield run
    HydraConfig.instance().cfg = None


@cache
def missing_keys(root: str) -> set[str]:
    return OmegaConf.missing_keys(compose(root))


def roots_with(group: str) -> list[str]:
    """Return the root configs whose defaults choose from a group."""
    top = group.partition("/")[0]
    return [
        root
        for root in ROOTS
        if any(
            isinstance(entry, dict) and top in entry
            for entry in yaml.safe_load((CONF / f"{root}.yaml").read_text())["defaults"]
        )
    ]


@pytest.mark.parametrize("root", ROOTS)
def test_every_command_composes_with_its_defaults(root: str, composed: Compose) -> None:
    check_targets(composed(root))


@pytest.mark.parametrize("option", [name for name in OPTIONS if name not in PARTS])
def test_every_option_composes_and_names_what_can_be_built(option: str, composed: Compose) -> None:
    group, _, choice = option.rpartition("/")
    roots = roots_with(group)
    assert roots, f"no command chooses from conf/{group}"
    # Only data's options refer to what differs between the commands.
    for root in roots if group == "data" else roots[-1:]:
        check_targets(composed(root, *BELONGS_TO.get(option, ()), f"{group}={choice}"))


@pytest.mark.parametrize("part", sorted(PARTS))
def test_a_part_is_used_by_the_other_options_of_its_group(part: str) -> None:
    group, _, name = part.rpartition("/")
    others = [path for path in (CONF / group).glob("*.yaml") if path.stem != name]
    assert all(name in yaml.safe_load(path.read_text())["defaults"] for path in others)


def small(model: dict[str, Any]) -> dict[str, Any]:
    """The default timm model is 21M parameters large; any other shows as much."""
    return {**model, "name": "resnet18"} if "name" in model else model


@pytest.mark.parametrize(
    "overrides",
    [(f"model={name}",) for name in MODELS]
    + [("model=resgatv2", f"model/head={name}") for name in HEADS if "additive" in name],
)
def test_every_model_gives_a_logit_and_the_evidence_for_it(
    overrides: tuple[str, ...], composed: Compose
) -> None:
    torch.manual_seed(0)
    net = build(small(composed("train", *overrides)["model"])).eval()
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        evidence, logit = net(images, return_evidence=True), net(images)
    assert logit.shape == (2,)
    torch.testing.assert_close(evidence.logit, logit)
    explained = evidence.constant + evidence.contribution.sum(1)
    torch.testing.assert_close(explained, logit, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("resgatv1", 21.0, 21.9),
        ("resgatv2", 21.0, 21.9),
        ("resnet34", 21.25, 21.35),
        ("resgatv1_paper", 32.955, 32.965),
        ("resgatv2_paper", 42.405, 42.415),
    ],
)
def test_models_have_the_size_that_is_said_of_them(
    name: str, low: float, high: float, composed: Compose
) -> None:
    with torch.device("meta"):
        net = build(composed("train", f"model={name}")["model"])
    assert low <= sum(p.numel() for p in net.parameters()) / 1e6 <= high


@pytest.mark.parametrize("name", ["resgatv1", "resgatv2"])
def test_the_name_of_a_model_is_the_version_of_its_attention(name: str, composed: Compose) -> None:
    for suffix in ("", "_paper"):
        assert composed("train", f"model={name}{suffix}")["model"]["head"]["version"] == name[-2:]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_is_written_up(name: str, repo: Path) -> None:
    assert (repo / "experiments" / name / "README.md").is_file()


def test_every_write_up_has_its_experiment_or_its_script(repo: Path) -> None:
    folders = {path.name for path in (repo / "experiments").iterdir() if path.is_dir()}
    for name in folders - set(EXPERIMENTS):
        command = f"python experiments/{name}/analysis.py"
        assert command in (repo / "experiments" / name / "README.md").read_text()
        assert (repo / command.removeprefix("python ")).is_file()


def test_an_experiment_wins_over_the_groups_and_the_command_line_over_both(
    composed: Compose,
) -> None:
    assert composed("train")["trainer"]["max_epochs"] == 10
    assert composed("train", "experiment=demo")["trainer"]["max_epochs"] == 3
    asked = composed("train", "experiment=demo", "trainer.max_epochs=7")
    assert asked["trainer"]["max_epochs"] == 7


@pytest.mark.parametrize("preset", ["fast", "ci", "planted", "paper", "full"])
def test_every_preset_names_methods_and_metrics_that_there_are(
    preset: str, composed: Compose
) -> None:
    section = composed("explain", f"explain={preset}", "ckpt_path=x")["explain"]
    assert set(section["methods"]) <= set(section["catalogue"])
    assert set(section["metrics"]) <= set(section["measures"])
    assert len(set(section["methods"])) == len(section["methods"])
    assert {"random_smooth", "center"} <= set(section["methods"])


def test_the_docs_name_what_the_largest_presets_leave_out(composed: Compose, repo: Path) -> None:
    page = (repo / "docs" / "explaining.md").read_text("utf-8")
    paper, full = (
        composed("explain", f"explain={preset}", "ckpt_path=x")["explain"]
        for preset in ("paper", "full")
    )
    left_out = sorted(set(paper["catalogue"]) - set(paper["methods"]))
    assert f"all but `{'` and `'.join(left_out)}`, on 1,000 images" in page
    assert paper["num_images"] == 1000
    assert (full["methods"], full["num_costly"]) == (paper["methods"], 500)
    assert set(full["metrics"]) == set(full["measures"])
    unasked = set(full["metrics"]) - set(paper["metrics"])
    assert unasked == {"road", "adv_drop", "max_sensitivity"}
