"""What `versions/env.py` runs: Alembic's side of the two doors.

`alembic -x url=URL upgrade head` and our own `upgrade` both come here, and so do the two `downgrade`; Alembic works out
the revisions, and `upgrade.Upgrade` does all the rest. Every other command that talks to the database (`current`,
`stamp`) is left to Alembic, with our version table and schema.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from apim_schema import chain, config, flavours, interrupts, report, script
from apim_schema.attempt import Apply, Result
from apim_schema.errors import Exit, SchemaToolError, UsageError, said_by_database
from apim_schema.log import ERROR, WARNING
from apim_schema.redact import redact
from apim_schema.target import Target
from apim_schema.upgrade import Upgrade

ATTRIBUTE = "apim_schema_upgrade"
"""Where our own command line hands its Upgrade to Alembic's configuration."""

RESULT = "apim_schema_result"
"""Where it finds what came of it."""

BACK = {"upgrade": False, "downgrade": True}
"""The commands that change the schema, and whether they lead back."""


def through_alembic(upgrade: Upgrade) -> Result:
    """Runs an upgrade as plain `alembic upgrade` would, or a downgrade, with our own settings; returns what was done.

    Raises what `Upgrade.run` raises.
    """
    settings = Config(chain.ini_file(), ini_section=chain.SECTIONS[upgrade.target.database])
    settings.attributes[ATTRIBUTE] = upgrade
    (command.downgrade if upgrade.back else command.upgrade)(settings, upgrade.release)
    result: Result = settings.attributes[RESULT]
    return result


def run() -> None:
    """Runs the Alembic command that is under way.

    From Alembic's own command line an error of ours is a message on stderr and our exit code; anywhere else it is
    raised.
    """
    try:
        with interrupts.raised():
            _run()
    except (SchemaToolError, DBAPIError, KeyboardInterrupt) as error:
        if context.config.cmd_opts is None:
            raise
        ours = _ours(error)
        report.say(f"apim-schema: {redact(str(ours))}", ERROR)
        raise SystemExit(int(ours.exit_code)) from None


def _ours(error: SchemaToolError | DBAPIError | KeyboardInterrupt) -> SchemaToolError:
    if isinstance(error, KeyboardInterrupt):
        return interrupts.nothing_changed(error)
    return error if isinstance(error, SchemaToolError) else said_by_database(error)


def _run() -> None:
    database = context.config.get_main_option("database") or ""
    if context.config.get_main_option("version_locations") is None or database not in chain.DATABASES:
        raise UsageError("alembic.ini has no such section", way_out="use [alembic] for apim, -n shared for shared")
    given = context.config.attributes.get(ATTRIBUTE)
    if context.is_offline_mode():
        _offline(database, context.get_x_argument(True))
        return
    target: Target = given.target if given else _named(database)
    verb = _command()
    if verb in BACK:
        _upgrade(given, target, BACK[verb])
    else:
        _pass_through(target)


def _named(database: str) -> Target:
    """The database that the command line names; what is to be said of that is said."""
    target = config.from_x_arguments(database, context.get_x_argument(True))
    for note in target.notes:
        report.say(f"apim-schema: note: {note}", WARNING)
    return target


def _command() -> str:
    """The name of the Alembic command: it is the name of the function that works out its steps.

    Alembic tells it to a configured context only; which dialect that has does not matter here.
    """
    context.configure(dialect_name="sqlite")
    function: Callable[..., object] = context.get_context().opts["fn"]
    return function.__name__


def _offline(database: str, x: dict[str, str]) -> None:
    """Prints the script, whole or not at all: Alembic would have printed what came before an error."""
    verb = _command()
    flavour = x.get("dialect")
    if flavour is None:
        raise UsageError("a script needs its dialect: -x dialect=NAME, one of " + ", ".join(flavours.FLAVOURS))
    if verb in BACK:
        print(_script(flavour, database, x.get("schema"), BACK[verb]), end="")
    else:
        _stamp_offline(flavour, database, x.get("schema"))


def _script(flavour: str, database: str, schema: str | None, back: bool) -> str:
    opts = context.get_context().opts
    if not opts["starting_rev"]:
        first, *_, newest = chain.releases(database)
        way_out = f"alembic upgrade {first}:{newest} --sql, or downgrade {newest}:{first}"
        raise UsageError("a script needs the release to start from", way_out=way_out)
    start, target = chain.check_release(database, opts["starting_rev"]), _destination(database)
    if start == target or chain.goes_back(database, start, target) != back:
        way_out = "name an older release and then a newer one, or the other way round for downgrade"
        raise UsageError(f"there is nothing between {start} and {target}", way_out=way_out)
    return script.render(flavour, database, start, target, schema)


def _stamp_offline(flavour: str, database: str, schema: str | None) -> None:
    """Leaves the statements of the stamp to Alembic, with our version table; none of a revision is among them."""
    context.configure(
        dialect_name=script.dialect_of(flavour).name,
        version_table=chain.version_table(database),
        version_table_schema=schema,
    )
    context.run_migrations()


def _destination(database: str) -> str:
    """The release that was asked for, as it was written: Alembic would resolve prefixes and relative steps."""
    return chain.check_release(database, context.get_context().opts["destination_rev"])


def _upgrade(given: Upgrade | None, target: Target, back: bool) -> None:
    """Runs the upgrade or downgrade; the summary of one that our own command line has asked for is its own to show."""
    if given:
        context.config.attributes[RESULT] = given.run(_migrate)
        return
    asked = Upgrade(target, _destination(target.database), progress=report.Terminal(), back=back)
    result = asked.run(_migrate)
    code = report.written(lambda: _shown(result))
    if code != Exit.OK:
        raise SystemExit(code)


def _shown(result: Result) -> int:
    report.show(report.answer(), [result])
    return int(result.exit_code)


def _migrate(connection: Connection, database: str, schema: str, apply: Apply) -> None:
    _configure(connection, database, schema, apply=apply)
    with context.begin_transaction():
        context.run_migrations()


def _pass_through(target: Target) -> None:
    session = target.dialect.session
    with target.engine() as engine, session.connect(engine, target.schema) as connection, connection.begin():
        schema = target.schema or session.default_schema(connection)
        _configure(connection, target.database, schema)
        context.run_migrations()


def _configure(connection: Connection, database: str, schema: str | None, **extra: Any) -> None:
    context.configure(
        connection=connection,
        version_table=chain.version_table(database),
        version_table_schema=schema,
        transaction_per_migration=False,
        **extra,
    )
