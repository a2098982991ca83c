"""environments.toml: the databases of each environment, and where their passwords come from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from apim_schema import accept, chain, deployment, flavours, locks, passwords, toml, witness
from apim_schema.deployment import Deployment
from apim_schema.drilldown import ROWS_SHOWN
from apim_schema.errors import UsageError
from apim_schema.locks import Waiting
from apim_schema.redact import remember
from apim_schema.target import Target, target
from apim_schema.witness import By

FILE = "environments.toml"
FILE_VARIABLE = "APIM_SCHEMA_ENVIRONMENTS"
DEPLOYMENT = "deployment_toml"
SUPPORT = "support"
"""The table that is no environment: until when each release is supported, as the vendor's support matrix has it."""
EVIDENCE = "evidence"
COUNTS = ("max_rows", "jobs")
"""Settings of a Target that are whole numbers."""
NO_TEXTS = (*COUNTS, *locks.LIMITS, accept.NAME)
SETTINGS = ("url", "schema", "username", *passwords.SETTINGS, EVIDENCE, *NO_TEXTS)

TEMPLATE = """\
# Environments of apim-schema: apim-schema status --env dev. Take the # away where a line is meant.
# It is of no use to others: whoever may read it may read the passwords in it, if it has any.

# Each database has a url; a JDBC URL is one too. The forms are:
{forms}

# [dev.apim]
# url = "…"
# schema = "…"              # where it is not the login's default schema
# username = "…"            # where the url has none
# The password is in the url, or comes from one of these:
# password_env = "…"        # a variable of the process's environment
# password_file = "…"       # the first line of a file, relative to this one
# password_command = "…"    # the first line that a command prints; no shell is asked
# accept = ["…"]            # breaking drift that is taken as it is: see status --write-accept
# evidence = "full"         # an upgrade reads all rows twice, also where the server can vouch for them
# max_rows = 1000           # how many rows are named of each table that differs: without it, {rows}
# jobs = 2                  # how many processors of the server reading all rows may take
# lock_wait = {waiting.lock_wait}             # seconds that an upgrade waits for another one to end
# ddl_lock_timeout = {waiting.ddl_lock_timeout}      # seconds that a statement waits for its table
# ddl_retries = {waiting.ddl_retries}           # how often it is tried again

# [dev.shared]
# url = "…"
# Where users and registry have a database each, [dev.user] and [dev.registry] stand for [dev.shared].

# Or both databases are those of the product's own configuration:

# [prod]
# deployment_toml = "/opt/wso2am/repository/conf/deployment.toml"

# [prod.apim]
# password_command = "…"    # where the password there is a $secret{{…}}, or another login is to be used

# Until when the vendor supports a release, from its support matrix: plan warns ahead of it.

# [support]
# "X.Y.Z" = 2030-12-31
"""


def path_of(file: str | None) -> Path:
    """The file that is meant: the given one, the variable's, or that of the current folder."""
    return Path(file or os.environ.get(FILE_VARIABLE) or FILE)


def template() -> str:
    """A new file, with everything in comments."""
    examples = dict.fromkeys(flavours.EXAMPLES.values())
    forms = "\n".join(f"#   {example}" for example in examples)
    return TEMPLATE.format(forms=forms, rows=ROWS_SHOWN, waiting=locks.USUAL)


