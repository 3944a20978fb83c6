# `make demo` and `make test` set up everything they need in .venv, on a machine with only Python and make.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test quick test-torch check types mutants formal formal-deps bench findings docs dist clean

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: .venv/installed
	$(BIN)/python -m experiments.linnerud

test: .venv/installed
	$(BIN)/python -m pytest -n 2

quick: .venv/installed
	$(BIN)/python -m pytest -n 2 -m "not slow"

# PyTorch is a large download, so it is not among the tests' requirements
test-torch: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[torch]'
	$(BIN)/python -m pytest tests/solvers/test_arrays.py

check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/pyright

# every public name has a known type, for whoever uses a type checker
types: .venv/installed
	$(BIN)/python -m tests.typed

# alters the checker one sign at a time (half an hour); fails if a mutant survives without an explanation
mutants: .venv/installed
	$(BIN)/python -m tests.mutants --page docs/mutants.md

# what the formal checker needs of the system, on Debian 12 or Ubuntu; the only target that installs anything outside of .venv
formal-deps:
	apt-get install -y --no-install-recommends coq ocaml ocaml-findlib libzarith-ocaml-dev

# checks the proofs in Coq, builds copos-verify-formal and runs it beside the Python checker (formal/comparison.md);
# what is missing of Coq and OCaml is installed first
formal: .venv/installed
	@command -v coqc > /dev/null && ocamlfind query zarith > /dev/null 2>&1 || $(MAKE) formal-deps
	$(MAKE) -C formal
	$(BIN)/python -m formal.compare

bench: .venv/installed
	$(BIN)/python -m benchmarks

# the small sets behind the page of findings, checked by other means, packed and read back
findings: .venv/installed
	$(BIN)/python -m findings all --set small --folder results/findings

docs: .venv/installed
	$(BIN)/sphinx-build -W --keep-going -b html docs site
	@echo "open site/index.html"

dist: .venv/installed
	rm -rf dist
	$(BIN)/python tests/clean_install.py

clean:
	rm -rf formal/_build .venv dist results site docs/generated docs/auto_gallery .pytest_cache .ruff_cache .hypothesis
