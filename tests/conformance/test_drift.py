"""Drift: harmless is kept, breaking is refused by name, accepted goes on, on every engine alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from apim_schema import chain
from apim_schema.adopt import adopt_as
from apim_schema.changes import AlterColumn
from apim_schema.difference import ACCEPTED, BREAKING, HARMLESS, Difference, breaking, drifted
from apim_schema.environment import through_alembic as run
from apim_schema.errors import Conflict, NotRecognised, Refused
from apim_schema.live import opened
from apim_schema.mend import mends
from apim_schema.status import look
from apim_schema.upgrade import Upgrade
from tests.conformance.site import Site, site
from tests.releases import FIRST, HEAD
from tests.servers import Server

WIDER = {
    "mysql": "MODIFY CREATED_BY VARCHAR(300)",
    "postgresql": "ALTER CREATED_BY TYPE VARCHAR(300)",
    "oracle": "MODIFY (CREATED_BY VARCHAR2(300))",
    "mssql": "ALTER COLUMN CREATED_BY VARCHAR(300)",
}
ENTRY = "column AM_API_COMMENTS.COMMENT_TEXT: missing"


def drift_of(customer: Site) -> list[tuple[str, str, str | None]]:
    with opened(customer.upgrade().target) as live:
        return [(d.class_, d.name, d.found) for d in drifted(live.differences)]


@pytest.mark.costly
def test_a_wider_column_is_kept(server: Server) -> None:
    with site(server, "apim", FIRST) as customer:
        customer.execute(f"ALTER TABLE AM_APPLICATION {WIDER[server.dialect]}")
        with opened(customer.upgrade().target) as live:
            assert str(look(live, HEAD)) == f"{FIRST}, with 1 harmless difference"
        before = drift_of(customer)
        result = run(customer.upgrade())
        assert (result.target, result.verdict.verdict) == (HEAD, "proven")
        assert drift_of(customer) == before == [(HARMLESS, "AM_APPLICATION.CREATED_BY", before[0][2])]
        assert "(300)" in str(before[0][2])
        assert customer.rows_are_as_before()


COMPUTED = {
    "mysql": "ADD DESCRIPTION VARCHAR(512) AS (UPPER(NAME)) STORED",
    "postgresql": "ADD DESCRIPTION VARCHAR(512) GENERATED ALWAYS AS (UPPER(NAME)) STORED",
    "oracle": "ADD (DESCRIPTION VARCHAR2(512) AS (UPPER(NAME)))",
    "mssql": "ADD DESCRIPTION AS CAST(UPPER(NAME) AS VARCHAR(512))",
}


def test_a_column_that_the_server_works_out_is_none_of_the_release(server: Server) -> None:
    """The product could not write to it, nor could a change state it anew."""
    with site(server, "apim", FIRST) as customer:
        customer.execute("ALTER TABLE AM_APPLICATION DROP COLUMN DESCRIPTION")
        customer.execute(f"ALTER TABLE AM_APPLICATION {COMPUTED[server.dialect]}")
        with pytest.raises(NotRecognised, match=r"DESCRIPTION: .*the server works it out"):
            run(customer.upgrade())
        with opened(customer.upgrade().target) as live:
            found = live.differences_from(FIRST)
            (mend,) = mends(chain.expected(live.model.flavour, "apim", FIRST), live.model, found)
            assert (mend.difference.class_, mend.changes) == (BREAKING, ())
            change = AlterColumn("AM_APPLICATION", "DESCRIPTION", type="VARCHAR(1000)")
            with pytest.raises(Conflict, match="the server works it out"):
                live.dialect.ddl.statements(change, live.model, live.schema)


def without_a_column(customer: Site) -> None:
    customer.execute("ALTER TABLE AM_API_COMMENTS DROP COLUMN COMMENT_TEXT")
    customer.columns["AM_API_COMMENTS"].remove("COMMENT_TEXT")
    customer.before = customer.rows()


def accepting(customer: Site, *entries: str) -> Upgrade:
    upgrade = customer.upgrade()
    return replace(upgrade, target=replace(upgrade.target, accept=entries))


def test_breaking_drift_is_refused_by_name_and_may_be_accepted(server: Server) -> None:
    with site(server, "apim", FIRST) as customer:
        without_a_column(customer)
        with pytest.raises(NotRecognised, match=f"nearest is {FIRST}.*\n.*missing column AM_API_COMMENTS.COMMENT_TEXT"):
            run(customer.upgrade())
        assert customer.rows_are_as_before()
        result = run(accepting(customer, ENTRY, "column AM_API.NONE: missing"))
        assert (result.start, result.target, result.verdict.verdict) == (FIRST, HEAD, "proven")
        assert [(d.class_, d.entry) for d in drifted(result.differences)] == [(ACCEPTED, ENTRY)]
        with opened(customer.upgrade().target) as live:
            assert [d.entry for d in breaking(live.differences)] == [ENTRY]


@pytest.mark.costly
def test_a_database_is_adopted_as_what_somebody_says_it_is(server: Server) -> None:
    with site(server, "apim", FIRST) as customer:
        without_a_column(customer)
        asked: list[tuple[str, list[str]]] = []

        def agree(release: str, wrong: Sequence[Difference]) -> bool:
            asked.append((release, [difference.entry for difference in wrong]))
            return len(asked) > 1

        with opened(customer.upgrade().target) as live, pytest.raises(Refused, match="nobody has agreed"):
            adopt_as(live, FIRST, agree)
        with opened(customer.upgrade().target) as live:
            assert live.stamped is None
            adopted = adopt_as(live, FIRST, agree)
        assert adopted.new
        assert asked == [(FIRST, [ENTRY])] * 2
        with opened(customer.upgrade().target) as live:
            assert live.stamped == FIRST
            assert "has 1 breaking difference" in str(live.problem)
        with pytest.raises(NotRecognised, match=r"missing column AM_API_COMMENTS\.COMMENT_TEXT"):
            run(customer.upgrade())
        assert run(accepting(customer, ENTRY)).verdict.verdict == "proven"


CERTIFICATES = "AM_API_CLIENT_CERTIFICATE"
DROP_KEY = {
    "mysql": f"ALTER TABLE {CERTIFICATES} DROP PRIMARY KEY",
    "postgresql": f"ALTER TABLE {CERTIFICATES} DROP CONSTRAINT {CERTIFICATES}_PKEY",
    "oracle": f"ALTER TABLE {CERTIFICATES} DROP PRIMARY KEY",
    "mssql": f"""DECLARE @drop NVARCHAR(400) = (SELECT 'ALTER TABLE {CERTIFICATES} DROP CONSTRAINT ' + name
        FROM sys.key_constraints WHERE parent_object_id = OBJECT_ID('{CERTIFICATES}') AND type = 'PK'); EXEC (@drop)""",
}


@pytest.mark.parametrize(
    ("columns", "class_"),
    [("TENANT_ID, ALIAS, API_ID", BREAKING), pytest.param(None, BREAKING, marks=pytest.mark.costly)],
)
def test_another_primary_key_is_not_replaced_in_silence(server: Server, columns: str | None, class_: str) -> None:
    """A release puts another key in the place of its own; a table that has lost its key gets the release's."""
    with site(server, "apim", FIRST) as customer:
        customer.execute(DROP_KEY[server.dialect])
        if columns:
            customer.execute(f"ALTER TABLE {CERTIFICATES} ADD PRIMARY KEY ({columns})")
        with opened(customer.upgrade().target) as live:
            adopt_as(live, FIRST, lambda release, wrong: True)
        assert [d[:2] for d in drift_of(customer)] == [(class_, CERTIFICATES)]
        if columns:
            with pytest.raises(NotRecognised, match=f"different primary key of {CERTIFICATES}"):
                run(customer.upgrade())
        else:
            assert drifted(run(customer.upgrade()).differences) == ()
        assert customer.rows_are_as_before()


