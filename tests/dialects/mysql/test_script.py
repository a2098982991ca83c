"""What a script decides by itself on MySQL and MariaDB, in their own clients."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from apim_schema import chain, compare, registry
from apim_schema.changes import ReplaceTrigger, TextToBinary
from apim_schema.errors import Conflict
from apim_schema.schema import Schema, Table, Trigger
from tests import filled
from tests.conformance.site import Site, site
from tests.conformance.test_script import expect_reached, rendered, run, run_well
from tests.conformance.test_upgrade import stamped
from tests.releases import FIRST, HEAD
from tests.servers import Server, new_database
from tests.vendor import make

SCRIPT = registry.load("mysql").script


def test_utf8mb4(both: Server) -> None:
    """A database that its owner has narrowed: keys are kept short, and what latin1 has not is no surprise later."""
    with new_database(both, charset="utf8mb4") as url:
        made_of = make.create(url, "mysql", "apim", FIRST, narrow=True)
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            filled.fill(connection, made_of, latin1=True)
        customer = Site(both, url, "apim", "mysql", made_of)
        customer.execute("UPDATE IDN_SCIM_GROUP SET ROLE_NAME = '\u4e2d' WHERE ID = 1")
        done = run(customer, rendered(customer))
        assert done.returncode != 0
        assert "IDN_SCIM_GROUP: ROLE_NAME has characters that latin1 has not" in done.stderr
        assert stamped(customer) is None
        customer.execute("UPDATE IDN_SCIM_GROUP SET ROLE_NAME = '\u00e9' WHERE ID = 1")
        customer.before = customer.rows()
        run_well(customer, rendered(customer))
        with engine.begin() as connection:
            live = customer.upgrade().target.dialect.introspect.read(connection, None)
        assert compare.mismatches(chain.expected("mysql", "apim", HEAD), live) == []
        assert customer.rows_are_as_before()
        assert stamped(customer) == HEAD


def test_a_fix_applied_by_hand(both: Server) -> None:
    """A whole one is skipped; a part of one is told, and so is a column that is something else."""
    with site(both, "apim", "4.3.0") as customer:
        text = rendered(customer, "4.3.0", "4.4.0")
        customer.execute(f"ALTER DATABASE {customer.name} CHARACTER SET utf8mb4")
        done = run(customer, text)
        assert done.returncode != 0
        assert "another collation than the database: use apim-schema upgrade" in done.stderr
        assert stamped(customer) is None
        customer.execute(f"ALTER DATABASE {customer.name} CHARACTER SET latin1")

        customer.execute("ALTER TABLE AM_API ADD API_SUBTYPE VARCHAR(10)")
        assert "AM_API: a part of this change is there already: use apim-schema upgrade" in stopped(customer, text)
        customer.execute(
            "ALTER TABLE AM_API ADD IS_EGRESS INT DEFAULT 0, ADD SUB_VALIDATION VARCHAR(10) DEFAULT 'ENABLED'"
        )
        customer.execute("ALTER TABLE AM_SERVICE_CATALOG MODIFY MD5 BLOB NOT NULL")
        assert "AM_SERVICE_CATALOG: MD5 is neither of the old nor of the new type" in stopped(customer, text)
        customer.execute("ALTER TABLE AM_SERVICE_CATALOG MODIFY MD5 VARCHAR(512) NOT NULL")
        customer.execute("CREATE INDEX OF_ANOTHER_NAME ON IDN_INVALID_TOKENS (TOKEN_IDENTIFIER, CONSUMER_KEY)")
        run_well(customer, text)
        customer.execute("ALTER TABLE IDN_INVALID_TOKENS RENAME INDEX OF_ANOTHER_NAME TO IDX_IAT_TI_CK")
        expect_reached(customer, "4.4.0")


def stopped(customer: Site, text: str) -> str:
    done = run(customer, text)
    assert done.returncode != 0
    assert stamped(customer) == "4.3.0"
    return done.stderr


@pytest.mark.parametrize("text", ["'", "\\", "it''s", "\\'", "%s :x & ? \u20ac", "two\nlines"])
def test_a_message_is_told_as_it_is(database_of: Site, text: str) -> None:
    done = run(database_of, SCRIPT.refuse("1 = 1", text))
    assert done.returncode != 0
    assert f"Unknown storage engine '{text}'" in done.stderr
    run_well(database_of, SCRIPT.refuse("1 = 0", text))


@pytest.fixture
def database_of(both: Server) -> Site:
    return Site.at(both, both.url, "apim")


TRIGGER = ReplaceTrigger(
    Trigger("TOUCHED", "T", "BEFORE", ("UPDATE",), action="BEGIN SET NEW.A = 1; SET NEW.B = 'it''s'; END")
)


READER = "ALTER TABLE AM_API_POLICY_MAPPING ADD "
ROW = "FOR EACH ROW SET NEW.POLICY_UUID = "
READERS = {
    "check": (f"{READER}CONSTRAINT X CHECK (PARAMETERS <> 'x')", "a check or a generated column"),
    "generated column": (f"{READER}X INT GENERATED ALWAYS AS (LENGTH(PARAMETERS))", "a check or a generated column"),
    "view": ("CREATE VIEW X AS SELECT m.PARAMETERS FROM AM_API_POLICY_MAPPING m", "a view"),
    "trigger": (f"CREATE TRIGGER X BEFORE UPDATE ON AM_API_POLICY_MAPPING {ROW}UPPER(NEW.PARAMETERS)", "a trigger"),
    "others": (f"CREATE TRIGGER X BEFORE UPDATE ON AM_API_POLICY_MAPPING {ROW}'PARAMETERS'", None),
}
"""What a text that becomes bytes is read by, and what says its name for something else."""


@pytest.mark.parametrize(("made", "what"), READERS.values(), ids=READERS)
def test_what_would_take_bytes_for_text_is_refused(both: Server, made: str, what: str | None) -> None:
    wanted = [TextToBinary("AM_API_POLICY_MAPPING", "PARAMETERS", "BLOB")]
    live = chain.expected("mysql", "apim", "4.5.0")
    with new_database(both) as url, sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql("CREATE TABLE AM_API_POLICY_MAPPING (POLICY_UUID INT, PARAMETERS VARCHAR(99))")
        connection.exec_driver_sql(made)
        told = list(filter(None, (refusal(connection, sql) for sql in SCRIPT.requires(wanted, live, None))))
    assert [text.partition(" reads what is dropped or converted")[0] for text in told] == ([what] if what else [])


def refusal(connection: sa.Connection, sql: str) -> str | None:
    """What stands in the place of a storage engine's name."""
    try:
        connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
    except DBAPIError as error:
        return str(error.orig).partition("engine '")[2]
    return None


