"""MariaDB: Debian's packages, unpacked by `fetch.sh` into `.servers/mariadb`; or a container."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import URL

from tests.servers import mysql
from tests.servers.container import Image
from tests.servers.mysql import create_database, drop_database, version
from tests.servers.process import run

__all__ = ["create_database", "drop_database", "version"]

DIALECT = "mysql"
IMAGE = Image("mariadb:10.11", 3306, {"MARIADB_ALLOW_EMPTY_ROOT_PASSWORD": "yes"}, mysql.ADMIN)
HOME = Path(os.environ.get("APIM_SCHEMA_TEST_MARIADB_HOME", mysql.HOME.with_name("mariadb"))).resolve()
SPEED = ("--skip-log-bin", "--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=2")
"""Settings that lose data with the machine only: a killed server must lose no commit and tear no page."""
SYSTEM_TABLES = (
    "*_system_tables.sql",
    "*_performance_tables.sql",
    "*_system_tables_data.sql",
    "maria_add_gis_sp_bootstrap.sql",
    "*_sys_schema.sql",
)
"""In usr/share/mysql with names that begin with mysql_, since MariaDB 11 in usr/share/mariadb with mariadb_."""


class Installation(mysql.Unpacked):
    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.version = run([*self.program("sbin/mariadbd"), "--no-defaults", "--version"]).split("Ver ")[1].split()[0]

    def initialise(self, folder: Path, options: Sequence[str]) -> None:
        """Does what mariadb-install-db does: that is a Perl and shell script made for its own installation."""
        (folder / "data").mkdir()
        scripts = [next(self.home.glob(f"usr/share/m*/{name}")).read_text() for name in SYSTEM_TABLES]
        head = "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = NULL;\n"
        bootstrap = ["--bootstrap", "--enforce-storage-engine=", "--max-allowed-packet=8M", "--net-buffer-length=16K"]
        run([*self.command(folder, 0), *bootstrap, *options], input=head + "".join(scripts))

    def command(self, folder: Path, port: int) -> list[str]:
        home = [*self.program("sbin/mariadbd"), "--no-defaults", f"--basedir={self.home}/usr"]
        return [*home, *self.listen(folder, port), "--skip-name-resolve", "--character-set-server=utf8mb4", *SPEED]

    def client(self, url: URL) -> tuple[list[str], dict[str, str]]:
        """Not checking the server's certificate is said: since MariaDB 11.4 the client warns where it can't."""
        (first, *options), environment = self.login(url)
        return [*self.program("bin/mariadb"), first, "--disable-ssl-verify-server-cert", *options], environment


def installed() -> Installation | None:
    return Installation(HOME) if (HOME / "usr/sbin/mariadbd").exists() else None
