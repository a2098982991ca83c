"""`demo`: the whole story on a PostgreSQL of its own."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from apim_schema import report
from apim_schema.cli.common import Answer, epilog, format_option, with_releases
from apim_schema.demo import story
from apim_schema.demo.story import Step
from apim_schema.errors import Exit


@click.command(epilog=epilog("apim-schema demo", Exit.OK, Exit.FOUND, Exit.USAGE))
@click.option("--pages", metavar="FOLDER", type=click.Path(path_type=Path), help="Keep the pages, in this folder.")
@format_option
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

    return _answer(story.tell(run, report.console(), pages))


def _answer(steps: list[Step]) -> Answer:
    held = all(step.held for step in steps)
    return Answer({"steps": [asdict(step) for step in steps]}, partial(_text, held), Exit.OK if held else Exit.FOUND)


def _text(held: bool, out: Console) -> None:
    out.print(
        "\nAll of it went as it should: the upgrade is proven, and the changed row was found."
        if held
        else "\nThe demo failed: a command had another exit code than it should."
    )
