"""Snapshots: the digests of all rows in a file, to compare the database with later.

A file is gzipped JSON. It holds names, types, numbers of rows and sums of hashes, and no value of any row.
"""

from __future__ import annotations

import gzip
import json
import os
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from apim_schema import __version__
from apim_schema.errors import UsageError
from apim_schema.evidence import Evidence
from apim_schema.hashed import Bucket
from apim_schema.schema import Column, Key, Table
from apim_schema.witness import Mark

FORMAT = 4


@dataclass(frozen=True)
class Vouched:
    """The tables whose rows were not read, as they were, because the server vouches for them since the mark."""

    tables: Mapping[str, Table]
    mark: Mark


@dataclass(frozen=True)
class Snapshot:
    """One database at one time; `release` is None where it was none that is known, `taken_at` is UTC.

    `vouched` is None where all rows were read, as they are for every file.
    """

    database: str
    dialect: str
    server: str
    release: str | None
    taken_at: str
    evidence: Evidence
    vouched: Vouched | None = None


def check_free(path: Path, force: bool) -> None:
    """Raises UsageError where no snapshot can be written: better before the rows are read than after."""
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no file", way_out="name one that is to be made")
    if path.exists() and not force:
        raise UsageError(f"{path} is there already", way_out="name another file, or say --force")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder", way_out="make it first")
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"no file can be written in {path.parent}", way_out="check its permissions")


def write(path: Path, snapshots: Sequence[Snapshot]) -> None:
    """Writes the file whole or not at all, in the place of one that was there. Raises UsageError where that fails."""
    try:
        _write(path, snapshots)
    except OSError as error:
        raise UsageError(f"can't write {path}", found=error.strerror) from None


def _write(path: Path, snapshots: Sequence[Snapshot]) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(pack(snapshots))
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def pack(snapshots: Sequence[Snapshot]) -> bytes:
    """The snapshots as one piece, with a checksum of what they hold."""
    databases = {snapshot.database: _document(snapshot) for snapshot in snapshots}
    document = {"format": FORMAT, "tool_version": __version__, "sha256": _checksum(databases), "databases": databases}
    return gzip.compress(json.dumps(document, separators=(",", ":")).encode())


def _checksum(databases: Mapping[str, Any]) -> str:
    return sha256(json.dumps(databases, sort_keys=True).encode()).hexdigest()


def _document(snapshot: Snapshot) -> dict[str, Any]:
    found = snapshot.evidence
    return {
        "dialect": snapshot.dialect,
        "server": snapshot.server,
        "release": snapshot.release,
        "taken_at": snapshot.taken_at,
        "method": found.method,
        "tables": {name: _table(table) for name, table in found.tables.items()},
        "buckets": {
            name: [(number, bucket.rows, bucket.total) for number, bucket in sorted(buckets.items())]
            for name, buckets in found.buckets.items()
        },
        **({"vouched": _vouched(snapshot.vouched)} if snapshot.vouched else {}),
    }


def _vouched(vouched: Vouched) -> dict[str, Any]:
    tables = {name: _table(table) for name, table in vouched.tables.items()}
    return {"tables": tables, "mark": asdict(vouched.mark)}


def _table(table: Table) -> dict[str, Any]:
    return {
        "columns": [asdict(replace(column, successor=None)) for column in table.columns.values()],
        "primary_key": table.primary_key and table.primary_key.columns,
    }


def read(path: Path) -> dict[str, Snapshot]:
    """The snapshots of a file, by database. Raises UsageError where it can't be read."""
    try:
        return unpack(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(f"can't read {path}", found=error.strerror) from None


def unpack(packed: bytes, name: str) -> dict[str, Snapshot]:
    """The snapshots of one piece, by database. Raises UsageError, with its name, where it can't be read."""
    try:
        document = json.loads(gzip.decompress(packed))
        if document["format"] != FORMAT:
            age = "a newer" if document["format"] > FORMAT else "an older"
            written = f"{name} was written by {age} version, {document['tool_version']}"
            raise UsageError(written, way_out="read it with that one")
        if document["sha256"] != _checksum(document["databases"]):
            raise ValueError("another checksum")
        return {name: _snapshot(name, entry) for name, entry in document["databases"].items()}
    except (gzip.BadGzipFile, EOFError, zlib.error, KeyError, TypeError, ValueError, AttributeError):
        raise UsageError(
            f"{name} is no snapshot, or a damaged one", way_out="take it again, or restore the file from its copy"
        ) from None


def _snapshot(database: str, entry: Mapping[str, Any]) -> Snapshot:
    tables = {name: _read_table(name, table) for name, table in entry["tables"].items()}
    buckets = {
        name: {int(number): Bucket(int(rows), int(total)) for number, rows, total in found}
        for name, found in entry["buckets"].items()
    }
    if buckets.keys() != tables.keys():
        raise ValueError("a table without its rows, or rows without their table")
    found = Evidence(entry["method"], tables, buckets)
    vouched = _read_vouched(entry["vouched"]) if "vouched" in entry else None
    return Snapshot(database, entry["dialect"], entry["server"], entry["release"], entry["taken_at"], found, vouched)


def _read_vouched(entry: Mapping[str, Any]) -> Vouched:
    tables = {name: _read_table(name, table) for name, table in entry["tables"].items()}
    return Vouched(tables, Mark(**entry["mark"]))


def _read_table(name: str, entry: Mapping[str, Any]) -> Table:
    columns = [Column(**column) for column in entry["columns"]]
    key = entry["primary_key"]
    return Table(name, {column.name: column for column in columns}, Key(tuple(key)) if key else None)
