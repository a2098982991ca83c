"""docs/cli.md is the help of every verb, and a shell completes them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from apim_schema.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
REWRITE = "APIM_SCHEMA_TEST_REWRITE"
HEAD = """# The command line

What `--help` says of each verb: `tests/cli/test_help.py` holds this page against it, and writes it.

The shell completes verbs, options and releases once it has read what this says (or `zsh_source`, `fish_source`):

```sh
eval "$(_APIM_SCHEMA_COMPLETE=bash_source apim-schema)"
```
"""


def commands(group: click.Group = main, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """All commands by the words that call them, a group before its own."""
    yield before
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))
        else:
            yield (*before, name)


def described(words: tuple[str, ...]) -> str:
    told = CliRunner().invoke(main, [*words, "--help"], prog_name="apim-schema", terminal_width=80)
    assert told.exit_code == 0
    return f"\n## {' '.join(('apim-schema', *words))}\n\n```text\n{told.stdout.rstrip()}\n```\n"


def test_the_page_is_as_the_help_says() -> None:
    wanted = HEAD + "".join(map(described, commands()))
    if os.environ.get(REWRITE):
        PAGE.write_text(wanted)
    assert PAGE.read_text() == wanted


@pytest.mark.parametrize(
    ("words", "found"),
    [("apim-schema up", "upgrade"), ("apim-schema env c", "check"), ("apim-schema sql --dialect ora", "oracle_rac")],
)
def test_the_shell_completes(words: str, found: str) -> None:
    asked = {"_APIM_SCHEMA_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    program = Path(sys.executable).with_name("apim-schema")
    done = subprocess.run([program], env=os.environ | asked, capture_output=True, text=True, check=True)
    assert f"plain,{found}" in done.stdout.splitlines()
