"""One difference between the schema of a release and a live one: what it is, and how much it matters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

MISSING: Final = "missing"
DIFFERENT: Final = "different"
EXTRA: Final = "extra"
VARIANT: Final = "variant"
Kind = Literal["missing", "different", "extra", "variant"]

HARMLESS: Final = "harmless"
ACCEPTED: Final = "accepted"
BREAKING: Final = "breaking"
Class = Literal["variant", "extra", "harmless", "accepted", "breaking"]


@dataclass(frozen=True)
class Judged:
    """How much a difference matters, and why."""

    class_: Class
    reason: str = ""


SAME_SAID_OTHERWISE: Final = Judged(VARIANT)
CUSTOMERS_OWN: Final = Judged(EXTRA)


@dataclass(frozen=True)
class Difference:
    """One difference between what a release has and what was found.

    `kind` is what is the matter: "missing", "different", "extra" (there is more than the release has), or "variant"
    (another way to say the same). `class_` is how much that matters: "variant" not at all, "extra" is the customer's
    own object, "harmless" drift holds all that the release holds and no change trips over it, "breaking" drift is
    what the product, a change or the data would fail on, and "accepted" is drift that is in the accept list.
    `reason` says why.
    """

    kind: Kind
    what: str
    name: str
    expected: str | None = None
    found: str | None = None
    class_: Class = VARIANT
    reason: str = ""

    @property
    def is_mismatch(self) -> bool:
        """Whether the schema is not quite the release's, harmless or not; what is more than it has is no mismatch."""
        return self.kind in (MISSING, DIFFERENT)

    @property
    def is_drift(self) -> bool:
        return self.class_ in (HARMLESS, ACCEPTED, BREAKING)

    @property
    def entry(self) -> str:
        """The difference as it stands in an accept list: the object, and what was found of it."""
        which = f"{self.what} {self.name}"
        if self.kind == MISSING:
            return f"{which} {self.expected}: missing" if self.expected and self._unnamed else f"{which}: missing"
        return f"{which}: {self.found or 'there'}"

    @property
    def _unnamed(self) -> bool:
        """Whether the object has no name of its own: a table may have several such keys."""
        return self.what in ("unique key of", "foreign key of")

    def __str__(self) -> str:
        told = [f"expected {self.expected}"] * bool(self.expected) + [f"found {self.found}"] * bool(self.found)
        reason = [self.reason] * bool(self.reason)
        said = "; ".join(filter(None, (", ".join(told), *reason)))
        return f"{self.kind} {self.what} {self.name}" + (f": {said}" if said else "")


def breaking(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """The differences that stop an upgrade."""
    return tuple(difference for difference in found if difference.class_ == BREAKING)


def drifted(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """Where the schema has drifted from its release: neither variants nor the customer's own objects."""
    return tuple(difference for difference in found if difference.is_drift)


def counted(found: Iterable[Difference]) -> str:
    """How many there are of each class that a person should know of: "3 harmless differences"; "" where there are none.

    Variants are not worth a word.
    """
    classes = [difference.class_ for difference in found]
    parts = [f"{n} {name}" for name in (BREAKING, ACCEPTED, HARMLESS, EXTRA) if (n := classes.count(name))]
    return f"{', '.join(parts)} difference{'s' if len(classes) - classes.count(VARIANT) > 1 else ''}" if parts else ""
