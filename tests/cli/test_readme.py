"""What the documentation says exists: commands, options, settings, exit codes, files."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import click
import pytest

from apim_schema import config, environments, flavours, tested
from apim_schema.cli import main
from apim_schema.errors import Exit

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"(?:^\$ |^|`)(apim-schema [^\n`#]*)", re.MULTILINE)
TABLE = re.compile(r"^\| (\d+) \|", re.MULTILINE)


def commands() -> list[str]:
    return sorted({found.strip() for page in PAGES for found in COMMAND.findall(page.read_text())})


@pytest.mark.parametrize("command", [command for command in commands() if "--ini" not in command])
def test_commands_are_understood(command: str) -> None:
    """Parses the arguments as the command line does; nothing is run."""
    name, *arguments = shlex.split(command)[1:]
    verb = main.commands[name]
    context = verb.make_context(name, arguments)
    assert isinstance(context, click.Context)


def test_every_verb_and_option_is_documented() -> None:
    text = (ROOT / "README.md").read_text()
    for name, verb in main.commands.items():
        assert f"| `{name}` |" in text
        for option in verb.params:
            if isinstance(option, click.Option):
                assert any(spelling in text for spelling in option.opts), option.opts
    for option in main.params:
        assert any(spelling in text for spelling in option.opts), option.opts


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "docs" / "troubleshooting.md"], ids=lambda page: page.stem)
def test_exit_codes(page: Path) -> None:
    assert [int(code) for code in TABLE.findall(page.read_text())] == list(Exit)


@pytest.mark.parametrize("verb", sorted(main.commands))
def test_help_ends_with_an_example_and_exit_codes(verb: str) -> None:
    found = main.commands[verb].get_help(click.Context(main.commands[verb], info_name=verb))
    example, codes = found.split("Example:\n")[1].split("Exit codes:\n")
    assert shlex.split(example)[:2] == ["apim-schema", verb]
    listed = [int(line.split()[0]) for line in codes.splitlines() if line[4:5].isdigit()]
    assert set(listed) >= {Exit.OK, Exit.USAGE, Exit.INTERNAL, Exit.INTERRUPTED}
    assert listed == sorted(set(listed) & set(Exit))
    assert max(map(len, found.splitlines())) <= 80
    main.commands[verb].make_context(verb, shlex.split(example)[2:])


def test_environments_file() -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    found = tomllib.loads(block)
    settings = [set(found[env].get(database, {})) for env in found for database in ("apim", "shared")]
    assert set().union(*settings) == set(environments.SETTINGS)
    assert environments.DEPLOYMENT in found["prod"]


@pytest.mark.parametrize("dialect", flavours.DIALECTS)
def test_servers_that_are_tested(dialect: str) -> None:
    """The table has every server of the vendor's lists, and of ours."""
    text = (ROOT / "README.md").read_text()
    for product, known in tested.read(str(ROOT / "dialects" / dialect / "server.py")).items():
        ((_, here, vendor),) = re.findall(rf"^\| {product} \| (.*?) \| (.*?) \| (.*?) \|$", text, re.MULTILINE)
        assert {".".join(map(str, version)) for version in known.ours} == set(re.findall(r"\b\d+(?:\.\d+)?\b", here))
        named = {name for versions in known.vendor.values() for name in versions}
        releases = re.compile(r"4\.\d\.0(?: to 4\.\d\.0)?: ")
        assert named == set(re.split(r"[,;] | and (?=\d)", releases.sub("", vendor))) - {"nothing"}


def test_variables_are_the_ones_that_are_read() -> None:
    named = {name for page in PAGES for name in re.findall(r"(?<!_)APIM_SCHEMA_\w+", page.read_text())}
    assert named == {environments.FILE_VARIABLE, *config.URL_VARIABLES.values()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
        assert (page.parent / link).exists(), link
