"""The database that a rehearsal makes: it needs a privilege, and is dropped whatever happens."""

from __future__ import annotations

from contextlib import suppress

import pytest
from sqlalchemy import Connection, make_url

from apim_schema import registry
from apim_schema.errors import Refused
from apim_schema.progress import Silent
from apim_schema.rehearsal import rehearse
from apim_schema.target import target
from tests.dialects.mysql.conftest import Run
from tests.servers import Server, new_database
from tests.vendor import make

DIALECT = registry.load("mysql")
MADE = "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE 'apim\\_schema\\_rehearsal\\_%'"


def count(connection: Connection) -> int:
    return int(connection.exec_driver_sql(MADE, execution_options={"no_parameters": True}).scalar_one())


def test_it_goes_whatever_happens(connection: Connection, run: Run) -> None:
    run("CREATE TABLE P (A INT PRIMARY KEY)", "CREATE TABLE C (A INT, FOREIGN KEY (A) REFERENCES P (A))")
    run("INSERT INTO P VALUES (1)", "CREATE VIEW V AS SELECT A FROM P")
    schema, before = DIALECT.session.default_schema(connection), count(connection)
    with suppress(ValueError), DIALECT.rehearsal.stage(connection, schema) as stage:
        assert count(connection) == before + 1
        found = DIALECT.introspect.read(connection, stage)
        assert found.tables == DIALECT.introspect.read(connection, schema).tables
        assert connection.exec_driver_sql(f"SELECT COUNT(*) FROM {stage}.P").scalar_one() == 0
        raise ValueError("stop")
    assert count(connection) == before
    assert DIALECT.session.default_schema(connection) == schema
    assert connection.exec_driver_sql("SELECT COUNT(*) FROM P").scalar_one() == 1


def test_a_login_that_may_not_make_one_is_told_what_to_grant(both: Server) -> None:
    with new_database(both, charset="latin1") as url, both.connection() as admin:
        make.create(url, "mysql", "apim", "4.6.0")
        raw = {"no_parameters": True}
        admin.exec_driver_sql("CREATE USER rehearsing IDENTIFIED BY 'secret'")
        try:
            admin.exec_driver_sql(f"GRANT ALL ON {make_url(url).database}.* TO rehearsing")
            login = make_url(url).set(username="rehearsing", password="secret").render_as_string(hide_password=False)
            with pytest.raises(Refused, match=r"GRANT ALL ON `apim\\_schema\\_rehearsal\\_%`"):
                rehearse(target("apim", login), "head", Silent())
            admin.exec_driver_sql("GRANT ALL ON `apim\\_schema\\_rehearsal\\_%`.* TO rehearsing", execution_options=raw)
            assert rehearse(target("apim", login), "head", Silent()).statements > 0
        finally:
            admin.exec_driver_sql("DROP USER rehearsing")
