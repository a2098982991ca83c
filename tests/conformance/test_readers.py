"""A reader of the output that goes away, or a full disk, ends the printing and not the upgrade, at both doors."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from apim_schema import chain
from tests import schemas
from tests.conformance.site import Site, site
from tests.conformance.test_upgrade import entries, stamped
from tests.releases import HEAD
from tests.servers import Server

Arguments = Callable[[Site], list[str]]
DOORS: dict[str, Arguments] = {
    "upgrade": lambda customer: [
        *("-c", "from apim_schema.cli import main; main()", "-v"),
        *("upgrade", "head", "--apim-url", customer.url),
    ],
    "alembic": lambda customer: [
        *("-m", "alembic", "-c", str(chain.ini_file()), "-x", f"url={customer.url}", "upgrade", "head"),
    ],
}
FULL = Path("/dev/full")
full = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")


def expect_upgraded(customer: Site, exit_code: int) -> None:
    assert exit_code == 0
    assert (stamped(customer), entries(customer)[0].verdict) == (HEAD, "proven")


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_reader_that_goes_away(server: Server, door: Arguments) -> None:
    """As in `2>&1 | head -1`."""
    with site(server, "apim", "4.6.0") as customer:
        with subprocess.Popen(
            [sys.executable, *door(customer)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.stdout.close()
        expect_upgraded(customer, process.returncode)


@full
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_log_on_a_full_disk(postgresql: Server, door: Arguments) -> None:
    with site(postgresql, "apim", "4.6.0") as customer, FULL.open("w") as nowhere:
        done = subprocess.run(
            [sys.executable, *door(customer)], stdout=subprocess.PIPE, stderr=nowhere, text=True, check=False
        )
        expect_upgraded(customer, done.returncode)
        assert "proven" in done.stdout


@full
@pytest.mark.parametrize(
    ("door", "options"),
    [(DOORS["upgrade"], ["--format", "json"]), (DOORS["upgrade"], []), (DOORS["alembic"], [])],
    ids=["json", "text", "alembic"],
)
def test_an_answer_that_can_not_be_written_is_said(postgresql: Server, door: Arguments, options: list[str]) -> None:
    with site(postgresql, "apim", "4.6.0") as customer, FULL.open("w") as nowhere:
        command = [sys.executable, *door(customer), *options]
        done = subprocess.run(command, stdout=nowhere, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 2
        assert "apim-schema: can't write to stdout: No space left on device; what was done stays done" in done.stderr
        assert "Traceback" not in done.stderr
        assert stamped(customer) == HEAD


def test_an_answer_that_nobody_reads(postgresql: Server) -> None:
    with site(postgresql, "apim", "4.6.0") as customer:
        command = [sys.executable, *DOORS["upgrade"](customer), "--format", "json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.close()
            told = process.stderr.read() if process.stderr else ""
        assert "Traceback" not in told
        expect_upgraded(customer, process.returncode)


def test_an_answer_is_one_document(postgresql: Server) -> None:
    with site(postgresql, "apim", "4.6.0") as customer:
        command = [sys.executable, *DOORS["upgrade"](customer), "--format", "json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        document = json.loads(done.stdout)
        schemas.validate(document)
        assert document["exit_code"] == 0