@pytest.mark.costly
def test_the_order_of_a_keys_columns_is_harmless(server: Server) -> None:
    with site(server, "apim", "4.4.0") as customer:
        customer.execute(DROP_KEY[server.dialect])
        customer.execute(
            f"ALTER TABLE {CERTIFICATES} ADD PRIMARY KEY (TENANT_ID, ALIAS, KEY_TYPE, REMOVED, REVISION_UUID)"
        )
        assert [d[:2] for d in drift_of(customer)] == [(HARMLESS, CERTIFICATES)]
        assert [d.class_ for d in drifted(run(customer.upgrade()).differences)] == [HARMLESS]
        assert customer.rows_are_as_before()


def test_all_that_is_in_the_way_is_named_at_once(server: Server) -> None:
    """Tables that a release makes and another of their name, and what is missing besides."""
    with site(server, "apim", FIRST) as customer:
        without_a_column(customer)
        for table in ("AM_LABEL", "AM_TASK_LOCK"):
            customer.execute(f"CREATE TABLE {table} (UUID INTEGER)")
        with opened(customer.upgrade().target) as live:
            adopt_as(live, FIRST, lambda release, wrong: True)
        with pytest.raises(Refused) as caught:
            run(customer.upgrade())
        told = str(caught.value)
        assert all(name in told for name in ("AM_LABEL", "AM_TASK_LOCK", "missing column AM_API_COMMENTS.COMMENT_TEXT"))
        assert customer.rows_are_as_before()


@pytest.mark.parametrize("missing", ["AM_API_POLICY_MAPPING", "AM_GATEWAY_POLICY_MAPPING"])
def test_what_is_missing_of_a_release_makes_no_older_one_nearer(server: Server, missing: str) -> None:
    with site(server, "apim", "4.3.0") as customer:
        without_a_column(customer)
        customer.execute(f"DROP TABLE {missing}")
        with pytest.raises(NotRecognised, match=rf"nearest is 4\.3\.0(.|\n)*missing table {missing}"):
            run(customer.upgrade())


def test_the_change_that_a_later_release_lacks_is_named(server: Server) -> None:
    """An unstamped 4.4.0 with one drifted column of its own: which one must not be left to guess."""
    with site(server, "apim", "4.4.0") as customer:
        column = "api_subtype" if server.dialect == "postgresql" else "API_SUBTYPE"
        clause = {
            "mysql": f"MODIFY {column} VARCHAR(10) NOT NULL",
            "postgresql": f"ALTER COLUMN {column} SET NOT NULL",
        }
        if server.dialect not in clause:
            pytest.skip("the alteration is not written in the words of this database")
        customer.execute(f"UPDATE AM_API SET {column} = 'd' WHERE {column} IS NULL")
        customer.execute(f"ALTER TABLE AM_API {clause[server.dialect]}")
        with pytest.raises(NotRecognised) as caught:
            run(customer.upgrade())
        assert "changes of 4.4.0 are in: all but add column AM_API.API_SUBTYPE" in str(caught.value)
