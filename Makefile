# Everything a developer does here, one word each. `make` alone lists them.
#
#   make test ARGS="-k board"       only some tests
#   make lock UPGRADE=--upgrade     newer versions, not only missing ones
#   make kafka ARGS="--port 0"      on a free port rather than 9092
#   make install PYTHON=python3.12  another interpreter (after `make clean`)

PYTHON ?= python3
ARGS ?=
UPGRADE ?=
# Two workers, whatever the machine: the same run here, on a laptop and in CI.
WORKERS ?= 2

bin := .venv/bin
stamp := .venv/installed
# What only runs Quotum is installed in half the time; where everything is there already, that will do.
runnable := $(if $(wildcard .venv/installed),.venv/installed,.venv/runnable)
checked = $(wildcard schemas projections streams quotum tests bench)
# Show what a command printed only where it failed.
quietly = printed=$$($(1) 2>&1) || { echo "$$printed"; exit 1; }
pip = $(bin)/python -m pip install --quiet --disable-pip-version-check
into_venv = test -x $(bin)/python || $(PYTHON) -m venv .venv; \
	echo "Installing the locked packages into .venv"; \
	$(pip) $(2) --require-hashes -r $(1) && $(pip) --no-deps --no-build-isolation -e . && touch $@
compile = $(bin)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(UPGRADE)

.DEFAULT_GOAL := help
.PHONY: help run kafka live install browser java compiler pictures test unit lint format bench lock clean
MAKEFLAGS += --no-print-directory

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s%s\n", $$1, $$2 }' Makefile

run: $(runnable) ## watch a made-up sales team sell, live; Ctrl-C ends it, again goes on
	@$(bin)/quotum demo $(ARGS)

kafka: $(runnable) ## run a real Kafka broker on this machine, without Docker; Ctrl-C ends it, again goes on
	@$(bin)/python -m quotum.local $(ARGS)

live: $(stamp) ## the same team over a real Kafka: broker, worker, server and gateway; Ctrl-C ends all, again goes on
	@$(bin)/python -m quotum.local live $(ARGS)

install: $(stamp) ## make .venv and install the locked packages and quotum itself (only when they changed)

$(stamp): requirements/dev.lock pyproject.toml
	@$(call into_venv,requirements/dev.lock)

.venv/runnable: requirements/runtime.lock pyproject.toml
	@$(call into_venv,requirements/runtime.lock,--no-compile)

# Pages are tested in a real browser. Where it may, this installs the system's; elsewhere those tests say what to do.
browser: $(stamp) ## install the browser that pages are tested in, where it may
	@command -v chromium >/dev/null || test -n "$$QUOTUM_CHROMIUM" || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "Installing Chromium for the tests of pages" && \
		apt-get -qq update >/dev/null 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
		--no-install-recommends chromium fonts-dejavu-core >/dev/null 2>&1; } || true

# The same for the real Kafka that the tests in tests/kafka start; its own parts are fetched by Maven when they do.
java: ## install the Java and Maven that a Kafka broker needs, where it may
	@{ command -v java && command -v mvn; } >/dev/null || test -n "$$QUOTUM_TEST_KAFKA" || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "Installing Java and Maven for tests over Kafka" && \
		apt-get -qq update >/dev/null 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
		--no-install-recommends openjdk-17-jre-headless maven >/dev/null 2>&1; } || true

# And for the compiler that the compiled form of the fold needs (CONTRIBUTING.md).
compiler: $(stamp) ## install the C compiler that builds the compiled form, where it may
	@$(bin)/python -c 'from bench.compiled import lacking; raise SystemExit(lacking())' 2>/dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "Installing a C compiler for the compiled form" && \
		apt-get -qq update >/dev/null 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
		--no-install-recommends gcc libc6-dev $$(test -x /usr/bin/python3 && echo python3-dev) >/dev/null 2>&1; } || true

test: $(stamp) browser java compiler ## run every test, in parallel
	@$(bin)/python -m pytest -n $(WORKERS) $(ARGS)

unit: $(stamp) ## run the tests of schemas/ and projections/, in under a minute
	@$(bin)/python -m pytest -n $(WORKERS) -m "not slow" tests/schemas tests/projections $(ARGS)

lint: $(stamp) ## check style, form, types and the floors
	@$(bin)/ruff check --quiet --output-format concise
	@$(call quietly,$(bin)/ruff format --check)
	@$(bin)/python -m mypy --no-error-summary $(checked)
	@$(call quietly,$(bin)/lint-imports --no-logo)
	@echo "Style, form, types and floors: all well"

format: $(stamp) ## put code into form and mend what can be mended by rule
	@$(bin)/ruff check --quiet --fix-only
	@$(bin)/ruff format --quiet

pictures: $(stamp) browser ## take the pictures of pages in docs/pictures anew
	@$(bin)/python -m tests.browser.screenshots

bench: $(stamp) ## measure; each benchmark ends with one JSON line
	@$(bin)/python -m bench $(ARGS)

lock: $(stamp) ## write requirements/*.lock anew from pyproject.toml
	@$(compile) --extra build --constraints requirements/constraints.txt --output-file requirements/runtime.lock
	@$(compile) --extra build --extra worker --constraints requirements/runtime.lock --output-file requirements/live.lock
	@$(compile) --extra compile --constraints requirements/runtime.lock --output-file requirements/compile.lock
	@$(compile) --extra dev --extra kafka --extra worker --constraints requirements/compile.lock --output-file requirements/dev.lock
	@$(MAKE) install

clean: ## remove .venv and whatever the tools left behind
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
