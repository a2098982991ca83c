"""The command line in a process of its own, as a person runs it: with what it says, and on a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

COMMAND = """
import signal
from apim_schema.cli import main

# a shell that runs the tests in the background has them ignore Ctrl-C, and so would what they start
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""


def environments(folder: Path, databases: Mapping[str, tuple[str, str]]) -> None:
    """Writes an environments.toml: the database of each environment, and its URL."""
    text = "".join(f'[{name}.{database}]\nurl = "{url}"\n' for name, (database, url) in databases.items())
    (folder / "environments.toml").write_text(text)


class Command:
    """An upgrade of several environments as a person runs it."""

    def __init__(self, *arguments: str) -> None:
        self.said = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "upgrade", "head", "--format", "json", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
        )  # fmt: skip

    def until(self, *texts: str) -> None:
        """Reads on until each of these was said on stderr."""
        assert self.process.stderr
        while missing := [text for text in texts if text not in self.said]:
            line = self.process.stderr.readline().decode()
            assert line, f"{missing} was not said: {self.said}"
            self.said += line

    def child(self, environment: str) -> psutil.Process:
        """The process of an environment."""
        (found,) = (p for p in psutil.Process(self.process.pid).children() if p.cmdline()[-1] == environment)
        return found

    def end(self) -> tuple[int, dict[str, Any]]:
        """The exit code, and the entry of each environment."""
        out, err = self.process.communicate(timeout=300)
        self.said += err.decode()
        return self.process.returncode, {entry["environment"]: entry for entry in json.loads(out)["environments"]}


class Typed:
    """A command on a terminal, and what it shows there."""

    def __init__(self, *arguments: str) -> None:
        self._leader, follower = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *arguments],
            stdin=follower, stdout=subprocess.PIPE, stderr=follower, start_new_session=True,
            env=os.environ | {"TERM": "dumb", "COLUMNS": "80"},
        )  # fmt: skip
        os.close(follower)
        self.shown = ""

    def until(self, *texts: str) -> None:
        """Reads on until each of these is shown."""
        while any(text not in self.shown for text in texts):
            self.shown += os.read(self._leader, 4096).decode()

    def type(self, text: str) -> None:
        os.write(self._leader, text.encode() + b"\n")

    def end(self) -> tuple[int, str]:
        """The exit code, and what stdout was told."""
        try:
            while more := os.read(self._leader, 4096):
                self.shown += more.decode()
        except OSError:  # the end of a pseudo-terminal on Linux
            pass
        os.close(self._leader)
        out, _ = self.process.communicate(timeout=300)
        return self.process.returncode, out.decode()
