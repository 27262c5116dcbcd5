# Everything works in .venv/ and needs nothing but Python 3.11 or newer, pip and make:
#   make demo    set up, then open the window on the demo services
#   make test    set up, then run all tests
#   make fuzz    set up, then make up answers by the thousand and see how they are read: some 20 minutes
#   make crash-test  kill the program at every durable or network step of an enrichment; takes minutes

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test crash-test fuzz check bench setup setup-dev lock clean
.NOTPARALLEL:

demo: setup
	@$(BIN)/python scripts/demo.py

test: setup-dev
	@mkdir -p build
	scripts/with-keyring.sh $(BIN)/python -m pytest -n 2 --dist worksteal \
		--cov --cov-report= --durations=10 $(ARGS)
	@$(BIN)/python scripts/check_coverage.py

crash-test: setup-dev
	CRASH_SWEEP=full $(BIN)/python -m pytest -s tests/crash $(ARGS)

fuzz: setup-dev
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-1000} $(BIN)/python -m pytest -n 2 tests/fuzz $(ARGS)

check: setup-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup-dev
	$(BIN)/python -m bench

setup:
	@$(PYTHON) scripts/bootstrap.py

setup-dev:
	@$(PYTHON) scripts/bootstrap.py --dev

# Needs uv, which is no dependency of the project: pip install uv. ARGS=--upgrade takes the newest versions.
lock:
	$(PYTHON) scripts/lock.py $(ARGS)

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find app tests bench scripts -name __pycache__ -type d -prune -exec rm -rf {} +
