# `make demo` and `make test` do all of it; each target sets up what is missing first.
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help setup setup-tests demo check test lock clean

help:  ## what there is to make
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## install what is missing: system packages and the locked libraries
	@scripts/setup

setup-tests:
	@scripts/setup tests

demo: setup  ## a small hospital, the main job, and what arrived; left running for a look
	$(BIN)/pixl demo

check: setup  ## the fast checks: style, types, architecture, tests that need no servers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -n 2 -m "not servers and not flow"

test: setup-tests check  ## every check and test
	$(BIN)/pytest -q -n 2 --dist loadfile -m "servers and not flow"
	$(BIN)/pytest -q -m flow

bench-%: setup  ## measure: bench-pipeline, bench-cohort, bench-hashing, ...
	$(BIN)/python -m bench.$*

lock:  ## write requirements.txt anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header -o requirements.txt

clean:  ## remove what was built; data folders stay
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
