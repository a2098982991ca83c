"""`sql`: the script of an upgrade or a downgrade for the database's own client, without any database."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from apim_schema import chain, flavours, output, report, script
from apim_schema.cli import documents
from apim_schema.cli.common import FIRST, Answer, epilog, output_options
from apim_schema.cli.databases import discard_option

EXAMPLE = f"apim-schema sql --dialect {flavours.DIALECTS[0]} --database apim --from {FIRST} -o upgrade.sql"
KINDS = tuple(flavours.FLAVOURS)


@click.command(epilog=epilog(EXAMPLE))
@click.option(
    "--dialect",
    metavar="KIND",
    type=click.Choice(KINDS),
    required=True,
    help=f"The database's kind: {', '.join(KINDS)}.",
)
@click.option("--database", type=click.Choice(chain.DATABASES), required=True)
@click.option("--from", "start", metavar="RELEASE", required=True, help="The release that the database is.")
@click.option("--to", "target", metavar="RELEASE", default="head", show_default=True, help="The release to reach.")
@click.option("--schema", metavar="NAME", help="Qualify the objects with this schema instead of the client's default.")
@discard_option
@click.option("-o", "--output", "file", metavar="FILE", type=click.Path(path_type=Path), help="A file, not stdout.")
@output_options
def sql(
    dialect: str, database: str, start: str, target: str, schema: str | None, discards: bool, file: Path | None
) -> Answer:
    """Write an upgrade, or a downgrade, as a script for psql, mysql, sqlplus or sqlcmd.

    It holds the statements that `upgrade` or `downgrade` would execute. It checks by itself that the database is at the
    release to start from and that no row stands in the way, stops at the first error, and stamps each release that is
    in. It can't prove that no row has changed: take a snapshot before, and verify after.
    """
    target = chain.check_release(database, target)
    text = script.render(dialect, database, start, target, schema, discards)
    if file is not None:
        output.write(file, text)
    name = str(file) if file else None
    document = {"dialect": dialect, "database": database, "from": start, "to": target, "script": text, "file": name}
    return Answer(document, lambda out: _say(out, text, file))


documents.add("sql", dialect=str, database=str, from_=str, to=str, script=str, file=str | None)


def _say(out: Console, text: str, file: Path | None) -> None:
    if file is None:
        report.script(text)
    else:
        out.print(f"written to {file}")
