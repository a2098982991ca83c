"""The frame of a script for the mysql and mariadb clients, which stop at the first error unless told --force.

Every DDL statement commits at once, so a script that was stopped can be run again: each statement looks first
whether its effect is there, and a release whose stamp is passed is left alone as a whole. There are no stored
programs in it, which would need privileges of their own: what depends on the database is chosen as text and run
through PREPARE (https://dev.mysql.com/doc/refman/8.4/en/prepare.html).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import singledispatch

from apim_schema import changes, sqltext
from apim_schema.changes import Change
from apim_schema.dialect import Statement
from apim_schema.schema import Schema, Table

from . import ddl, foreign_keys, names, queries, types
from .settings import PREPARE, UTF8

CLIENT = "mysql or mariadb (never with --force)"
CONTINUES = True
"""Whether a script that failed can be run again: it skips what is in."""

RUN = """PREPARE apim_schema FROM @apim_schema;
EXECUTE apim_schema;
DEALLOCATE PREPARE apim_schema;"""
NOTHING = "'DO 0'"


NOW = "UTC_TIMESTAMP()"
WHO = "CURRENT_USER()"


def opening() -> str:
    """The settings of an upgrade's session; each statement commits."""
    return "\n".join(f"{setting};" for setting in ("SET autocommit = 1", UTF8, PREPARE))


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
    return f"SET default_storage_engine = IF({condition}, {_literal(message)}, @@default_storage_engine);"


def refuse_rows(condition: str, message: str, column: tuple[str, str], schema: str | None) -> str:
    """The same, as text, where the column is there: the server would not take a condition about a missing one."""
    chosen = f"IF({lacks([column], schema)}, {NOTHING}, {_literal(refuse(condition, message).rstrip(';'))})"
    return f"SET @apim_schema = {chosen};\n{RUN}"


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
    return [one_byte, *filter(None, checks)]


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
    """The release's name; a database without a stamp has that of the release to start from by now."""
    return (
        f"-- {release}\n"
        f"INSERT INTO {name} (version_num) SELECT '{before}' FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM {name});\n"
        f"SET @apim_schema_pending = EXISTS (SELECT 1 FROM {name} WHERE version_num = '{before}');"
    )


def unit(statement: Statement, live: Schema, schema: str | None) -> str:
    """One statement, chosen and run where its effect is not there."""
    if isinstance(statement.change, changes.ReplaceTrigger):
        return _of_trigger(statement.sql)
    if not statement.sql.startswith(("ALTER", "CREATE", "DROP")):
        return _of_lookup(statement)
    effects = [
        effect for change in (statement.change, *statement.more) for effect in _effects(change, statement, schema)
    ]
    whole = sum(number for number, _ in effects)
    there = " +\n  ".join(expression for _, expression in effects)
    guards = list(_guards(statement, whole, live, schema))
    chosen = f"IF(@apim_schema_pending AND @apim_schema_there < {whole}, {_chosen(statement, live, schema)}, {NOTHING})"
    return "\n".join((f"SET @apim_schema_there =\n  {there};", *guards, f"SET @apim_schema = {chosen};", RUN))


def stamp(name: str, older: Sequence[str], release: str) -> str:
    """Says that the database is at this release."""
    return f"UPDATE {name} SET version_num = '{release}' WHERE @apim_schema_pending;"


def closing() -> str:
    """Nothing: each statement has committed."""
    return ""


def _owner(schema: str | None) -> str:
    return sqltext.quoted(schema) if schema else "DATABASE()"


def _literal(text: str) -> str:
    return sqltext.quoted(text.replace("\\", "\\\\"))


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
        f"{statement.sql};\nSET @apim_schema = IF(@apim_schema_pending, COALESCE(@apim_schema, {NOTHING}), {NOTHING});"
    )


def _chosen(statement: Statement, live: Schema, schema: str | None) -> str:
    """The statement as text; of two, where it depends on how many bytes a character has."""
    as_it_is = _literal(f"\n{statement.sql}\n")
    made = ddl.combined((statement.change, *statement.more), _one_byte(live), schema)
    if len(made) > 1 or made[0].sql == statement.sql:
        return as_it_is
    one_byte = _literal(f"\n{made[0].sql}\n")
    return f"IF(@apim_schema_one_byte, {one_byte}, {as_it_is})"


