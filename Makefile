# `make demo` and `make test` need nothing but Python 3.11 and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# The CPU build of torch is enough and spares gigabytes; it is only needed to prepare models.
TORCH := torch==2.13.0

.PHONY: demo test lint wheel accuracy agreement throughput torture shifts switching cascade properties clean

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
	$(BIN)/python -m tests.bench.accuracy --reports samples --gold samples/gold.csv

agreement: $(VENV)/test
	$(BIN)/python -m tests.bench.agreement

throughput: $(VENV)/test
	$(BIN)/python -m tests.bench.throughput

torture: $(VENV)/test
	$(BIN)/python -m tests.bench.torture
	$(BIN)/python -m tests.bench.pull

shifts: $(VENV)/test
	$(BIN)/python -m tests.bench.shifts --out shifts.json

# 1,000 reports while memory and heat come and go; MODEL=FOLDER with fp16 and int8 in it, scripted without.
switching: $(VENV)/test
	$(BIN)/python -m tests.bench.switching $(MODEL) --json switching.json

# Always FP16, always INT8, and both: MODEL=FOLDER with fp16 and int8 in it, CASES=NAME=HELDOUT.json.xz:test.
cascade: $(VENV)/test
	$(if $(and $(MODEL),$(CASES)),,$(error give MODEL=FOLDER CASES=NAME=FILE:PART))
	$(BIN)/python -m tests.bench.cascade $(MODEL) $(CASES) --json cascade.json

# Half an hour: the governor on a machine on which everything happens.
properties: $(VENV)/test
	EDGE_EXAMPLES=100000 $(BIN)/pytest tests/governor/test_loop_properties.py -k survives_everything

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
