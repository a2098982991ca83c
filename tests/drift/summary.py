"""What became of the generated cases, at the end of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

PROPERTY = "drift"
"""What a case has to say, as a property of its test: "upgraded", or "refused:" and the kinds of drift at fault."""


def lines(reporter: pytest.TerminalReporter) -> Iterator[str]:
    """How many were upgraded and refused on each engine, and why; nothing where no such case was run."""
    told = Counter(
        (report.nodeid.partition("[")[2].partition("-")[0], str(value))
        for report in reporter.getreports("passed")
        for name, value in report.user_properties
        if name == PROPERTY and report.when == "call"
    )
    for engine in sorted({engine for engine, _ in told}):
        outcomes = {value: n for (e, value), n in told.items() if e == engine}
        refused = sum(n for value, n in outcomes.items() if value != "upgraded")
        yield f"{engine}: {outcomes.get('upgraded', 0)} upgraded, {refused} refused"
    reasons = Counter[str]()
    for (_, value), n in told.items():
        reasons.update(dict.fromkeys(filter(None, value.partition(": ")[2].split(", ")), n))
    yield from (f"  refused for {kind}: {n}" for kind, n in reasons.most_common())
