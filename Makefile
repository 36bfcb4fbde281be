# Everything a developer or CI calls. Needs Python 3.11+ and git; Node comes with the build requirements.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
# Two by default: the suite starts real servers and browsers.
JOBS ?= 2

.PHONY: help setup demo test test-fast lint format typecheck web bench bench-rivals storm storm-short soak wheel clean

help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/.ready: pyproject.toml hatch_build.py
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --upgrade pip
	$(PY) -m pip install --quiet --editable '.[dev]'
	@touch $@

setup: $(VENV)/.ready ## Make the virtual environment
	@$(PY) hatch_build.py

demo: setup ## Serve the example lab with one run of each experiment
	@PATH="$(abspath $(BIN)):$$PATH" $(PY) demo.py

test: setup ## Run all tests that this machine can run
	$(PY) -m pytest -n $(JOBS) --dist loadfile

test-fast: setup ## Run the unit tests alone
	$(PY) -m pytest -n $(JOBS) tests/unit

lint: setup ## Check style, formatting and the order of the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: setup ## Format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

typecheck: setup ## Check types, Python and TypeScript
	$(BIN)/mypy
	$(PY) hatch_build.py check

bench: setup ## Measure start, round trips, memory and idle cost beside rivals or limits
	$(PY) -m benchmarks

bench-rivals: setup ## Install what others log and queue with, each on its own, and measure beside them
	-$(PY) -m benchmarks.rivals
	$(PY) -m benchmarks recording roundtrip

storm: setup ## Kill, stop, starve and flood real labs, and count what is lost (an hour and more)
	$(PY) -m storms
	$(PY) -m benchmarks killing

storm-short: setup ## The same with few tries, as in CI
	$(PY) -m storms --short

soak: setup ## Keep a lab busy for 20 minutes, and see whether anything grows
	$(PY) -m storms R13

wheel: setup ## Build the wheel and the source distribution
	$(PY) -m build --outdir dist

clean: ## Remove what the targets above made
	rm -rf $(VENV) .venv-rivals dist exp_app web/node_modules src/flasklab/static/dist
