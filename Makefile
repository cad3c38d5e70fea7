# Every target first sets up what it needs: `make separate SONG=song.mp3` works on a fresh checkout.
#
#   make separate [SONG=path] [OUT=out] [STEMS=vocals,drums] [MODEL=name] [FORMAT=wav|flac|mp3|m4a]
#                 [DRUM_PARTS=1] [ARCHIVE=1]
#   make up | down                 keep the service running, with its web page | stop it
#   make page                      build the web page, with its demo, into frontend/dist
#   make test | check              every test | format, lint, types, layers, OpenAPI drift
#   make test-browser              the web page in a real browser, alone
#   make screenshots OUT=folder    every view of the web page, light, dark and on a phone
#   make synth | openapi           CloudFormation templates | docs/openapi.json
#   make bench [SONG=path] [SONG_SECONDS=180] [REPEATS=3]    the engine against the demucs command on this CPU
#   make bench-gpu | bench-memory | bench-service            on a GPU | memory by length | what the service adds
#   make deploy [SETTINGS=json]    everything on AWS, in the right order
#   make mutations                 plant mistakes into the templates and count how many are caught
#   make bench-scaling             simulate the endpoint's scaling: waiting, cost, songs that are cut
#   make evaluate [ARGS='--folder FOLDER']   the bundled models against songs with known stems

SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
VENV_AWS := .venv-aws
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_AWS := $(VENV_AWS)/.installed

# Taken literally and handed on through the environment: no make expansion, no shell word splitting.
override SONG := $(value SONG)
override OUT := $(value OUT)
override STEMS := $(value STEMS)
override MODEL := $(value MODEL)
override FORMAT := $(value FORMAT)
override DRUM_PARTS := $(value DRUM_PARTS)
override ARCHIVE := $(value ARCHIVE)
override SETTINGS := $(value SETTINGS)
override SONG_SECONDS := $(value SONG_SECONDS)
override REPEATS := $(value REPEATS)
override THREADS := $(value THREADS)
export SONG OUT STEMS MODEL FORMAT DRUM_PARTS ARCHIVE SETTINGS SONG_SECONDS REPEATS THREADS

.DEFAULT_GOAL := help
.PHONY: help setup separate up down status page test test-page test-browser screenshots check check-page format synth \
  browser mutations deploy openapi bench bench-gpu bench-memory bench-service bench-scaling evaluate clean

help:
	@sed -n '3,16s/^# \{0,1\}//p' Makefile

setup: $(INSTALLED) $(INSTALLED_AWS)

# torch goes first: pip then takes a local CPU build of that release where one is configured.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Stem Foundry needs Python 3.11 or newer, and '$(PYTHON)' is" \
	       "$$($(PYTHON) --version 2>&1 || echo missing). Try: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(INSTALLED_AWS): requirements-aws.txt $(INSTALLED)
	@test -x $(VENV_AWS)/bin/python || $(BIN)/python -m venv $(VENV_AWS)
	$(VENV_AWS)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-aws.txt
	@touch $@

separate: setup
	@$(BIN)/python -m local separate --out "$${OUT:-out}" \
	  $${STEMS:+--stems "$$STEMS"} $${MODEL:+--model "$$MODEL"} $${FORMAT:+--format "$$FORMAT"} \
	  $${DRUM_PARTS:+--drum-parts} $${ARCHIVE:+--archive} \
	  -- $${SONG:+"$$SONG"}

up: setup page
	@$(BIN)/python -m local up

down: setup
	@$(BIN)/python -m local down

status: setup
	@$(BIN)/python -m local status

# The CDK's own tool deploys to the local AWS in one of the tests; others open the built page in a browser.
test: check test-page node_modules/aws-cdk/bin/cdk page browser
	$(BIN)/python -m pytest

test-browser: page browser
	$(BIN)/python -m pytest tests/browser

screenshots: page browser
	@$(BIN)/python -m tests.browser.screenshots "$${OUT:?say where: make screenshots OUT=folder}"

# A system browser: nothing is downloaded at run time but Debian's own package, and only where that is possible.
browser: setup
	@$(BIN)/python -m tests.browser.chromium

check: setup check-page
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m lambdas.openapi --check

# --- the web page; the packaged Node runs its tools, so no other is needed ---

NPM_PAGE = $(BIN)/python -m infra.npm frontend
PAGE_MODULES := frontend/node_modules/.package-lock.json
PAGE_SOURCES = $(shell find frontend/src frontend/public frontend/scripts -type f -not -path 'frontend/public/demo/*' -not -name schema.d.ts) \
  frontend/index.html frontend/vite.config.ts frontend/tsconfig.json
DEMO := frontend/public/demo/job.json
DEMO_SOURCES := local/demo_page.py local/demo/song.mp3 sagemaker_container/weights/foundry_4s.safetensors \
  contract/api.py contract/preview.py contract/report.py

$(PAGE_MODULES): frontend/package-lock.json $(INSTALLED)
	$(NPM_PAGE) ci --no-audit --no-fund --loglevel=error
	@touch $@

$(DEMO): $(DEMO_SOURCES) $(INSTALLED)
	$(BIN)/python -m local.demo_page frontend/public/demo

page: frontend/dist/index.html

frontend/dist/index.html: $(PAGE_SOURCES) $(PAGE_MODULES) $(DEMO) docs/openapi.json
	$(NPM_PAGE) run --silent build
	@touch $@

check-page: $(PAGE_MODULES)
	$(NPM_PAGE) run --silent check

test-page: $(PAGE_MODULES)
	$(NPM_PAGE) run --silent test

format: setup $(PAGE_MODULES)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(NPM_PAGE) run --silent format

synth: setup
	CDK_OUTDIR=cdk.out $(BIN)/python -m infra.app
	@echo "The templates are in cdk.out"

# Plants mistakes into the templates, one at a time, and counts how many the checks catch.
mutations: setup
	@$(BIN)/python -m infra.mutations

# SETTINGS='{"environment":"prod",...}'; without it those of cdk.json. ARGS: see python -m infra.deploy --help
deploy: setup page node_modules/aws-cdk/bin/cdk
	$(BIN)/python -m infra.deploy $${SETTINGS:+--settings "$$SETTINGS"} $(ARGS)

node_modules/aws-cdk/bin/cdk: package-lock.json $(INSTALLED)
	$(BIN)/python -m infra.npm . ci --no-audit --no-fund --loglevel=error
	@touch $@

openapi: setup
	$(BIN)/python -m lambdas.openapi

# ARGS: see python -m benchmarks.engine.cpu --help
bench: setup
	@$(BIN)/python -m benchmarks.engine.cpu $${SONG:+--song "$$SONG"} $${SONG_SECONDS:+--seconds "$$SONG_SECONDS"} \
	  $${REPEATS:+--repeats "$$REPEATS"} $${THREADS:+--threads "$$THREADS"} $(ARGS)

bench-gpu: setup
	@$(BIN)/python -m benchmarks.engine.gpu $${SONG:+--song "$$SONG"} $${SONG_SECONDS:+--seconds "$$SONG_SECONDS"} \
	  $${REPEATS:+--repeats "$$REPEATS"} $(ARGS)

bench-memory: setup
	@$(BIN)/python -m benchmarks.engine.memory $${THREADS:+--threads "$$THREADS"} $(ARGS)

bench-service: setup
	$(BIN)/python -m benchmarks.service_overhead

bench-scaling: setup
	$(BIN)/python -m benchmarks.scaling --compare

# ARGS: see python -m training.evaluate --help
evaluate: setup
	@$(BIN)/python -m training.evaluate $(ARGS)

clean:
	rm -rf cdk.out .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
