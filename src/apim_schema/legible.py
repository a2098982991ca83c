"""Text for people: names and values that others have chosen, without what would pass for text of ours.

A name may hold any character, and so may a value. A line break would begin a line that we have not written, in a
report, or in a script after the end of a comment; a terminal obeys an escape sequence; a mark of the direction of
writing has a name read as another one. What a program reads, statements and JSON, has all of it as it is.
"""

from __future__ import annotations


def line(text: str) -> str:
    r"""The text on one line: characters that can't be printed are shown as Python writes them, `\n`, `\x1b`, `\u202e`.

    See https://docs.python.org/3/library/stdtypes.html#str.isprintable.
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def lines(text: str) -> str:
    """The same of a text that has several lines by right: a statement, a list."""
    return "\n".join(map(line, text.split("\n")))
