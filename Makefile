# Two commands matter: `make demo` and `make test`. ARGS goes on to the command behind each of them:
#   make demo ARGS=--json        make test ARGS="tests/unit -k money"
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh
export PYTHONDONTWRITEBYTECODE := # modules are compiled once, at their first import, also where the shell says otherwise
ARGS ?=
.DEFAULT_GOAL := help
.PHONY: help environment demo test lint lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

environment: ## make or renew .venv from requirements.txt (the other targets do it by themselves)
	@sh .ci/environment >&2

demo: environment ## run the whole platform here: servers, agencies, bundles; ARGS=--json prints one object
	@.venv/bin/ptsp demo $(ARGS)

test: environment ## run every test on real servers
	@.venv/bin/python -m pytest -n 2 --dist loadgroup $(ARGS)

lint: environment ## style, formatting, floors, types
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/lint-imports --no-cache
	@.venv/bin/mypy

lock: ## renew requirements.txt from pyproject.toml (needs uv); ARGS=--upgrade-package=NAME to move one
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --extra test --output-file requirements.txt $(ARGS) pyproject.toml
	@if grep -nE '://|^--(index|extra-index|find-links)' requirements.txt; then \
		echo "requirements.txt must hold no address" >&2; exit 1; fi

clean: ## remove the environment, the embedded servers' data and every cache
	@if [ -x .venv/bin/ptsp ]; then .venv/bin/ptsp servers stop; fi
	@rm -rf .venv .ptsp .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache build *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
