"""A release after the newest one, which uses every word that it could: what the chains have no use for yet is tried."""

from __future__ import annotations

import pytest

from apim_schema import chain
from apim_schema.changes import Change
from apim_schema.revision import (
    Changes,
    add_column,
    alter_column,
    column,
    create_foreign_key,
    create_table,
    create_unique_constraint,
    drop_column,
    drop_constraint,
    drop_index,
    drop_table,
    except_on,
    for_flavour,
    foreign_key,
    primary_key,
    text_to_binary,
    unique,
    vary,
)
from apim_schema.types import bigint, blob, varchar

HEAD = chain.releases("apim")[-1]
NEXT = "99.0.0"

CHANGES: Changes = (
    create_table(
        "AM_NEXT",
        column("ID", varchar(45), nullable=False),
        column("API_UUID", varchar(256)),
        primary_key("ID"),
        foreign_key("API_UUID", "AM_API", "API_UUID"),
    ),
    add_column("AM_API", column("NEXT_NAME", varchar(45), nullable=False), fill="'next'"),
    text_to_binary("AM_GATEWAY_POLICY_MAPPING", "PARAMETERS", blob("LONG")),
    alter_column("AM_LABEL", "DESCRIPTION", type_=varchar(2000), server_default="'it''s 100%'"),
    alter_column("AM_LABEL", "TENANT_DOMAIN", nullable=False, server_default=None),
    alter_column("AM_API", "STATUS", server_default="'CREATED'", existing_type=varchar(30)),
    except_on("oracle", alter_column("AM_GATEWAY_ENVIRONMENT", "SCHEDULED_TIME", type_=bigint())),
    drop_constraint("AM_LABEL", unique("NAME", "TENANT_DOMAIN")),
    create_unique_constraint("AM_LABEL", unique("NAME", "UUID", name="UNQ_AM_LABEL")),
    drop_index("AM_GW_PLATFORM_API_ARTIFACTS", "IDX_GW_PLATFORM_ARTIFACT_API_ID"),
    drop_constraint("AM_API_KEY_API_MAPPING", foreign_key("API_UUID", "AM_API", "API_UUID")),
    create_foreign_key("AM_API", foreign_key("API_DISPLAY_NAME", "AM_LABEL", "UUID", on_delete="CASCADE")),
    drop_column("AM_API", "VERSION_COMPARABLE"),
    drop_table(
        "AM_API_LC_PUBLISH_EVENTS",
        sequence=vary(None, oracle="AM_API_LC_PUBLISH_EVENTS_SEQ", postgresql="AM_API_LC_PUBLISH_EVENTS_PK_SEQ"),
    ),
)


@pytest.fixture
def next_release(monkeypatch: pytest.MonkeyPatch) -> str:
    """Puts it at the end of the apim chain."""
    releases, changes = chain.releases, chain.changes

    def with_next(flavour: str, database: str, release: str) -> tuple[Change, ...]:
        return for_flavour(CHANGES, flavour) if release == NEXT else changes(flavour, database, release)

    monkeypatch.setattr(chain, "releases", lambda database: (*releases(database), *[NEXT] * (database == "apim")))
    monkeypatch.setattr(chain, "changes", with_next)
    return NEXT
