"""Progress: plain lines where there is no terminal, a bar and the same lines where there is one."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from apim_schema.attempt import Result
from apim_schema.difference import Difference
from apim_schema.evidence import TableVerdict, Verdict
from apim_schema.planner import Plan
from apim_schema.report import Terminal, console, differences, failures, show, table

PROGRAM = """
from apim_schema.report import Terminal
terminal = Terminal()
terminal.say("apim: [bold] begins")
with terminal.rows("apim: rows [red]before", 1000) as advance:
    for _ in range(12):
        advance(100)
"""


def test_plain_lines_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.say("apim: [bold] begins")
    with terminal.rows("apim: rows", 0) as advance:
        advance(1200)
        advance(34)
    with terminal.statements("apim: 4.2.0 to 4.7.0", 3) as advance:
        advance(3)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert lines[0] == "apim: [bold] begins"
    assert lines[1].startswith("apim: rows: 1,234 rows in 0.")
    assert lines[2].startswith("apim: 4.2.0 to 4.7.0: 3 statements in 0.")
    assert len(lines) == 3


def test_no_line_of_success_after_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="stop"), Terminal().rows("apim: rows", 10):
        raise ValueError("stop")
    assert capsys.readouterr().err == ""


def test_long_lines_stay_whole(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().say("x" * 500)
    table(console(), ("database", "rows compared"), [("apim " + "y" * 100, "1")])
    err = capsys.readouterr().err
    assert "x" * 500 in err
    assert "".join(err.split()).count("y") == 100


def test_bar_on_a_terminal() -> None:
    """The bar is drawn over and removed; what stays are the lines."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.DEVNULL,
        stderr=follower,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
    )
    os.close(follower)
    shown = b""
    try:
        while more := os.read(leader, 4096):
            shown += more
    except OSError:  # the end of a pseudo-terminal on Linux
        pass
    os.close(leader)
    assert process.wait() == 0
    text = shown.decode()
    assert "apim: [bold] begins" in text
    assert "1,200 rows" in text
    assert text.rstrip().endswith(" s")
    assert "apim: rows [red]before: 1,200 rows in 0." in text
    assert "\x1b[2K" in text


def test_differences_are_sorted_by_what_they_mean(capsys: pytest.CaptureFixture[str]) -> None:
    found = [
        Difference("extra", "table", "MINE", class_="extra"),
        Difference("missing", "index", "T.I", "(A)", class_="harmless"),
    ]
    differences(console(), "apim", found)
    assert capsys.readouterr().err.splitlines() == [
        "apim: harmless drift:",
        "  missing index T.I: expected (A)",
        "apim: the customer's own:",
        "  extra table MINE",
    ]
    differences(console(), "apim", [])
    assert capsys.readouterr().err == ""


def test_failures_name_rows(capsys: pytest.CaptureFixture[str]) -> None:
    changed = TableVerdict("T", "changed", 3, 3, "at least one row differs", ("ID",), ((7,),))
    failures(console(), "apim", Verdict((TableVerdict("U", "proven", 1, 1), changed)))
    err = capsys.readouterr().err
    assert err.startswith("apim: rows changed:\n  T: changed, at least one row differs")
    assert "(ID=7)" in err
    assert "U" not in err


def test_what_a_release_has_dropped_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    verdict = Verdict((TableVerdict("T", "proven", 1, 1),), left_out=("T.C",))
    show(console(), [Result("apim", "1", "2", ("1",), False, Plan("apim", "1", "2"), 1, True, verdict, (), 0.1)])
    assert "apim: dropped, and not compared:\n  T.C\n" in capsys.readouterr().err
