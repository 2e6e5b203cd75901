# make test | test-slow | demo | lint | rtl | clean. Everything lands in .venv and build; nothing is installed outside of them
# but the few Debian packages below, and those only when run as root.

PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3,$(shell command -v $(p) 2>/dev/null)))
JOBS ?= 2
DEBIAN_PACKAGES := dataset-fashion-mnist g++ iverilog make opensta qflow-tech-osu018

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help system venv test test-slow lint demo rtl clean

help:
	@echo "make test    system packages, .venv, then every test"
	@echo "make test-slow  only the long tests: random pairs by the hundred, full coverage, the largest proofs"
	@echo "make lint    ruff and mypy"
	@echo "make demo    train, compile, simulate, synthesise, and print one table"
	@echo "make rtl     write rtl/ anew from the generator"
	@echo "make clean   remove .venv and build"

# apt only for what is missing; without root, say exactly what to run.
system:
	@missing=""; \
	for package in $(DEBIAN_PACKAGES); do \
	  dpkg-query -W -f='$${db:Status-Status}' $$package 2>/dev/null | grep -qx installed || missing="$$missing $$package"; \
	done; \
	"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || missing="$$missing python3-venv"; \
	test -z "$$missing" && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$missing; \
	else \
	  echo "These Debian/Ubuntu packages are missing; install them and run make again:" >&2; \
	  echo "  sudo apt-get update && sudo apt-get install$$missing" >&2; \
	  exit 1; \
	fi

venv: $(STAMP)

# torch goes first and pinned: an open range would fetch gigabytes of CUDA that nothing here uses.
$(STAMP): pyproject.toml constraints.txt | system
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; run make with PYTHON=/path/to/python3.11" >&2; exit 1; }
	test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	$(BIN)/python -m pip install -c constraints.txt torch
	$(BIN)/python -m pip install -c constraints.txt -e '.[flow,dev]'
	touch $@

test: system venv
	$(BIN)/python -m pytest -n $(JOBS)

test-slow: system venv
	$(BIN)/python -m pytest -n $(JOBS) -m slow --timeout 14400

lint: venv
	$(BIN)/ruff check .
	$(BIN)/mypy

demo: system venv
	$(BIN)/flightasic demo

rtl: venv
	$(BIN)/flightasic rtl

clean:
	rm -rf $(VENV) build
