# One command each for what a developer does. Everything is set up inside the tree, in .venv and .cache, by the first
# target that needs it (tools/set_up.py); a second run starts at once.

PYTHON ?= python3
VENV   := .venv/bin
ENGINE := --package outlines-engine
LINTS  := lint-rust-format lint-rust lint-python lint-python-format lint-types

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-rust test-python bench lint format wheel docs versions clean $(LINTS)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install vLLM, the demo model and this package into the tree
	@$(PYTHON) tools/set_up.py

demo: setup ## run every example on the real model
	@$(VENV)/python examples/run_all.py

# Both suites always run, each to its own closing line; the target fails if either did.
test: setup ## run the Rust tests and the Python tests
	@rust=0; python=0; \
	$(MAKE) --no-print-directory test-rust || rust=$$?; \
	$(MAKE) --no-print-directory test-python || python=$$?; \
	if [ $$rust -ne 0 ] || [ $$python -ne 0 ]; then echo "make test: failed (Rust: $$rust, Python: $$python)"; exit 1; fi

test-rust:
	cargo test --locked $(ENGINE)

test-python: setup
	$(VENV)/python -m pytest

bench: setup ## measure against the peers
	@$(VENV)/python benchmarks/run.py

# All of them run, so that one failure does not hide the next.
lint: setup ## check format, lints and types
	@$(MAKE) --no-print-directory --keep-going $(LINTS)

lint-rust-format:
	cargo fmt --all --check

lint-rust:
	cargo clippy --locked --workspace --all-targets -- -D warnings

lint-python:
	$(VENV)/ruff check .

lint-python-format:
	$(VENV)/ruff format --check .

lint-types:
	$(VENV)/mypy

format: setup ## format all code
	cargo fmt --all
	$(VENV)/ruff check --fix-only .
	$(VENV)/ruff format .

wheel: setup ## build the wheel for any CPython from 3.10 on
	$(VENV)/python -m uv pip install --python $(VENV)/python --system-certs --group wheel
	PATH="$(CURDIR)/$(VENV):$$PATH" maturin build --release --zig --compatibility manylinux_2_28 --out dist

docs: setup ## build the documentation's site in dist/site
	NO_MKDOCS_2_WARNING=1 $(VENV)/python -m mkdocs build --strict --quiet

# Not for the wheel, which pins nothing: only for the environment that the tests run in.
versions: setup ## take up new versions of the test environment's packages
	$(VENV)/python -m uv pip compile --system-certs pyproject.toml --universal --python-version 3.11 --upgrade \
		--group demo --group test --group bench --group lint --group build --group docs --no-annotate \
		--custom-compile-command 'make versions' --quiet --output-file tools/versions.txt

clean: ## remove all that was built, set up and cached
	rm -rf .venv .cache target dist .pytest_cache .mypy_cache .ruff_cache .hypothesis python/outlines/_engine*.so
	find python tests tools examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
