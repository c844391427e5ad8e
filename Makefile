# Every target needs nothing but python3 (>= 3.11) and network: .venv is made from the lock on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo dev test unit lint bench simulate chaos soak pauses diagram lock clean

demo: $(STAMP)  ## watch a job being held still and let go, on a real Kafka
	$(BIN)/slackwater demo

dev: $(STAMP)  ## the same house, left running
	$(BIN)/slackwater dev

test: $(STAMP)  ## every test, on real Kafka and real PostgreSQL, with coverage of core/ and persistence/
	$(BIN)/pytest --cov --cov-report=term --cov-fail-under=95

unit: $(STAMP)  ## only what needs no broker
	$(BIN)/pytest -m "not kafka and not slow" -q

lint: $(STAMP)  ## style, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)  ## the speed table of docs/benchmarks.md, as ratios within one run
	$(BIN)/python -m tests.benchmarks

SEEDS ?= 2000
simulate: $(STAMP)  ## a million steps of simulated faults; SEEDS=… worlds, each replayable from its seed
	$(BIN)/python -m tests.simulation --seeds $(SEEDS)

chaos: $(STAMP)  ## kill and freeze real workers at every named step, then broker, wire, log and disk; prints a table
	$(BIN)/python -m tests.chaos

soak: $(STAMP)  ## 100,000 records, 20 faults, 3 workers, pauses mixed in
	$(BIN)/python -m tests.chaos.soak

COUNT ?= 1000
pauses: $(STAMP)  ## COUNT=… pauses under load, three of ten with a fault, timed
	$(BIN)/python -m tests.chaos.pauses --count $(COUNT)

diagram: $(STAMP)  ## write docs/states.md anew from the transition table
	$(BIN)/python -m tests.tidy.diagram > docs/states.md

lock: $(STAMP)  ## resolve the dependencies anew
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --no-emit-index-url \
	  --python-version 3.11 --upgrade pyproject.toml --extra embedded --group dev -o requirements/dev.lock

$(STAMP): requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Slackwater needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf $(VENV) build dist .slackwater
