"""The frame of a script for the mysql and mariadb clients, which stop at the first error unless told --force.

Every DDL statement commits at once, so a script that was stopped can be run again: one look before each release finds
the statements whose effect is not there, and a release whose stamp is passed is left alone as a whole. There are no
stored programs in it, which would need privileges of their own: what depends on the database is chosen as text and run
through PREPARE (https://dev.mysql.com/doc/refman/8.4/en/prepare.html).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from apim_schema import changes, sqltext
from apim_schema.changes import Change
from apim_schema.impact import Statement
from apim_schema.schema import Schema

from . import ddl, due, foreign_keys, names, silent, types
from .settings import PREPARE, UTF8

CLIENT = "mysql or mariadb (never with --force)"
COMMAND = "mysql {database} < upgrade.sql"
CONTINUES = True
"""Whether a script that failed can be run again: it skips what is in."""

RUN = "PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;"
NOTHING = "'DO 0'"

REFUSES = """\
-- A check that fails sets default_storage_engine to its reason. The server refuses that, and quotes it in full:
-- "ERROR 1286 (42000): Unknown storage engine 'apim is not stamped 4.2.0: nothing was changed'".
-- Outside of stored programs there is no other way to raise an error on a condition."""
LOOKS = """\
-- One look at what is there: the number of each statement, its table, how many parts its effect has, whether they
-- are all or nothing, and how many are there. The numbers of those that are due go into @apim_schema_due."""
NAMED = "SELECT 0 number, '' altered, 0 parts, 0 whole, 0 there"
DUE = """-- A statement whose number is not among those that are due does nothing: DO 0 is run in its place."""

NOW = "UTC_TIMESTAMP()"
WHO = "CURRENT_USER()"


def opening() -> str:
    """The settings of an upgrade's session; each statement commits."""
    settings = "\n".join(f"{setting};" for setting in ("SET autocommit = 1", UTF8, PREPARE))
    return f"{settings}\n\n{REFUSES}"


def version_table(name: str) -> str:
    """Makes the table of the stamp where there is none."""
    return f"CREATE TABLE IF NOT EXISTS {name} (version_num VARCHAR(32) NOT NULL PRIMARY KEY);"


def own_table(name: str, create: str) -> str:
    """Makes a table of ours where there is none."""
    return f"{create.replace('CREATE TABLE', 'CREATE TABLE IF NOT EXISTS', 1)};"


def plain(sql: str) -> str:
    return f"{sql};"


def refuse(condition: str, message: str) -> str:
    """An error with this message where the condition holds.

    Outside of stored programs no statement raises an error on a condition. There is no storage engine of this name,
    and the server quotes it in full: ERROR 1286 (42000): Unknown storage engine 'apim is not stamped 4.2.0 ...'.
    """
    return _refuse(condition, names.literal(message))


def _refuse(condition: str, message: str) -> str:
    """`message` is an expression."""
    return f"SET default_storage_engine = IF(\n    {condition},\n    {message},\n    @@default_storage_engine);"


def refuse_rows(condition: str, message: str, column: tuple[str, str], schema: str | None, type_: str = "") -> str:
    """The same, as text, where the column is there: the server would not take a condition about a missing one."""
    asked = names.literal(f"\n{sqltext.wrapped(refuse(condition, message).rstrip(';'))}\n")
    return f"SET @apim_schema = IF({lacks([column], schema)}, {NOTHING}, {asked}); {RUN}"


def lacks(columns: Sequence[tuple[str, str]], schema: str | None) -> str:
    """The condition that one of these columns is missing."""
    wanted = ", ".join(f"({sqltext.quoted(table)}, {sqltext.quoted(column)})" for table, column in columns)
    return (
        f"((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = {_owner(schema)} "
        f"AND (UPPER(table_name), UPPER(column_name)) IN ({wanted})) < {len(columns)})"
    )


def requires(wanted: Sequence[Change], live: Schema, schema: str | None) -> Sequence[str]:
    """Whether a character has one byte decides how long a key may be; and what would stop the script half way."""
    database = f"information_schema.schemata s WHERE s.schema_name = {_owner(schema)}"
    one_byte = (
        "SET @apim_schema_one_byte = (SELECT MAX(c.maxlen) = 1 FROM information_schema.character_sets c, "
        f"{database} AND c.character_set_name = s.default_character_set_name);"
    )
    checks = (_other_collation(wanted, live, database), _taken(wanted, live, schema), _keyless(wanted, live, schema))
    return [one_byte, *filter(None, checks), *_silent(wanted, live, schema)]


