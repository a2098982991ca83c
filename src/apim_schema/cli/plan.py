"""`plan`: what an upgrade or a downgrade will do to each database, for whoever has to agree to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from apim_schema import chain, report
from apim_schema.cli.common import Answer, each, epilog, with_releases, worst
from apim_schema.cli.databases import database_options, discard_option
from apim_schema.cli.plan_document import document
from apim_schema.cli.reviews import reviewed, stated_support
from apim_schema.errors import Exit
from apim_schema.review import FORBIDDEN, Review, page, sql, text
from apim_schema.target import Target


@click.command(
    epilog=epilog("apim-schema plan head --env prod --html review.html", Exit.REFUSED, found="preflight forbids it")
)
@click.argument("release", default="head", metavar="[RELEASE]")
@database_options
@discard_option
@click.option("--sql", "as_sql", is_flag=True, help="The bare statements on stdout, each below what it costs.")
@click.option("--html", "page_file", metavar="FILE", type=click.Path(path_type=Path), help="Write the page, too.")
@with_releases
def plan(targets: Sequence[Target], release: str, discards: bool, as_sql: bool, page_file: Path | None) -> Answer:
    """Show what an upgrade will do, or a downgrade, and change nothing.

    RELEASE is one of {first} to {newest}, or head, the newest; where a database is newer, the way leads back.
    Preflight is run, and every statement is shown in its order with what it costs, what it locks and what waits for it:
    they are the ones that upgrade or downgrade executes. Exits with 1 where preflight forbids it. The page has the rest
    of the product's upgrade and the way back, too.
    """
    for target in targets:
        chain.check_release(target.database, release)
    look = partial(reviewed, release, stated_support(), discards=discards)
    return each(targets, look, partial(_answer, targets, as_sql, page_file))


def _answer(targets: Sequence[Target], as_sql: bool, page_file: Path | None, found: list[Review]) -> Answer:
    if page_file and len(found) == len(targets):
        page.write(page_file, found)
    code = worst(Exit.FOUND if review.outlook == FORBIDDEN else Exit.OK for review in found)
    show = partial(_sql, targets, found) if as_sql else partial(_text, found, page_file)
    return Answer({"databases": [document(review) for review in found]}, show, code)


def _text(found: list[Review], page_file: Path | None, out: Console) -> None:
    """With the page, which has every statement, only what has to be known."""
    out.print("\n\n".join(map(text.summary if page_file else text.render, found)))
    if page_file:
        out.print(f"the page is in {page_file}")


def _sql(targets: Sequence[Target], found: list[Review], out: Console) -> None:
    dialects = {target.database: target.dialect for target in targets}
    report.script("\n".join(sql.render(dialects[review.database], review) for review in found))
