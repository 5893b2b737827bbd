# The two commands of the README: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
SOURCES := pyproject.toml README.md LICENSE $(shell find goleak_lsp fixtures/leaky -type f -not -name '*.pyc')

.PHONY: drift evidence demo test lint unit proof e2e picture bench bench-placing wheel lock proto fixtures clean help

demo: $(VENV)/.demo ## set up .venv and show a leak on its line
	@$(BIN)/goleak-lsp demo

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt | $(VENV)/bin/python
	$(PIP) --require-hashes -r $<
	@touch $@

$(VENV)/.demo: $(VENV)/.run $(SOURCES)
	$(PIP) --no-deps --force-reinstall .
	@touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.run
	$(PIP) --require-hashes -r $<
	@touch $@

# The wheel is built from the sdist, and it is the wheel that is installed and tested.
wheel: $(VENV)/.test ## build sdist and wheel, install the wheel
	@rm -rf dist
	$(BIN)/python -m build --quiet --no-isolation
	$(PIP) --no-deps --force-reinstall dist/*.whl

test: wheel lint ## install what the tests need and run them all
	scripts/install-test-tools.sh
	$(MAKE) --no-print-directory unit

lint: $(VENV)/.test
	$(BIN)/ruff check .

unit: ## run the tests against the installed wheel
	PYTHONSAFEPATH=1 $(BIN)/python -m pytest $(TESTS)

proof: $(VENV)/.test ## run every Go program of the proof with every fix, and print the table
	PROOF=all PYTHONSAFEPATH=1 nice $(BIN)/python -m pytest tests/proof -s

e2e: ## run the end-to-end test with Neovim, gopls and a live service 20 times
	$(MAKE) --no-print-directory unit TESTS="tests/e2e/test_neovim.py -k live_leak --times 20 -q"

picture: ## take the picture of the README anew
	$(BIN)/python scripts/picture.py

bench: wheel ## measure what people wait for, and print a table
	PYTHONSAFEPATH=1 $(BIN)/python tests/bench $(BENCH)

bench-placing: wheel ## measure placing in large repositories and workspaces, and every step of unsaved edits
	PYTHONSAFEPATH=1 $(BIN)/python -m pytest tests/unit/placing/test_marks.py -q
	PYTHONSAFEPATH=1 $(BIN)/python tests/bench/placing.py $(BENCH)

evidence: wheel ## judge Go's leak programs, deadlocks, healthy services and leaky libraries (needs Go)
	cd tests/evidence && for script in run_*.py; do echo $$script; $(abspath $(BIN))/python $$script || exit 1; done

drift: $(VENV)/.test ## measure placing on released modules and generated edits
	PYTHONPATH=.:tests/bench $(BIN)/python -m drift $(DRIFT)

lock: ## pin the versions in requirements/ anew
	uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header -o requirements/run.txt
	uv pip compile -q pyproject.toml --group test --universal --python-version 3.11 --generate-hashes --no-header -o requirements/test.txt
	uv pip compile -q --group tools --python-version 3.11 --generate-hashes --no-header -o requirements/tools.txt

proto: ## generate the protobuf binding from profile.proto
	$(PYTHON) -m grpc_tools.protoc -I . --python_out=. goleak_lsp/profile/profile.proto

fixtures: ## build the programs of fixtures/ and take their profiles anew (below /src)
	scripts/make-fixtures

clean:
	rm -rf $(VENV) .tools dist editors/vscode/node_modules editors/vscode/dist

help:
	@grep -E '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/:/'
