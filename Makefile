# Everything a user or a CI job runs. Needs Python 3.11 or 3.12; all else is installed in this folder.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup compile demo scenarios backtest test coverage test-devnet stateful conformance \
	lint bench release-check reference devnet clean

# ape finds the Vyper compiler on the PATH and keeps its data in the home folder unless told.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export APE_DATA_FOLDER := $(CURDIR)/.ape
# Without cached bytecode every command would start some seconds later.
unexport PYTHONDONTWRITEBYTECODE

SOURCES := ape-config.yaml $(shell find contracts -name '*.vy' -o -name '*.vyi')

help:
	@echo "make demo         sell options, hedge them for a week, settle (ARGS=... for the script)"
	@echo "make scenarios    live through the catalogue of scenarios"
	@echo "make backtest     the weeks of 2020-2023, on market data of your own (ARGS=--help)"
	@echo "make devnet       a local chain on port 8545, kept over restarts (Anvil; needs npm)"
	@echo "make test         all tests (ARGS=... for pytest)"
	@echo "make coverage     all tests, on nodes too, and what they reach (needs npm)"
	@echo "make test-devnet  what users do, on Anvil and Hardhat nodes (needs npm)"
	@echo "make stateful     random histories against the invariants, in full (some minutes)"
	@echo "make conformance  the simulator against theory, in full (some minutes)"
	@echo "make lint         formatters, linters, types, code sizes"
	@echo "make bench        gas, errors and speed, against their bounds (needs npm; ARGS=--accept)"
	@echo "make release-check  all that a release is asked for, also of a clone (an hour; needs npm)"
	@echo "make reference    docs/REFERENCE.md, from the contracts and the parameters"
	@echo "make setup        only install the tools"
	@echo "make compile      only compile the contracts"
	@echo "make clean        remove what was built; the installed tools stay"

setup: .venv/.ok

compile: .build/.compiled

demo: compile
	@ape run demo $(ARGS)

# All of the catalogue, on a chain in the process; what it writes is in out/scenarios.
scenarios: compile
	@ape run scenario run --all --fresh $(ARGS)

test: compile
	@ape test -n 2 --dist loadfile --ignore tests/devnet $(ARGS)

# Nodes' tests too, as much of the keeper does nothing without one. What is asked for is checked when
# all is printed.
coverage: compile devnet/node_modules/.hardhat
	@rm -rf .build/coverage .build/reach
	@REACH=.build/reach coverage run .venv/bin/ape test -n 2 --dist loadfile --ignore tests/devnet $(ARGS)
	@coverage run .venv/bin/ape test -n 2 --dist loadfile tests/devnet $(ARGS)
	@coverage combine -q
	@coverage json -q --fail-under 0 -o .build/coverage/report.json
	@export PYTHONPATH=.; status=0; \
	python tests/reach.py .build/reach || status=1; \
	coverage report || status=1; \
	python tests/branches.py .build/coverage/report.json || status=1; \
	exit $$status

# What users do, against real nodes.
test-devnet: compile devnet/node_modules/.hardhat
	@ape test -n 2 --dist loadfile tests/devnet $(ARGS)

reference: compile
	@python -m ballast.reference

stateful: compile
	@STATEFUL=full ape test -s tests/stateful $(ARGS)

conformance: compile
	@CONFORMANCE=full ape test -q tests/conformance $(ARGS)

backtest: compile
	@python bench/backtest.py $(ARGS)

# Blocks come every two seconds and with each transaction. Its state is kept in .devnet.
devnet: devnet/node_modules/.anvil
	@mkdir -p .devnet
	@exec devnet/node_modules/.bin/anvil --port 8545 --hardfork cancun --state .devnet/state.json \
		--block-time 2 --mixed-mining --quiet $(ARGS)

# natrix compiles each file alone, which a module that uses another's storage cannot be.
lint: compile .lint/.ok
	ruff format --check .
	ruff check .
	mypy
	natrix lint $$(grep -rL '^uses:' contracts --include=*.vy)
	.lint/bin/mamushi -l 100 --check contracts
	python scripts/check_sizes.py

# The steps and what each takes.
release-check:
	@.ci/release-check

bench: compile devnet/node_modules/.anvil
	@python bench/run.py $(ARGS)

clean:
	rm -rf .build .cache .ape/ethereum .hypothesis .mypy_cache .pytest_cache .ruff_cache out

# ape does not recompile a contract whose imported module changed, so everything is compiled when
# anything is newer; the compiler's output is of interest only when it fails.
.build/.compiled: .venv/.ok $(SOURCES)
	@echo "Compiling the contracts ..."
	@output=$$(ape compile --force 2>&1) || { echo "$$output" >&2; exit 1; }
	@touch $@

.venv/.ok: requirements.lock
	$(make-environment)

# The Vyper formatter cannot live with ape: it pins another click.
.lint/.ok: requirements-lint.lock
	$(make-environment)

devnet/node_modules/.anvil: devnet/package.json
	$(call install-node,--omit=dev)

devnet/node_modules/.hardhat: devnet/package.json
	$(call install-node,)

# Nothing of npm's own is wanted: no audit, no lock of what exists for other platforms. With --prefix
# it would not read the machine's own settings.
define install-node
@command -v npm > /dev/null || { echo "the devnet needs Node.js 20 with npm; on Debian: apt install npm" >&2; exit 1; }
@echo "Installing $< into $(@D) ..."
@cd devnet && npm install $(1) --no-audit --no-fund --no-package-lock --loglevel=error
@touch $@
endef

# A virtual environment in the target's folder, with what the first prerequisite locks.
define make-environment
@rm -rf $(@D)
@for python in python3.11 python3.12 python3 none; do \
	$$python -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' \
		2> /dev/null && break; \
done; \
if [ $$python = none ]; then \
	echo "Ballast needs Python 3.11 or 3.12 with venv; on Debian: apt install python3-venv" >&2; \
	exit 1; \
fi; \
echo "Installing $< into $(@D) ..."; \
$$python -m venv $(@D)
@$(@D)/bin/python -m pip install -qq --no-compile --disable-pip-version-check --require-hashes -r $<
@touch $@
endef
