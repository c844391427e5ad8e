# Every target needs nothing but python3 (>= 3.11) and network: .venv is made from the lock on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: install reference docs
.PHONY: demo dev test tools unit lint guides bench simulate chaos soak pauses diagram lock clean

install: $(STAMP)  ## the `slackwater` command, in .venv/bin

demo: $(STAMP)  ## watch a job being held still and let go, on a real Kafka
	$(BIN)/slackwater demo

dev: $(STAMP)  ## the same house, left running
	$(BIN)/slackwater dev

test: $(STAMP) tools  ## every test, on real Kafka and real PostgreSQL, with coverage of core/ and persistence/
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder --cov --cov-report=term --cov-fail-under=95

tools:  ## what tests of dashboards and pages look with: Debian's packages; without them those tests are skipped, and say so
	@for tool in promtool:prometheus chromium:chromium; do \
	  command -v $${tool%%:*} >/dev/null || missing="$$missing $${tool##*:}"; done; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	elif [ -n "$$missing" ]; then echo "not installed:$$missing; some tests are skipped"; fi || echo "could not install$$missing"

unit: $(STAMP)  ## only what needs no broker
	$(BIN)/pytest -m "not kafka and not slow" -q

lint: $(STAMP)  ## style, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)  ## the speed table of docs/benchmarks.md, as ratios within one run
	$(BIN)/python -m tests.benchmarks

guides: $(STAMP)  ## type the guides, README and audit page into a real house
	SW_GUIDES=1 $(BIN)/pytest -q tests/docs/test_guides.py

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

diagram: $(STAMP)  ## write docs/states.md anew from the transition table, and the tables of docs/metrics.md
	$(BIN)/python -m tests.tidy.diagram > docs/states.md
	$(BIN)/python -m tests.tidy.metrics_page

reference: diagram  ## write anew all that is made from the source: docs/reference/, admin/asyncapi.json, and what `diagram` makes
	$(BIN)/python -m tests.tidy.reference

docs: .venv-docs/.installed  ## the documents as a site, in site/
	.venv-docs/bin/zensical build --strict

.venv-docs/.installed: requirements/docs.txt
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/pip install -q --disable-pip-version-check -r requirements/docs.txt
	@touch $@

lock: $(STAMP)  ## resolve the dependencies anew: of a checkout, and of an image
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --no-emit-index-url \
	  --python-version 3.11 --upgrade pyproject.toml --extra embedded --extra otel --group dev -o requirements/dev.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --no-emit-index-url \
	  --python-version 3.11 pyproject.toml --extra otel --constraint requirements/dev.lock -o requirements/run.lock

$(STAMP): requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Slackwater needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf $(VENV) .venv-docs .cache build dist site .slackwater
