"""Holds every dialect against the contract, in the type checker: what `make check` reads, and nothing ever calls.

`registry.load` loads the modules by name, so that the type checker sees none of them there.
"""

from __future__ import annotations

from apim_schema.dialect import Dialect
from apim_schema.flavours import Folder


def keeps(folder: Folder, modules: Dialect) -> None:
    """The contract, as the types of the arguments."""


def mssql() -> None:
    from dialects import mssql
    from dialects.mssql import (
        ddl,
        digest,
        impact,
        introspect,
        jdbc,
        names,
        obstacles,
        rehearsal,
        scan,
        script,
        server,
        session,
        space,
        types,
        witness,
    )

    keeps(
        mssql,
        Dialect(
            "mssql",
            names,
            types,
            ddl,
            introspect,
            digest,
            scan,
            witness,
            session,
            impact,
            obstacles,
            space,
            server,
            rehearsal,
            script,
            jdbc,
        ),
    )


def mysql() -> None:
    from dialects import mysql
    from dialects.mysql import (
        ddl,
        digest,
        impact,
        introspect,
        jdbc,
        names,
        obstacles,
        rehearsal,
        scan,
        script,
        server,
        session,
        space,
        types,
        witness,
    )

    keeps(
        mysql,
        Dialect(
            "mysql",
            names,
            types,
            ddl,
            introspect,
            digest,
            scan,
            witness,
            session,
            impact,
            obstacles,
            space,
            server,
            rehearsal,
            script,
            jdbc,
        ),
    )


def oracle() -> None:
    from dialects import oracle
    from dialects.oracle import (
        ddl,
        digest,
        impact,
        introspect,
        jdbc,
        names,
        obstacles,
        rehearsal,
        scan,
        script,
        server,
        session,
        space,
        types,
        witness,
    )

    keeps(
        oracle,
        Dialect(
            "oracle",
            names,
            types,
            ddl,
            introspect,
            digest,
            scan,
            witness,
            session,
            impact,
            obstacles,
            space,
            server,
            rehearsal,
            script,
            jdbc,
        ),
    )


def postgresql() -> None:
    from dialects import postgresql
    from dialects.postgresql import (
        ddl,
        digest,
        impact,
        introspect,
        jdbc,
        names,
        obstacles,
        rehearsal,
        scan,
        script,
        server,
        session,
        space,
        types,
        witness,
    )

    keeps(
        postgresql,
        Dialect(
            "postgresql",
            names,
            types,
            ddl,
            introspect,
            digest,
            scan,
            witness,
            session,
            impact,
            obstacles,
            space,
            server,
            rehearsal,
            script,
            jdbc,
        ),
    )
