# Each target works alone in a fresh clone: it first makes .venv from the pinned versions in constraints.txt.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: demo test check build help

# PyBullet has wheels up to Python 3.11 and is compiled for later ones.
PYTHON ?= $(shell for p in python3.11 python3 python; do $$p -c "" 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/ready

demo: $(READY) ## grasp five times with the expert: a table of results and runs/demo/grasp.webm
	mkdir -p runs/demo
	$(BIN)/mygym-lite watch grasp --episodes 5 --camera front head wrist --overlay --video runs/demo/grasp.webm

test: $(READY) ## run the tests on two cores
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(READY) ## lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

build: $(READY) ## the source distribution, and from it the wheel, in dist/
	$(BIN)/python -m build --no-isolation

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# torch goes first and pinned, so that no other package chooses its build.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --constraint constraints.txt torch
	PIP_CONSTRAINT=constraints.txt $(BIN)/pip install --editable '.[dev]'
	touch $@
