"""Several environments at once: a process for each. This one begins them, tells on what they say, and waits for them.

Alembic's context, the handlers of signals and the log are there once in a process: threads would share them.
"""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Any, cast

import click

from apim_schema import interrupts, log, output, redact, report
from apim_schema.cli import handover, several
from apim_schema.cli.common import Answer, named, of_error, say_error
from apim_schema.cli.handover import Statements, Task
from apim_schema.cli.several import OUTCOMES, Done
from apim_schema.errors import Exit, Refused, Unfinished
from apim_schema.log import WARNING, Level
from apim_schema.target import Target

Named = Mapping[str, Sequence[Target]]
Agree = Callable[[Named, dict[str, Any]], tuple[dict[str, Any], Mapping[str, Statements]]]
"""Asks a person once for all environments: the options to go on with, and what was agreed to, by environment."""

CODE = "import sys; sys.path[:] = filter(None, sys.path); from apim_schema.cli.worker import work; work()"
"""Python would look for modules in the current folder first, `-m` too: whatever lies there is not meant."""

PAUSE = 1.0
"""Seconds after which a wait looks for signals, where none ends it (Windows)."""
STUCK = 1.0
"""Seconds after which a line on stderr is one that nobody reads."""


def at_once(environments: Named, options: dict[str, Any], agree: Agree | None, most: int, keep_going: bool) -> Answer:
    """Runs the verb of this context on so many environments at once, up to the first that does not end in 0.

    What runs when one fails goes on to its end. With `keep_going` all are begun. A signal is passed on to those that
    run, and no other is begun.
    """
    options, agreed = agree(environments, options) if agree else (options, {})
    tasks = [_task(name, targets, options, agreed.get(name, {})) for name, targets in environments.items()]
    crew = _Crew(tasks, most, keep_going)
    return several.summary(crew.work(), crew.interrupted)


def _task(environment: str, targets: Sequence[Target], options: dict[str, Any], agreed: Statements) -> Task:
    context = click.get_current_context()
    return Task(
        verb=cast(str, named(context)),
        environment=environment,
        targets=tuple(targets),
        options=options,
        file=context.params["environments"],
        agreed=agreed,
        verbose=context.find_root().params["verbose"],
        look=report.look(report.answer()),
        hidden=redact.hidden(),
    )