def _one_byte(live: Schema) -> Schema:
    """The schema on a database with a character set of one byte."""
    options = {"charset": "latin1"}
    return replace(
        live, options=options, tables={name: replace(table, options=options) for name, table in live.tables.items()}
    )


def _guards(statement: Statement, whole: int, live: Schema, schema: str | None) -> Iterator[str]:
    """What is neither as before nor as wanted, or only in part as wanted, is no state to go on from."""
    made = (statement.change, *statement.more)
    if whole > 1 and not all(isinstance(change, changes.AlterColumn) for change in made):
        yield refuse(
            f"@apim_schema_pending AND @apim_schema_there NOT IN (0, {whole})",
            f"{statement.change.table}: a part of this change is there already: use apim-schema upgrade",
        )
    modified = [change for change in made if isinstance(change, changes.AlterColumn | changes.TextToBinary)]
    present = live.tables.get(statement.change.table)
    if modified and present:
        yield _type_guard(present, modified, schema)


def _type_guard(
    table: Table, modified: Sequence[changes.AlterColumn | changes.TextToBinary], schema: str | None
) -> str:
    """MODIFY takes a column of any type, and makes of its bytes what it can."""
    native = [type_ for change in modified for type_ in (table.columns[change.name].type, change.type) if type_]
    known = dict.fromkeys(sqltext.quoted(_shown(sqltext.base(type_))) for type_ in native)
    listed = ", ".join(sqltext.quoted(change.name) for change in modified)
    return refuse(
        f"@apim_schema_pending AND EXISTS (SELECT 1 FROM information_schema.columns c WHERE "
        f"{queries.of_table(table.name, 'c', schema)} AND c.column_name IN ({listed}) "
        f"AND c.data_type NOT IN ({', '.join(known)}))",
        f"{table.name}: {', '.join(change.name for change in modified)} is neither of the old nor of the new type",
    )


@singledispatch
def _effects(change: Change, statement: Statement, schema: str | None) -> Sequence[tuple[int, str]]:
    """SQL expressions that say of how many effects of a change are there, and how many each counts when all are."""
    raise NotImplementedError(type(change).__name__)


@_effects.register
def _create_table(change: changes.CreateTable, statement: Statement, schema: str | None) -> Sequence[tuple[int, str]]:
    columns = change.definition.columns
    listed = ", ".join(map(sqltext.quoted, columns))
    source = f"information_schema.columns c WHERE {queries.of_table(change.table, 'c', schema)}"
    return [(len(columns), f"(SELECT COUNT(*) FROM {source} AND c.column_name IN ({listed}))")]


@_effects.register
def _add_column(change: changes.AddColumn, statement: Statement, schema: str | None) -> Sequence[tuple[int, str]]:
    """Dropping the default that filled the rows may be done twice, where nothing else is done with it."""
    if f"ALTER COLUMN {names.sql(change.column.name)} DROP DEFAULT" in statement.sql:
        return [(1, _column(change.table, change.column.name, _is_default(None), schema) if statement.more else "0")]
    return [(1, _column(change.table, change.column.name, _is_type(change.column.type), schema))]


@_effects.register
def _alter_column(change: changes.AlterColumn, statement: Statement, schema: str | None) -> Sequence[tuple[int, str]]:
    is_there = [
        _is_type(change.type) if change.type else "",
        f"c.collation_name = {sqltext.quoted(change.collation)}" if change.collation else "",
        "" if change.nullable is None else f"c.is_nullable = '{'YES' if change.nullable else 'NO'}'",
        "" if change.default is False else _is_default(change.default),
    ]
    return [(1, _column(change.table, change.name, " AND ".join(filter(None, is_there)), schema))]


@_effects.register
def _drop_column(change: changes.DropColumn, statement: Statement, schema: str | None) -> Sequence[tuple[int, str]]:
    return [(1, f"NOT {_column(change.table, change.name, '1 = 1', schema)}")]