def test_a_trigger_is_replaced_as_often_as_the_script_runs(both: Server) -> None:
    """What PREPARE does not take, and what holds semicolons of its own."""
    with new_database(both) as url:
        customer = Site(both, url, "apim", "mysql", {"tables": {}})
        customer.execute("CREATE TABLE T (ID INT PRIMARY KEY, A INT, B VARCHAR(9))")
        customer.execute("CREATE TRIGGER TOUCHED AFTER UPDATE ON T FOR EACH ROW SET @a = 1")
        live = Schema("mysql", {"T": Table("T", {})}, triggers={"TOUCHED": replace(TRIGGER.trigger, timing="AFTER")})
        made = registry.load("mysql").ddl.statements(TRIGGER, live, None)
        text = "\n".join(
            (SCRIPT.opening(), *(SCRIPT.unit(n, statement, live, None) for n, statement in enumerate(made, 1)))
        )
        for _ in range(2):
            run_well(customer, text)
        customer.execute("INSERT INTO T VALUES (1, 2, 'b')")
        customer.execute("UPDATE T SET ID = 3")
        assert customer.execute("SELECT * FROM T") == [(3, 1, "it's")]


def test_a_trigger_of_which_nothing_is_known_is_not_dropped() -> None:
    unknown = ReplaceTrigger(replace(TRIGGER.trigger, action=None))
    live = Schema("mysql", {"T": Table("T", {})}, triggers={"TOUCHED": replace(TRIGGER.trigger, timing="AFTER")})
    with pytest.raises(Conflict, match="what it does is not known"):
        registry.load("mysql").ddl.statements(unknown, live, None)
