"""What ``--help`` prints: read from the conf folder, so that it answers at once.

Hydra's own help composes a configuration for every option of every group, which takes longer than a
user waits.
"""

from __future__ import annotations

from pathlib import Path


def usage(command: str, purpose: str, conf_dir: Path, words: str = "") -> str:
    """Describe a command: its purpose, how to override, and every option of every group.

    Args:
        command: The script's name, such as ``train``.
        purpose: One sentence.
        conf_dir: Where the config groups lie.
        words: What the command takes without a key, such as ``RUN_DIR``.
    """
    started = f"python src/{command}.py {words}".rstrip()
    lines = [
        purpose,
        "",
        f"usage: {started} [group=option ...] [key=value ...] [-m]",
        "",
        "  model=resgatv1 data=ffpp       choose options, listed below",
        "  trainer.max_epochs=20          set any key; see them all with --cfg job",
        "  -m seed=1,2 optimizer.lr=1e-3,1e-4   sweep: one run per combination",
        "",
        "groups",
        *(f"  {group + ':':<18} {', '.join(options)}" for group, options in groups(conf_dir)),
        "",
        "--cfg job prints the whole configuration, --hydra-help the switches of Hydra itself.",
    ]
    return "\n".join(lines) + "\n"


def groups(conf_dir: Path) -> list[tuple[str, list[str]]]:
    """List the config groups of a folder and the options of each, in alphabetical order."""
    found: dict[str, list[str]] = {}
    for path in sorted(conf_dir.rglob("*.yaml")):
        group = path.relative_to(conf_dir).parent.as_posix()
        if group != ".":
            found.setdefault(group, []).append(path.stem)
    return sorted(found.items())
