"""The product's own configuration, deployment.toml: which databases API Manager has, as far as the file alone tells.

See https://apim.docs.wso2.com/en/latest/reference/config-catalog/ and, for `$env{…}` and the rest,
https://apim.docs.wso2.com/en/latest/install-and-setup/setup/mi-setup/dynamic_server_configurations/.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from string import Formatter
from typing import Any

from apim_schema import flavours, passwords, registry, toml
from apim_schema.errors import UsageError
from apim_schema.redact import hide, remember
from apim_schema.target import H2, Target, target, without_entities

TABLES = {"apim": "apim_db", "shared": "shared_db"}
"""The tables of [database] that our databases are in."""

OWN = "local"
"""The table of an H2 database that each node has for itself."""

REFERENCE = re.compile(r"\$(?P<kind>env|sys|ref)\{(?P<name>[^}]*)\}|\$\{(?P<property>[^}]*)\}")
SECRET = re.compile(r"\$secret\{(?P<alias>[^}]*)\}")
UNKNOWN = {
    "env": "which is not set: set it to what the product has there",
    "ref": "which is not in the file, or leads back to itself",
    "sys": "a system property of the product, which only it knows: write the url in an environment",
}
"""Why a reference can't be followed, and the way out."""

CDATA = re.compile(r"<!\[CDATA\[(.*)\]\]>", re.DOTALL)
NOT_ENCRYPTED = re.compile(r"\[(.*)\]", re.DOTALL)
"""How [secrets] has a value that the product has not encrypted yet."""


@dataclass(frozen=True)
class Table:
    """A table of deployment.toml that describes a database, and how messages call it."""

    called: str
    keys: tuple[str, ...]
    settings: Mapping[str, Any]

    def __str__(self) -> str:
        return self.called


