"""What can go wrong, and the exit code of each.

SchemaToolError
├── UsageError            2  wrong use or configuration
├── Refused               3  refused, nothing changed
│   ├── Conflict             an object is in the way of a change
│   ├── NotRecognised        the database is no release we can start from
│   ├── Blocked              preflight found what would not survive or would be in the way
│   └── RowsDiffer           rows were not proven to be what they were, and all was taken back
├── Unfinished            4  failed part-way, can be continued
├── NotProven             5  done or undone, but something could not be proven
├── Interrupted         130  stopped by Ctrl-C or a signal, nothing changed
└── InternalError        70  a fault in apim-schema itself

Every message names the thing, says what was found and says the way out. An error keeps these apart for programs that
read them, and the message is made of them. None may hold a password: URLs are printed as `str(Target)`
only, and what others say goes through `redact`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from sqlalchemy.exc import DBAPIError

from apim_schema import legible


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
    """Base of all errors that are said to the user as a message, without a traceback.

    `what` names the thing and what is the matter with it, `found` is what was found instead, `way_out` what to do.
    """

    exit_code = Exit.USAGE

    def __init__(self, what: str, *, found: str | None = None, way_out: str | None = None) -> None:
        rest = "; ".join(filter(None, (found, way_out)))
        super().__init__(f"{what}: {rest}" if rest else what)
        self.what, self.found, self.way_out = what, found, way_out

    @property
    def parts(self) -> dict[str, Any]:
        """What else a program may want to know, by name."""
        return {}


class UsageError(SchemaToolError):
    """Wrong use: an unknown name, a URL that can't be read, a setting that is missing."""


class Refused(SchemaToolError):
    """Refused before anything was changed, or rolled back to where it was."""

    exit_code = Exit.REFUSED


class Conflict(Refused):
    """Something is in the way of a change; where it is neither what that starts from nor wants, both are shown."""

    def __init__(self, what: str, *, found: str = "", wanted: str = "", way_out: str = "") -> None:
        shown = f"found {found}, wanted {wanted}" if wanted else found
        super().__init__(what, found=legible.line(shown), way_out=way_out)
        self.found, self.wanted = found, wanted

    @property
    def parts(self) -> dict[str, Any]:
        return {"wanted": self.wanted}


class NotRecognised(Refused):
    """The database is not a release that an upgrade can start from."""


class Blocked(Refused):
    """Preflight found what would not survive or would be in the way; `findings` are its own."""

    def __init__(self, what: str, findings: Sequence[Any], *, way_out: str) -> None:
        super().__init__(what, way_out=way_out)
        self.findings = tuple(findings)

    def __str__(self) -> str:
        return "\n".join((f"{self.what}; {self.way_out}:", *(f"  {finding}" for finding in self.findings)))

    @property
    def parts(self) -> dict[str, Any]:
        return {"findings": self.findings}


class RowsDiffer(Refused):
    """Rows were others, or not proven to be the same, and all was taken back; `verdict` is what is proven of them."""

    def __init__(self, what: str, verdict: Any) -> None:
        super().__init__(what)
        self.verdict = verdict

    @property
    def parts(self) -> dict[str, Any]:
        return {"rows": self.verdict}


class Unfinished(SchemaToolError):
    """A statement failed on a database that commits each one: `executed` of the `planned` statements are in."""

    exit_code = Exit.UNFINISHED

    def __init__(
        self,
        what: str,
        executed: int | None = None,
        planned: int | None = None,
        parts: Mapping[str, Any] | None = None,
        *,
        found: str | None = None,
        way_out: str | None = None,
    ) -> None:
        self._counted = executed is not None and planned is not None
        if self._counted:
            found, way_out = f"{executed} of {planned} statements are in", GO_ON
        super().__init__(what, found=found, way_out=way_out)
        self.executed, self.planned, self._parts = executed, planned, dict(parts or {})

    def __str__(self) -> str:
        return f"{self.what}\n{self.found}: {self.way_out}" if self._counted else super().__str__()

    @property
    def parts(self) -> dict[str, Any]:
        """The counts, and the parts of the error that it ended with."""
        return self._parts | {"statements_executed": self.executed, "statements_planned": self.planned}


GO_ON = "mend the cause and run the same command again, it continues from there"


class NotProven(SchemaToolError):
    """The proof that no row changed could not be given, or showed a change."""

    exit_code = Exit.NOT_PROVEN


class Interrupted(SchemaToolError):
    """Stopped by Ctrl-C or a signal; the database is as before, unless it says that all was done already."""

    exit_code = Exit.INTERRUPTED


class InternalError(SchemaToolError):
    """A fault in apim-schema itself."""

    exit_code = Exit.INTERNAL


def said_by_database(error: DBAPIError) -> Refused:
    """An error of the database, where nothing is known that could be said instead."""
    return Refused("the database says", found=words(error))


def words(error: DBAPIError) -> str:
    """What the database says, its further lines indented: a name in it may have a line break, and libpq has tabs."""
    return str(error.orig).strip().replace("\n\t", "\n").replace("\n", "\n  ")
