# Every target does its own set-up: Python 3.10 or later, with venv, and make are all that has to be there.
# MySQL and MariaDB are unpacked from Debian's packages into .servers/; nothing is installed, no root is needed.

PYTHON := .venv/bin/python
SERVERS := .servers/mysql.stamp .servers/mariadb.stamp

# an engine named here fails `make test` where it would be skipped
export APIM_SCHEMA_TEST_REQUIRE ?= postgresql,mysql,mariadb

.PHONY: demo test test-kill check bench clean
.NOTPARALLEL:

demo: .venv/demo.stamp
	.venv/bin/apim-schema demo

test: .venv/dev.stamp $(SERVERS)
	$(PYTHON) -m pytest -m "not kill"

test-kill: .venv/dev.stamp $(SERVERS)
	$(PYTHON) -m pytest -m kill

check: .venv/dev.stamp
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy src dialects versions tests

bench: .venv/dev.stamp $(SERVERS)
	$(PYTHON) -m benchmarks

clean:
	rm -rf .venv .servers .parsers build dist .mypy_cache .pytest_cache .ruff_cache

.venv/%.stamp: pyproject.toml
	python3 -m venv .venv
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	touch $@

.servers/mysql.stamp: tests/servers/fetch.sh
	tests/servers/fetch.sh .servers/mysql sid mysql-server-core mysql-client-core
	touch $@

.servers/mariadb.stamp: tests/servers/fetch.sh
	tests/servers/fetch.sh .servers/mariadb bookworm mariadb-server-core mariadb-client-core
	touch $@
