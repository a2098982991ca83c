"""What a product upgrade asks for besides the schema: the vendor's other steps, as far as its repositories tell.

The vendor names four steps: configuration, extensions and customisations, resources and artifacts, schema. Its last
public guide is that of 4.0.0 to 4.1.0; what changed since is from the files of its product repositories, by tag. A
release that nothing is known of here is said to be so, and never taken for one that changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from apim_schema import toml
from apim_schema.dialect import INFO, WARN
from apim_schema.preflight import Finding

PUBLISHED: Mapping[str, date] = {
    "4.0.0": date(2021, 4, 20),
    "4.1.0": date(2022, 4, 1),
    "4.2.0": date(2023, 3, 11),
    "4.3.0": date(2024, 4, 8),
    "4.4.0": date(2024, 10, 25),
    "4.5.0": date(2025, 3, 8),
    "4.6.0": date(2025, 10, 29),
    "4.7.0": date(2026, 4, 23),
}
"""When the vendor published each release: the tags of https://github.com/wso2/product-apim."""

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


OLD_NOTIFIER = "org.wso2.carbon.apimgt.keymgt.events.TokenRevocationNotifierImpl"
NEW_NOTIFIER = "org.wso2.carbon.apimgt.notification.TokenRevocationNotifierImpl"

SETTINGS = (
    Setting("4.3.0", ("apim", "token", "revocation"), "notifier_impl", f"is {NEW_NOTIFIER}", OLD_NOTIFIER),
    Setting(
        "4.4.0", ("apim", "key_manager"), "enable_apikey_subscription_validation",
        "is called enable_lightweight_apikey_generation",
    ),
    Setting("4.4.0", ("integration", "transaction_counter"), "", "is called [apim.transaction_counter]"),
    Setting("4.4.0", ("apim", "ai"), "endpoint", "is gone"),
    Setting("4.5.0", ("apim", "ai"), "token", "is called key"),
    Setting("4.6.0", ("apim", "analytics"), "auth_token", 'is gone: analytics are of type = "moesif"'),
)  # fmt: skip

CIPHER = ("system", "parameter", "org.wso2.CipherTransformation")
PROVIDER = ("encryption", "internal_crypto_provider")
AES: Final = "4.7.0"
"""The release that encrypts with AES/GCM where nothing is said, and not with RSA any more."""

TASKS = (
    Task(CONFIGURATION, "Write deployment.toml anew from the one that the new release ships; never copy the old file."),
    Task(
        CONFIGURATION,
        "Keep the data sources of both databases (and of a separate database for users or the registry), "
        "[realm_manager], the encryption key, and admin_role, which stays unchanged until the end.",
    ),
    *(Task(CONFIGURATION, f"{setting} {setting.becomes}.", setting.release) for setting in SETTINGS),
    Task(CONFIGURATION, "Run it on Java 21 to 25; 4.6.0 runs on 11 to 21.", AES),
    Task(
        CONFIGURATION,
        "Internal encryption turns from RSA-OAEP to AES/GCM, with a key that is made at the first start. Secrets that "
        "are stored encrypted (backends, key managers, gateways, policies, tokens, user stores) can't be read with it. "
        'Before the first start, either keep the old one, "org.wso2.CipherTransformation" of [system.parameter] and '
        "internal_crypto_provider of [encryption], or convert them with the vendor's tool, which its support has.",
        AES,
    ),
    Task(CONFIGURATION, "The symmetric key is the same on every node.", AES),
    Task(
        CONFIGURATION,
        "Defaults that change: token_persistence and default_access_allow turn from true to false, an application may "
        "have several client secrets, mediators of Synapse are on an allow list. Say the old value where it is needed.",
        AES,
    ),
    Task(CONFIGURATION, "[[oauth.extensions.token_types]] names an issuer for JWT.", AES),
    Task(EXTENSIONS, "Put the JDBC driver, dropins and lib into the new release."),
    Task(EXTENSIONS, "Take key stores and trust stores along; encrypt passwords anew by ciphertool."),
    Task(EXTENSIONS, "Take secondary user stores (userstores/) along."),
    Task(
        EXTENSIONS,
        "Build and try custom handlers, mediators, grant types and themes against the new release's Java and "
        "libraries.",
    ),
    Task(ARTIFACTS, "Clean up expired tokens and sessions before the schema: every scan and rebuild gets shorter."),
    Task(
        ARTIFACTS,
        "Copy the tenants' folders and custom sequences, and name these in "
        "[apim.sync_runtime_artifacts.gateway.skip_list].",
    ),
    Task(
        ARTIFACTS,
        "Index anew: raise re_indexing of [indexing] by one, delete the solr folder, and start the nodes one after the "
        "other. Give the connection pool more connections meanwhile.",
    ),
    Task(
        AFTERWARDS,
        "An empty IDN_OAUTH_CONSUMER_SECRETS is right: the product fills it from CONSUMER_SECRET on demand.",
        AES,
    ),
    Task(AFTERWARDS, "What the vendor adjusts in data happens while the product runs, when a component is first used."),
    Task(AFTERWARDS, "Run apim-schema verify before the first start: after it, rows change by right."),
)


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
