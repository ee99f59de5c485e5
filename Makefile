# One word for each thing that a developer does. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Processes of pytest, at most eight, each with a database of its own: one more than there are cores,
# for some wait for a browser, another process or the disk.
JOBS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)' 2>/dev/null)
REPORTS := var/reports

# What the tests find on this machine; may be given otherwise.
POSTGRES_TEST_URL ?= postgres://postgres@127.0.0.1:5432/postgres

# The embedded default, whatever the shell or a .env file says. Python keeps what it compiles:
# each of many processes would compile all of it again.
EMBEDDED := env DATABASE_URL= REDIS_URL= PRODUCTION=False DEBUG=False HTTPS=False BEHIND_PROXY=False \
	SECRET_KEY= ALLOWED_HOSTS=localhost,127.0.0.1,[::1] PYTHONDONTWRITEBYTECODE=
# Settings as a careful company has them; nothing is connected to.
PRODUCTION_LIKE := env DATABASE_URL=postgres://sera@127.0.0.1/sera REDIS_URL=redis://127.0.0.1/0 \
	PRODUCTION=True DEBUG=False HTTPS=True BEHIND_PROXY=True ALLOWED_HOSTS=books.example.com \
	SECRET_KEY=only-for-this-check-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ
IN_PARALLEL := $(BIN)/pytest -q --maxprocesses 8 --dist worksteal
PYTEST = $(IN_PARALLEL) --numprocesses $(JOBS)
QUICK = $(PYTEST) -m "not slow and not exhaustive"
# These start processes of their own, and some measure time and memory.
SLOW := $(IN_PARALLEL) --numprocesses 2 -m slow
ON_POSTGRES := $(EMBEDDED) DATABASE_URL="$(POSTGRES_TEST_URL)" \
	TEST_DATABASE_NAME="$${TEST_DATABASE_NAME:-test_sera_batching}"
WITHOUT_BROWSER := accounting feed backoffice integrations demo sera_batching invoices payments benchmarks
HAS_POSTGRES := $(BIN)/python -c 'import psycopg2, sys; psycopg2.connect(sys.argv[1], connect_timeout=3)' \
	"$(POSTGRES_TEST_URL)" 2>/dev/null

.DEFAULT_GOAL := help
.PHONY: help install demo run worker test test-sqlite test-needs-postgres test-postgres test-faults test-exhaustive test-mutations e2e check format docs screenshots bench bench-full clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## Install the exact versions of all packages into .venv/

