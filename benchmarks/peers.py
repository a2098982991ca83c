"""Other tools that hash all rows of a table on its server."""

from __future__ import annotations

import shutil
from functools import partial

import pytest
from sqlalchemy import make_url

from benchmarks.measure import timed
from tests.servers.process import run

PERCONA = "pt-table-checksum"


def pt_table_checksum(url: str, table: str) -> float:
    """Seconds that Percona's tool takes for one pass: CRC32 of each row, by chunks, into a table of its own.

    Skips where it is not installed; Debian has it in percona-toolkit, with libdbd-mysql-perl.
    """
    if shutil.which(PERCONA) is None:
        pytest.skip(f"{PERCONA} is not installed")
    at = make_url(url)
    login = f"h={at.host},P={at.port},u={at.username},p={at.password or ''}"
    which = ("--databases", str(at.database), "--tables", table, "--replicate", f"{at.database}.checksums")
    without = ("--no-check-binlog-format", "--no-check-replication-filters", "--recursion-method", "none")
    return timed(partial(run, (PERCONA, login, *which, *without, "--no-version-check")))
