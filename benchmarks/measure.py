"""How a thing is measured, and what is said of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Line:
    """One line of the result: a measurement of the tool, what it is measured against, and the aim of the design.

    `rows` are set where the plot shows it, with the seconds of both.
    """

    engine: str
    what: str
    tool: str
    against: str = ""
    ratio: float | None = None
    aim: str = ""
    seconds: tuple[float, ...] = ()
    rows: int = 0


def timed(call: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def interleaved(repetitions: int, *measured: Callable[[], float]) -> list[float]:
    """The median of what each of these returns, called in turn: what else the machine does then meets all of them."""
    found = [[call() for call in measured] for _ in range(repetitions)]
    return [median(values) for values in zip(*found, strict=True)]


def compared(engine: str, what: str, against: str, seconds: list[float], aim: str) -> Line:
    """The line of two medians in seconds: the tool's, and that of what it is measured `against`."""
    tool, other = seconds
    return Line(engine, what, f"{tool:.2f} s", f"{other:.2f} s, {against}", tool / other, aim, (tool, other))
