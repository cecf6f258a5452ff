# Each target sets up what it needs from the lock files. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WAREHOUSE ?= build/warehouse.duckdb
export DBT_PROFILES_DIR := $(CURDIR)

.DEFAULT_GOAL := help
.PHONY: help build cases docs site serve sql test test-all lint format release rollback postgres spark superset dagster
.PHONY: scaffold review images key verify-source mutate bench bench-scale lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: $(VENV)/build.ready ## build and test the warehouse, export the marts: build/ (EXPORTS=all: SDMX and CSVW too)
	@$(BIN)/python scripts/cli.py build $(if $(filter all,$(EXPORTS)),--standards) $(OPTIONS)

cases: $(VENV)/cases.ready ## build, and recompute from case files: CASES=<folder>, YEARS="2019 2023"
	@$(BIN)/python scripts/cli.py cases $(if $(YEARS),--years "$(YEARS)") $(OPTIONS) -- "$(CASES)"

postgres: $(VENV)/postgres.ready ## build, test and publish on a PostgreSQL server: docs/postgres.md
	@$(BIN)/python scripts/cli.py postgres

spark: $(VENV)-spark/ready ## build on a Spark cluster, and compare with DuckDB: SPARK_REMOTE=sc://host:port
	@$(VENV)-spark/bin/python scripts/cli.py spark --remote "$(SPARK_REMOTE)" $(OPTIONS)

test: $(VENV)/dev.ready ## run the tests, but for long ones and for those that need servers or browsers
	@$(PYTEST) -m "not slow and not integration" $(OPTIONS)

test-all: $(VENV)/dev.ready ## run all tests
	@$(PYTEST) $(OPTIONS)

PYTEST = $(BIN)/python -m pytest -n auto --maxprocesses 2 --dist worksteal

lint: $(VENV)/dev.ready ## check the style of SQL, Python and YAML, and the types of Python
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/yamllint --strict .
	@$(BIN)/python scripts/cli.py scaffold --check
	@$(BIN)/sqlfluff lint --disable-progress-bar models analyses tests/singular

format: $(VENV)/dev.ready ## format Python and SQL
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .
	@$(BIN)/sqlfluff fix --disable-progress-bar models analyses tests/singular

release: $(VENV)/site.ready ## build apart and switch readers to it in one step: releases/current
	@$(BIN)/python scripts/cli.py release $(OPTIONS)

rollback: $(VENV)/site.ready ## point releases/current at the release before
	@$(BIN)/python scripts/cli.py release --rollback $(OPTIONS)

dagster: $(VENV)/site.ready $(VENV)-dagster/ready ## start Dagster on this machine, with the release as a job
	@mkdir -p "$$DAGSTER_HOME" && cp orchestration/dagster.yaml "$$DAGSTER_HOME"
	@$(VENV)-dagster/bin/dagster dev --host 127.0.0.1 --port $(PORT)
dagster: export DAGSTER_HOME = $(CURDIR)/.work/dagster
dagster: PORT = 3000

docs: $(VENV)/build.ready ## build, with dbt's documentation as one page: build/docs/index.html
	@$(BIN)/python scripts/cli.py build --docs

site: $(VENV)/site.ready ## make the report pages of the last build: build/site/index.html
	@$(BIN)/python scripts/cli.py site

serve: $(VENV)/build.ready ## show the report pages on this machine: PORT=8000
	@$(BIN)/python scripts/cli.py serve --port $(PORT)
PORT ?= 8000

images: $(VENV)/site.ready ## draw the charts that the README shows: docs/images/
	@$(BIN)/python scripts/cli.py images

scaffold: $(VENV)/build.ready ## write the models and YAML that follow from the seeds
	@$(BIN)/python scripts/cli.py scaffold

review: $(VENV)/build.ready ## enter the checksums of the reference seeds, once you have read what changed in them
	@$(BIN)/python scripts/cli.py review

sql: $(VENV)/build.ready ## query the warehouse, read-only: a prompt, or make sql QUERY="..."
	@$(BIN)/python scripts/cli.py sql -- "$(WAREHOUSE)" "$$QUERY"
override QUERY := $(value QUERY)
export QUERY

