# Each target works alone in a fresh clone: it first makes .venv from the pinned versions in constraints.txt.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: demo test check build docs help

# PyBullet has wheels up to Python 3.11 and is compiled for later ones.
PYTHON ?= $(shell for p in python3.11 python3 python; do $$p -c "" 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/ready
DOCS_READY := .venv/docs_ready

demo: $(READY) ## evaluate the expert and a random policy on reach and grasp: a table, and the page runs/demo/report.html
	$(BIN)/mygym-lite evaluate reach grasp --policy expert random --suite quick --episodes 4 --out runs/demo

test: $(READY) ## run the tests on two cores
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(READY) ## lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

build: $(READY) ## the source distribution, and from it the wheel, in dist/
	$(BIN)/python -m build --no-isolation

docs: $(DOCS_READY) ## the documentation as a static site, docs/_build/html/index.html
	$(BIN)/python docs/generate.py
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

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
