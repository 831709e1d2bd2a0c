# 一窗 Yichuang.  `make run` needs nothing but Python 3.11+ and make; `make help` lists the rest.
VENV   := .venv
PYTHON := $(VENV)/bin/python
HOST_PYTHON ?= python3

.PHONY: help run setup test lint fuzz-api bench frontend screenshots lock clean
.DEFAULT_GOAL := help

help:  ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(VENV)/.ready  ## make the environment in .venv

$(VENV)/.ready: requirements.lock
	@$(HOST_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更高版本 / Python 3.11+ is needed"; exit 1; }
	@$(HOST_PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq python3-venv; \
	  else echo "缺少 venv：请先运行 sudo apt install python3-venv / venv is missing: run sudo apt install python3-venv"; exit 1; fi; }
	$(HOST_PYTHON) -m venv --clear $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@touch $@

$(VENV)/.ready-test: requirements-test.lock $(VENV)/.ready
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-test.lock
	@touch $@

run: $(VENV)/.ready  ## migrate, publish bpmn/, load the demo, serve on 127.0.0.1:8000
	@exec $(PYTHON) run.py serve --demo

test: $(VENV)/.ready-test  ## every test, on SQLite and PostgreSQL; browser tests need Chromium
	$(PYTHON) -m pytest

lint: $(VENV)/.ready-test  ## ruff, mypy --strict, import rule, the procedures in bpmn/
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PYTHON) run.py lint bpmn

fuzz-api: $(VENV)/.ready-test  ## hostile requests to the interface, EXAMPLES=500 of each operation, SEED=1
	EXAMPLES=$${EXAMPLES:-500} SEED=$${SEED:-1} $(PYTHON) -m pytest tests/acceptance/test_interface_fuzz.py

bench: $(VENV)/.ready-test  ## time the engine, the databases and HTTP in one run; BENCH=--quick for a minute of it
	$(PYTHON) -m tests.bench $(BENCH)

screenshots: $(VENV)/.ready-test  ## take the screenshots of the README anew
	$(PYTHON) -m tests.browser.screenshots

frontend:  ## build the diagram viewer anew (needs Node 20+)
	cd webapp/frontend && npm ci --ignore-scripts && npx vite build

lock: $(VENV)/.ready-test  ## resolve the dependencies anew
	$(VENV)/bin/pip-compile -q --upgrade --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --no-annotate --no-header --allow-unsafe -o requirements.lock setup.cfg
	$(VENV)/bin/pip-compile -q --upgrade --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --no-annotate --no-header --allow-unsafe --extra test -c requirements.lock -o requirements-test.lock setup.cfg

clean:  ## remove the environment and build products, keep var/ (database and files)
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache
