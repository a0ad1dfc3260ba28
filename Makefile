# Everything a person or CI runs here has a name below; `make` alone lists them.
# PYTHON is left to you: `make setup PYTHON=python3.12` chooses the interpreter that .venv is made from.

VENV   := $(or $(PS2_VENV),.venv)
BIN    := $(VENV)/bin
RUN    := $(BIN)/python -m autograder
TORCH  := 2.13.0
HANDOUT := 'pypandoc-binary>=1.13' 'typst>=0.13'
# The Python that runs scripts/setup.py (any 3.8 or newer, standard library only).
FIRST  := $(firstword $(foreach name,python3 python3.13 python3.12 python3.11 python3.10 $(PYTHON),$(shell command -v $(name))))
SETUP   = $(or $(FIRST),$(error No Python was found: install Python 3.10 to 3.13, or name one with `make setup PYTHON=/path/to/python3`)) scripts/setup.py
CHECKS := setup lint types check-generated pytest

.DEFAULT_GOAL := help
.PHONY: help setup demo week test test-thorough lint types pytest regenerate figures check-generated audit audit-attacks gradescope release locks constraints clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## make .venv/ with everything needed (a moment when nothing changed)
	@$(SETUP)

demo: setup ## grade a few submissions and show what students and staff see
	@$(RUN) demo

week: setup ## a week of a 300-student course in some minutes; STUDENTS=40 for fewer
	@$(RUN) week $(if $(STUDENTS),--students $(STUDENTS))

test: ## setup, lint, types, check-generated and all tests, in that order
	@start=$$(date +%s); \
	for step in $(CHECKS); do \
	  printf '\n== %s ==\n' $$step; \
	  $(MAKE) --no-print-directory $$step || { echo "== $$step failed after $$(( $$(date +%s) - start )) s =="; exit 1; }; \
	done; \
	printf '\n== all of it passed in %s s ==\n' $$(( $$(date +%s) - start ))

lint: ## ruff
	@$(BIN)/ruff check .

types: ## mypy --strict on the package
	@$(BIN)/mypy

pytest: ## the tests alone, in their short form; ARGS="-k elu" narrows them
	@$(BIN)/pytest -n 2 -m "not slow" $(ARGS)

test-thorough: setup ## every test on all its seeds, and the audit: an hour or so
	@PS2_ALL_SEEDS=1 $(BIN)/pytest -n 2 $(ARGS)
	@$(RUN) audit

regenerate: ## write every generated file anew from its source
	@$(RUN) regenerate

figures: ## draw the handout's figures anew, whether or not what they show has changed
	@$(RUN) figures

check-generated: ## fail if a generated file is stale
	@$(RUN) regenerate --check

audit: ## prove the checks on right, wrong and hostile submissions
	@$(RUN) audit --html dist/audit.html

audit-attacks: ## hostile submissions, with all layers of confinement and with each off in turn (as root, some minutes)
	@$(RUN) audit --attacks --each-layer $(if $(JSON),--json $(JSON))

gradescope: ## build the zip that Gradescope takes; TRAINING=DIR packs results of `autograder train`
	@$(RUN) gradescope $(if $(TRAINING),--training $(TRAINING))

release: setup ## build and prove everything that leaves the house, into dist/
	@$(BIN)/python -c 'import pypandoc, typst' 2> /dev/null || $(BIN)/uv pip install --python $(BIN)/python --quiet $(HANDOUT) \
	  || $(BIN)/python -m pip install --quiet $(HANDOUT)
	@$(RUN) release

locks: ## write the hashed lock files of the grader's packages (needs uv)
	@$(RUN) locks

# One file a Python version, because numpy and scipy drop old Pythons. torch is written by hand, without its local label
# (+cpu is on PyTorch's own index only), and the CUDA packages of PyPI's torch are left out: the CPU build needs none.
constraints: ## resolve constraints/ anew at today's versions (needs uv on PATH or in .venv)
	@uv=$$(command -v uv || echo $(BIN)/uv); \
	for version in 3.10 3.11 3.12 3.13; do \
	  file=constraints/py$$(echo $$version | tr -d .).txt; \
	  pins=$$(echo torch==$(TORCH) | env -u UV_FIND_LINKS $$uv pip compile pyproject.toml --extra dev --python-version $$version --upgrade \
	    --constraint - --no-emit-package torch --no-header --no-annotate --quiet) || exit 1; \
	  { echo "# Exact versions for Python $$version, made by \`make constraints\`."; \
	    echo "$$pins" | grep -v -E '^(cuda|nvidia|triton)'; echo "torch==$(TORCH)"; } > $$file; \
	  echo "$$file: $$(grep -c == $$file) packages"; \
	done

clean: ## remove caches and build outputs (keeps .venv and assignment/secret)
	@rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
