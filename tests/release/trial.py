"""A copy of the checkout that has one release more, added as CONTRIBUTING says: what is written here is all of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apim_schema import chain, flavours
from tests import schemas
from tests.releases import HEAD
from tests.vendor import make

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "versions", "dialects", "tests", "docs")
FILES = ("alembic.ini", "pyproject.toml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE")
NEXT = "{}.{}.0".format(HEAD.split(".")[0], int(HEAD.split(".")[1]) + 1)

IMPORTS = """from apim_schema.revision import add_column, column, create_table, index, steps, text_to_binary
from apim_schema.types import blob, timestamp, varchar
"""
SHARED_IMPORTS = IMPORTS.replace(", text_to_binary", "").replace("blob, ", "")
GROWS = """    add_column("{table}", column("TRIAL_STATE", varchar(20), nullable=False, server_default="'new'")),
    create_table(
        "{new}",
        column("NAME", varchar(50), nullable=False),
        column("SINCE", timestamp()),
        index("{new}_NAME", "NAME"),
    ),
"""
CONVERTS = '    text_to_binary("AM_GATEWAY_POLICY_MAPPING", "PARAMETERS", blob("LONG")),\n'

TABLES = {"apim": ("AM_API", "AM_TRIAL"), "shared": ("UM_TENANT", "REG_TRIAL")}
"""By database: the table that gets a column, and the new one."""
TEXT = {"oracle": "VARCHAR2"}
MOMENT = {"mssql": "DATETIME"}
BYTES = {"mysql": "LONGBLOB", "postgresql": "BYTEA", "oracle": "BLOB", "mssql": "VARBINARY(MAX)"}


@dataclass(frozen=True)
class Trial:
    """The copy."""

    folder: Path

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs Python on the copy's code, without the settings of this run."""
        bare = {name: value for name, value in os.environ.items() if not name.startswith(("APIM_SCHEMA_", "PYTEST_"))}
        bare |= {"PYTHONPATH": str(self.folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=bare | variables, capture_output=True, text=True, check=False
        )

    def well(self, *arguments: str, **variables: str) -> str:
        """The same, where it must succeed: what it printed."""
        done = self.run(*arguments, **variables)
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr
        return done.stdout

    def cli(self, *arguments: str) -> list[Any]:
        """What one of the tool's verbs says of each database; it must succeed."""
        program = "from apim_schema.cli import main; main()"
        document = json.loads(self.well("-c", program, *arguments, "--format", "json"))
        schemas.validate(document)
        databases: list[Any] = document["databases"]
        return databases


def made(folder: Path) -> Trial:
    """The copy with the new release in `folder`: two revisions, the reference catalogs, one word in a test."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    trial = Trial(folder)
    for database in chain.DATABASES:
        _write_revision(trial, database)
        for flavour in (name for name in flavours.FLAVOURS if chain.has_script(name, database)):
            path = folder / "tests" / "reference" / flavour / f"{database}-{NEXT}.json"
            path.write_text(json.dumps(reference(flavour, database)), encoding="utf-8")
    linear = folder / "tests" / "chains" / "test_linear.py"
    _replace(linear, rf'(RELEASES = \(.*"{re.escape(HEAD)}")', rf'\1, "{NEXT}"')
    return trial


def _write_revision(trial: Trial, database: str) -> None:
    """What `alembic revision` writes, with changes put in."""
    section, message = chain.SECTIONS[database], f"a trial of the {database} database"
    trial.well("-m", "alembic", "-n", section, "revision", "--rev-id", NEXT, "-m", message)
    path = trial.folder / "versions" / database / f"v{NEXT}.py"
    table, new = TABLES[database]
    changes = GROWS.format(table=table, new=new) + CONVERTS * (database == "apim")
    _replace(path, r"changes: Changes = \(\)", f"changes = (\n{changes})")
    _replace(
        path, r"from apim_schema.revision import Changes, steps\n", IMPORTS if database == "apim" else SHARED_IMPORTS
    )


def _replace(path: Path, pattern: str, text: str) -> None:
    changed, count = re.subn(pattern, text, path.read_text(encoding="utf-8"))
    assert count == 1, f"{path}: {pattern}"
    path.write_text(changed, encoding="utf-8")


def reference(flavour: str, database: str) -> dict[str, Any]:
    """The catalog that the vendor's script of the new release would make: that of the newest, with a few facts more."""
    document = make.catalog(flavour, database, HEAD)
    table, new = TABLES[database]
    dialect = flavours.FLAVOURS[flavour]
    text = TEXT.get(dialect, "VARCHAR")
    document["release"] = NEXT
    document["tables"][table]["columns"]["TRIAL_STATE"] = {
        "type": f"{text}(20)", "nullable": False, "default": "'new'",
    }  # fmt: skip
    document["tables"][new] = {
        "columns": {
            "NAME": {"type": f"{text}(50)", "nullable": False},
            "SINCE": {"type": MOMENT.get(dialect, "TIMESTAMP"), "nullable": True},
        },
        "primary_key": None,
        "indexes": [{"name": f"{new}_NAME", "columns": ["NAME"], "unique": False}],
    }
    if database == "apim":
        document["tables"]["AM_GATEWAY_POLICY_MAPPING"]["columns"]["PARAMETERS"]["type"] = BYTES[
            flavours.FLAVOURS[flavour]
        ]
    return document
