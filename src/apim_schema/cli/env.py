"""`env`: the environments of environments.toml."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import click
from msgspec import Meta
from rich.console import Console
from sqlalchemy.exc import DBAPIError

from apim_schema import environments, passwords, preflight, report
from apim_schema.cli import documents
from apim_schema.cli.common import Answer, epilog, output_options
from apim_schema.cli.databases import say
from apim_schema.environments import DEPLOYMENT, Environment
from apim_schema.errors import Exit, SchemaToolError, UsageError, said_by_database
from apim_schema.live import opened
from apim_schema.preflight import Finding
from apim_schema.redact import redact

file_option = click.option("--environments", "file", metavar="FILE", help="A file other than environments.toml here.")
env_option = click.option("--env", "names", metavar="NAME", multiple=True, help="Only this one; may be repeated.")


IN_THE_WAY = "check: something is in the way of an upgrade"


@click.group(epilog=epilog("apim-schema env check --env prod", found=IN_THE_WAY))
def env() -> None:
    """List, check or begin environments.toml.

    It names the databases of each environment, such as dev, uat and prod, and where their passwords come from.
    """


Url = Annotated[str | None, Meta(description="Without its password; null where it can't be read")]


class Entry(documents.Part):
    """One database of an environment, as the file names it."""

    environment: str
    database: str
    url: Url
    password_from: Annotated[str | None, Meta(description="The setting that it comes from")]
    problem: str | None


class Database(documents.Part):
    """One database of an environment, as it was found."""

    environment: str
    database: str
    url: Url
    server: Annotated[str | None, Meta(description="Null where it was not reached")]
    release: Annotated[str | None, Meta(description="The stamped release, else the recognised one")]
    problem: str | None
    findings: Annotated[list[documents.Finding], Meta(description="What is in the way of the newest release")]


documents.add("env list", databases=list[Entry])
documents.add("env check", databases=list[Database])
documents.add("env init", file=str)


@env.command("list", epilog=epilog("apim-schema env list"))
@file_option
@env_option
@output_options
def list_(file: str | None, names: Sequence[str]) -> Answer:
    """List the environments and their databases.

    Nothing is connected, and no password is asked for.
    """
    found = [_listed(one, database) for one in _named(file, names) for database in one.databases]
    code = Exit.USAGE if any(entry.problem for entry in found) else Exit.OK
    return Answer({"databases": found}, partial(_show_list, found), code)


def _named(file: str | None, names: Sequence[str]) -> list[Environment]:
    """The environments that are named, or all that there are."""
    read = environments.read(file)
    return [environments.checked(name, read) for name in names or environments.names(read)]


def _listed(one: Environment, database: str) -> Entry:
    try:
        settings = one.settings(database)
        given = next((name for name in passwords.SETTINGS if name in settings), None)
        own = "url" if "url" in settings else DEPLOYMENT
        url = str(one.address(database))
    except SchemaToolError as error:
        return Entry(one.name, database, url=None, password_from=None, problem=redact(str(error)))
    return Entry(one.name, database, url, password_from=given or own, problem=None)


def _show_list(found: list[Entry], out: Console) -> None:
    rows = [(entry.environment, entry.database, entry.password_from or "", entry.url or "") for entry in found]
    report.table(out, ("environment", "database", "password from", "url"), rows)
    _show_problems(found, out)


def _show_problems(found: Sequence[Entry | Checked], out: Console) -> None:
    for entry in found:
        if entry.problem:
            out.print(f"{entry.environment}, {entry.database}: {entry.problem}")


@env.command(epilog=epilog("apim-schema env check --env uat --env prod", found=IN_THE_WAY))
@file_option
@env_option
@output_options
def check(file: str | None, names: Sequence[str]) -> Answer:
    """Connect to the databases and say what they are.

    For each: the server, the release that it is stamped or recognised as, and what the catalog shows to be in the way
    of an upgrade to the newest, such as privileges that the login lacks, which makes it exit with 1. Or what keeps it
    from being reached, such as a driver that is not installed, which makes it exit with 2. Changes nothing.
    """
    found = [_checked(one, database) for one in _named(file, names) for database in one.databases]
    code = Exit.FOUND if any(entry.findings for entry in found) else Exit.OK
    code = Exit.USAGE if any(entry.server is None for entry in found) else code
    return Answer({"databases": [_document(entry) for entry in found]}, partial(_show_check, found), code)


@dataclass(frozen=True)
class Checked:
    """What was found of one database of an environment."""

    environment: str
    database: str
    url: str | None = None
    server: str | None = None
    release: str | None = None
    problem: str | None = None
    findings: tuple[Finding, ...] = ()


def _document(entry: Checked) -> Database:
    parts = vars(entry) | {"findings": documents.findings(entry.findings)}
    return Database(**parts)


def _checked(one: Environment, database: str) -> Checked:
    url = server = None
    try:
        target = one.target(database)
        say(target.notes)
        url = str(target)
        with opened(target) as live:
            server = live.server
            problem = live.problem
            found = () if problem else tuple(preflight.ahead(live))
            return Checked(one.name, database, url, server, live.release, str(problem) if problem else None, found)
    except (SchemaToolError, DBAPIError) as error:
        error = said_by_database(error) if isinstance(error, DBAPIError) else error
        return Checked(one.name, database, url, server, None, redact(str(error)))


def _show_check(found: list[Checked], out: Console) -> None:
    rows = [
        (entry.environment, entry.database, entry.server or "not reached", entry.release or "none") for entry in found
    ]
    report.table(out, ("environment", "database", "server", "release"), rows)
    _show_problems(found, out)
    for entry in found:
        report.listed(out, f"{entry.environment}, {entry.database}: in the way of an upgrade", entry.findings)


@env.command(epilog=epilog("apim-schema env init"))
@file_option
@output_options
def init(file: str | None) -> Answer:
    """Write a new environments.toml, with all settings in comments.

    One that is there is never written over.
    """
    path = environments.path_of(file)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(
            f"{path} is there already, and stays as it is", way_out="edit it, or name another by --environments"
        ) from None
    except OSError as error:
        raise UsageError(f"can't write {path}", found=error.strerror) from None
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(environments.template())
    return Answer(
        {"file": str(path)}, lambda out: out.print(f"written to {path}; edit it, then: apim-schema env check")
    )