@dataclass(frozen=True)
class Environment:
    """One environment of the file; a secret of its deployment.toml is asked for once."""

    name: str
    file: toml.File

    @property
    def _table(self) -> Mapping[str, Any]:
        found: dict[str, Any] = self.file.document[self.name]
        return found

    @property
    def databases(self) -> tuple[str, ...]:
        """Those that it names; where it names the product's configuration, apim and a shared one that is not split."""
        split = any(part in self._table for part in chain.PARTS)
        of_product = ("apim",) if split else chain.DATABASES
        return tuple(
            name for name in chain.NAMES if name in self._table or (DEPLOYMENT in self._table and name in of_product)
        )

    @cached_property
    def _deployment(self) -> Deployment | None:
        if DEPLOYMENT not in self._table:
            return None
        path = self.file.path.parent / Path(self.file.text_of(self.name, DEPLOYMENT)).expanduser()
        return deployment.read(path)

    def where(self, database: str) -> str:
        """How messages call the settings of a database."""
        return f"[{self.name}.{database}] of {self.file.path}"

    def settings(self, database: str) -> Mapping[str, str]:
        """The settings of one database that are texts.

        Raises UsageError for an unknown one or another type, with the line.
        """
        found = self._table.get(database, {})
        if not isinstance(found, dict):
            line = self.file.line(self.name, database)
            raise UsageError(
                f"{self.where(database)}{line} must be a table of settings", found=f"it is {toml.kind(found)}"
            )
        for name in found:
            line = self.file.line(self.name, database, name)
            if name not in SETTINGS:
                raise UsageError(
                    f"{self.where(database)} has an unknown setting, {name}{line}",
                    found=f"the known are {', '.join(SETTINGS)}",
                )
            if name not in NO_TEXTS:
                self.file.text_of(self.name, database, name)
        return {name: value for name, value in found.items() if name not in NO_TEXTS}

    def accepted(self, database: str) -> tuple[str, ...]:
        """The accept list of one database. Raises UsageError where it is none, with the line."""
        if not toml.has(self._table, database, accept.NAME):
            return ()
        return self.file.texts_of(self.name, database, accept.NAME)

    def counts(self, database: str) -> Mapping[str, Any]:
        """The settings of one database that are whole numbers. Raises UsageError where one is none, with the line."""
        given = [name for name in COUNTS if toml.has(self._table, database, name)]
        return {name: self.file.count_of(self.name, database, name) for name in given}

    def address(self, database: str) -> Target:
        """One database, without asking for any password."""
        settings = self.settings(database)
        if "url" in settings:
            return target(database, settings["url"], settings.get("schema"))
        if self._deployment and database in chain.DATABASES:
            return self._deployment.address(database, settings.get("schema"))
        if database in self._table:
            raise UsageError(f"{self.where(database)} has no url")
        raise UsageError(f"{self.file.path} has no [{self.name}.{database}]", way_out="add it, with a url")

    def target(self, database: str) -> Target:
        """One database, with its password. Raises UsageError for anything that is missing or wrong."""
        found, settings = self.address(database), self.settings(database)
        remember(found.url)
        self._one_password(settings, database, found)
        password = passwords.given(settings, self.file.path.parent, self.where(database))
        if "url" not in settings and self._deployment:
            found = self._deployment.target(database, settings, password)
        else:
            url = found.url.set(username=settings.get("username", found.url.username))
            found = replace(found, url=url if password is None else url.set(password=password))
        remember(found.url)
        notes = (*found.notes, *self._exposed(settings, database))
        product = self._deployment.file if self._deployment else None
        found = replace(
            found, notes=notes, accept=self.accepted(database), product=product, waiting=self._waiting(database)
        )
        return replace(found, evidence=self._evidence(settings, database), **self.counts(database))

    def _evidence(self, settings: Mapping[str, str], database: str) -> By | None:
        if EVIDENCE not in settings:
            return None
        line = self.file.line(self.name, database, EVIDENCE)
        return witness.way(settings[EVIDENCE], f"{EVIDENCE} in {self.where(database)}{line}")

    def _waiting(self, database: str) -> Waiting:
        found, said = self._table.get(database, {}), {}
        for name in locks.LIMITS.keys() & found.keys():
            line = self.file.line(self.name, database, name)
            said[name] = locks.within(name, found[name], f"{name} in {self.where(database)}{line}")
        return Waiting(**said)

    def _one_password(self, settings: Mapping[str, str], database: str, found: Target) -> None:
        given = [name for name in passwords.SETTINGS if name in settings]
        places = [*given, "url"] if "url" in settings and found.url.password is not None else given
        if len(places) > 1:
            raise UsageError(
                f"{self.where(database)} has more than one password, in {' and '.join(places)}", way_out="leave one"
            )

    def _exposed(self, settings: Mapping[str, str], database: str) -> list[str]:
        """What to say of files with a password that others can read."""
        files = []
        if "url" in settings and target(database, settings["url"]).url.password is not None:
            files.append(self.file.path)
        if "password_file" in settings:
            files.append(passwords.file(settings, self.file.path.parent))
        return list(filter(None, map(passwords.exposed, files)))


def read(file: str | None) -> toml.File:
    """Reads the file that is meant. Raises UsageError where it can't be read, or is no TOML, with the line."""
    way_out = f"write one by apim-schema env init, or name it by --environments or {FILE_VARIABLE}"
    return toml.read(path_of(file), way_out)


def environment(name: str, file: str | None = None) -> Environment:
    """An environment of the file that is meant. Raises UsageError where there is none, or it is none, with the line."""
    return checked(name, read(file))


def names(file: toml.File) -> tuple[str, ...]:
    """The environments that a file has."""
    return tuple(name for name in file.document if name != SUPPORT)


def support(file: str | None) -> Mapping[str, date]:
    """Until when each release is supported, as the file that is meant says; empty where there is none.

    Raises UsageError for what is no date, with the line.
    """
    if file is None and not path_of(file).is_file():
        return {}
    found = read(file)
    stated = found.document.get(SUPPORT, {})
    if not isinstance(stated, dict):
        raise UsageError(
            f"[{SUPPORT}] of {found.path}{found.line(SUPPORT)} must be a table", found=f"it is {toml.kind(stated)}"
        )
    for release, until in stated.items():
        if type(until) is not date:
            where = f"{release} in [{SUPPORT}] of {found.path}{found.line(SUPPORT, release)}"
            raise UsageError(f'{where} must be a date, "{release}" = 2026-12-31', found=f"it is {toml.kind(until)}")
    return stated


def checked(name: str, file: toml.File) -> Environment:
    """An environment of a file that was read. Raises UsageError where it is none, with the line."""
    if name not in names(file):
        known = ", ".join(names(file)) or "none"
        raise UsageError(f"{file.path} has no environment {name!r}", found=f"it has {known}")
    found, known_keys = file.document[name], (*chain.NAMES, DEPLOYMENT)
    if not isinstance(found, dict):
        raise UsageError(
            f"[{name}] of {file.path}{file.line(name)} must be an environment", found=f"it is {toml.kind(found)}"
        )
    for key in found:
        if key not in known_keys:
            line = file.line(name, key)
            raise UsageError(
                f"[{name}] of {file.path} has an unknown {key}{line}", found=f"the known are {', '.join(known_keys)}"
            )
    if not found:
        raise UsageError(f"[{name}] of {file.path} is empty", found=f"the known are {', '.join(known_keys)}")
    return Environment(name, file)