def _silent(wanted: Sequence[Change], live: Schema, schema: str | None) -> Iterator[str]:
    """What nothing else would tell of."""
    for what, condition in silent.conditions(wanted, live, _owner(schema)):
        told = "reads what is dropped or converted: apim-schema plan names it; nothing was changed"
        yield refuse(condition, f"{what} {told}")


def _other_collation(wanted: Sequence[Change], live: Schema, database: str) -> str:
    """New columns take the database's character set, so those that foreign keys point to must have it too."""
    parents = {
        (key.ref_table, column)
        for change in wanted
        if isinstance(change, changes.CreateTable)
        for key in change.definition.foreign_keys
        for column in key.ref_columns
        if key.ref_table in live.tables and types.is_text(live.tables[key.ref_table].columns[column].type)
    }
    if not parents:
        return ""
    listed = ", ".join(f"({sqltext.quoted(table)}, {sqltext.quoted(column)})" for table, column in sorted(parents))
    other = (
        f"EXISTS (SELECT 1 FROM information_schema.columns c, {database} AND c.table_schema = s.schema_name "
        f"AND (c.table_name, c.column_name) IN ({listed}) AND c.collation_name <> s.default_collation_name)"
    )
    return refuse(
        other, "tables have another collation than the database: use apim-schema upgrade; nothing was changed"
    )


def _taken(wanted: Sequence[Change], live: Schema, schema: str | None) -> str:
    """The names that the server and we give to foreign keys must be free ones; a table's own are there on a rerun."""
    made = [name for change in wanted for name in foreign_keys.made(change)]
    if not made:
        return ""
    listed = ", ".join(sqltext.quoted(name.upper()) for name in made)
    return refuse(
        f"EXISTS (SELECT 1 FROM information_schema.table_constraints c WHERE c.constraint_schema = {_owner(schema)} "
        f"AND c.constraint_type = 'FOREIGN KEY' AND UPPER(c.constraint_name) IN ({listed}) "
        "AND UPPER(c.constraint_name) NOT REGEXP CONCAT('^', UPPER(c.table_name), '_(IBFK_[0-9]+|[A-Z_]+_FK)$'))",
        "a foreign key has the name of one to be made: rename it, or use apim-schema upgrade; nothing was changed",
    )


def _keyless(wanted: Sequence[Change], live: Schema, schema: str | None) -> str:
    """A comment that MySQL reads and MariaDB does not: only MySQL has the setting."""
    altered = {change.table for change in wanted if change.table in live.tables}
    keyless = sorted(table for table in altered if live.tables[table].primary_key is None)
    if not keyless:
        return ""
    listed = ", ".join(map(sqltext.quoted, keyless))
    without = (
        f"@@sql_require_primary_key AND EXISTS (SELECT 1 FROM information_schema.tables t WHERE t.table_schema = "
        f"{_owner(schema)} AND UPPER(t.table_name) IN ({listed}) AND NOT EXISTS (SELECT 1 FROM "
        "information_schema.statistics s WHERE s.table_schema = t.table_schema AND s.table_name = t.table_name "
        "AND s.index_name = 'PRIMARY'))"
    )
    message = "sql_require_primary_key is set, and a table has no primary key: switch it off; nothing was changed"
    return f"/*!80013 {refuse(without, message).removesuffix(';')} */;"


def begin(name: str, before: str, release: str) -> str:
    """Whether it is this release's turn; a database without a stamp has that of the release to start from by now."""
    return (
        f"INSERT INTO {name} (version_num) SELECT '{before}' FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM {name});\n"
        f"SET @apim_schema_pending = EXISTS (SELECT 1 FROM {name} WHERE version_num = '{before}');"
    )


def look(statements: Sequence[Statement], live: Schema, schema: str | None) -> str:
    """What is due, and the refusals of what is neither as before nor as wanted, or only in part as wanted."""
    looked = [(n, s) for n, s in enumerate(statements, 1) if _is_chosen(s)]
    if not looked:
        return ""
    rows = "\n    UNION ALL ".join(due.looked_at(number, statement, schema) for number, statement in looked)
    return "\n".join(
        (
            f"\n{LOOKS}",
            "SELECT GROUP_CONCAT(IF(there < parts, number, NULL)),",
            "       GROUP_CONCAT(DISTINCT IF(whole AND there BETWEEN 1 AND parts - 1, altered, NULL) SEPARATOR ', ')",
            "INTO @apim_schema_due, @apim_schema_half",
            f"FROM (\n    {NAMED}\n    UNION ALL {rows}\n) look WHERE @apim_schema_pending;",
            *_half_refused(),
            *_other_types([statement for _, statement in looked], live, schema),
            f"\n{DUE}",
        )
    )


