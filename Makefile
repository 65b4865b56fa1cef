# Everything from a bare clone: `make demo` runs the product, `make test` runs every check.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST := $(BIN)/python -m pytest
WORKERS ?= 2

.PHONY: help setup check test ci demo docs bench constraints clean

help:
	@echo "make demo         install, then run the whole product on shipped candles (no keys, no internet)"
	@echo "make test         install the test tools, then run every check (what CI runs)"
	@echo "make setup        only install, with the test tools"
	@echo "make check        linters, types and layers only (seconds)"
	@echo "make docs         run every command and code block of the README and docs"
	@echo "make bench        run the benchmarks and print their tables"
	@echo "make constraints  refresh constraints.txt from a clean resolve"

demo: $(VENV)/.run
	$(BIN)/cracktrader demo

test: check
	$(PYTEST) -n $(WORKERS) --cov --cov-report=term

ci: test

setup: $(VENV)/.test

check: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/deptry .

docs: $(VENV)/.test
	$(PYTEST) tests/docs

bench: $(VENV)/.test
	$(PIP) install -c constraints.txt -e ".[bench]"
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
	@# Debian ships python3 without venv and forbids pip outside one: virtualenv from a folder works there.
	$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); \
	  $(PYTHON) -m pip install --quiet --target .boot virtualenv && \
	  PYTHONPATH=.boot $(PYTHON) -m virtualenv --quiet $(VENV); }

$(VENV)/.run: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing cracktrader into $(VENV) (about a minute the first time)"
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing cracktrader and its test tools into $(VENV) (a minute or two the first time)"
	$(PIP) install -c constraints.txt -e ".[all,test]"
	@touch $@ $(VENV)/.run

constraints:
	rm -rf .boot/resolve && $(PYTHON) -m venv .boot/resolve
	.boot/resolve/bin/python -m pip install --quiet -e ".[all,test,bench]"
	{ echo "# Exact versions of one tested set; names and versions only. Refresh: make constraints"; \
	  .boot/resolve/bin/python -m pip freeze --exclude-editable | grep -E '^[A-Za-z0-9_.-]+=='; } > constraints.txt

clean:
	rm -rf $(VENV) .boot build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
