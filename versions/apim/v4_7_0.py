"""API Manager 4.7.0: API keys kept in the database, and several secrets a consumer.

Platform gateways get tokens, artifacts and events; on MySQL six columns become latin1.
"""

from __future__ import annotations

from apim_schema.revision import (
    alter_column,
    column,
    create_table,
    except_on,
    foreign_key,
    identity,
    index,
    on,
    primary_key,
    replace_foreign_key,
    replace_trigger,
    steps,
    unique,
    vary,
)
from apim_schema.types import bigint, blob, integer, native, timestamp, varchar

revision = "4.7.0"
down_revision = "4.6.0"

MULTI_DC = ("postgresql_multidc", "mssql_multidc", "oracle_multidc")
"""The vendor's scripts for several data centres."""

changes = (
    create_table(
        "AM_API_KEY",
        column("API_KEY_UUID", varchar(64), nullable=False),
        column("NAME", varchar(512), nullable=False),
        column("API_KEY_HASH", varchar(512), nullable=False),
        column("KEY_TYPE", varchar(100)),
        column("API_KEY_PROPERTIES", blob()),
        column("AUTHZ_USER", varchar(512)),
        column(
            "TIME_CREATED",
            vary(timestamp(), mssql=native("DATETIME2(6)")),
            nullable=False,
            server_default="CURRENT_TIMESTAMP",
        ),
        column("VALIDITY_PERIOD", bigint()),
        column("LAST_USED", vary(timestamp(), mssql=native("DATETIME2(6)"))),
        column("STATUS", varchar(100), nullable=False, server_default="'ACTIVE'"),
        primary_key("API_KEY_UUID"),
        unique("API_KEY_HASH"),
    ),
    create_table(
        "AM_API_KEY_API_MAPPING",
        column("API_KEY_UUID", varchar(64), nullable=False),
        column("API_UUID", vary(varchar(64), mssql=varchar(256)), nullable=False),
        primary_key("API_KEY_UUID", "API_UUID"),
        foreign_key("API_KEY_UUID", "AM_API_KEY", "API_KEY_UUID"),
        foreign_key("API_UUID", "AM_API", "API_UUID"),
    ),
    create_table(
        "AM_API_KEY_APPLICATION_MAPPING",
        column("API_KEY_UUID", varchar(64), nullable=False),
        column("APPLICATION_UUID", vary(varchar(64), mssql=varchar(256)), nullable=False),
        primary_key("API_KEY_UUID", "APPLICATION_UUID"),
        foreign_key("API_KEY_UUID", "AM_API_KEY", "API_KEY_UUID"),
        foreign_key("APPLICATION_UUID", "AM_APPLICATION", "UUID"),
    ),
    create_table(
        "AM_GATEWAY_TOKEN",
        column("ID", varchar(255), nullable=False),
        column("GATEWAY_ID", varchar(45), nullable=False),
        column("TOKEN_HASH", varchar(255), nullable=False),
        column("STATUS", varchar(50), nullable=False, server_default="'active'"),
        column("CREATED_AT", timestamp(), nullable=False),
        column("REVOKED_AT", timestamp()),
        primary_key("ID"),
        foreign_key("GATEWAY_ID", "AM_GATEWAY_ENVIRONMENT", "UUID", on_delete="CASCADE"),
        index("IDX_APGT_TOKEN_HASH", "TOKEN_HASH"),
    ),
    create_table(
        "AM_GW_PLATFORM_API_ARTIFACTS",
        column("API_ID", varchar(255), nullable=False),
        column("REVISION_ID", varchar(255), nullable=False),
        column("GATEWAY_ENV_UUID", varchar(255), nullable=False),
        column("DEPLOYMENT_ID", varchar(255), nullable=False),
        column("ARTIFACT", blob("MEDIUM")),
        column("TIME_STAMP", vary(timestamp(), postgresql=native("TIMESTAMP(0)")), nullable=False),
        primary_key("DEPLOYMENT_ID"),
        unique("GATEWAY_ENV_UUID", "API_ID", "REVISION_ID"),
        foreign_key("API_ID", "AM_GW_PUBLISHED_API_DETAILS", "API_ID", on_update=vary(None, mysql="CASCADE")),
        index("IDX_GW_PLATFORM_ARTIFACT_API_ID", "API_ID"),
    ),
    create_table(
        "AM_GW_PLATFORM_EVENT",
        column("ID", varchar(36), nullable=False),
        column("GATEWAY_ID", varchar(45), nullable=False),
        column("EVENT_TYPE", varchar(32), nullable=False),
        column("PAYLOAD", blob("MEDIUM"), nullable=False),
        column(
            "CREATED_AT",
            vary(timestamp(), mssql=native("DATETIME2(7)")),
            nullable=False,
            server_default=vary("CURRENT_TIMESTAMP", mssql="SYSDATETIME()"),
        ),
        column("DELIVERED_AT", vary(timestamp(), mssql=native("DATETIME2(7)"))),
        column("CLAIMED_AT", vary(timestamp(), mssql=native("DATETIME2(7)"))),
        column("CLAIMED_BY", varchar(36)),
        primary_key("ID"),
        foreign_key("GATEWAY_ID", "AM_GATEWAY_ENVIRONMENT", "UUID", on_delete="CASCADE"),
        index("AM_GW_PLATFORM_EVENT_PENDING", "GATEWAY_ID", "DELIVERED_AT"),
    ),
    create_table(
        "IDN_OAUTH_CONSUMER_SECRETS",
        identity(
            "ID",
            integer(),
            sequence=vary(
                None,
                oracle="IDN_OAUTH_CONSUMER_SECRETS_SEQ",
                postgresql_multidc="IDN_OAUTH_CONSUMER_SECRETS_SEQUENCE",
            ),
            trigger=vary(None, oracle="IDN_OAUTH_CONSUMER_SECRETS_TRIG"),
            numbers=vary("", oracle="NOCACHE", oracle_rac="CACHE 20 ORDER"),
        ),
        column("SECRET_ID", varchar(100), nullable=False),
        column("DESCRIPTION", varchar(1024)),
        column("CONSUMER_KEY", varchar(255), nullable=False),
        column("SECRET_VALUE", varchar(2048), nullable=False),
        column("SECRET_HASH", varchar(512), nullable=False),
        column("EXPIRY_TIME", bigint()),
        primary_key("ID"),
        unique("SECRET_ID", name="SECRET_ID_CONSTRAINT"),
        foreign_key("CONSUMER_KEY", "IDN_OAUTH_CONSUMER_APPS", "CONSUMER_KEY", on_delete="CASCADE"),
        index("IDX_IDN_OAUTH_CS_CK", "CONSUMER_KEY"),
    ),
    except_on(
        MULTI_DC,
        replace_foreign_key(
            "AM_GW_API_ARTIFACTS",
            foreign_key("API_ID", "AM_GW_PUBLISHED_API_DETAILS", "API_ID", on_update=vary("CASCADE", oracle=None)),
        ),
    ),
    alter_column("AM_GW_INSTANCES", "GW_PROPERTIES", nullable=True),
    on("mysql", alter_column("IDN_INVALID_TOKENS", "TOKEN_IDENTIFIER", type_=varchar(2048, "latin1", "latin1_bin"))),
    on("mysql", alter_column("IDN_INVALID_TOKENS", "CONSUMER_KEY", type_=varchar(255, "latin1", "latin1_bin"))),
    on(
        "mysql",
        alter_column("IDN_OAUTH2_TOKEN_BINDING", "TOKEN_BINDING_TYPE", type_=varchar(32, "latin1", "latin1_bin")),
    ),
    on(
        "mysql",
        alter_column("IDN_OAUTH2_TOKEN_BINDING", "TOKEN_BINDING_VALUE", type_=varchar(1024, "latin1", "latin1_bin")),
    ),
    on("mysql", alter_column("IDN_SCIM_GROUP", "ROLE_NAME", type_=varchar(255, "latin1", "latin1_bin"))),
    on("mysql", alter_column("IDN_SCIM_GROUP", "ATTR_NAME", type_=varchar(1024, "latin1", "latin1_bin"))),
    on("postgresql", replace_trigger("TIME_STAMP", "AM_GW_API_ARTIFACTS", "BEFORE", "UPDATE")),
)

upgrade, downgrade = steps(changes)
