"""What a product upgrade asks for besides the schema: the vendor's other steps, as far as its repositories tell.

The vendor names four steps: configuration, extensions and customisations, resources and artifacts, schema. Its last
public guide is that of 4.0.0 to 4.1.0; what changed since is from the files of its product repositories, by tag. A
release that nothing is known of here is said to be so, and never taken for one that changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from apim_schema import toml
from apim_schema.hazards import INFO, WARN
from apim_schema.preflight import Finding

CONFIGURATION: Final = "Configuration"
EXTENSIONS: Final = "Extensions and customisations"
ARTIFACTS: Final = "Resources and artifacts"
AFTERWARDS: Final = "After the upgrade"
PARTS = (CONFIGURATION, EXTENSIONS, ARTIFACTS, AFTERWARDS)

SUPPORT_AHEAD = 180
"""Days before the end of a release's support from which on it is warned of."""


@dataclass(frozen=True)
class Task:
    """Something to do for the product. `release` is the one that asks for it, "" where every upgrade does."""

    part: str
    text: str
    release: str = ""


@dataclass(frozen=True)
class Setting:
    """A setting of deployment.toml that a release has no more, or reads in another way.

    `tables` are those that it stands in, `name` is "" for the whole table; `value` is the text that is meant where
    only that has changed.
    """

    release: str
    tables: tuple[str, ...]
    name: str
    becomes: str
    value: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        return (*self.tables, self.name) if self.name else self.tables

    def __str__(self) -> str:
        return " ".join(filter(None, (f"[{'.'.join(self.tables)}]", self.name)))


def _facts() -> dict[str, Any]:
    """The facts that ship with the tool; a file of ours that is broken is a fault of ours."""
    return toml.read(Path(__file__).with_name("product.toml"), "it is a part of apim-schema").document


FACTS = _facts()

PUBLISHED: Mapping[str, date] = FACTS["published"]
"""When the vendor published each release."""

SETTINGS = tuple(Setting(**facts | {"tables": tuple(facts["tables"])}) for facts in FACTS["settings"])

AES: str = FACTS["encrypts_anew"]
"""The release that encrypts with AES/GCM where nothing is said, and not with RSA any more."""

TASKS = (
    *(Task(**facts) for facts in FACTS["tasks"]),
    *(Task(CONFIGURATION, f"{setting} {setting.becomes}.", setting.release) for setting in SETTINGS),
)

CIPHER = ("system", "parameter", "org.wso2.CipherTransformation")
PROVIDER = ("encryption", "internal_crypto_provider")


def tasks(releases: Sequence[str]) -> tuple[Task, ...]:
    """What is to be done for the product on the way over these releases, in the vendor's order of parts."""
    found = [task for task in TASKS if not task.release or task.release in releases]
    found += [
        Task(CONFIGURATION, "Nothing is known here of what this release changes: ask the vendor's guide.", release)
        for release in releases
        if release not in PUBLISHED
    ]
    return tuple(sorted(found, key=lambda task: PARTS.index(task.part)))


def examine(file: toml.File, releases: Sequence[str]) -> list[Finding]:
    """What these releases do not read any more, or read otherwise, of a deployment.toml. No value of it is told."""
    found = [_outdated(file, setting) for setting in SETTINGS if setting.release in releases and _has(file, setting)]
    if AES in releases:
        found += _encryption(file)
    return [*found, *_indexing(file, releases)]


def _has(file: toml.File, setting: Setting) -> bool:
    return toml.has(file.document, *setting.keys) and setting.value in ("", _value(file, setting.keys))


def _value(file: toml.File, keys: Iterable[str]) -> Any:
    value: Any = file.document
    for key in keys:
        value = value[key]
    return value


def _outdated(file: toml.File, setting: Setting) -> Finding:
    problem = f"{setting} of {file.path}{file.line(*setting.keys)} {setting.becomes} from {setting.release} on"
    return Finding(WARN, "", problem, "write the new file so")


def _encryption(file: toml.File) -> Iterator[Finding]:
    """That neither setting keeps the old encryption: TOML may have the property in one key or in three."""
    parts = (*CIPHER[:2], *CIPHER[2].split("."))
    if not toml.has(file.document, *CIPHER) and not toml.has(file.document, *parts):
        problem = f"{file.path} does not say how secrets are encrypted: {AES} takes AES/GCM then, and RSA-OAEP was it"
        way_out = (
            f'set "{CIPHER[2]}" of [system.parameter] and {PROVIDER[1]} of [{PROVIDER[0]}] to what was in force, or '
            "convert the secrets with the vendor's tool before the first start"
        )
        yield Finding(WARN, "", problem, way_out)


def _indexing(file: toml.File, releases: Sequence[str]) -> Iterator[Finding]:
    keys = ("indexing", "re_indexing")
    if releases and toml.has(file.document, *keys):
        number = _value(file, keys)
        told = f"is {number}" if isinstance(number, int) else "is no number"
        problem = f"re_indexing in [indexing] of {file.path}{file.line(*keys)} {told}"
        yield Finding(INFO, "", problem, "raise it by one in the new file, so that the artifacts are indexed anew")


@dataclass(frozen=True)
class Age:
    """How old a release is on a day, and how long it is still supported where the user has said until when."""

    release: str
    published: date | None
    until: date | None
    today: date

    @property
    def over(self) -> bool:
        return self.until is not None and self.until < self.today

    @property
    def soon(self) -> bool:
        return self.until is not None and (self.until - self.today).days <= SUPPORT_AHEAD

    def __str__(self) -> str:
        told = [f"{self.release}, published {self.published} ({_span(self.published, self.today)} ago)"]
        if self.published is None:
            told = [f"{self.release}, of which no date is known here"]
        if self.until is not None:
            word = "support ended" if self.over else "supported until"
            left = _span(*sorted((self.until, self.today)))
            told.append(f"{word} {self.until} ({left} {'ago' if self.over else 'left'})")
        return "; ".join(told)


def age(release: str, support: Mapping[str, date], today: date) -> Age:
    """The age of a release; `support` are the ends that the user states, by release."""
    return Age(release, PUBLISHED.get(release), support.get(release), today)


def _span(start: date | None, end: date) -> str:
    """The time between two days, in years and months, or in days below two months."""
    days = (end - start).days if start else 0
    if days < 60:
        return f"{days} day{'s' * (days != 1)}"
    years, months = divmod(round(days / 30.44), 12)
    told = (f"{count} {word}{'s' * (count != 1)}" for count, word in ((years, "year"), (months, "month")) if count)
    return " ".join(told)
