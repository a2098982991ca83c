"""python -m tests.picture FILE COMMAND...: runs the demo, and draws the heart of it as a terminal shows it, an SVG.

What the command says goes on to stdout. A bar that moves is no part of the picture, and so is not asked for.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

from rich.console import Console
from rich.text import Text

WIDTH = 80
TERMINAL = {"FORCE_COLOR": "1", "TTY_INTERACTIVE": "0", "TERM": "xterm-256color", "COLUMNS": str(WIDTH)}
UPGRADE = "$ apim-schema upgrade"
"""The command that the picture begins with, and ends before when it comes again."""

CELL = 12.2
"""How wide rich draws a character, in the units of the picture."""

FONTS = re.compile(r" *@font-face \{.*?\n *\}\n", re.DOTALL)
"""Where rich fetches a font from: a picture asks no network for anything."""
MONOSPACE = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def main(file: Path, command: list[str]) -> int:
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | TERMINAL, encoding="utf-8"
    )
    assert process.stdout
    out, said = Console(soft_wrap=True), []
    for line in process.stdout:
        said.append(Text.from_ansi(line.rstrip("\n")))
        out.print(said[-1])
    if code := process.wait():
        return code
    file.write_text(drawn(said), encoding="utf-8")
    return 0


def drawn(said: list[Text]) -> str:
    """The picture of the lines from the first upgrade up to the next one."""
    begin, end = [number for number, line in enumerate(said) if line.plain.startswith(UPGRADE)][:2]
    console = Console(record=True, width=WIDTH, file=StringIO(), highlight=False)
    for line in said[begin : end - 1]:
        line.stylize("bold cyan", 0, len(line) if line.plain.startswith("$ ") else 0)
        console.print(line)
    found = FONTS.sub("", console.export_svg(title="make demo", unique_id="demo"))
    return found.replace("Fira Code, monospace", MONOSPACE)


def lines(picture: str) -> list[str]:
    """The text of a picture, by its lines."""
    found: dict[float, str] = {}
    for part in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text"):
        if part.get("clip-path"):
            at, column = float(part.attrib["y"]), round(float(part.attrib["x"]) / CELL)
            found[at] = found.get(at, "").ljust(column) + (part.text or "").replace("\N{NO-BREAK SPACE}", " ")
    return [found[at].rstrip() for at in sorted(found)]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