$(STAMP): requirements.txt requirements-dev.txt
	@command -v $(PYTHON) >/dev/null || { echo "Missing: $(PYTHON). Debian: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Missing: Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Name another: make install PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "Missing: the venv module. Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing the packages into $(VENV)/. This takes a minute, once."
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

demo: install ## Start everything with a made-up company (PORT=8001 chooses the port)
	@VAR_DIR="$(CURDIR)/var/demo" $(EMBEDDED) $(BIN)/python manage.py run_demo --port='$(PORT)'

run: install ## Migrate and start the web server, with the settings of your environment (PORT=8001)
	@$(BIN)/python -m sera_batching.ports 'make run' '$(or $(PORT),8000)'
	$(BIN)/python manage.py migrate --verbosity 1
	$(BIN)/python manage.py runserver '$(or $(PORT),8000)'

worker: install ## Start the worker and the beat, with the settings of your environment
	$(BIN)/celery --app sera_batching worker --beat --loglevel INFO --concurrency 2 \
		--without-gossip --without-mingle --without-heartbeat

test: install ## Run the tests on SQLite, and those that need PostgreSQL if there is one
	@$(MAKE) --no-print-directory test-sqlite
	@if $(HAS_POSTGRES); then \
		$(MAKE) --no-print-directory test-needs-postgres; \
	else \
		echo "No PostgreSQL at $(POSTGRES_TEST_URL) (set POSTGRES_TEST_URL): tested on SQLite only."; \
		test "$${REQUIRE_SERVICES:-}" != 1; \
	fi

test-sqlite: install ## Run the tests on SQLite, with those in a browser
	@echo "Tests on SQLite"
	$(EMBEDDED) $(QUICK) --junitxml $(REPORTS)/sqlite.xml

test-needs-postgres: install ## Run the tests that need PostgreSQL
	@echo "Tests that need PostgreSQL"
	$(ON_POSTGRES) $(PYTEST) -m "postgresql and not slow and not exhaustive" \
		--junitxml $(REPORTS)/needs-postgres.xml $(WITHOUT_BROWSER)

test-postgres: install ## Run the tests on PostgreSQL, except those in a browser
	@echo "Tests on PostgreSQL"
	$(ON_POSTGRES) $(QUICK) --junitxml $(REPORTS)/postgres.xml proof $(WITHOUT_BROWSER)

test-faults: install ## Run the tests that kill processes, queues and disks, and the other slow ones
	@echo "Slow tests on SQLite"
	$(EMBEDDED) HISTORY_EXAMPLES="$${HISTORY_EXAMPLES:-40}" $(SLOW) --junitxml $(REPORTS)/slow-sqlite.xml
	@if $(HAS_POSTGRES); then \
		export TEST_DATABASE_NAME="$${TEST_DATABASE_NAME:-test_sera_faults}"; \
		echo "Slow tests on PostgreSQL"; \
		$(ON_POSTGRES) $(SLOW) --junitxml $(REPORTS)/slow-postgres.xml faults $(WITHOUT_BROWSER); \
	else \
		echo "No PostgreSQL at $(POSTGRES_TEST_URL) (set POSTGRES_TEST_URL): faults on SQLite only."; \
		test "$${REQUIRE_SERVICES:-}" != 1; \
	fi

test-exhaustive: install ## Search for cases that nobody thought of, for many minutes
	$(EMBEDDED) $(PYTEST) -m exhaustive --junitxml $(REPORTS)/exhaustive.xml

test-mutations: install ## Break the design on purpose, one rule at a time; the tests must notice
	$(EMBEDDED) DATABASE_URL="$(POSTGRES_TEST_URL)" $(BIN)/python -m faults.mutations

e2e: install ## Run the tests in a browser, and no others
	$(EMBEDDED) $(PYTEST) e2e

check: install ## Check style, types, imports, templates, migrations and settings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(EMBEDDED) $(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/djlint --check templates
	$(EMBEDDED) $(BIN)/python manage.py makemigrations --check --dry-run
	$(PRODUCTION_LIKE) $(BIN)/python manage.py check --deploy --fail-level INFO

format: install ## Format code and templates
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint --reformat --quiet templates

# The site generator has exact pins of its own, and an environment of its own inside the other's folder.
DOCS_VENV := $(VENV)/docs
DOCS_STAMP := $(DOCS_VENV)/.installed

$(DOCS_STAMP): requirements-docs.txt
	@test -x $(DOCS_VENV)/bin/pip || $(PYTHON) -m venv $(DOCS_VENV)
	$(DOCS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-docs.txt
	@touch $@

docs: $(DOCS_STAMP) ## Build the site of docs/ in var/docs/, with every link checked
	@NO_MKDOCS_2_WARNING=1 $(DOCS_VENV)/bin/mkdocs build --strict
	@echo "The site is in var/docs/: open index.html."

screenshots: install ## Take the pictures of the README again, with Chromium
	@$(EMBEDDED) DJANGO_SETTINGS_MODULE=sera_batching.settings $(BIN)/python -m e2e.screenshots

bench: install ## Measure the speed, in a few minutes
	$(BIN)/python -m benchmarks

bench-full: install ## Measure the speed at every size
	$(BIN)/python -m benchmarks --full

clean: ## Remove what can be made again; keep the data in var/
	rm -rf $(VENV) $(REPORTS) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
