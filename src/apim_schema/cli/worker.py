"""The process that works on one of several environments.

All that it says are lines of the log, on stderr; the process that has started it tells them on, and sends it the
numbers of signals. When that is gone, this one ends as if it had been asked to: nobody would know of it any more.
"""

from __future__ import annotations

import _thread
import io
import os
import signal
import sys
import threading
from contextlib import nullcontext, redirect_stdout
from functools import partial
from typing import Any, cast

import click

from apim_schema import interrupts, log, output, redact, report
from apim_schema.cli import handover, main
from apim_schema.cli.common import Answer, answered, shown_statements
from apim_schema.cli.handover import Task
from apim_schema.cli.reviews import AGREED


def work() -> None:
    """Does what it is handed, hands back the answer, and exits with its code."""
    with log.begun() as said, interrupts.raised():
        task = handover.received()
        _introduce(said, task)
        threading.Thread(target=_obey, daemon=True).start()
        with redirect_stdout(sys.stderr):
            answer = answered(partial(_run, task))
        with interrupts.handed(lambda number: None):  # what was done is told, whoever asks to end now
            _hand_back(answer, task)
    sys.exit(int(answer.exit_code))


def _introduce(said: log.Log, task: Task) -> None:
    """Has what is said go to stderr in lines of the log; a bar would be of no use there."""
    for secret in task.hidden:
        redact.hide(secret)
    cast(io.TextIOWrapper, sys.stderr).reconfigure(encoding="utf-8", errors="backslashreplace")
    said.verb, said.environment, said.stream, said.relayed, said.quiet = (
        *(task.verb, task.environment, output.stderr()),
        *(True, True),
    )


def _obey() -> None:
    """Interrupts the run by each signal that is sent on, and when nobody is there any more who could send one."""
    while number := os.read(handover.STDIN, 1):
        interrupt(number[0])
    interrupt(signal.SIGTERM)


def interrupt(number: int) -> None:
    """Has the main thread take a signal, as if it had come from outside: what it waits for ends."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(cast(int, threading.main_thread().ident), number)
    else:
        _thread.interrupt_main(signal.Signals(number))


def _run(task: Task) -> Answer:
    """Calls the verb itself, below what looks for its databases."""
    command = main.commands[task.verb]
    root = click.Context(main, info_name="apim-schema")
    root.meta[AGREED] = task.agreed
    verb: Any = cast(Any, command.callback).__wrapped__
    with click.Context(command, parent=root, info_name=task.verb) as context:
        context.params["environments"] = task.file
        with shown_statements() if task.verbose else nullcontext():
            answer: Answer = verb(task.targets, **task.options)
            return answer


def _hand_back(answer: Answer, task: Task) -> None:
    with redirect_stdout(io.StringIO()) as text:
        answer.text(report.answer(**task.look))
    stdout = output.Lasting(sys.stdout)
    stdout.write(handover.returned(answer, text.getvalue()))
    stdout.flush()
