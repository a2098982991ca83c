"""The results as files: a page with the machine and a table, and a plot of time over rows."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import psutil
import pygal

from apim_schema import __version__
from benchmarks.measure import Line

FOLDER = Path(__file__).with_name("results")
PAGE, PLOT = "README.md", "rows.svg"
HEADERS = ("engine", "measured", "tool", "against", "ratio", "aim")


def cells(line: Line) -> tuple[str, ...]:
    ratio = "" if line.ratio is None else f"{line.ratio:.2f}"
    return line.engine, line.what, line.tool, line.against, ratio, line.aim


def machine() -> str:
    """The processor, as Linux calls it, how many there are, memory, and how much else the machine does."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines()
        if line.startswith("model name")
    ]
    memory, load = psutil.virtual_memory().total / 2**30, os.getloadavg()[0]
    kernel = f"{platform.system()} {platform.release()}"
    return f"{len(names)} x {names[0]}, {memory:.0f} GiB, {kernel}; load average {load:.1f} at the end"


def write(lines: Sequence[Line], servers: Sequence[str]) -> None:
    """Writes the page and the plot in the place of those that are there."""
    FOLDER.mkdir(exist_ok=True)
    table = ["| " + " | ".join(HEADERS) + " |", "|---" * len(HEADERS) + "|"]
    table += ["| " + " | ".join(cells(line)) + " |" for line in lines]
    told = (
        f"`make bench` of apim-schema {__version__} on {date.today().isoformat()}: {machine()}. {', '.join(servers)}."
    )
    shown = f"![One pass over all rows, by their number]({PLOT})"
    text = "\n".join(["# What was measured", "", told, "", *table, "", shown, ""])
    (FOLDER / PAGE).write_text(text, encoding="utf-8")
    _plot([line for line in lines if line.rows], FOLDER / PLOT)


def _plot(lines: Sequence[Line], path: Path) -> None:
    """Seconds over rows, both by powers of ten: of the tool and of the bare query, on each engine."""
    chart = pygal.XY(
        title="one pass over all rows", x_title="rows", y_title="seconds", logarithmic=True, xrange=(5e4, 1e7), js=()
    )
    for engine in dict.fromkeys(line.engine for line in lines):
        of_it = [line for line in lines if line.engine == engine]
        chart.add(engine, [(line.rows, line.seconds[0]) for line in of_it])
        chart.add(f"{engine}, bare query", [(line.rows, line.seconds[1]) for line in of_it])
    path.write_bytes(chart.render())
