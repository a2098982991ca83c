"""A release is added in one place: tried out in a copy, where nothing but what CONTRIBUTING names is touched."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
import sqlalchemy as sa

from apim_schema import catalog
from apim_schema.demo import rows
from tests.release.trial import NEXT, ROOT, Trial, made, reference
from tests.releases import FIRST, HEAD, after
from tests.servers import Server, new_database
from tests.vendor import make, outside


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return made(tmp_path_factory.mktemp("next"))


def test_no_code_names_the_newest_release() -> None:
    """Neither the tool nor a text of its command line: only the revision does."""
    code = [path for folder in ("src", "dialects") for path in (ROOT / folder).rglob("*.py")]
    assert code
    assert [path for path in code if HEAD in path.read_text(encoding="utf-8")] == []


@pytest.mark.skipif(find_spec("ruff") is None, reason="ruff is not installed")
def test_the_revisions_are_in_style(trial: Trial) -> None:
    trial.well("-m", "ruff", "check", "versions")
    trial.well("-m", "ruff", "format", "--check", "versions")


def test_nothing_else_turns_red(trial: Trial) -> None:
    """The chains of every dialect against the vendor's catalogs, their scripts, and a part of the command line."""
    pytest_ = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
    trial.well(*pytest_, "tests/chains/test_scripts.py", "-k", "golden", APIM_SCHEMA_TEST_REWRITE="1")
    verbs = [f"tests/cli/test_{verb}.py" for verb in ("status", "sql", "readme")]
    told = trial.well(*pytest_, "tests/chains", *verbs, "-k", "not behind_each_door")
    assert "passed" in told
    for flavour in (path.name for path in (trial.folder / "tests/chains/golden").iterdir()):
        text = (trial.folder / f"tests/chains/golden/{flavour}/apim-{NEXT}.sql").read_text()
        assert all(name in text for name in ("TRIAL_STATE", "AM_TRIAL", "AM_GATEWAY_POLICY_MAPPING")), flavour


@pytest.mark.parametrize("start", [FIRST, HEAD])
def test_an_upgrade_through_the_command_line(trial: Trial, postgresql: Server, start: str, tmp_path: Path) -> None:
    with new_database(postgresql) as apim, new_database(postgresql) as shared:
        urls = {"apim": apim, "shared": shared}
        options = [word for database, url in urls.items() for word in (f"--{database}-url", url)]
        for database, url in urls.items():
            fill(url, database, start)
        before = str(tmp_path / "before")
        trial.cli("snapshot", *options, "-o", before)
        assert trial.cli("status", *options)[0]["pending"] == [*after(start), NEXT]
        for done in trial.cli("upgrade", "head", *options):
            assert (done["to"], done["rows"]["verdict"], done["differences"]) == (NEXT, "proven", [])
        for database, url in urls.items():
            wanted = outside.plain(reference("postgresql", database))
            assert outside.differences(wanted, outside.catalog_of(url)) == []
        for found in trial.cli("status", *options, "--check"):
            assert (found["stamped"], found["pending"], found["problem"], found["differences"]) == (NEXT, [], None, [])
        for found in trial.cli("verify", *options, "--against", before):
            assert (found["release"], found["differences"], found["rows"]["verdict"]) == (NEXT, [], "proven")


def fill(url: str, database: str, release: str) -> None:
    """The vendor's database of a release, with rows in every table."""
    document = make.create(url, "postgresql", database, release)
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        rows.fill(connection, catalog.parse(document))
