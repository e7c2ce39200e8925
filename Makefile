# Everything one does with a checkout. `make` alone lists it. The first use sets .venv up, later ones do not.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help chat serve test test-all soak durability faults bench pictures check lint tidy pins clean setup-run setup-test

PYTEST = .venv/bin/python -m pytest -q --durations=5 -n 2 --dist worksteal

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | while IFS='	' read -r name words; do printf '  make %-10s %s\n' "$$name" "$$words"; done

chat: setup-run ## talk to the sample clinic (make chat ARGS="--help" for more)
	@.venv/bin/unstuck chat $(ARGS) || [ $$? -eq 3 ]

serve: setup-run ## the help widget on a demo page of this machine (make serve ARGS="--help" for more)
	@.venv/bin/unstuck serve $(ARGS)

test: lint ## style, types and all tests that this machine can run
	@$(PYTEST) -m "not soak" $(ARGS)

test-all: setup-test ## install what tests need from Debian, then run them with nothing skipped for want of it
	@.ci/install-debian
	@$(PYTEST) -m "not soak" --nothing-missing $(ARGS)

soak: setup-test ## the tests that take minutes, with fresh random cases
	@HYPOTHESIS_PROFILE=soak $(PYTEST) $(ARGS)

durability: setup-test ## kill it, fill the disk, damage the files: tables of what was tried and what came of it
	@.venv/bin/python -m tests.durability $(ARGS)

faults: setup-test ## every fault of a clinic's system at every action, and every trap, as tables
	@$(PYTEST) --fault-tables tests/adapters/clinic/rest/test_faults.py tests/adapters/clinic/rest/test_traps.py

bench: setup-test ## how fast it is, each figure beside its limit
	@.venv/bin/python -m tests.bench $(ARGS)

pictures: setup-test ## take the README's pictures of the console anew, from the program in a terminal
	@.venv/bin/python -m tests.pictures

check: setup-run ## look for mistakes in flows/
	@.venv/bin/unstuck check flows $(ARGS)

lint: setup-test ## ruff and mypy
	@.venv/bin/ruff check -q .
	@.venv/bin/ruff format -q --check . || { echo 'Some files are not formatted; "make tidy" does it.' >&2; exit 1; }
	@.venv/bin/mypy --no-error-summary

tidy: setup-test ## let ruff format and repair what it can
	@.venv/bin/ruff check -q --fix . ; .venv/bin/ruff format -q .

pins: setup-run ## renew the pinned set of dependencies in .ci/pins
	@.ci/pin

clean: ## remove everything that was made here
	@rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup-run:
	@.ci/setup run

setup-test:
	@.ci/setup test
