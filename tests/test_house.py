"""The house keeps its order: imports go one way, no dialect is named outside its folder, every dialect its contract."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from apim_schema import flavours
from tests import contract

ROOT = Path(__file__).parents[1]
CORE = ROOT / "src" / "apim_schema"
DIALECTS = ROOT / "dialects"

LOWER = {
    *("capacity", "catalog", "changes", "compare", "convergence", "datacentres", "dialect", "dropped", "errors"),
    *("flavours", "hashed", "hazards", "impact", "jdbc", "legible", "locks", "progress", "schema"),
    *("space", "sqltext", "tested", "types", "witness"),
}
"""What a dialect may know of the core: the model and the vocabulary, and nothing that decides."""

NAMES = re.compile("|".join([*flavours.DIALECTS, *flavours.KINDS, "oracledb", "psycopg", "pyodbc", "pymysql"]), re.I)


def modules(folder: Path, package: str) -> dict[str, Path]:
    """The Python files of a folder, by the name that they are imported by."""
    parts = {path: path.relative_to(folder).with_suffix("").parts for path in folder.rglob("*.py")}
    return {".".join([package, *names]).removesuffix(".__init__"): path for path, names in parts.items()}


ALL = modules(CORE, "apim_schema") | modules(DIALECTS, "apim_schema.dialects")


def imports(name: str, path: Path) -> Iterator[str]:
    """The modules of ours that a module imports when it is itself imported or type-checked."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in ALL)
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            base = ".".join(filter(None, (above, node.module)))
            for alias in node.names:
                full = f"{base}.{alias.name}"
                if found := full if full in ALL else base if base in ALL else None:
                    yield found


def test_imports_have_no_circle() -> None:
    """The package itself only finds its folders, and is no part of any circle."""
    graph = {name: set(imports(name, path)) - {name, "apim_schema"} for name, path in ALL.items()}
    assert sum(map(len, graph.values())) > 100
    assert len(list(TopologicalSorter(graph).static_order())) == len(ALL)


@pytest.mark.parametrize("dialect", flavours.DIALECTS)
def test_a_dialect_does_not_climb(dialect: str) -> None:
    own = f"apim_schema.dialects.{dialect}"
    known = {found for name, path in ALL.items() if name.startswith(own) for found in imports(name, path)}
    assert {name.split(".")[1] for name in known - {own} if not name.startswith(f"{own}.")} <= LOWER


def words(path: Path) -> Iterator[str]:
    """The names and the texts of a module that do something: its comments and docstrings may speak of anything."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.arg | ast.keyword):
            yield node.arg or ""
        elif isinstance(node, ast.Attribute):
            yield node.attr


@pytest.mark.parametrize("path", [p for p in CORE.rglob("*.py") if p.parent.name != "demo"], ids=lambda p: p.stem)
def test_the_core_names_no_dialect(path: Path) -> None:
    """The demo is of one server, and says so."""
    assert [word for word in words(path) if NAMES.search(word)] == []


WITHOUT_POSIX = """
import sys
sys.modules.update(dict.fromkeys(("crypt", "fcntl", "grp", "pwd", "resource", "termios", "tty"), None))
from importlib import import_module
for name in sys.argv[1:]:
    import_module(name)
"""


def test_nothing_needs_what_only_posix_has_when_it_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX, *ALL], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_dialect_is_held_against_the_contract() -> None:
    assert all(hasattr(contract, dialect) for dialect in flavours.DIALECTS)


def test_the_type_checker_finds_a_dialect_that_breaks_the_contract(tmp_path: Path) -> None:
    """A function that has another name, an argument that is gone, a constant that is missing."""
    for name in ("src", "dialects"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("catalogs", "__pycache__"))
    (tmp_path / "tests").mkdir()
    for file in (ROOT / "tests" / "contract.py", ROOT / "pyproject.toml"):
        shutil.copy(file, tmp_path / file.relative_to(ROOT))
    broken = {
        "mysql/session.py": ("def others(", "def other_sessions("),
        "oracle/ddl.py": ("def combined(wanted: Iterable[Change], ", "def combined("),
        "postgresql/__init__.py": ("FLAVOURS = ", "FLAVOR = "),
    }
    for name, (old, new) in broken.items():
        path = tmp_path / "dialects" / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "tests/contract.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    for missing in ("others", "combined", "FLAVOURS"):
        assert missing in done.stdout
