"""What a type holds next to another: what the dialects' `types` modules share to tell wider from narrower."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Room = tuple[int, ...] | None
"""The numbers in a type's parentheses; None has no limit."""

SIZE = re.compile(r" ?\(([^()]*)\)")


@dataclass(frozen=True)
class Ladders:
    """Names of types, on each ladder from the narrowest to the widest; `bare` are the numbers of one without any."""

    names: Sequence[Sequence[str]]
    bare: Mapping[str, tuple[int, ...]]

    def hold(self, wanted: str, found: str) -> bool:
        """Whether a normalised type takes every value of another, and keeps it as it is."""
        narrow, wide = _name(wanted), _name(found)
        reaches = narrow == wide or any(_reaches(ladder, narrow, wide) for ladder in self.names)
        return reaches and _as_much(self._room(wanted), self._room(found))

    def _room(self, type_: str) -> Room:
        size = SIZE.search(type_)
        if size is None:
            return self.bare.get(type_)
        return None if size[1] == "MAX" else tuple(int(n) for n in re.findall(r"\d+", size[1]))


def _name(type_: str) -> str:
    """The type without its numbers: TIMESTAMP WITH TIME ZONE for TIMESTAMP(3) WITH TIME ZONE."""
    return SIZE.sub("", type_)


def _reaches(ladder: Sequence[str], narrow: str, wide: str) -> bool:
    return narrow in ladder and wide in ladder and ladder.index(narrow) <= ladder.index(wide)


def _as_much(wanted: Room, found: Room) -> bool:
    """Of a number with decimals, both parts: DECIMAL(10,2) has eight digits before the point."""
    if found is None or wanted is None:
        return found is None
    (precision, scale), (given, decimals) = (*wanted, 0)[:2], (*found, 0)[:2]
    return scale <= decimals and precision - scale <= given - decimals