def _half_refused() -> Sequence[str]:
    reason = "': a part of this change is there already: use apim-schema upgrade'"
    return [_refuse("@apim_schema_half IS NOT NULL", f"CONCAT(@apim_schema_half, {reason})")]


def unit(number: int, statement: Statement, live: Schema, schema: str | None) -> str:
    """One statement, chosen and run where it is due."""
    if isinstance(statement.change, changes.ReplaceTrigger):
        return _of_trigger(statement.sql)
    if not _is_chosen(statement):
        return _of_lookup(statement)
    due = f"FIND_IN_SET({number}, @apim_schema_due)"
    return f"SET @apim_schema = IF({due}, {_chosen(statement, live, schema)}, {NOTHING}); {RUN}"


def _is_chosen(statement: Statement) -> bool:
    """Whether a statement is run where its effect is not there: not one that replaces a trigger or looks up a name."""
    is_trigger = isinstance(statement.change, changes.ReplaceTrigger)
    return not is_trigger and statement.sql.startswith(("ALTER", "CREATE", "DROP", "UPDATE"))


def stamp(name: str, older: Sequence[str], release: str) -> str:
    """Says that the database is at this release."""
    return f"UPDATE {name} SET version_num = '{release}' WHERE @apim_schema_pending;"


def closing() -> str:
    """Nothing: each statement has committed."""
    return ""


def _owner(schema: str | None) -> str:
    return sqltext.quoted(schema) if schema else "DATABASE()"


def _of_trigger(sql: str) -> str:
    """A statement of those that replace a trigger, which PREPARE does not take: done again, it ends the same."""
    if sql.startswith("DROP TRIGGER"):
        return f"{sql.replace('DROP TRIGGER', 'DROP TRIGGER IF EXISTS', 1)};"
    return f"DELIMITER $$\n{sql}$$\nDELIMITER ;"


def _of_lookup(statement: Statement) -> str:
    """A statement of those that look up a key's name and drop it: there may be none any more."""
    if not statement.sql.startswith("SET @apim_schema ="):
        return f"{statement.sql};"
    return (
        f"{sqltext.wrapped(statement.sql)};\n"
        f"SET @apim_schema = IF(@apim_schema_pending, COALESCE(@apim_schema, {NOTHING}), {NOTHING});"
    )


def _chosen(statement: Statement, live: Schema, schema: str | None) -> str:
    """The statement as text; of two, where it depends on how many bytes a character has, and nobody has looked."""
    as_it_is, wanted = _quoted(statement.sql), (statement.change, *statement.more)
    if isinstance(statement.change, changes.DropTable) or "charset" in live.options:
        return as_it_is
    if any(isinstance(change, changes.AlterColumn) and change.where_keys_fit for change in wanted):
        made = ddl.combined(wanted, _in(live, "utf8mb4"), schema)
        several = _quoted(made[0].sql) if made else NOTHING
        return as_it_is if several == as_it_is else f"IF(@apim_schema_one_byte, {as_it_is}, {several})"
    made = ddl.combined(wanted, _in(live, "latin1"), schema)
    if len(made) > 1 or made[0].sql == statement.sql:
        return as_it_is
    return f"IF(@apim_schema_one_byte, {_quoted(made[0].sql)}, {as_it_is})"


def _quoted(sql: str) -> str:
    return names.literal(f"\n{sqltext.wrapped(sql)}\n")


def _in(live: Schema, charset: str) -> Schema:
    """The schema on a database with this character set."""
    options = {"charset": charset}
    return replace(
        live, options=options, tables={name: replace(table, options=options) for name, table in live.tables.items()}
    )


def _other_types(statements: Sequence[Statement], live: Schema, schema: str | None) -> Iterator[str]:
    """MODIFY takes a column of any type, and makes of its bytes what it can."""
    modified = [
        change
        for statement in statements
        for change in (statement.change, *statement.more)
        if isinstance(change, changes.AlterColumn | changes.TextToBinary | changes.BinaryToText)
        and change.table in live.tables
    ]
    if not modified:
        return
    other = "\n        OR ".join(dict.fromkeys(due.is_other(change, live.tables[change.table]) for change in modified))
    yield (
        "SET @apim_schema_other = (\n"
        "    SELECT GROUP_CONCAT(CONCAT(c.table_name, ': ', c.column_name) SEPARATOR ', ')\n"
        "    FROM information_schema.columns c\n"
        f"    WHERE @apim_schema_pending AND c.table_schema = {_owner(schema)} AND (\n        {other}));"
    )
    reason = "' is neither of the old nor of the new type'"
    yield _refuse("@apim_schema_other IS NOT NULL", f"CONCAT(@apim_schema_other, {reason})")
