"""Which servers the vendor tests a release on, which we do, and what to say of one.

The vendor's lists are on the page about product compatibility of each release's documentation
(https://apim.docs.wso2.com). What they have of a release that is not named is not established. The facts are in the
`tested.toml` of each dialect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apim_schema import toml
from apim_schema.hazards import INFO, WARN, Obstacle
from apim_schema.schema import Server

AND_LATER = "and later"
WAY_OUT = "upgrade the server to one of them, or ask the vendor"

Version = tuple[int, ...]


@dataclass(frozen=True)
class Tested:
    """The versions of one product: by release those of the vendor, each by its name, and ours.

    `listed` is False for a product that is in none of the vendor's lists. The first `series` parts of a version say
    which line it is of: within one, a later version serves as well.
    """

    series: int
    ours: Sequence[Version]
    vendor: Mapping[str, Mapping[str, Version]] = field(default_factory=dict)
    listed: bool = True

    def said_of(self, server: Server, release: str, query: str) -> Obstacle:
        """Whether a server is tested for a release: a warning where the vendor names others."""
        by_us = "tested by us" if any(self._serves(server, version) for version in self.ours) else "not tested by us"
        named = self.vendor.get(release) if self.listed else {}
        if named is None:
            told = f"which servers the vendor tests {release} on is not established; {server} is {by_us}"
            return Obstacle(INFO, "", told, "", query)
        if any(self._is(server, name, version) for name, version in named.items()):
            return Obstacle(INFO, "", f"{server} is tested by the vendor for {release}, and {by_us}", "", query)
        listed = ", ".join(named) or "none of this product"
        told = f"{server} is not tested by the vendor for {release}, whose list is {listed}; it is {by_us}"
        return Obstacle(WARN, "", told, WAY_OUT, query)

    def _is(self, server: Server, name: str, version: Version) -> bool:
        return server.version >= version if name.endswith(AND_LATER) else self._serves(server, version)

    def _serves(self, server: Server, version: Version) -> bool:
        return server.version[: self.series] == version[: self.series] and server.version >= version


def read(module: str) -> dict[str, Tested]:
    """The products of a dialect by their names; `module` is a file in its folder."""
    facts = toml.read(Path(module).with_name("tested.toml"), "it is a part of apim-schema").document
    return {name: _product(about) for name, about in facts.items()}


def _product(about: Mapping[str, Any]) -> Tested:
    vendor = {
        release: {name: tuple(version) for name, version in versions.items()}
        for release, versions in about.get("vendor", {}).items()
    }
    return Tested(about["series"], [tuple(version) for version in about["ours"]], vendor, about.get("listed", True))


def newest(products: Mapping[str, Tested]) -> tuple[str, Server]:
    """The newest server that the vendor tests any release on, of the products of a dialect, after its name there."""
    version, product, name = max(
        (version, product, name)
        for product, about in products.items()
        for versions in about.vendor.values()
        for name, version in versions.items()
    )
    return f"{product} {name}", Server(product, version)


LONG = 60
"""Seconds after which an open transaction is worth a word: what it holds, DDL waits for."""


def lasting(who: str, seconds: float, way_out: str, query: str) -> Obstacle:
    """That a transaction is open for long; `way_out` is how it is ended."""
    told = f"a transaction is open for {seconds:.0f} s: {who}; statements would wait for what it holds"
    return Obstacle(WARN, "", told, way_out, query)