class _Child:
    """The process of one environment; `last` is the last that it has said."""

    def __init__(self, task: Task) -> None:
        """Begins it, out of reach of the terminal's Ctrl-C, which this process passes on. Raises OSError."""
        self.environment, self.last = task.environment, ""
        packed = task.packed()
        self._process = subprocess.Popen(  # noqa: S603 (no shell)
            [sys.executable, "-c", CODE, task.verb, "--env", task.environment],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._send(packed)

    def _send(self, sent: bytes) -> None:
        """What nobody reads any more is lost: how it has ended is told by `listen`."""
        stdin = cast(IO[bytes], self._process.stdin)
        with suppress(OSError):
            stdin.write(sent)
            stdin.flush()

    def interrupt(self, number: int) -> None:
        """Passes on a signal."""
        self._send(bytes([number]))

    def listen(self, said: Callable[[str], None], ended: Callable[[bytes, int], None]) -> None:
        """Calls these, in other threads, for each line that it says, and at its end, after the last line."""
        hear = Thread(target=self._hear, args=(said,), daemon=True)
        hear.start()
        Thread(target=self._wait, args=(hear, ended), daemon=True).start()

    def _hear(self, said: Callable[[str], None]) -> None:
        for line in cast(IO[bytes], self._process.stderr):
            said(line.decode("utf-8", "backslashreplace").rstrip())

    def _wait(self, hear: Thread, ended: Callable[[bytes, int], None]) -> None:
        returned = cast(IO[bytes], self._process.stdout).read()
        hear.join()
        ended(returned, self._process.wait())

    def leave(self) -> None:
        """Waits for its end; one that still runs is asked to, since nothing more can come."""
        with suppress(OSError):
            cast(IO[bytes], self._process.stdin).close()
        self._process.wait()
        for pipe in (self._process.stdout, self._process.stderr):
            cast(IO[bytes], pipe).close()


class _Crew:
    """All of them. Only the main thread says and decides anything: the others, and signals, leave it what to do."""

    def __init__(self, tasks: Iterable[Task], most: int, keep_going: bool) -> None:
        self._waiting, self._most, self._keep_going = deque(tasks), most, keep_going
        self._done: dict[str, Answer | None] = {task.environment: None for task in self._waiting}
        self._running: list[_Child] = []
        self._to_do: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._stopped = self.interrupted = False
        self._speaks_since = math.inf

    def work(self) -> list[Done]:
        """Works on them, and returns what came of each."""
        with interrupts.handed(self._signalled):
            try:
                self._begin_more()
                while self._running:
                    with suppress(Empty):
                        self._to_do.get(timeout=PAUSE)()
                    self._begin_more()
            finally:
                for child in self._running:
                    child.leave()
        return [Done(environment, answer) for environment, answer in self._done.items()]

    def _begin_more(self) -> None:
        while self._waiting and len(self._running) < self._most and not self._stopped:
            self._begin(self._waiting.popleft())

    def _begin(self, task: Task) -> None:
        with log.about(task.environment):
            self._speak(partial(report.say, f"environment {task.environment}"))
            try:
                child = _Child(task)
            except OSError as error:
                self._end(task.environment, self._failed(Refused("no process can be begun", found=error.strerror)))
                return
        self._running.append(child)
        child.listen(
            lambda line: self._to_do.put(partial(self._tell_on, child, line)),
            lambda returned, code: self._to_do.put(partial(self._ended, child, returned, code)),
        )

    def _tell_on(self, child: _Child, line: str) -> None:
        """A line of its log; what else it says is not ours, such as that of a library, or of Python at a crash."""
        level, message, parts = _read(line)
        child.last = message
        parts = {"environment": child.environment} | parts
        self._speak(partial(report.say, message, level, parts, prefix=f"{child.environment}: "))

    def _ended(self, child: _Child, returned: bytes, code: int) -> None:
        self._running.remove(child)
        child.leave()
        with log.about(child.environment):
            self._end(child.environment, handover.answer(returned) or self._failed(_lost(child, code)))

    def _failed(self, error: Exception) -> Answer:
        self._speak(partial(say_error, error))
        return of_error(error)

    def _end(self, environment: str, answer: Answer) -> None:
        self._done[environment] = answer
        self._stopped = self._stopped or (answer.exit_code != Exit.OK and not self._keep_going)
        self._speak(partial(report.say, f"environment {environment}: {OUTCOMES[answer.exit_code]}"))

    def _speak(self, tell: Callable[[], None]) -> None:
        """Tells a person; where that is interrupted, stderr takes nothing any more."""
        self._speaks_since = time.monotonic()
        try:
            tell()
        except KeyboardInterrupt:
            output.forget(sys.stderr)
        finally:
            self._speaks_since = math.inf

    def _signalled(self, number: int) -> None:
        """Leaves a signal for later, in the midst of whatever is done; a wait for a reader of stderr is ended."""
        self._to_do.put(partial(self._interrupt, number))
        if time.monotonic() - self._speaks_since > STUCK:
            raise KeyboardInterrupt

    def _interrupt(self, number: int) -> None:
        self._stopped = self.interrupted = True
        for child in self._running:
            child.interrupt(number)
        told = ", ".join(child.environment for child in self._running)
        self._speak(partial(report.say, f"{interrupts.called(number)}: waiting for {told} to end", WARNING))


def _read(line: str) -> tuple[Level, str, dict[str, Any]]:
    """The level, the message and the other parts of a line."""
    try:
        parts: dict[str, Any] = json.loads(line)
        return parts.pop("level"), parts.pop("message"), parts
    except (ValueError, TypeError, KeyError, AttributeError):
        return WARNING, redact.redact(line), {}


def _lost(child: _Child, code: int) -> Unfinished:
    """The error of a process that has handed nothing back."""
    names = {number.value: number.name for number in signal.Signals}
    how = f"was killed by {names.get(-code, -code)}" if code < 0 else f"ended with {code}, and without an answer"
    return Unfinished(
        f"{child.environment}: its process {how}",
        found=f"the last that it said is {child.last!r}" if child.last else "it had said nothing",
        way_out="the same command goes on from where that is, and status tells where",
    )
