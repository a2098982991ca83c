"""`sql`: the script of an upgrade for the database's own client, without any database."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from apim_schema import chain, flavours, script
from apim_schema.cli.common import FIRST, NEWEST, Answer, epilog, format_option
from apim_schema.errors import Exit, UsageError

EXAMPLE = (
    f"apim-schema sql --dialect {flavours.DIALECTS[-1]} --database apim --from {FIRST} --to {NEWEST} -o upgrade.sql"
)


@click.command(epilog=epilog(EXAMPLE, Exit.OK, Exit.USAGE))
@click.option("--dialect", type=click.Choice(tuple(flavours.FLAVOURS)), required=True, help="The database's kind.")
@click.option("--database", type=click.Choice(chain.DATABASES), required=True)
@click.option("--from", "start", metavar="RELEASE", required=True, help="The release that the database is.")
@click.option("--to", "target", metavar="RELEASE", default="head", show_default=True, help="The release to reach.")
@click.option("--schema", metavar="NAME", help="Qualify the objects with this schema instead of the client's default.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="A file instead of stdout.")
@format_option
def sql(dialect: str, database: str, start: str, target: str, schema: str | None, output: Path | None) -> Answer:
    """Write the upgrade as a script for psql, mysql, sqlplus or sqlcmd.

    It holds the statements that `upgrade` would execute. It checks by itself that the database is at the release to
    start from and that no row stands in the way, stops at the first error, and stamps each release that is in. It
    can't prove that no row has changed: take a snapshot before, and verify after.
    """
    target = chain.check_release(database, target)
    text = script.render(dialect, database, start, target, schema)
    if output is not None:
        _write(output, text)
    document = {"dialect": dialect, "database": database, "from": start, "to": target, "script": text}
    return Answer(document, lambda out: _say(out, text, output))


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"can't write {output}: {error.strerror}") from None


def _say(out: Console, text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
    else:
        out.print(f"written to {output}")
