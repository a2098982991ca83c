"""The command line: `apim-schema VERB`. One module a verb."""

from __future__ import annotations

import click

from apim_schema import __version__, chain
from apim_schema.cli.adopt import adopt
from apim_schema.cli.common import Verbs, shown_statements, with_releases
from apim_schema.cli.demo import demo
from apim_schema.cli.downgrade import downgrade
from apim_schema.cli.env import env
from apim_schema.cli.history import history
from apim_schema.cli.plan import plan
from apim_schema.cli.repair import repair
from apim_schema.cli.snapshot import snapshot
from apim_schema.cli.sql import sql
from apim_schema.cli.status import status
from apim_schema.cli.upgrade import upgrade
from apim_schema.cli.verify import verify


def _print_ini(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        click.echo(chain.ini_file())
        context.exit()


@click.group(cls=Verbs, epilog="apim-schema VERB --help ends with an example and the verb's exit codes.")
@click.version_option(__version__, prog_name="apim-schema")
@click.option(
    "--ini", is_flag=True, is_eager=True, expose_value=False, callback=_print_ini,
    help='Print where alembic.ini is, for plain Alembic: alembic -c "$(apim-schema --ini)" upgrade head.',
)  # fmt: skip
@click.option("-v", "--verbose", is_flag=True, help="Show each SQL statement as it runs.")
@click.pass_context
@with_releases
def main(context: click.Context, verbose: bool) -> None:
    """Upgrades of WSO2 API Manager databases, {first} to {newest}, with proof that no row has changed.

    A database is named by --env and environments.toml, by --apim-url and --shared-url, by --deployment-toml and the
    product's own configuration, or by the environment variables APIM_SCHEMA_APIM_URL and APIM_SCHEMA_SHARED_URL.
    """
    if verbose:
        context.with_resource(shown_statements())


for verb in (status, plan, sql, upgrade, downgrade, verify, snapshot, adopt, repair, history, env, demo):
    main.add_command(verb)
