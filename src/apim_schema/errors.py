"""What can go wrong, and the exit code of each.

SchemaToolError
├── UsageError            2  wrong use or configuration
├── Refused               3  refused, nothing changed
│   ├── Conflict             an object is in the way of a change
│   ├── NotRecognised        the database is no release we can start from
│   └── Blocked              preflight found data that would not survive
├── Unfinished            4  failed part-way, can be continued
├── NotProven             5  done or undone, but something could not be proven
└── Interrupted         130  stopped by Ctrl-C, nothing changed

Every message names the thing, says what was found and says the way out. None may hold a password: URLs are
printed as `str(Target)` only, and what others say goes through `redact`.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of the command line, the same for every verb."""

    OK = 0
    FOUND = 1
    USAGE = 2
    REFUSED = 3
    UNFINISHED = 4
    NOT_PROVEN = 5
    INTERNAL = 70
    INTERRUPTED = 130


class SchemaToolError(Exception):
    """Base of all errors that are said to the user as a message, without a traceback."""

    exit_code = Exit.USAGE


class UsageError(SchemaToolError):
    """Wrong use: an unknown name, a URL that can't be read, a setting that is missing."""


class Refused(SchemaToolError):
    """Refused before anything was changed, or rolled back to where it was."""

    exit_code = Exit.REFUSED


class Conflict(Refused):
    """An object is there that is neither what a change starts from nor what it wants."""


class NotRecognised(Refused):
    """The database is not a release that an upgrade can start from."""


class Blocked(Refused):
    """Preflight found rows that would not survive, or a server that can't run the upgrade."""


class Unfinished(SchemaToolError):
    """A statement failed on a database that commits each one: some are in, the rest can be continued."""

    exit_code = Exit.UNFINISHED


class NotProven(SchemaToolError):
    """The proof that no row changed could not be given, or showed a change."""

    exit_code = Exit.NOT_PROVEN


class Interrupted(SchemaToolError):
    """Stopped by Ctrl-C; the database is as before."""

    exit_code = Exit.INTERRUPTED
