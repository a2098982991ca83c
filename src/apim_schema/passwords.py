"""Where a password comes from, when it stands in no URL. Each is hidden from all output as soon as it is known."""

from __future__ import annotations

import getpass
import os
import shlex
import stat
import subprocess
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

from apim_schema.errors import UsageError
from apim_schema.redact import hide

SETTINGS = ("password_env", "password_file", "password_command")
WAYS = ", ".join(SETTINGS[:-1]) + f" or {SETTINGS[-1]}"


def given(settings: Mapping[str, str], folder: Path, where: str) -> str | None:
    """The password that the settings name, None where they name none; files and commands are relative to `folder`.

    Raises UsageError, which begins with `where`, for more than one, and for one that can't be had.
    """
    named = [name for name in SETTINGS if name in settings]
    if len(named) > 1:
        raise UsageError(f"{where} has more than one password, in {' and '.join(named)}", way_out="leave one")
    if not named:
        return None
    told, value = f"{where} takes its password from", settings[named[0]]
    if named[0] == "password_env":
        return _hidden(_of_variable(value, told))
    if named[0] == "password_file":
        return _hidden(_of_file(file(settings, folder), told))
    return _hidden(_of_command(value, folder, where))


def file(settings: Mapping[str, str], folder: Path) -> Path:
    """The path of the password file that the settings name."""
    return folder / Path(settings["password_file"]).expanduser()


def _hidden(password: str) -> str:
    hide(password)
    return password


def _of_variable(name: str, told: str) -> str:
    if name not in os.environ:
        raise UsageError(f"{told} {name}, which is not set")
    return os.environ[name]


def _of_file(path: Path, told: str) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"{told} {path}", found=error.strerror) from None
    except UnicodeDecodeError:
        raise UsageError(f"{told} {path}, which is not UTF-8") from None
    if not lines:
        raise UsageError(f"{told} {path}, which is empty")
    return lines[0]


def _of_command(command: str, folder: Path, where: str) -> str:
    """The first line that a command prints. What else it says is not shown: the password may be in it."""
    told = f"password_command of {where}"
    try:
        words = shlex.split(command)
        done = subprocess.run(words, cwd=folder, capture_output=True, check=False)  # noqa: S603 (no shell)
    except (ValueError, IndexError):
        raise UsageError(f"{told} can't be read as a command", way_out="check its quotes") from None
    except OSError as error:
        raise UsageError(f"{told} can't be run", found=error.strerror) from None
    if done.returncode:
        raise UsageError(
            f"{told} failed with exit code {done.returncode}", way_out="run it by hand to see what it says"
        )
    try:
        lines = done.stdout.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise UsageError(f"{told} printed what is not UTF-8") from None
    if not lines or not lines[0]:
        raise UsageError(f"{told} printed no password", way_out="it must be the first line of its stdout")
    return lines[0]


def asked(what: str) -> str | None:
    """What a person types without an echo, None where there is no terminal to ask on."""
    if sys.stdin is None or not sys.stdin.isatty():
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)  # it would go on with an echo
            return _hidden(getpass.getpass(f"{what}: "))
    except (EOFError, getpass.GetPassWarning):
        return None


def exposed(path: Path) -> str | None:
    """What to say of a file with a password that others on this machine can read; nothing of one that is not there.

    Only POSIX has the mode that tells.
    """
    try:
        open_to_others = os.name == "posix" and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)
    except OSError:
        return None
    return f"{path} has a password in it that others can read: chmod 600 {path}" if open_to_others else None
