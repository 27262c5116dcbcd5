# Everything works in .venv/ and needs nothing but Python 3.11 or newer, pip and make:
#   make demo    set up, then open the window on the demo services
#   make test    set up, then run all tests

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check bench setup setup-dev lock clean
.NOTPARALLEL:

demo: setup
	@$(BIN)/python scripts/demo.py

test: setup-dev
	@mkdir -p build
	scripts/with-keyring.sh $(BIN)/python -m pytest -n 2 --dist loadgroup \
		--cov --cov-report= --durations=10 $(ARGS)
	@$(BIN)/python scripts/check_coverage.py

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
