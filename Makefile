# All that is needed is Python 3.11 or newer and a network; everything else lands in .venv.
RECENT := import sys; sys.version_info >= (3, 11) and print(sys.executable)
PYTHON ?= $(or $(shell python3.11 -c '$(RECENT)' 2>/dev/null),$(shell python3 -c '$(RECENT)' 2>/dev/null))
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

export NO_ALBUMENTATIONS_UPDATE := 1
export WANDB_MODE ?= offline

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all lint format type docs bench lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(STAMP) ## Make .venv from the hashed lock (about 3 minutes, 7 GB)

# Installed again only when what it is installed from has changed.
$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or newer; run make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@echo "Installing into $(VENV) (about 3 minutes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## Train on drawn faces, on the CPU, from nothing to a result
	@$(BIN)/python src/train.py experiment=demo hydra.run.dir=outputs/demo
	@echo "Faces with their evidence:  outputs/demo/gallery/gallery.png"
	@echo "Numbers with intervals:     outputs/demo/metrics.json (expect a test video AUC above 0.95)"
	@echo "Curves:                     outputs/demo/plots/"
	@echo "Checkpoint, for src/eval.py: outputs/demo/checkpoints/best.ckpt"

test: $(STAMP) ## Run the quick tests
	@$(BIN)/python -m pytest -q -n 2 -m "not slow"

test-all: $(STAMP) ## Run every test
	@$(BIN)/python -m pytest -q -n 2

lint: $(STAMP) ## Check style and formatting
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

format: $(STAMP) ## Repair style and formatting
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

type: $(STAMP) ## Check types
	@$(BIN)/mypy

docs: $(STAMP) ## Build the documentation into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo "Open site/index.html"

bench: $(STAMP) ## Measure each thing against its control
	@$(BIN)/python benchmarks/run.py

lock: ## Resolve the versions anew (needs uv)
	uv pip compile --python-version 3.11 --extra all --generate-hashes --no-header --no-annotate \
	  pyproject.toml -o requirements.lock

clean: ## Remove caches and build leftovers; outputs/ and .venv stay
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist site src/*.egg-info
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
