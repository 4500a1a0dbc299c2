# Everything a fresh machine needs is python3 (3.11 or later), pip and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench bench-scale chaos chaos-long endurance kill-matrix fuzz audit screenshots histories lock clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## Make the virtual environment with the command `care`

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)  ## Ninety virtual days of a shop with 200 customers, on the real engine
	$(BIN)/care demo

test: $(READY)  ## Every test: unit, rules, journeys, replay, integration, acceptance, pages; on every core
	$(BIN)/python -m pytest -q -n auto --dist loadfile

endurance: $(READY)  ## The tests that take minutes: a backup under load, four workers replaced and killed
	$(BIN)/python -m pytest -q -m endurance

check: $(READY)  ## Style, types, layers, the shipped rules and their tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/care rules check
	$(BIN)/care rules fmt --check
	$(BIN)/care rules schema --check
	$(BIN)/care rules test
	$(BIN)/care templates check

bench: $(READY)  ## Measure: journeys beside the bare engine, latency, memory, API, planner, e-mail, workbench
	$(BIN)/python -m tests.bench --write

bench-scale: $(READY)  ## The same for the engine alone, with 100,000 customers asleep
	$(BIN)/python -m tests.bench --scale --write

chaos: $(READY)  ## 3,000 purchases on PostgreSQL and two workers while everything dies; SEED=… repeats a run; 15 minutes at most
	$(BIN)/python -m tests.chaos --write chaos $(if $(SEED),--seed $(SEED))

chaos-long: $(READY)  ## The same with 10,000 purchases and every fault several times
	$(BIN)/python -m tests.chaos --purchases 10000 --minutes 45 --write chaos-long $(if $(SEED),--seed $(SEED))

kill-matrix: $(READY)  ## Kill a sender at every phase of every channel, thousands of times, and count at the other side
	$(BIN)/python -m tests.kill_matrix

fuzz: $(READY)  ## 10,000 requests made from the API's description against a real server, and again on PostgreSQL
	$(BIN)/python -m tests.fuzz
	$(BIN)/python -m tests.fuzz --store postgresql

audit: $(READY)  ## Licences of all dependencies, and their known vulnerabilities (asks the advisory database of PyPI)
	$(BIN)/python -m tests.licences
	$(PYTHON) -m venv build/audit
	build/audit/bin/pip install --quiet --disable-pip-version-check pip-audit
	build/audit/bin/pip-audit --requirement requirements.lock --require-hashes --disable-pip $(AUDIT)

screenshots: $(READY)  ## A picture of every template and customer page, on phone and desk, in build/screenshots
	$(BIN)/python -m tests.screenshots

histories: $(READY)  ## Record workflow histories anew for the replay tests (only for a new released version)
	$(BIN)/python -m tests.replay.record

lock: $(READY)  ## Pin every dependency by hash into requirements.lock
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --extra dev --extra otel --allow-unsafe --generate-hashes --strip-extras --no-emit-index-url \
	  --no-emit-trusted-host --no-emit-find-links --no-header --output-file requirements.lock pyproject.toml

clean:  ## Remove the virtual environment and caches
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis
