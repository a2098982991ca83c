"""The vocabulary of the revisions: what changes, in the field's standard words, and nothing about how.

A revision declares its changes with the lower-case functions of `revision`; `settle` turns the declarations into these
frozen dataclasses for one flavour. Every change knows two things about a schema: whether its effect is there (`is_in`)
and what the schema is once it is (`apply`). Statements, impact and preflight are made from it elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from apim_schema.changes.base import Change, find_column, replay
from apim_schema.changes.columns import AddColumn, AlterColumn, BinaryToText, DropColumn, TextToBinary
from apim_schema.changes.indexes import CreateIndex, DropIndex, KeepIndex
from apim_schema.changes.inverse import inverted
from apim_schema.changes.keys import (
    CreateForeignKey,
    CreateUnique,
    DropForeignKey,
    DropUnique,
    ReplaceForeignKey,
    ReplacePrimaryKey,
)
from apim_schema.changes.tables import CreateTable, DropTable, ReplaceTrigger

T = TypeVar("T")
Declared = Callable[[str], T]
"""A value that is asked for in one flavour."""

__all__ = [
    "AddColumn",
    "AlterColumn",
    "BinaryToText",
    "Change",
    "CreateForeignKey",
    "CreateIndex",
    "CreateTable",
    "CreateUnique",
    "Declared",
    "DropColumn",
    "DropForeignKey",
    "DropIndex",
    "DropTable",
    "DropUnique",
    "KeepIndex",
    "ReplaceForeignKey",
    "ReplacePrimaryKey",
    "ReplaceTrigger",
    "TextToBinary",
    "find_column",
    "inverted",
    "replay",
]
