"""Each verb runs with exactly the grants that docs/obstacles.md gives it: with them it works, with any less not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from apim_schema.cli import main
from tests.conformance.site import Site, site
from tests.releases import HEAD
from tests.servers import Server

PAGE = (Path(__file__).parents[2] / "docs" / "obstacles.md").read_text(encoding="utf-8")
LOGIN = "apim_test_least"
START, MIDDLE = "4.5.0", "4.6.0"

READ = (["status"], ["plan"], ["verify"], ["history"], ["repair"], ["snapshot", "-o", "{folder}.snapshot"])
ADOPT = ["adopt"]
UPGRADE = ["upgrade", "head"]
REHEARSE = ["upgrade", "head", "--rehearse"]


def documented(verb: str, product: str) -> list[str]:
    """The grants that the page has for a verb on a product, as statements without the login; one privilege each."""
    (row,) = (line for line in PAGE.splitlines() if line.startswith(f"| `{verb}`"))
    (heads,) = (line for line in PAGE.splitlines() if line.startswith("| verb | PostgreSQL"))
    cell = row.split("|")[[head.strip() for head in heads.split("|")].index(product)]
    found = documented("upgrade", product) if "as `upgrade`" in cell else []
    for told in re.findall(r"(?<=``)[^|]+?(?=``)|(?<=`)[^`|]+(?=`)", cell):
        privileges, _, on = told.partition(" ON ")
        found += [f"{privilege.strip()} ON {on}" for privilege in privileges.split(",") if on]
    return found


@dataclass
class Least:
    """A login that has nothing but what it is granted."""

    customer: Site
    product: str

    @property
    def url(self) -> str:
        return sa.make_url(self.customer.url).set(username=LOGIN, password="x").render_as_string(hide_password=False)

    def grants(self, verb: str) -> list[str]:
        found = documented(verb, self.product)
        assert found
        return [grant.replace("apim_db.", f"{self.customer.name}.") for grant in found]

    def grant(self, grants: Sequence[str]) -> None:
        for grant in grants:
            self.customer.execute(f"GRANT {grant} TO {LOGIN}")

    def revoke(self, grants: Sequence[str]) -> None:
        for grant in grants:
            self.customer.execute(f"REVOKE {grant} FROM {LOGIN}")

    def run(self, verb: Sequence[str], folder: Path) -> Result:
        arguments = [part.format(folder=folder) for part in verb]
        return CliRunner().invoke(main, [*arguments, "--apim-url", self.url])


PRODUCTS = {"postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}


@pytest.fixture
def least(server: Server) -> Iterator[Least]:
    if server.name not in PRODUCTS:
        pytest.skip("its grants are documented with the dialect")
    with site(server, "apim", START) as customer:
        found = Least(customer, PRODUCTS[server.name])
        if server.dialect == "postgresql":
            customer.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
            customer.execute(f"CREATE ROLE {LOGIN} LOGIN PASSWORD 'x'")
        else:
            customer.execute(f"CREATE USER {LOGIN} IDENTIFIED BY 'x'")
        yield found
        if server.dialect == "postgresql":
            customer.execute(f"DROP OWNED BY {LOGIN}")
            customer.execute(f"DROP ROLE {LOGIN}")
        else:
            customer.execute(f"DROP USER {LOGIN}")


def test_what_only_reads(least: Least, tmp_path: Path) -> None:
    """`plan` runs, and says that this login may not upgrade."""
    assert CliRunner().invoke(main, ["upgrade", MIDDLE, "--apim-url", least.customer.url]).exit_code == 0
    grants = least.grants("status")
    least.grant(grants)
    for verb in READ:
        result = least.run(verb, tmp_path)
        assert result.exit_code == (1 if verb == ["plan"] else 0), (verb, result.output)
    for one in grants:
        least.revoke([one])
        for verb in READ:
            assert least.run(verb, tmp_path / "less").exit_code in (2, 3), (one, verb)
        least.grant([one])


def test_adopt(least: Least, tmp_path: Path) -> None:
    """Once to stamp, once to find the stamp."""
    grants = least.grants("adopt")
    for less in grants:
        others = [grant for grant in grants if grant != less]
        least.grant(others)
        assert {least.run(ADOPT, tmp_path).exit_code for _ in range(2)} != {0}, less
        least.revoke(others)
        least.customer.execute("DROP TABLE IF EXISTS alembic_version_apim")
    least.grant(grants)
    for told in (f"is stamped {START} now", f"was stamped {START} before"):
        result = least.run(ADOPT, tmp_path)
        assert (result.exit_code, told in result.stdout) == (0, True), result.output


@pytest.mark.costly
def test_downgrade(least: Least, tmp_path: Path) -> None:
    """Of what the login has made itself; what an upgrade needs is too little where to drop is a privilege."""
    own_tables(least)
    least.grant(upgrade := least.grants("upgrade"))
    assert least.run(["upgrade", MIDDLE], tmp_path).exit_code == 0
    more = [grant for grant in least.grants("downgrade") if grant not in upgrade]
    for grant in more:
        result = least.run(["downgrade", START], tmp_path)
        assert (result.exit_code, f"has not the privilege {grant.split()[0]}" in result.stderr) == (3, True)
    least.grant(more)
    result = least.run(["downgrade", START], tmp_path)
    assert (result.exit_code, "proven" in result.stdout) == (0, True), result.output


def own_tables(least: Least) -> None:
    if least.product == "PostgreSQL":
        for table in least.customer.tables():
            least.customer.execute(f'ALTER TABLE "{table}" OWNER TO {LOGIN}')


@pytest.mark.parametrize("verb", [REHEARSE, UPGRADE], ids=["rehearse", "upgrade"])
def test_upgrade(verb: Sequence[str], least: Least, tmp_path: Path) -> None:
    """That any one less is refused by name, and which, is tested with the dialects."""
    own_tables(least)
    least.grant(least.grants("upgrade --rehearse" if verb is REHEARSE else "upgrade"))
    result = least.run(verb, tmp_path)
    assert result.exit_code == 0, result.output
    assert (f"to {HEAD} went through" if verb is REHEARSE else "proven") in result.stdout
