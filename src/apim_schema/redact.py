"""Keeps passwords out of everything that is printed: messages of drivers and tracebacks pass through `redact`."""

from __future__ import annotations

import os
import re
from urllib.parse import quote, quote_plus, unquote_plus

from sqlalchemy import URL

from apim_schema import flavours

HIDDEN = "***"
SHORTEST = 3
"""Characters that a secret must have to be hidden: a shorter one stands in every text."""

IN_URL = re.compile(r"(?<=://)([^\s:/@]*):[^\s'\"]*@")
QUERY = re.compile(r"(://[^\s?'\"]*)\?[^\s'\"]*")
NAME = re.compile(r"(?i)passw|pwd")
"""What the options of a URL that are passwords are called: password, passwd, sslpassword, wallet_password …"""
SETTING = re.compile(r"(?i)(?:password|passwd|pwd|secret)=(\{(?:[^}]|\}\})*\}|[^;&]+)")

_secrets: set[str] = set()


def remember(url: URL) -> None:
    """Has the password of this URL, and those in its query, hidden for the rest of the process."""
    hide(str(url.password or ""))
    for name, given in url.query.items():
        for value in (given,) if isinstance(given, str) else given:
            if NAME.search(name):
                hide(value)
            remember_settings(value)


def remember_settings(text: str) -> None:
    """Has every password that a JDBC URL or an ODBC connection string names as one hidden, those of key stores too."""
    for found in SETTING.findall(text):
        plain = found[1:-1].replace("}}", "}") if found.startswith("{") else found
        _secrets.update((plain, unquote_plus(plain)))


def hide(secret: str) -> None:
    """Has this text hidden for the rest of the process."""
    _secrets.add(secret)


def hidden() -> frozenset[str]:
    """All that is hidden so far, for a process that works in the place of this one."""
    return frozenset(_secrets)


def redact(text: str) -> str:
    """The text without any known password, in any of its spellings, and without userinfo and query of any URL."""
    known = _secrets | {os.environ.get(name, "") for name in flavours.PASSWORD_VARIABLES}
    for form in sorted({form for secret in known for form in _forms(secret)}, key=len, reverse=True):
        if len(form) >= SHORTEST:
            text = text.replace(form, HIDDEN)
    return QUERY.sub(r"\1", IN_URL.sub(rf"\1:{HIDDEN}@", text))


def _forms(secret: str) -> tuple[str, ...]:
    """The secret as it is, as URLs may have it (SQLAlchemy leaves blanks as they are), and as Python prints it."""
    return secret, quote(secret, ""), quote_plus(secret), quote(secret, " +"), repr(secret)[1:-1]
