"""Random drift from a seed: one to five alterations of a random release, those that the server refuses left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from random import Random

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

# the kinds of drift are those that these modules register
from tests.drift import ahead, alterations, flavoured
from tests.drift.alterations import KINDS, Alteration
from tests.drift.ground import Ground
from tests.releases import STARTS
from tests.vendor.common import Catalog

__all__ = ["ahead", "alterations", "flavoured"]

MOST = 5
TRIES = 40
"""Kinds that are tried at most: there is no place for some, and the server refuses others."""


@dataclass(frozen=True)
class Setting:
    """The database that a seed stands for, as it is before it drifts."""

    release: str
    charset: str
    stamped: bool
    alterations: int

    @classmethod
    def of(cls, rng: Random) -> Setting:
        charset = "utf8mb4" if rng.random() < 0.3 else "latin1"
        return cls(rng.choice(STARTS), charset, rng.random() < 0.5, rng.choice([1, 1, 1, *range(2, MOST + 1)]))

    def __str__(self) -> str:
        stamped = "stamped" if self.stamped else "not stamped"
        return f"{self.release}, {self.charset} (where a database has a character set), {stamped}"


def drifted(
    url: str, dialect: str, setting: Setting, document: Catalog, rng: Random, mendable: bool = False
) -> list[Alteration]:
    """Alters a database of the release that `document` describes; returns what was done.

    With `mendable`, only what `repair` brings back to the release.
    """
    kinds = [kind for kind in KINDS if kind.mendable or not mendable]
    done: list[Alteration] = []
    with _connected(url) as connection:
        ground = Ground(dialect, setting.release, document, connection, rng)
        for _ in range(TRIES):
            if len(done) == setting.alterations:
                break
            made = rng.choice(kinds)(ground)
            connection.rollback()  # what was looked up
            if made and _wanted(ground, made, mendable) and _executed(connection, made):
                ground.claimed |= {*made.places}
                done.append(made)
    return done


def _wanted(ground: Ground, made: Alteration, mendable: bool) -> bool:
    return not ground.claimed & {*made.places} and (made.mendable or not mendable)


def _executed(connection: sa.Connection, made: Alteration) -> bool:
    """Whether the server takes it; what it makes of several statements stays or goes as a whole, but on MySQL."""
    with suppress(DBAPIError), connection.begin():
        for sql in made.sql:
            connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
        return True
    return False


@contextmanager
def _connected(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection
