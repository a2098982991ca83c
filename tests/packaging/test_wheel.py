"""What is shipped: built, installed in a clean environment, and run from an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from apim_schema import __version__
from tests.releases import FIRST, HEAD
from tests.servers import Server, new_database
from tests.vendor.make import create

ROOT = Path(__file__).parents[2]


def call(*command: object, cwd: Path, code: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "APIM_SCHEMA"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd, env=environment | variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that is made of it."""
    folder = tmp_path_factory.mktemp("built")
    call(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a clean environment that has the wheel and the PostgreSQL driver, and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    programs = folder / "bin"
    (wheel,) = built.glob("*.whl")
    call(programs / "pip", "install", "--quiet", "--disable-pip-version-check", f"{wheel}[postgresql]", cwd=folder)
    return programs


def test_wheel_holds_all_that_runs_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob(f"apim_schema-{__version__}-py3-none-any.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {
        *(path.relative_to(ROOT / "src") for path in (ROOT / "src").rglob("*.py")),
        *(Path("apim_schema") / path.relative_to(ROOT) for path in (ROOT / "versions").rglob("*.py")),
        *(Path("apim_schema") / path.relative_to(ROOT) for path in (ROOT / "dialects").rglob("*.*")),
        *(path.relative_to(ROOT / "src") for path in (ROOT / "src").rglob("templates/*")),
        Path("apim_schema/alembic.ini"),
        Path("apim_schema/py.typed"),
    }
    assert {str(path) for path in sources if "__pycache__" not in path.parts} <= names
    assert {Path(name).parts[0] for name in names} == {"apim_schema", f"apim_schema-{__version__}.dist-info"}


def test_one_oldest_and_one_newest_python(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    name = f"apim_schema-{__version__}.dist-info/METADATA"
    told = Parser().parsestr(zipfile.ZipFile(wheel).read(name).decode())
    listed = [found.split(" :: ")[-1] for found in told.get_all("Classifier", []) if "Python :: " in found]
    makefile, settings = (ROOT / "Makefile").read_text(), (ROOT / "pyproject.toml").read_text()
    assert told["Requires-Python"] == f">={listed[0]}"
    assert f"PYTHONS := {listed[0]} {listed[-1]}\n" in makefile  # what mypy checks for
    assert f'target-version = "py{listed[0].replace(".", "")}"' in settings  # ruff's
    assert listed == [f"3.{minor}" for minor in range(10, 10 + len(listed))]


def test_source_distribution_holds_the_tests(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        names = {Path(*Path(name).parts[1:]) for name in file.getnames()}
    assert {Path("alembic.ini"), Path("tests/conftest.py"), Path("README.md"), Path("LICENSE")} <= names
    assert not any(".venv" in path.parts or ".servers" in path.parts for path in names)


def test_help_version_and_ini(installed: Path, tmp_path: Path) -> None:
    program = installed / "apim-schema"
    assert "status" in call(program, "--help", cwd=tmp_path).stdout
    assert __version__ in call(program, "--version", cwd=tmp_path).stdout
    ini = Path(call(program, "--ini", cwd=tmp_path).stdout.strip())
    assert ini.parts[-2:] == ("apim_schema", "alembic.ini")
    assert ini.is_relative_to(installed.parent)


def test_upgrade_from_an_empty_folder(installed: Path, tmp_path: Path, postgresql: Server) -> None:
    with new_database(postgresql) as url:
        create(url, "postgresql", "apim", FIRST)
        done = call(installed / "apim-schema", "upgrade", "head", cwd=tmp_path, APIM_SCHEMA_APIM_URL=url)
        assert "proven" in done.stdout
        ini = call(installed / "apim-schema", "--ini", cwd=tmp_path).stdout.strip()
        assert HEAD in call(installed / "alembic", "-c", ini, "-x", f"url={url}", "current", cwd=tmp_path).stdout
    with new_database(postgresql) as url:
        create(url, "postgresql", "shared", FIRST)
        alembic = (installed / "alembic", "-c", ini, "-n", "shared", "-x", f"url={url}")
        assert "nothing to do" in call(*alembic, "upgrade", "head", cwd=tmp_path).stdout
    assert list(tmp_path.iterdir()) == []


def test_missing_drivers_are_named(installed: Path, tmp_path: Path) -> None:
    done = call(installed / "apim-schema", "status", "--apim-url", "mysql://u:s3cret@h/d", cwd=tmp_path, code=2)
    assert "pip install 'apim-schema[mysql]'" in done.stderr
    assert "s3cret" not in done.stderr
    demo = call(installed / "apim-schema", "demo", cwd=tmp_path, code=2)
    assert "pip install 'apim-schema[demo]'" in demo.stderr
