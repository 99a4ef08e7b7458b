# Each target does its own set-up: Python 3.11+ and make are all that the machine must have.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
PYTEST_ARGS ?=
CHAOS_ARGS ?= --kills 200
SCALE_ARGS ?= hosts
DIST_ARGS ?=

.PHONY: help setup demo run test check format bench chaos scale screenshots docs requirements dist clean

help:  ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP)  ## Make .venv with everything that development, tests and the demo need

$(STAMP): requirements/dev.txt requirements/uv.txt pyproject.toml scripts/setup.sh
	@PYTHON="$(PYTHON)" bash scripts/setup.sh
	@touch $@

demo: $(STAMP)  ## Show the whole job on this machine: day 1, day 2, a wrong file held
	@$(BIN)/orgsync demo --data-dir var/demo

run: $(STAMP)  ## Keep a server with the sample company up to look around
	@$(BIN)/orgsync demo --serve --port 8443 --data-dir var/run

test: $(STAMP)  ## Run every test: lint, types, layers, unit, cases, server
	@bash scripts/test.sh $(PYTEST_ARGS)

check: $(STAMP)  ## Lint, types, import layers, security lint
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/bandit --quiet --recursive src --configfile pyproject.toml

format: $(STAMP)  ## Format the code and mend what ruff can
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

bench: $(STAMP)  ## Measure speed as ratios into bench/results
	@$(BIN)/python -m bench

chaos: $(STAMP)  ## Kill parts of a running server hundreds of times and look what is left (CHAOS_ARGS="--kills 500 --seed 7")
	@$(BIN)/python -m tests.chaos $(CHAOS_ARGS)

scale: $(STAMP)  ## Prove what several machines do: SCALE_ARGS="hosts|organizations|pooler|standby|upgrade|cells" (docs/design/scale.md)
	@$(BIN)/python -m tests.scale $(SCALE_ARGS)

screenshots: $(STAMP)  ## Take the pictures of docs/gallery.md anew (needs chromium)
	@$(BIN)/python -m tests.e2e.web.gallery

docs: $(STAMP)  ## Write the generated reference pages
	@$(BIN)/python -m docs.generate

requirements: $(STAMP)  ## Resolve pyproject.toml anew into the hashed exports
	@bash scripts/requirements.sh

dist: $(STAMP)  ## Build and try what a release consists of, with bills of materials and checksums (DIST_ARGS="--strict-audit")
	@bash scripts/release.sh $(DIST_ARGS)

clean:  ## Remove .venv and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
