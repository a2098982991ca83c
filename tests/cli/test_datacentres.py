"""A real database of the vendor's script for several data centres, in the second of three."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result

from apim_schema import catalog
from apim_schema.demo import rows
from tests.cli.conftest import Databases
from tests.releases import HEAD
from tests.servers import Server, new_database
from tests.vendor import make

Run = Callable[..., Result]
RunJson = Callable[..., Any]
FLAVOUR, START = "postgresql_multidc", "4.4.0"


def created(url: str, database: str) -> None:
    """A database as the ReadMe beside the script tells the DBA to make it, with rows; they come numbered from 1."""
    document = make.catalog(FLAVOUR, database, START)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        make._run(connection, [line.replace("DEFAULT 'DC1'", "DEFAULT 'DC2'") for line in make.script(document)])
    with engine.begin() as connection:
        rows.fill(connection, catalog.parse(document))
        for name in document["sequences"]:
            connection.exec_driver_sql(f"ALTER SEQUENCE {name} START WITH 2 INCREMENT BY 3 RESTART WITH 302")


@pytest.fixture
def second_dc(postgresql: Server) -> Iterator[Databases]:
    with new_database(postgresql) as apim, new_database(postgresql) as shared:
        created(apim, "apim")
        created(shared, "shared")
        yield Databases(apim, shared)


def test_it_is_recognised_by_name(run_json: RunJson, second_dc: Databases) -> None:
    apim, shared = run_json("status", *second_dc.options)["databases"]
    assert (apim["release"], apim["flavour"], shared["flavour"]) == (START, FLAVOUR, FLAVOUR)
    [drift] = apim["differences"]
    assert (drift["kind"], drift["name"]) == ("variant", "IDN_OAUTH2_ACCESS_TOKEN.DCID")


def test_it_is_upgraded_and_counts_on_as_this_data_centre(run_json: RunJson, second_dc: Databases) -> None:
    """A row that is made here never gets a number that another data centre may give."""
    apim, shared = run_json("upgrade", "head", *second_dc.options)["databases"]
    assert (apim["from"], apim["to"], apim["rows"]["verdict"]) == (START, HEAD, "proven")
    assert (shared["to"], shared["statements_executed"]) == (HEAD, 0)
    assert set(second_dc.execute("SELECT increment_by, start_value % 3 FROM pg_sequences")) == {(3, 2)}
    key = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'idn_oauth2_access_token'::regclass"
    assert [d for (d,) in second_dc.execute(f"{key} AND contype = 'u'") if d.endswith(", dcid)")]
    cascades = "SELECT confdeltype FROM pg_constraint WHERE conrelid = 'am_gw_api_artifacts'::regclass"
    assert second_dc.execute(f"{cascades} AND contype = 'f'") == [("c",)]


def test_afterwards_it_is_what_the_vendor_installs(run: Run, second_dc: Databases) -> None:
    assert run("upgrade", "head", *second_dc.options).exit_code == 0
    verified = run("verify", *second_dc.options)
    assert verified.exit_code == 0, verified.stdout
    assert "variant column IDN_OAUTH2_ACCESS_TOKEN.DCID" in re.sub(r"\s+", " ", verified.stderr + verified.stdout)


def test_tables_that_were_made_by_hand_are_taken_as_they_are(run: Run, second_dc: Databases) -> None:
    """The script of 4.4.0 forgot this one, which the product wants."""
    plain = make.catalog("postgresql", "apim", START)
    table = {"tables": {"AM_TRANSACTION_RECORDS": plain["tables"]["AM_TRANSACTION_RECORDS"]}}
    [statement] = [line for line in make.script({**plain, **table}) if line.startswith("CREATE TABLE")]
    second_dc.execute(statement)
    result = run("upgrade", "head", *second_dc.options)
    assert result.exit_code == 0
    assert "create table AM_TRANSACTION_RECORDS" in result.stdout.partition("already there, skipped:")[2]


def test_what_is_older_than_its_scripts_or_half_installed_is_told(run: Run, second_dc: Databases) -> None:
    second_dc.execute("DROP TABLE am_llm_provider CASCADE")
    result = run("upgrade", "head", *second_dc.options, "--database", "apim")
    assert result.exit_code == 3
    assert f"apim is of the vendor's script for {FLAVOUR}, and older than {START} or half-installed" in result.stderr


def test_it_is_not_adopted_as_a_release_that_its_scripts_have_not(run: Run, second_dc: Databases) -> None:
    result = run("adopt", "--as", "4.3.0", *second_dc.options, "--database", "apim")
    assert result.exit_code == 3
    assert f"the vendor's script for {FLAVOUR} begins with {START}" in result.stderr
