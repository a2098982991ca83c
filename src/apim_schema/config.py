"""Which database is meant: from options, from Alembic's `-x`, from environments.toml or from the environment."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from apim_schema import accept, chain, deployment, environments, locks, witness
from apim_schema.errors import UsageError
from apim_schema.redact import remember
from apim_schema.target import Target, target

URL_VARIABLES = {"apim": "APIM_SCHEMA_APIM_URL", "shared": "APIM_SCHEMA_SHARED_URL"}
X_ARGUMENTS = ("url", "env", "schema", "accept", "evidence", *environments.COUNTS, *locks.LIMITS)


def from_x_arguments(database: str, x: Mapping[str, str]) -> Target:
    """The database that Alembic's command line means: `-x url=` or `-x env=`, else the environment.

    `-x schema=` names a schema, `-x accept=` an accept list, `-x evidence=` the way of proving that no row has changed,
    `-x max_rows=` how many rows are named of a table that differs, `-x jobs=` how many processors of the server reading
    all rows may take, and `-x lock_wait=`, `-x ddl_lock_timeout=` and `-x ddl_retries=` how long is waited for locks.
    Raises UsageError where nothing names the database, or two do.
    """
    unknown = sorted(x.keys() - set(X_ARGUMENTS))
    if unknown:
        raise UsageError(f"unknown -x {', '.join(unknown)}", found=f"the names are {', '.join(X_ARGUMENTS)}")
    if "url" in x and "env" in x:
        raise UsageError("-x url= and -x env= both name the database", way_out="leave one")
    (found,) = accepting([_named(database, x)], x.get("accept"))
    said = {name: locks.whole(name, x[name], f"-x {name}=") for name in locks.LIMITS if name in x}
    found = replace(found, waiting=replace(found.waiting, **said))
    if "evidence" in x:
        found = replace(found, evidence=witness.way(x["evidence"], "-x evidence="))
    counts: dict[str, Any] = {name: _count(x[name], f"-x {name}=") for name in environments.COUNTS if name in x}
    return replace(found, **counts)


def _count(text: str, where: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise UsageError(f"{where} must be a whole number from 1 on", found=f"it is {text!r}")
    return int(text)


def _named(database: str, x: Mapping[str, str]) -> Target:
    if "env" in x:
        found = environments.environment(x["env"]).target(database)
        return replace(found, schema=x.get("schema") or found.schema)
    url = x.get("url") or os.environ.get(URL_VARIABLES[database])
    if not url:
        raise UsageError("no database", way_out=f"say -x url=URL or -x env=NAME, or set {URL_VARIABLES[database]}")
    return _target(database, url, x.get("schema"))


def from_options(
    env: str | None,
    urls: Mapping[str, str | None],
    database: str | None = None,
    file: str | None = None,
    deployment_toml: str | None = None,
) -> tuple[Target, ...]:
    """The databases that our own command line means, apim before shared and its parts.

    `urls` are the URLs by database; where nothing is given, those of the environment variables count. `database`
    leaves one. `file` is another environments.toml. Raises UsageError where nothing names a database, or two do.
    """
    given = {name: url for name, url in urls.items() if url}
    named = {"--env": env, "--deployment-toml": deployment_toml, "a URL": given}
    ways = [way for way, value in named.items() if value]
    if len(ways) > 1:
        raise UsageError(f"{' and '.join(ways)} both name the database", way_out="leave one")
    if env:
        found = environments.environment(env, file)
        return tuple(map(found.target, (database,) if database else found.databases))
    if database in chain.PARTS:
        raise UsageError(
            f"{database} is half of a shared database", way_out=f"name it as [NAME.{database}] in an environment"
        )
    wanted = (database,) if database else chain.DATABASES
    if deployment_toml:
        product = deployment.read(Path(deployment_toml).expanduser())
        return tuple(product.target(name, {}, None) for name in wanted)
    given = given or {name: url for name, variable in URL_VARIABLES.items() if (url := os.environ.get(variable))}
    if not any(name in given for name in wanted):
        raise UsageError(_nothing_named(wanted))
    return tuple(_target(name, given[name]) for name in wanted if name in given)


def accepting(targets: Iterable[Target], file: str | None) -> tuple[Target, ...]:
    """The databases with the entries of an accept list beside their own. Raises UsageError where it is none."""
    listed = accept.read(Path(file).expanduser()) if file else {}
    return tuple(replace(found, accept=(*found.accept, *listed.get(found.database, ()))) for found in targets)


def _nothing_named(wanted: tuple[str, ...]) -> str:
    options = " or ".join(f"--{name}-url URL" for name in wanted)
    variables = " or ".join(URL_VARIABLES[name] for name in wanted)
    files = f"--env NAME with an {environments.FILE}, or --deployment-toml FILE"
    return f"no database: say {options}, or {files}, or set {variables}"


def _target(database: str, url: str, schema: str | None = None) -> Target:
    found = target(database, url, schema)
    remember(found.url)
    return found
