"""T-SQL, judged by Microsoft's parser (ScriptDom, SQL Server 2017) under mono: syntax only, no name is looked up."""

from __future__ import annotations

import os
import subprocess

from tests.parsers import HOME

FOLDER = HOME / "tsql"
CHECKER = FOLDER / "tsqlcheck.exe"
MONO = FOLDER / "mono"

SEPARATOR = "\x1e"


def problem() -> str | None:
    """Why the parser is not there, None if it is."""
    return None if CHECKER.is_file() else f"no {CHECKER.relative_to(HOME.parent)}: run make .parsers/tsql.stamp"


def errors(texts: list[str]) -> list[str]:
    """What is wrong with each batch, "" with none; the text that a batch hands to EXEC is judged as well."""
    done = subprocess.run(
        [MONO / "usr" / "bin" / "mono-sgen", CHECKER],
        input=SEPARATOR.join(texts),
        env={**os.environ, "MONO_CFG_DIR": str(MONO / "etc"), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    found = done.stdout.splitlines()
    assert len(found) == len(texts), done.stdout + done.stderr
    return found
