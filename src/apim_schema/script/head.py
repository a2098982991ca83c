"""The head of a script: how it is run, what it costs, what to do when it stops, and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from apim_schema import chain, planner, sqltext
from apim_schema.dialect import Dialect
from apim_schema.impact import METADATA, Impact
from apim_schema.review.rollback import DOWNGRADE
from apim_schema.review.words import impact
from apim_schema.schema import Schema
from apim_schema.script.cost import Costs

WHOLE = (
    "All of it is one transaction: after an error, or when the connection is lost, the server rolls back and the "
    "database is as before. Mend the cause and run the script again."
)
EACH = (
    "Each statement commits, so what is in stays in. Mend the cause and run the same script again: it leaves alone "
    "what is in, and goes on. apim-schema {verb} goes on from there as well."
)


def lines(dialect: Dialect, database: str, releases: Sequence[str], live: Schema, spent: Costs) -> Iterator[str]:
    """The comments at the beginning of a script from the first of these releases to the last."""
    verb = "downgrade" if chain.goes_back(database, releases[0], releases[-1]) else "upgrade"
    yield from _titled("HOW TO RUN IT", _run(dialect, database, releases[0], verb))
    yield from _titled("WHAT IT DOES TO THE TABLES THAT STAND", _cost(dialect, live, spent))
    yield from _titled("IF IT STOPS", [EACH.format(verb=verb) if dialect.script.CONTINUES else WHOLE])
    returns = planner.returns(dialect, live.flavour, database, releases[-1], releases[0])
    yield from _titled("THE WAY BACK", _back(dialect, releases, verb, returns))


def _titled(title: str, paragraphs: Sequence[str]) -> Iterator[str]:
    yield f"\n-- {title}"
    yield from (sqltext.commented(f"--   {paragraph}") for paragraph in paragraphs)


def _run(dialect: Dialect, database: str, start: str, verb: str) -> Sequence[str]:
    command = dialect.script.COMMAND.format(database=f"{database}_db").replace("upgrade.sql", f"{verb}.sql")
    return [
        "Stop API Manager on every node, and make a backup. Then:",
        f"    {command}",
        f"It checks first that the database is {start} and that no row stands in the way. A check that fails ends it "
        "with the reason, and nothing has changed.",
        "It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.",
    ]


def _cost(dialect: Dialect, live: Schema, spent: Costs) -> Sequence[str]:
    """The tables for which it takes more than a moment, one by one, and the others together."""
    held = "" if dialect.script.CONTINUES else " Locks are held until the end of the script."
    more = "" if live.server else "; apim-schema plan says it for your server, with sizes and times"
    told = f"At its dearest on {spent.server}{more}.{held}"
    moment = [name for name, cost in spent.tables.items() if cost.work == METADATA]
    return [told, *_listed(spent.tables), *([f"for a moment: {', '.join(sorted(moment))}"] if moment else ())]


def _listed(tables: Mapping[str, Impact]) -> Iterator[str]:
    slow = {name: cost for name, cost in sorted(tables.items()) if cost.reads_rows}
    width = max(map(len, slow), default=0)
    yield from (f"{name:{width}}  {impact(cost)}" for name, cost in slow.items())


def _back(dialect: Dialect, releases: Sequence[str], verb: str, returns: bool) -> Sequence[str]:
    """Half of the way is a state of its own only where each statement commits; a repair is of one release."""
    after = "After it, or from half of the way" if dialect.script.CONTINUES else "After the COMMIT"
    backup = f"{after}: put the backup back."
    if verb == "downgrade":
        return [f"{after}: apim-schema upgrade {releases[0]} leads forward again, or put the backup back."]
    if releases[0] == releases[-1] or not returns:
        return [backup]
    return [backup, f"Or apim-schema downgrade {releases[0]} {DOWNGRADE}."]
