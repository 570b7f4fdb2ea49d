# Each target works alone in a fresh clone: it first makes .venv from the pinned versions in constraints.txt.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: demo test check style build docs lowest help

# The first of these Pythons that is there, or the one that PYTHON names.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do $$p -c "" 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/ready
DOCS_READY := .venv/docs_ready

demo: $(READY) ## evaluate the expert and a random policy on reach and grasp: a table, and the page runs/demo/report.html
	$(BIN)/mygym-lite evaluate reach grasp --policy expert random --suite quick --episodes 4 --out runs/demo

test: $(READY) ## run the tests on two cores
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(READY) ## lint, formatting, types and style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tests/quality/style.py

style: $(READY) ## measure names, docstrings, calls and sizes against their targets
	$(BIN)/python tests/quality/style.py

build: $(READY) ## the source distribution, and from it the wheel, in dist/
	$(BIN)/python -m build --no-isolation

docs: $(DOCS_READY) ## the documentation as a static site, docs/_build/html/index.html
	$(BIN)/python docs/generate.py
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

lowest: ## run the tests with the oldest versions that pyproject.toml admits, in .venv-lowest
	$(PYTHON) -m venv .venv-lowest
	$(PYTHON) tests/support/lowest_versions.py > .venv-lowest/constraints.txt
	.venv-lowest/bin/pip install --constraint .venv-lowest/constraints.txt torch
	PIP_CONSTRAINT=.venv-lowest/constraints.txt .venv-lowest/bin/pip install --editable '.[dev,robots]'
	.venv-lowest/bin/python -m pytest -n 2 --dist loadfile

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# torch goes first and pinned, so that no other package chooses its build.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --constraint constraints.txt torch
	PIP_CONSTRAINT=constraints.txt $(BIN)/pip install --editable '.[dev]'
	touch $@

$(DOCS_READY): $(READY)
	PIP_CONSTRAINT=constraints.txt $(BIN)/pip install --editable '.[docs]'
	touch $@