@_effects.register
def _text_to_binary(
    change: changes.TextToBinary, statement: Statement, schema: str | None
) -> Sequence[tuple[int, str]]:
    """The first of two statements leaves text whose bytes are UTF-8, and the second takes those."""
    if change.type in statement.sql:
        return [(1, _column(change.table, change.name, _is_type(change.type), schema))]
    utf8 = ", ".join(map(sqltext.quoted, types.UTF8))
    return [(1, f"NOT {_column(change.table, change.name, f'c.character_set_name NOT IN ({utf8})', schema)}")]


@_effects.register
def _replace_primary_key(
    change: changes.ReplacePrimaryKey, statement: Statement, schema: str | None
) -> Sequence[tuple[int, str]]:
    return [(1, _index(change.table, "s.index_name = 'PRIMARY'", change.columns, schema))]


@_effects.register
def _create_unique(change: changes.CreateUnique, statement: Statement, schema: str | None) -> Sequence[tuple[int, str]]:
    return [(1, _index(change.table, "s.non_unique = 0 AND s.sub_part IS NULL", change.key.columns, schema))]


@_effects.register
def _replace_foreign_key(
    change: changes.ReplaceForeignKey, statement: Statement, schema: str | None
) -> Sequence[tuple[int, str]]:
    return [(1, f"EXISTS ({queries.foreign_key_name(change.table, change.key, schema)})")]


@_effects.register
def _create_index(change: changes.CreateIndex, statement: Statement, schema: str | None) -> Sequence[tuple[int, str]]:
    return [(1, _index(change.table, "s.sub_part IS NULL", change.index.columns, schema))]


@_effects.register
def _drop_index(change: changes.DropIndex, statement: Statement, schema: str | None) -> Sequence[tuple[int, str]]:
    named = f"s.index_name = {sqltext.quoted(change.name)}"
    source = f"information_schema.statistics s WHERE {queries.of_table(change.table, 's', schema)} AND {named}"
    return [(1, f"NOT EXISTS (SELECT 1 FROM {source})")]


@_effects.register
def _drop_table(change: changes.DropTable, statement: Statement, schema: str | None) -> Sequence[tuple[int, str]]:
    source = f"information_schema.tables t WHERE {queries.of_table(change.table, 't', schema)}"
    return [(1, f"NOT EXISTS (SELECT 1 FROM {source})")]


def _column(table: str, column: str, condition: str, schema: str | None) -> str:
    """The condition that a table has this column, and that it is so."""
    return (
        f"EXISTS (SELECT 1 FROM information_schema.columns c WHERE {queries.of_table(table, 'c', schema)} "
        f"AND c.column_name = {sqltext.quoted(column)} AND {condition})"
    )


def _index(table: str, condition: str, columns: Sequence[str], schema: str | None) -> str:
    """The condition that a table has an index over these columns, and that it is so."""
    source = f"information_schema.statistics s WHERE {queries.of_table(table, 's', schema)}"
    return (
        f"EXISTS (SELECT s.index_name FROM {source} "
        f"AND {condition} GROUP BY s.index_name HAVING {queries.are_columns('s', 'seq_in_index', columns)})"
    )


def _is_type(type_: str) -> str:
    """The condition that a column is of a type; before MySQL 8.0.19, and on MariaDB, integers have a display width."""
    shown = sqltext.quoted(_shown(type_))
    return f"c.data_type = {shown}" if type_ in types.INTEGERS else f"c.column_type = {shown}"


def _shown(type_: str) -> str:
    """A type as information_schema shows it."""
    return {"INTEGER": "int"}.get(type_, type_.lower())


def _is_default(default: str | None) -> str:
    """The condition that a column has this default.

    MariaDB shows it as DDL has it, and none of a column that may be NULL as NULL; MySQL shows a text without quotes.
    """
    if default is None:
        return "(c.column_default IS NULL OR c.column_default = 'NULL')"
    if default.startswith("CURRENT_TIMESTAMP"):
        return "UPPER(c.column_default) LIKE 'CURRENT_TIMESTAMP%'"
    shown = [default[1:-1].replace("''", "'")] if sqltext.is_quoted(default) else []
    return f"c.column_default IN ({', '.join(map(_literal, (default, *shown)))})"