@dataclass(frozen=True)
class Deployment:
    """One deployment.toml; a secret is asked for once, however often it stands there."""

    file: toml.File
    _asked: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def target(self, database: str, settings: Mapping[str, str], password: str | None) -> Target:
        """One of our databases; `schema` and `username` of the settings, and the password, count more than the file.

        Raises UsageError, which names the table, for whatever the file alone does not tell.
        """
        found, table = self.address(database, settings.get("schema")), self._ours(database)
        user = settings.get("username") or self._value(table, "username") or found.url.username
        if password is None:
            password = self._value(table, "password") or found.url.password
        url = found.url.set(username=user, password=password)
        remember(url)
        return replace(found, url=url, notes=(*found.notes, *self._others()), product=self.file)

    def address(self, database: str, schema: str | None = None) -> Target:
        """One of our databases, without the login that the file has for it."""
        return self._address(self._ours(database), database, schema)

    def _ours(self, database: str) -> Table:
        if found := self._table(TABLES[database]):
            return found
        other = " or ".join(name for name in TABLES if name != database)
        raise UsageError(
            f"{self.file.path} has no [database.{TABLES[database]}], and the product uses H2 then",
            way_out=f"add it, or take the other one alone by --database {other}",
        )

    def _table(self, name: str) -> Table | None:
        if not toml.has(self.file.document, "database", name):
            return None
        settings, keys = self.file.document["database"][name], ("database", name)
        called = f"[database.{name}] of {self.file.path}"
        if not isinstance(settings, dict):
            raise UsageError(f"{called}{self.file.line(*keys)} must be a table", found=f"it is {toml.kind(settings)}")
        return Table(called, keys, settings)

    def _address(self, table: Table, database: str, schema: str | None = None) -> Target:
        url = self._url(table)
        if not url.lower().startswith("jdbc:"):
            raise UsageError(f"url in {table} is no JDBC URL, as the product has them", way_out="jdbc:…")
        try:
            return target(database, url, schema)
        except UsageError as error:
            raise UsageError(f"{table}: {error.what}", found=error.found, way_out=error.way_out) from None

    def _url(self, table: Table) -> str:
        """The URL, or what the product makes of the other settings where there is none."""
        kind = (self._value(table, "type") or "").lower()
        made = {name: form for d in map(registry.load, flavours.DIALECTS) for name, form in d.jdbc.TYPES.items()}
        if kind == "h2":
            raise UsageError(f"{table}: {H2}")
        if kind and kind not in made:
            raise UsageError(f"type in {table} is {kind!r}", found=f"the known are {', '.join(made)}")
        return self._value(table, "url") or self._made(table, made.get(kind, ""))

    def _made(self, table: Table, form: str) -> str:
        names = [name for _, name, _, _ in Formatter().parse(form) if name]
        values = {name: self._value(table, name) or "" for name in names}
        if not form or not all(values[name] for name in names if name != "port"):
            needed = " and ".join(names) or "type, hostname, port and name"
            raise UsageError(f"{table} has no url", way_out=f"add it, or {needed}")
        return form.format(**values)

    def _value(self, table: Table, key: str) -> str | None:
        """A setting as the product means it: references are followed, and it has gone through an XML file."""
        value, where = table.settings.get(key), f"{key} in {table}"
        if value is None:
            return None
        if not isinstance(value, str | int) or isinstance(value, bool):
            line = self.file.line(*table.keys, key)
            raise UsageError(f'{where}{line} must be a text, {key} = "…"', found=f"it is {toml.kind(value)}")
        text = self._followed(str(value), where)
        plain = CDATA.fullmatch(text)
        return SECRET.sub(partial(self._secret, where), plain[1] if plain else without_entities(text))

    def _followed(self, text: str, where: str, seen: tuple[str, ...] = ()) -> str:
        """The text with what its references stand for: `$env{…}` and `$ref{…}`."""

        def found(reference: re.Match[str]) -> str:
            kind, name = reference["kind"] or "sys", reference["name"] or reference["property"] or ""
            if kind == "env" and name in os.environ:
                return os.environ[name]
            keys = tuple(name.split("."))
            if kind == "ref" and name not in seen and toml.has(self.file.document, *keys):
                return self._followed(self.file.text_of(*keys), where, (*seen, name))
            raise UsageError(f"{where} needs {reference[0]}, {UNKNOWN[kind]}")

        return REFERENCE.sub(found, text)

    def _secret(self, where: str, reference: re.Match[str]) -> str:
        """What an alias of the product's vault stands for: not encrypted yet, or known to whoever sits there."""
        alias = reference["alias"]
        written = self.file.document.get("secrets", {}).get(alias)
        if isinstance(written, str) and (plain := NOT_ENCRYPTED.fullmatch(written)):
            hide(plain[1])
            return plain[1]
        answer = self._asked.get(alias) or passwords.asked(f"{where}, {reference[0]}")
        if answer is None:
            raise UsageError(
                f"{where} is {reference[0]}, which only the product can open, and there is no terminal to ask on",
                way_out=f"name the file in an environment as deployment_toml, with {passwords.WAYS}",
            )
        self._asked[alias] = answer
        return answer

    def _others(self) -> Iterator[str]:
        """What to say of each further database that the product has."""
        ours = [self._known(table) for table in map(self._table, TABLES.values()) if table]
        for table in self._further():
            known = self._known(table)
            if known is None or known not in ours:
                yield (
                    f"{table} is not looked at: if users or the registry are in it, take it through the same verbs, as "
                    f"[NAME.user] or [NAME.registry] of an environment"
                )

    def _further(self) -> Iterator[Table]:
        for name in self.file.document.get("database", {}):
            if name not in (*TABLES.values(), OWN) and (table := self._table(name)):
                yield table
        sources = self.file.document.get("datasource", [])
        for settings in sources if isinstance(sources, list) else ():
            if isinstance(settings, dict):
                yield Table(f"[[datasource]] {settings.get('id')} of {self.file.path}", (), settings)

    def _known(self, table: Table) -> tuple[object, ...] | None:
        """What a table says of a database, as far as it says it without a secret; two that differ may be one."""
        if any(SECRET.search(str(table.settings.get(key))) for key in ("type", "url", "username")):
            return None
        try:
            found = self._address(table, "shared")
            return found.url, found.schema, self._value(table, "username")
        except UsageError:
            return None


def read(path: Path) -> Deployment:
    """Reads a deployment.toml. Raises UsageError where it can't be read, or is no TOML, with the line."""
    return Deployment(toml.read(path, "name the product's own, <API-M_HOME>/repository/conf/deployment.toml"))
