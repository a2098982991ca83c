"""`adopt` and `history`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from click.testing import Result

from apim_schema import __version__, chain
from tests.cli.conftest import Databases
from tests.releases import FIRST, HEAD, like_the_first
from tests.servers import Server, new_database
from tests.vendor.make import create

Run = Callable[..., Result]
RunJson = Callable[..., Any]


def test_adopt_stamps(run: Run, run_json: RunJson, databases: Databases) -> None:
    databases.execute("CREATE TABLE reports (id integer)")
    apim, shared = run_json("adopt", *databases.options)["databases"]
    assert (apim["release"], apim["adopted"], apim["recognised"]) == (FIRST, True, [FIRST])
    assert [difference["name"] for difference in apim["differences"]] == ["REPORTS"]
    *others, newest = like_the_first("postgresql", "shared")
    assert (shared["release"], shared["recognised"]) == (newest, [*others, newest])
    assert databases.execute("SELECT version_num FROM alembic_version_apim") == [(FIRST,)]
    second = run("adopt", *databases.options)
    assert second.exit_code == 0
    assert f"apim was stamped {FIRST} before" in second.stdout
    assert f"shared was stamped {newest} before; {', '.join(others)} have the same schema" in second.stdout


STAMPED_BY = {
    "adopt": ["adopt"],
    "adopt --as": ["adopt", "--as", FIRST, "--yes"],
    "nothing to do": ["upgrade", FIRST, "--yes"],
    "upgrade": ["upgrade", HEAD, "--yes"],
}


@pytest.mark.parametrize("deferred", ["", "DEFERRABLE INITIALLY DEFERRED"])
@pytest.mark.parametrize("arguments", STAMPED_BY.values(), ids=STAMPED_BY)
def test_nothing_is_written_but_the_stamp(run: Run, databases: Databases, arguments: list[str], deferred: str) -> None:
    databases.execute(
        "CREATE TABLE alembic_version_apim (version_num VARCHAR(32) PRIMARY KEY);"
        "CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN UPDATE am_subscriber SET email_address = ''mine''; RETURN NULL; END';"
        f"CREATE {'CONSTRAINT' if deferred else ''} TRIGGER mine AFTER INSERT ON alembic_version_apim {deferred} "
        "FOR EACH ROW EXECUTE FUNCTION mine()"
    )
    result = run(*arguments, "--apim-url", databases.apim)
    assert result.exit_code == 3, result.output
    assert re.search(
        r"(with the stamp|not proven that no row has changed):\n  AM_SUBSCRIBER: .* 4 updated", result.stderr
    )
    assert databases.execute("SELECT version_num FROM alembic_version_apim") == []
    assert databases.execute("SELECT count(*) FROM am_subscriber WHERE email_address = 'mine'") == [(0,)]


def test_adopt_refuses_a_stamp_that_is_wrong(run: Run, databases: Databases) -> None:
    run("adopt", *databases.options)
    databases.execute("UPDATE alembic_version_apim SET version_num = '4.3.0'")
    result = run("adopt", *databases.options)
    assert result.exit_code == 3
    assert f"apim is stamped 4.3.0, but the schema is {FIRST}" in result.stderr


def test_adopt_refuses_what_is_no_release(run: Run, databases: Databases, empty: str) -> None:
    databases.execute("ALTER TABLE am_api DROP COLUMN api_tier")
    result = run("adopt", "--apim-url", databases.apim)
    assert result.exit_code == 3
    assert "missing column AM_API.API_TIER" in result.stderr
    assert databases.execute("SELECT to_regclass('alembic_version_apim')") == [(None,)]
    assert "shared is empty" in run("adopt", "--shared-url", empty).stderr


def test_adopt_refuses_what_is_too_old(run: Run, postgresql: Server) -> None:
    with new_database(postgresql) as url:
        create(url, "postgresql", "apim", "4.1.0")
        result = run("adopt", "--apim-url", url)
    assert result.exit_code == 3
    assert "contact WSO2 Support" in result.stderr


def test_history(run: Run, run_json: RunJson, databases: Databases) -> None:
    assert run_json("history", *databases.options)["databases"] == [
        {"database": "apim", "upgrades": []},
        {"database": "shared", "upgrades": []},
    ]
    run("upgrade", "4.4.0", *databases.options, "--database", "apim")
    run("upgrade", HEAD, *databases.options, "--database", "apim")
    first, second = run_json("history", *databases.options)["databases"][0]["upgrades"]
    assert (first["from"], first["to"], first["verdict"]) == (FIRST, "4.4.0", "proven")
    assert (second["from"], second["to"], second["tool_version"]) == ("4.4.0", HEAD, __version__)
    tables = {release: len(chain.expected("postgresql", "apim", release).tables) for release in (FIRST, "4.4.0")}
    assert (first["rows_compared"], first["evidence"]) == (0, f"engine ({tables[FIRST]} tables)")
    told = re.fullmatch(r"engine \((\d+) tables\), full \((AM_API_OPERATION_POLICY_MAPPING, .+)\)", second["evidence"])
    assert told is not None
    assert int(told[1]) + len(told[2].split(", ")) == tables["4.4.0"]
    times = [first["started_at"], first["finished_at"], second["started_at"], second["finished_at"]]
    assert times == sorted(times)  # whole seconds: two may well be the same
    assert all(datetime.fromisoformat(time.removesuffix("Z")).microsecond == 0 for time in times)
    text = run("history", *databases.options).stdout
    assert "postgres by " in text
    assert "shared: no upgrade on record" in text


def test_history_in_one_schema(run: Run, run_json: RunJson, postgresql: Server) -> None:
    with new_database(postgresql) as url:
        options = ["--apim-url", url, "--shared-url", url]
        create(url, "postgresql", "apim", FIRST)
        create(url, "postgresql", "shared", FIRST)
        assert run("upgrade", like_the_first("postgresql", "shared")[-1], *options).exit_code == 0
        apim, shared = run_json("history", *options)["databases"]
    assert (len(apim["upgrades"]), shared["upgrades"]) == (1, [])


def test_a_user_without_a_name_has_a_number(
    run: Run, run_json: RunJson, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container that runs with any number the platform has given it."""

    def nobody(number: int) -> None:
        raise KeyError(number)

    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.setattr("os.getuid", lambda: 1000770000)
    assert run("upgrade", "head", *databases.options).exit_code == 0
    [done] = run_json("history", *databases.options)["databases"][0]["upgrades"]
    assert done["done_by"] == "postgres by user 1000770000"
