"""A throwaway server: a process of ours, on a free port of 127.0.0.1, with its data in a temporary folder."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import psutil
from sqlalchemy import URL, NullPool, create_engine
from sqlalchemy.exc import DBAPIError

GUARD = """\
cat >/dev/null
test -f "$0/pid" && kill -9 "$(cat "$0/pid")"
until rm -rf "$0"; do sleep 0.1; done
"""
"""Waits for the end of its input, which comes when pytest closes it or dies, then removes server and folder."""

ROOM = 4 * 2**30
"""Bytes of memory that must be free for a server's folder to lie there; it takes some 0.3 GiB."""

START_TIMEOUT = 60.0
"""Seconds that a server may take until it answers."""


class Installation(Protocol):
    """A server's binaries on this machine: how data is made, how a server on it is started and reached."""

    @property
    def version(self) -> str: ...
    @property
    def home(self) -> Path: ...
    @property
    def STOP(self) -> int:  # noqa: N802 (a constant of each)
        """The signal that stops the server in order."""

    def initialise(self, folder: Path, options: Sequence[str]) -> None:
        """Makes an empty data folder `folder/data`; `options` are what the server will be started with."""

    def command(self, folder: Path, port: int) -> list[str]:
        """The command that runs the server in the foreground."""

    def account(self) -> dict[str, Any]:
        """The arguments of Popen that run the server as somebody else; empty where it may run as we do."""

    def url(self, port: int) -> URL:
        """The administrator's URL."""

    def client(self, url: URL) -> tuple[list[str], dict[str, str]]:
        """The native client's command, to run SQL from its input in the database at `url`, and its environment."""


def unprivileged(*names: str) -> dict[str, Any]:
    """The arguments of Popen that drop root's privileges to the first account that exists; empty if we are not root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name for entry in pwd.getpwall()}
    account = pwd.getpwnam(next(name for name in names if name in known))
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def run(command: Sequence[str], **options: Any) -> str:
    """Runs a command to its end and returns its output. Raises RuntimeError with the end of the output if it fails."""
    done: subprocess.CompletedProcess[str] = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed with exit code {done.returncode}:\n{done.stdout[-2000:]}")
    return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _memory_has_room() -> bool:
    """Whether a server's folder may lie in memory, where its many small files cost a third of the time.

    Not where programs may not be run from there: PostgreSQL's may have to be copied.
    """
    if not Path("/dev/shm").is_dir() or os.statvfs("/dev/shm").f_flag & os.ST_NOEXEC:
        return False
    return min(shutil.disk_usage("/dev/shm").free, psutil.virtual_memory().available) > ROOM


class Process:
    """A running server on data of its own. `close` leaves nothing behind, and so does a pytest that was killed."""

    def __init__(self, installation: Installation, options: Sequence[str] = ()) -> None:
        self.installation = installation
        self.options = options
        # not below TMPDIR or pytest's tmp_path: those may be closed to the account that the server runs as
        self.folder = Path(tempfile.mkdtemp(prefix="apim-schema-", dir="/dev/shm" if _memory_has_room() else "/tmp"))
        self.folder.chmod(0o755)
        self.port = free_port()
        self.url = installation.url(self.port)
        self._guard = subprocess.Popen(
            ["sh", "-c", GUARD, str(self.folder)],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            installation.initialise(self.folder, options)
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        """Starts the server and waits until it answers. Raises RuntimeError with the end of its log if it does not."""
        with (self.folder / "server.log").open("w") as log:
            self._server = subprocess.Popen(
                [*self.installation.command(self.folder, self.port), *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                start_new_session=True,  # Ctrl-C is for pytest, whose end is the server's
                **self.installation.account(),
            )  # fmt: skip
        (self.folder / "pid").write_text(str(self._server.pid))
        self._wait()

    def kill(self) -> None:
        """Kills the server and its children at once (SIGKILL), as a power failure would."""
        (self.folder / "pid").unlink()
        server = psutil.Process(self._server.pid)
        family = [*server.children(recursive=True), server]
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        self._server.wait()
        psutil.wait_procs(family)

    def stop(self) -> None:
        """Stops the server as an administrator would who waits for nobody."""
        (self.folder / "pid").unlink()
        self._server.send_signal(self.installation.STOP)
        self._server.wait()

    def close(self) -> None:
        self._guard.communicate()
        if hasattr(self, "_server"):
            self._server.wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while problem := refusal(self.url):
            if self._server.poll() is not None or time.monotonic() > deadline:
                log = (self.folder / "server.log").read_text(errors="replace")
                raise RuntimeError(f"{self.installation.home}: the server did not start: {problem}\n{log[-2000:]}")
            time.sleep(0.1)


def refusal(url: URL) -> str | None:
    """Why the server does not let us in, None if it does."""
    try:
        create_engine(url, poolclass=NullPool).connect().close()
    except DBAPIError as error:
        return str(error.orig)
    return None
