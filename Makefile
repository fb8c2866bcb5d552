# `make demo` and `make test` need nothing but Python 3.11 and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# The CPU build of torch is enough and spares gigabytes; it is only needed to prepare models.
TORCH := torch==2.13.0

.PHONY: demo test lint wheel accuracy agreement throughput torture clean

demo: $(VENV)/core
	$(BIN)/edge-app process samples/*/ --state .demo --model none
	$(BIN)/edge-app status --state .demo

test: $(VENV)/test
	$(BIN)/pytest -n 2

lint: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

wheel: $(VENV)/test
	sh tests/wheel.sh $(abspath $(BIN)/python)

accuracy: $(VENV)/test
	$(BIN)/python tests/bench/accuracy.py --reports samples --gold samples/gold.csv

agreement: $(VENV)/test
	$(BIN)/python tests/bench/agreement.py

throughput: $(VENV)/test
	$(BIN)/python tests/bench/throughput.py

torture: $(VENV)/test
	$(BIN)/python -m tests.bench.torture
	$(BIN)/python -m tests.bench.pull

clean:
	rm -rf $(VENV) .demo build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip

$(VENV)/core: pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --editable .
	touch $@

# torch first and alone: resolved together with the rest, pip may look at the CUDA build.
$(VENV)/test: pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install --quiet $(TORCH)
	$(BIN)/pip install --quiet --editable '.[prepare,test]'
	touch $@ $(VENV)/core
