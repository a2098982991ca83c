"""`status`: reports whatever it finds; `--check` makes it an exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result

from tests.cli.conftest import Databases
from tests.releases import FIRST, after, like_the_first
from tests.servers import Server, new_database
from tests.vendor.make import create

Run = Callable[..., Result]
RunJson = Callable[..., Any]


def test_unstamped_pair(run_json: RunJson, databases: Databases) -> None:
    apim, shared = run_json("status", *databases.options)["databases"]
    assert apim["server"].startswith("PostgreSQL 1")
    assert (apim["database"], apim["stamped"], apim["recognised"]) == ("apim", None, [FIRST])
    assert (apim["pending"], apim["problem"], apim["differences"]) == (after(FIRST), None, [])
    same = like_the_first("postgresql", "shared")
    assert (shared["database"], shared["recognised"], shared["pending"]) == ("shared", same, after(same[-1]))


def test_text_goes_to_stdout(run: Run, databases: Databases) -> None:
    result = run("status", *databases.options)
    assert (result.exit_code, result.stderr) == (0, "")
    assert ", ".join(after(FIRST)) in result.stdout
    assert f"{FIRST} to {like_the_first('postgresql', 'shared')[-1]}, which have one schema" in result.stdout
    assert "\x1b" not in result.stdout


def test_check(run: Run, databases: Databases) -> None:
    assert run("status", *databases.options, "--check").exit_code == 1
    assert run("upgrade", "head", *databases.options).exit_code == 0
    assert run("status", *databases.options, "--check").exit_code == 0


def test_check_against_the_release_that_was_asked_for(run: Run, run_json: RunJson, databases: Databases) -> None:
    run("upgrade", "4.4.0", *databases.options)
    assert run("status", "4.4.0", *databases.options, "--check").exit_code == 0
    document = run_json("status", "4.5.0", *databases.options, "--check")
    assert (document["exit_code"], document["databases"][0]["pending"]) == (1, ["4.5.0"])
    newer = run_json("status", "4.3.0", *databases.options, "--check", "--database", "apim")
    assert newer["exit_code"] == 1
    assert newer["databases"][0]["problem"] == "apim is 4.4.0 already, newer than 4.3.0"
    assert run("status", "4.3.0", *databases.options).exit_code == 0
    assert run("status", "4.9.0", *databases.options).exit_code == 2


def test_a_schema_of_several_releases_is_at_each_of_them(run: Run, databases: Databases) -> None:
    *_, newest = like_the_first("postgresql", "shared")
    for release in (FIRST, newest):
        assert run("status", release, "--shared-url", databases.shared, "--check").exit_code == 0


def test_drift_is_listed_and_harmless(run: Run, run_json: RunJson, databases: Databases) -> None:
    run("upgrade", "head", *databases.options)
    databases.execute("CREATE TABLE reports (id integer)")
    databases.execute("CREATE INDEX mine ON am_api (api_name)")
    document = run_json("status", *databases.options, "--check")
    assert document["exit_code"] == 0
    assert [(d["kind"], d["what"], d["name"]) for d in document["databases"][0]["differences"]] == [
        ("extra", "index", "AM_API.MINE"),
        ("extra", "table", "REPORTS"),
    ]
    assert "harmless drift:\n  extra index AM_API.MINE" in run("status", *databases.options).stdout


def test_schema_that_is_not_the_stamped_release(run: Run, run_json: RunJson, databases: Databases) -> None:
    run("adopt", *databases.options)
    databases.execute("ALTER TABLE am_api DROP COLUMN api_tier")
    apim = run_json("status", *databases.options)["databases"][0]
    assert apim["problem"] == f"apim is stamped {FIRST}, but has 1 breaking difference"
    result = run("status", *databases.options, "--database", "apim", "--check")
    assert result.exit_code == 1
    assert "missing column AM_API.API_TIER" in result.stdout


def test_stamp_of_another_release(run: Run, databases: Databases) -> None:
    run("adopt", *databases.options)
    databases.execute("UPDATE alembic_version_apim SET version_num = '4.5.0'")
    result = run("status", *databases.options, "--check")
    assert result.exit_code == 1
    assert f"apim is stamped 4.5.0, but the schema is {FIRST}" in result.stdout


def test_stamp_of_no_release(run: Run, databases: Databases) -> None:
    run("adopt", *databases.options)
    databases.execute("UPDATE alembic_version_apim SET version_num = '9.9.9'")
    result = run("status", *databases.options)
    assert result.exit_code == 0
    assert "apim is stamped '9.9.9', which is no release that this version knows" in result.stdout
    assert run("status", *databases.options, "--check").exit_code == 3


def test_empty_database_is_information(run: Run, empty: str) -> None:
    assert run("status", "--apim-url", empty).exit_code == 0
    result = run("status", "--apim-url", empty, "--check")
    assert result.exit_code == 3
    assert "apim is empty: check the URL and the schema, or say --create" in result.stdout


@pytest.mark.parametrize("release", ["4.0.0", "4.1.0"])
def test_too_old(release: str, run: Run, run_json: RunJson, postgresql: Server) -> None:
    with new_database(postgresql) as url:
        create(url, "postgresql", "apim", release)
        entry = run_json("status", "--apim-url", url)["databases"][0]
        assert release in entry["recognised"]
        assert entry["pending"] == []
        assert "contact WSO2 Support" in entry["problem"]
        assert run("status", "--apim-url", url, "--check").exit_code == 3


@pytest.mark.parametrize("release", ["4.0.0", "4.1.0"])
def test_too_old_with_what_updates_of_it_have_brought(release: str, run: Run, postgresql: Server) -> None:
    """Columns that a later release has from the start; an updated one is no less old, and is told by its own name."""
    with new_database(postgresql) as url:
        create(url, "postgresql", "apim", release)
        with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
            connection.exec_driver_sql(
                "ALTER TABLE cm_sp_purpose_pii_cat_assoc ADD is_consented boolean DEFAULT TRUE;"
                "ALTER TABLE idn_oauth2_access_token ADD consented_token varchar(6)"
            )
        result = run("upgrade", "head", "--apim-url", url)
        assert result.exit_code == 3
        assert f"apim is {release}, which can't be upgraded by a schema change" in result.stderr


def test_schema_other_than_public(run_json: RunJson, postgresql: Server, tmp_path: Any) -> None:
    with new_database(postgresql) as url:
        create(url, "postgresql", "apim", "4.3.0", schema="Carbon")
        document = run_json("status", "--apim-url", f"{url}?schema=Carbon")
        assert document["databases"][0]["recognised"] == ["4.3.0"]
        (tmp_path / "environments.toml").write_text(f'[dev.apim]\nurl = "{url}"\nschema = "Carbon"\n')
        document = run_json("status", "--env", "dev", "--environments", tmp_path / "environments.toml")
        assert document["databases"][0]["recognised"] == ["4.3.0"]
