"""A verb's run on each of several environments, one after the other, and the summary of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from rich.console import Console

from apim_schema import log, report
from apim_schema.cli.common import Answer, answered
from apim_schema.errors import Exit
from apim_schema.target import Target

WEIGHTS = (
    *(Exit.INTERNAL, Exit.UNFINISHED, Exit.NOT_PROVEN, Exit.FOUND, Exit.INTERRUPTED, Exit.REFUSED, Exit.USAGE),
    Exit.OK,
)
"""Which exit code stands for several environments: the first of these that one of them has."""


OUTCOMES = {
    Exit.OK: "done",
    Exit.FOUND: "found something",
    Exit.USAGE: "wrong use, or not reached",
    Exit.REFUSED: "refused",
    Exit.UNFINISHED: "unfinished",
    Exit.NOT_PROVEN: "not proven",
    Exit.INTERNAL: "a fault of apim-schema",
    Exit.INTERRUPTED: "interrupted",
}
"""What is said of an environment that ended with this exit code."""


@dataclass(frozen=True)
class Done:
    """What came of one environment; None where it was not begun."""

    environment: str
    answer: Answer | None


def in_turn(
    named: Mapping[str, Sequence[Target]], run: Callable[[Sequence[Target]], Answer], keep_going: bool
) -> list[Done]:
    """Runs the verb on one environment after the other, up to the first that does not end in 0, or to the last."""
    done: dict[str, Answer | None] = dict.fromkeys(named)
    for environment, targets in named.items():
        with log.about(environment):
            report.say(f"environment {environment}")
            done[environment] = answer = answered(partial(run, targets))
        if answer.interrupted or (answer.exit_code != Exit.OK and not keep_going):
            break
    return [Done(environment, answer) for environment, answer in done.items()]


def summary(done: Sequence[Done], interrupted: bool = False) -> Answer:
    """The answer of all of them; `interrupted` says that somebody has asked for no more."""
    codes = {
        entry.answer.exit_code if entry.answer else Exit.INTERRUPTED for entry in done if entry.answer or interrupted
    }
    documents = [{"environment": entry.environment} | _document(entry.answer) for entry in done]
    worst = next(code for code in WEIGHTS if code in codes)
    return Answer({"environments": documents}, partial(_text, done), worst)


def _document(answer: Answer | None) -> dict[str, Any]:
    if answer is None:
        return {"begun": False}
    return {"begun": True, **answer.document, "exit_code": answer.exit_code}


def _text(done: Sequence[Done], out: Console) -> None:
    """Each environment's own text, and a line for each at the end."""
    for entry in done:
        if entry.answer:
            out.print(f"\nenvironment {entry.environment}")
            entry.answer.text(out)
    out.print("")
    report.table(out, ("environment", "outcome", "exit code"), [(e.environment, *_outcome(e.answer)) for e in done])


def _outcome(answer: Answer | None) -> tuple[str, str]:
    return (OUTCOMES[answer.exit_code], str(int(answer.exit_code))) if answer else ("not begun", "")
