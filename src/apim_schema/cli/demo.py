"""`demo`: the whole story on a PostgreSQL of its own."""

from __future__ import annotations

import sys
from contextlib import nullcontext, redirect_stdout
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from apim_schema import report
from apim_schema.cli import documents
from apim_schema.cli.common import JSON, Answer, epilog, output_options, with_releases
from apim_schema.demo import story
from apim_schema.demo.story import Step
from apim_schema.errors import Exit


@click.command(epilog=epilog("apim-schema demo", found="a command of it has not done what it should"))
@click.option("--pages", metavar="FOLDER", type=click.Path(path_type=Path), help="Keep the pages, in this folder.")
@output_options
@click.pass_context
@with_releases
def demo(context: click.Context, pages: Path | None) -> Answer:
    """Show an upgrade on a server of its own.

    A PostgreSQL server is started for it, and removed afterwards. Two databases of {first}, filled with rows that
    would expose a careless migration, go to the newest release. Then one row is changed on purpose, which verify
    must find. Exits with 1 if any command did not do what it should.
    """
    main = context.find_root().command

    def run(arguments: list[str]) -> int:
        try:
            main.main(arguments, prog_name="apim-schema")
        except SystemExit as stop:
            return int(stop.code or 0)
        raise AssertionError("a verb always exits")

    with redirect_stdout(sys.stderr) if context.meta[JSON] else nullcontext():
        return _answer(story.tell(run, report.answer(), pages))


def _answer(steps: list[Step]) -> Answer:
    held = all(step.held for step in steps)
    found = [Told(command=s.command, expected_exit_code=s.expected, exit_code=s.exit_code) for s in steps]
    return Answer({"steps": found}, partial(_text, held), Exit.OK if held else Exit.FOUND)


class Told(documents.Part):
    """One command of the story."""

    command: str
    expected_exit_code: int
    exit_code: int


documents.add("demo", steps=list[Told])


def _text(held: bool, out: Console) -> None:
    out.print(
        "\nAll of it went as it should: the upgrade is proven, and the changed row was found."
        if held
        else "\nThe demo failed: a command had another exit code than it should."
    )
