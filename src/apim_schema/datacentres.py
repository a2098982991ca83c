"""What the vendor's scripts for several data centres leave to each of them.

Every data centre has a database of its own, and each of them is written to and replicated to the others. So that no two
give a row one number, each counts from its own number in steps of as many as there are; and tokens tell by a default of
their own where they were made. The ReadMe beside those scripts (`dbscripts/multi-dc`) says what is to be edited.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from apim_schema.schema import Column, Table

NAME_OF_ITS_OWN = ("IDN_OAUTH2_ACCESS_TOKEN", "DCID")
"""The (table, column) whose default is the name of the data centre."""
MARKS = (NAME_OF_ITS_OWN, ("UM_SHARED_USER_ROLE", "UM_SHARED_USER_ROLE_ID"))
"""Columns that only these scripts make, one in each database."""

COUNTS = re.compile(r"START WITH \d+ INCREMENT BY \d+")


def has_several(tables: Mapping[str, Table]) -> bool:
    """Whether a schema comes from one of these scripts."""
    return any(table in tables and column in tables[table].columns for table, column in MARKS)


def is_its_own(table: str, expected: Column, found: Column) -> bool:
    """Whether a column differs in nothing but the name of its data centre."""
    return (table, expected.name) == NAME_OF_ITS_OWN and replace(found, default=expected.default) == expected


def options(reached: int, step: int) -> str:
    """How a sequence that has reached this number counts, in the vendor's words."""
    first, step = counts(reached, step)
    return f"START WITH {first} INCREMENT BY {step}"


def counts(reached: int, step: int) -> tuple[int, int]:
    """The first number and the step of what has reached this number; the vendor never counts down."""
    return ((reached - 1) % step + 1 if step > 0 else reached), step


def counted_alike(wanted: str, others: Iterable[str]) -> str:
    """A new sequence's options, with the first number and the step that most sequences have which stand."""
    found = Counter(told[0] for other in others if (told := COUNTS.match(other)))
    return COUNTS.sub(found.most_common(1)[0][0], wanted) if found else wanted
