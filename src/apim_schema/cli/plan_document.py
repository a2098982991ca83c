"""The review of a way to a release as the JSON document of `plan`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from apim_schema import product
from apim_schema.cli import documents
from apim_schema.dialect import Backup
from apim_schema.impact import Blocks, Work
from apim_schema.product import Age
from apim_schema.proof import Prospect
from apim_schema.review import Outlook, Review, Reviewed, Verb, rollback


class Totals(documents.Part):
    """What it comes to; seconds are null where they are not known."""

    statements: int
    tables_written_anew: int
    bytes_written_anew: int
    seconds_statements: float | None
    seconds_writers_blocked: float | None
    seconds_rows_compared: float | None
    seconds: float | None


class Proof(documents.Part):
    """How it will be proven that no row has changed."""

    read: Annotated[list[str], Meta(description="The tables whose rows are read, before and after")]
    vouched: Annotated[int, Meta(description="How many others the server vouches for, whose rows are not read")]
    reason: Annotated[str | None, Meta(description="Why all rows are read; null where the server vouches")]


class ReleaseAge(documents.Part):
    """How old a release is, and how long it is supported."""

    release: str
    published: date | None
    supported_until: Annotated[date | None, Meta(description="As environments.toml states it")]


class Statement(documents.Part):
    """One statement, and what it costs."""

    number: int
    release: str
    table: str
    changes: Annotated[list[str], Meta(description="What it makes, in words")]
    sql: Annotated[str, Meta(description="Without a terminator")]
    work: Annotated[
        Work,
        Meta(
            description="Constant time; every row is read; every row is read and an index is written; every row is "
            "written anew"
        ),
    ]
    lock: Annotated[str, Meta(description="The server's own name of the lock")]
    blocks: Annotated[Blocks, Meta(description="What waits for the lock; each stands for those before it too")]
    also_locked: list[str]
    rows: Annotated[int | None, Meta(description="By the server's statistics")]
    bytes: Annotated[int | None, Meta(description="The table with its indexes")]
    source: Annotated[str, Meta(description="The page of the manual")]
    seconds: Annotated[float | None, Meta(description="What it should take; null where that is not known")]


class AlreadyIn(documents.Part):
    """A change that is in already, and is skipped."""

    release: str
    change: str


class Task(documents.Part):
    """Something to do besides the schema."""

    part: str
    text: str
    release: Annotated[str | None, Meta(description="The release that asks for it; null where every upgrade does")]


class Way(documents.Part):
    """A way back, when it is open, and what it loses."""

    when: str
    way: str
    lost: str


class Copy(documents.Part):
    """A copy that takes the whole database back; in capitals stands what the reader has to fill in."""

    name: str
    make: str
    restore: str
    source: Annotated[str, Meta(description="The page of the manual")]


class Database(documents.Part):
    """One database, and what a run will do to it."""

    database: str
    url: Annotated[str, Meta(description="Without its password")]
    schema: str
    server: str
    transactional: Annotated[bool, Meta(description="Whether all is one transaction that can be rolled back")]
    from_: str
    to: str
    verb: Annotated[Verb, Meta(description="What makes it")]
    stamped: Annotated[str | None, Meta(description="The release that the stamp says")]
    recognised: Annotated[list[str], Meta(description="All releases that the schema fits, where there is no stamp")]
    interrupted: Annotated[str | None, Meta(description="How far a run got that has not come to its end")]
    made_at: Annotated[datetime, Meta(tz=True, description="UTC")]
    outlook: Outlook
    rows: Proof
    totals: Totals
    ages: list[ReleaseAge]
    findings: list[documents.Finding]
    statements: Annotated[list[Statement], Meta(description="In the order in which they run")]
    already_in: list[AlreadyIn]
    differences: Annotated[list[documents.Difference], Meta(description="From the release that it is")]
    product: Annotated[list[Task], Meta(description="What is to be done besides the schema")]
    rollback: list[Way]
    backups: list[Copy]


documents.add("plan", environments=True, databases=list[Database])


def document(review: Review) -> Database:
    """The entry of one database."""
    return Database(
        database=review.database,
        url=review.address,
        schema=review.schema,
        server=review.server,
        transactional=review.transactional,
        from_=review.start,
        to=review.target,
        verb=review.verb,
        stamped=review.start if review.stamped else None,
        recognised=[] if review.stamped else list(review.same),
        interrupted=review.interrupted,
        made_at=datetime.fromisoformat(review.made_at),
        outlook=review.outlook,
        rows=_proof(review.prospect),
        totals=_totals(review),
        ages=[_age(age) for age in review.ages],
        findings=documents.findings(review.findings),
        statements=[_statement(reviewed) for reviewed in review.statements],
        already_in=[AlreadyIn(release=release, change=change) for release, change in review.present],
        differences=documents.differences(review.differences),
        product=[_task(task) for task in review.tasks],
        rollback=[Way(when=way.when, way=way.way, lost=way.lost) for way in rollback.ways(review)],
        backups=[_copy(backup) for backup in review.backups],
    )


def _proof(prospect: Prospect) -> Proof:
    return Proof(read=list(prospect.read), vouched=prospect.vouched, reason=prospect.reason or None)


def _totals(review: Review) -> Totals:
    return Totals(
        statements=len(review.statements),
        tables_written_anew=len(review.rewritten),
        bytes_written_anew=review.bytes_rewritten,
        seconds_statements=review.expected,
        seconds_writers_blocked=review.blocked,
        seconds_rows_compared=review.evidence,
        seconds=review.whole,
    )


def _age(age: Age) -> ReleaseAge:
    return ReleaseAge(release=age.release, published=age.published, supported_until=age.until)


def _statement(reviewed: Reviewed) -> Statement:
    impact = reviewed.impact
    return Statement(
        number=reviewed.number,
        release=reviewed.release,
        table=reviewed.table,
        changes=list(reviewed.changes),
        sql=reviewed.statement.sql,
        work=impact.work,
        lock=impact.lock,
        blocks=impact.blocks,
        also_locked=list(impact.referenced),
        rows=impact.rows,
        bytes=impact.bytes,
        source=impact.source,
        seconds=reviewed.expected,
    )


def _task(task: product.Task) -> Task:
    return Task(part=task.part, text=task.text, release=task.release or None)


def _copy(backup: Backup) -> Copy:
    return Copy(name=backup.name, make=backup.make, restore=backup.restore, source=backup.source)