superset: $(VENV)-superset/ready ## start Apache Superset on the current release, or WAREHOUSE=<file>
	@$(VENV)-superset/bin/python scripts/cli.py superset --warehouse "$(WAREHOUSE)" --port $(PORT) \
		$(if $(RESET_PASSWORD),--reset-password)
superset: WAREHOUSE = releases/current/warehouse.duckdb
superset: PORT = 8088
$(VENV)-superset/ready: PYTHON_IS_NEW_ENOUGH = $(PYTHON) -c \
	'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' \
	|| { echo "Superset needs Python 3.11 or 3.12: make superset PYTHON=<path>" >&2; exit 2; }

key: $(VENV)/key.ready ## draft the sheets of a report: SOURCE=<file> REPORT=<id>, LIKE=<last year's>
	@$(BIN)/python scripts/cli.py key $(if $(LIKE),--like "$(LIKE)") -- "$(SOURCE)" "$(REPORT)"

verify-source: $(VENV)/build.ready ## compare the seeds with the documents: SOURCE=<file or folder>
	@$(BIN)/python scripts/cli.py verify-source $(SOURCE)

mutate: $(VENV)/build.ready ## make every keying error and see what is caught: SOURCE=<folder>
	@$(BIN)/python scripts/cli.py mutate $(OPTIONS) $(if $(SOURCE),--source "$(SOURCE)")

bench: $(VENV)/dev.ready ## measure the build against dbt's floor and bare DuckDB
	@$(BIN)/python scripts/cli.py bench $(OPTIONS)

bench-scale: $(VENV)/dev.ready ## measure all models and tests at up to 10 million observations
	@$(BIN)/python scripts/cli.py bench-scale $(OPTIONS)

lock: $(VENV)/dev.ready ## resolve pyproject.toml into requirements/*.lock again
	@$(BIN)/uv pip compile pyproject.toml --group dev $(LOCK_OPTIONS) -o requirements/dev.lock
	@$(BIN)/uv pip compile pyproject.toml -c requirements/dev.lock $(LOCK_OPTIONS) -o requirements/build.lock
	@for group in site postgres key cases; do \
		$(BIN)/uv pip compile pyproject.toml --group $$group -c requirements/dev.lock $(LOCK_OPTIONS) \
			-o requirements/$$group.lock || exit; done
	@$(BIN)/uv pip compile pyproject.toml --group spark -c requirements/build.lock $(LOCK_OPTIONS) \
		-o requirements/spark.lock
	@for group in dagster duckdb-1.4 duckdb-1.5; do \
		$(BIN)/uv pip compile --group $$group $(LOCK_OPTIONS) -o requirements/$$group.lock || exit; done
	@$(BIN)/uv pip compile --group pyproject.toml:superset $(LOCK_OPTIONS) -o requirements/superset.lock

LOCK_OPTIONS := --universal --generate-hashes --no-strip-extras --no-header --quiet $(UPGRADE)

clean: ## remove everything that the other targets make
	@rm -rf build target logs $(VENV) $(VENV)-* .work .*_cache

PYTHON_IS_NEW_ENOUGH := $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "Python 3.11 or later is needed: make PYTHON=<path>" >&2; exit 2; }
PIP := -m pip install --quiet --disable-pip-version-check --require-hashes

$(VENV)/build.ready: requirements/build.lock
	@$(PYTHON_IS_NEW_ENOUGH)
	@echo "setting up Python packages (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python $(PIP) -r $<
	@touch $@

# The packages of a group beside those of the build: dev, site, postgres, key, cases.
$(VENV)/%.ready: requirements/%.lock $(VENV)/build.ready
	@echo "setting up Python packages for $* (once)"
	@$(BIN)/python $(PIP) -r $<
	@touch $@

# The packages of a group in an environment of its own.
$(VENV)-%/ready: requirements/%.lock
	@$(PYTHON_IS_NEW_ENOUGH)
	@echo "setting up Python packages for $* in an environment of their own (once)"
	@$(PYTHON) -m venv $(VENV)-$*
	@$(VENV)-$*/bin/python $(PIP) -r $<
	@touch $@
