"""Without what only POSIX has: every module can be imported, and what needs no database works."""

from __future__ import annotations

import subprocess
import sys

WINDOWS = """
import os, pkgutil, signal, sys
from importlib import import_module

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in {"pwd", "grp", "fcntl", "termios", "tty", "pty", "resource", "syslog", "readline"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

for name in ("pwd", "grp", "fcntl", "termios", "tty", "pty", "resource", "syslog", "readline"):
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Absent())
for name in ("getuid", "geteuid", "getgid", "fork", "setsid", "killpg", "uname", "chown", "fchmod"):
    delattr(os, name)
for name in ("SIGHUP", "SIGQUIT", "SIGKILL", "SIGUSR1", "SIGPIPE"):
    delattr(signal, name)

import apim_schema
def modules(path, prefix):
    for found in pkgutil.iter_modules(path, prefix):
        if found.name.split(".")[1] not in {"versions", "tests", "benchmarks"}:  # beside the package in a checkout
            yield import_module(found.name)
            if found.ispkg:
                yield from modules(sys.modules[found.name].__path__, found.name + ".")

assert len(list(modules(apim_schema.__path__, "apim_schema."))) > 100

from apim_schema.cli import main
main(sys.argv[1:], standalone_mode=False)
"""


def as_on_windows(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", WINDOWS, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_every_module_is_imported() -> None:
    assert "upgrade" in as_on_windows("--help")


def test_a_script_is_written() -> None:
    assert "-- ==== 4.7.0" in as_on_windows(
        "sql", "--dialect", "mssql", "--database", "apim", "--from", "4.6.0", "--to", "4.7.0"
    )
