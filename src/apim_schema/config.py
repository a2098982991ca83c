"""Which database is meant: from options, from Alembic's `-x`, from environments.toml or from the environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apim_schema import chain
from apim_schema.errors import UsageError
from apim_schema.redact import remember
from apim_schema.target import Target, target

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "environments.toml"
FILE_VARIABLE = "APIM_SCHEMA_ENVIRONMENTS"
URL_VARIABLES = {"apim": "APIM_SCHEMA_APIM_URL", "shared": "APIM_SCHEMA_SHARED_URL"}
SETTINGS = ("url", "schema", "password_env", "password_file")
X_ARGUMENTS = ("url", "env", "schema")


def from_x_arguments(database: str, x: Mapping[str, str]) -> Target:
    """The database that Alembic's command line means: `-x url=`, `-x env=`, `-x schema=`, else the environment.

    Raises UsageError where nothing names it, or two do.
    """
    unknown = sorted(x.keys() - set(X_ARGUMENTS))
    if unknown:
        raise UsageError(f"unknown -x {', '.join(unknown)}: the names are {', '.join(X_ARGUMENTS)}")
    if "url" in x and "env" in x:
        raise UsageError("-x url= and -x env= both name the database: leave one")
    if "env" in x:
        return environment(x["env"], database, schema=x.get("schema"))
    url = x.get("url") or os.environ.get(URL_VARIABLES[database])
    if not url:
        raise UsageError(f"no database: say -x url=URL or -x env=NAME, or set {URL_VARIABLES[database]}")
    return _target(database, url, x.get("schema"))


def from_options(
    env: str | None, urls: Mapping[str, str | None], database: str | None = None, file: str | None = None
) -> tuple[Target, ...]:
    """The databases that our own command line means, apim before shared.

    `urls` are the URLs by database; where none is given, those of the environment variables count. `database` leaves
    one. Raises UsageError where nothing names a database, or two do.
    """
    given = {name: url for name, url in urls.items() if url}
    if env and given:
        raise UsageError("--env and a URL both name the database: leave one")
    wanted = (database,) if database else chain.DATABASES
    if env:
        found = _environment(env, file)
        names = [name for name in wanted if name in found or database]
        return tuple(environment(env, name, file) for name in names)
    given = given or {name: url for name, variable in URL_VARIABLES.items() if (url := os.environ.get(variable))}
    if not any(name in given for name in wanted):
        raise UsageError(_nothing_named(wanted))
    return tuple(_target(name, given[name]) for name in wanted if name in given)


def _nothing_named(wanted: tuple[str, ...]) -> str:
    options = " or ".join(f"--{name}-url URL" for name in wanted)
    variables = " or ".join(URL_VARIABLES[name] for name in wanted)
    return f"no database: say {options}, or --env NAME with an {FILE}, or set {variables}"


def environment(name: str, database: str, file: str | None = None, schema: str | None = None) -> Target:
    """One database of one environment in environments.toml; `schema` counts more than the file's.

    Raises UsageError, which names the file, for anything that is missing, unknown or can't be read.
    """
    settings = _environment(name, file).get(database)
    where = f"[{name}.{database}] of {_file(file)}"
    if settings is None:
        raise UsageError(f"{_file(file)} has no [{name}.{database}]: add it, with a url")
    if not isinstance(settings, dict) or not all(isinstance(value, str) for value in settings.values()):
        raise UsageError(f'{where} must be settings with a text each: {", ".join(SETTINGS)} = "…"')
    unknown = sorted(settings.keys() - set(SETTINGS))
    if unknown:
        raise UsageError(f"{where} has unknown settings, {', '.join(unknown)}: the known are {', '.join(SETTINGS)}")
    if "url" not in settings:
        raise UsageError(f"{where} has no url")
    found = _target(database, settings["url"], schema or settings.get("schema"))
    return _with_password(found, settings, _file(file).parent, where)


def _environment(name: str, file: str | None) -> dict[str, Any]:
    path = _file(file)
    try:
        with path.open("rb") as stream:
            document = tomllib.load(stream)
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror}; write one, or name it by {FILE_VARIABLE}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no TOML: {error}") from None
    found = document.get(name)
    if not isinstance(found, dict):
        raise UsageError(f"{path} has no environment {name!r}: it has {', '.join(document) or 'none'}")
    unknown = sorted(found.keys() - set(chain.DATABASES))
    if unknown or not found:
        raise UsageError(f"[{name}] of {path} must have {' and '.join(chain.DATABASES)}; it has {', '.join(found)}")
    return found


def _file(file: str | None) -> Path:
    return Path(file or os.environ.get(FILE_VARIABLE) or FILE)


def _with_password(found: Target, settings: Mapping[str, str], folder: Path, where: str) -> Target:
    given = [name for name in ("password_env", "password_file") if name in settings]
    if len(given) + (found.url.password is not None) > 1:
        places = [*given, "url"] if found.url.password is not None else given
        raise UsageError(f"{where} has more than one password, in {' and '.join(places)}: leave one")
    if not given:
        return found
    if "password_env" in settings:
        password = _from_variable(settings["password_env"], where)
    else:
        password = _from_file(folder / Path(settings["password_file"]).expanduser(), where)
    url = found.url.set(password=password)
    remember(url)
    return Target(found.database, url, found.schema)


def _from_variable(name: str, where: str) -> str:
    if name not in os.environ:
        raise UsageError(f"{where} takes its password from {name}, which is not set")
    return os.environ[name]


def _from_file(path: Path, where: str) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"{where} takes its password from {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{where} takes its password from {path}, which is not UTF-8") from None
    if not lines:
        raise UsageError(f"{where} takes its password from {path}, which is empty")
    return lines[0]


def _target(database: str, url: str, schema: str | None = None) -> Target:
    found = target(database, url, schema)
    remember(found.url)
    return found
