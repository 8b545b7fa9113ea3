"""Where Hydra looks for sweepers: a search by Optuna that outlives its process.

The work is in :mod:`resgat.run.study`, which is imported when a search begins, for Hydra looks into
this file at every start.
"""

from __future__ import annotations

import logging
from typing import Any

from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

# Hydra imports Optuna, which imports this, before the sweeper is built.
logging.getLogger("alembic").setLevel(logging.WARNING)


class StudySweeper(Sweeper):
    """Chooses the settings of each job by what earlier jobs came to.

    Args:
        settings: As :class:`resgat.run.study.Search` takes them.
    """

    def __init__(self, **settings: Any) -> None:
        from resgat.run.quiet import hush_libraries

        hush_libraries()
        from resgat.run.study import Search

        self._search = Search(**settings)

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Take what the jobs are launched with."""
        from hydra.core.plugins import Plugins

        self._config = config
        self._launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> None:
        """Run what is missing of the search."""
        self._search.run(arguments, self._launcher, self._config)
