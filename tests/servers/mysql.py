"""MySQL: Debian's packages, unpacked by `fetch.sh` into `.servers/mysql`; or a container."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, text

from tests.servers.container import Image
from tests.servers.process import run

DIALECT = "mysql"
ADMIN = URL.create("mysql+pymysql", "root", database="mysql")
IMAGE = Image("mysql:8.4", 3306, {"MYSQL_ALLOW_EMPTY_PASSWORD": "yes"}, ADMIN)
HOME = Path(__file__).parents[2] / ".servers" / "mysql"
SPEED = (
    *("--skip-log-bin", "--innodb-flush-method=nosync", "--innodb-redo-log-capacity=32M"),
    "--max-connections=2000",  # it keeps as many tables in the cache of its dictionary
)
"""Settings that lose data with the machine only: a killed server must lose no commit and tear no page."""


class Unpacked:
    """Binaries in a folder of `fetch.sh`: they run with the C library and the loader that were unpacked with them."""

    STOP = signal.SIGTERM

    def __init__(self, home: Path) -> None:
        self.home = home
        loader = next(home.glob("usr/lib/*/ld-linux-*.so.*"))
        self._loader = [str(loader), "--library-path", str(loader.parent)]

    def program(self, path: str) -> list[str]:
        return [*self._loader, str(self.home / "usr" / path)]

    def account(self) -> dict[str, Any]:
        return {}

    def url(self, port: int) -> URL:
        return ADMIN.set(host="127.0.0.1", port=port)

    def listen(self, folder: Path, port: int) -> list[str]:
        """The options that both servers share."""
        # root has to be named to be allowed
        user = ["--user=root"] if os.geteuid() == 0 else []
        address = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/socket"]
        # a starting MariaDB removes what looks like its own from the folder of temporary files, another server's too
        return [f"--datadir={folder}/data", f"--tmpdir={folder}", *address, *user]

    def login(self, url: URL) -> tuple[list[str], dict[str, str]]:
        """The options and the environment that take the native client to a database."""
        where = [f"--host={url.host}", f"--port={url.port or 3306}", f"--user={url.username}"]
        options = ["--no-defaults", "--protocol=tcp", "--default-character-set=utf8mb4", *where, str(url.database)]
        return options, os.environ | {"MYSQL_PWD": url.password or ""}


class Installation(Unpacked):
    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.version = run([*self.program("sbin/mysqld"), "--no-defaults", "--version"]).split("Ver ")[1].split()[0]

    def initialise(self, folder: Path, options: Sequence[str]) -> None:
        run([*self.command(folder, 0), "--initialize-insecure", *options])

    def command(self, folder: Path, port: int) -> list[str]:
        home = [*self.program("sbin/mysqld"), "--no-defaults", f"--basedir={self.home}/usr"]
        return [*home, *self.listen(folder, port), "--mysqlx=OFF", "--secure-file-priv=NULL", *SPEED]

    def client(self, url: URL) -> tuple[list[str], dict[str, str]]:
        options, environment = self.login(url)
        return [*self.program("bin/mysql"), *options], environment


def installed() -> Installation | None:
    return Installation(HOME) if (HOME / "usr/sbin/mysqld").exists() else None


def version(admin: Connection) -> str:
    return str(admin.scalar(text("SELECT version()")))


def create_database(admin: Connection, name: str, charset: str = "latin1", collation: str | None = None) -> URL:
    """Creates an empty database and returns its URL; latin1 is what the vendor recommends for these databases.

    Without `collation` it has the character set's default one.
    """
    collate = f" COLLATE {collation}" if collation else ""
    admin.execute(text(f"CREATE DATABASE {name} CHARACTER SET {charset}{collate}"))
    return admin.engine.url.set(database=name)


def drop_database(admin: Connection, name: str) -> None:
    """Drops a database and ends the sessions that a failed test has left on it."""
    sessions = text("SELECT id FROM information_schema.processlist WHERE db = :name")
    for (session,) in admin.execute(sessions, {"name": name}).all():
        admin.execute(text(f"KILL {session}"))
    admin.execute(text(f"DROP DATABASE {name}"))
