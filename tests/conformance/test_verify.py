"""The verbs that look and those that compare with a snapshot, through the command line, on every engine alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from apim_schema.cli import main
from apim_schema.errors import Exit
from tests.conformance.site import Site, site
from tests.releases import FIRST, HEAD, after
from tests.servers import Server


def ask(customer: Site, verb: str, *options: str) -> tuple[int, Any]:
    """Runs a verb on the customer's apim database: its exit code and what it says of that database."""
    answer = CliRunner().invoke(main, [verb, "--apim-url", customer.url, "--format", "json", *options])
    document = json.loads(answer.stdout)
    return answer.exit_code, document.get("databases", [document])[0]


def test_rows_are_proven_across_an_upgrade_and_a_changed_one_is_named(server: Server, tmp_path: Path) -> None:
    before = str(tmp_path / "before.snapshot")
    with site(server, "apim", FIRST) as customer:
        assert ask(customer, "snapshot", "-o", before)[0] == Exit.OK
        code, upgraded = ask(customer, "upgrade", "head")
        assert (code, upgraded["to"]) == (Exit.OK, HEAD)

        code, verified = ask(customer, "verify", "--against", before)
        assert (code, verified["rows"]["verdict"]) == (Exit.OK, "proven")

        (key,) = customer.execute("SELECT MIN(SUBSCRIBER_ID) FROM AM_SUBSCRIBER")[0]
        customer.execute(f"UPDATE AM_SUBSCRIBER SET EMAIL_ADDRESS = 'x' WHERE SUBSCRIBER_ID = {key}")
        code, verified = ask(customer, "verify", "--against", before)
        assert (code, verified["rows"]["verdict"]) == (Exit.FOUND, "changed")
        assert "AM_SUBSCRIBER" in json.dumps(verified["rows"])


@pytest.mark.costly
def test_status_and_history_before_and_after(server: Server) -> None:
    with site(server, "apim", "4.5.0") as customer:
        code, found = ask(customer, "status", "--check")
        assert (code, found["release"], found["pending"]) == (Exit.FOUND, "4.5.0", after("4.5.0"))
        assert ask(customer, "adopt")[0] == Exit.OK
        assert ask(customer, "upgrade", "head")[0] == Exit.OK
        code, found = ask(customer, "status", "--check")
        assert (code, found["release"], found["pending"]) == (Exit.OK, HEAD, [])
        (done,) = ask(customer, "history")[1]["upgrades"]
        assert (done["from"], done["to"], done["verdict"]) == ("4.5.0", HEAD, "proven")
        assert customer.rows_are_as_before()
