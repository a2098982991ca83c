"""API Manager 4.3.0: policies for a whole gateway or a whole API, and permissions for key managers.

Applications get request limits, resources a log level; tokens can be revoked by application and by subject.
"""

from __future__ import annotations

from apim_schema.revision import (
    add_column,
    alter_column,
    column,
    create_table,
    foreign_key,
    identity,
    on,
    primary_key,
    steps,
    unique,
    vary,
)
from apim_schema.types import blob, integer, timestamp, varchar

revision = "4.3.0"
down_revision = "4.2.0"

NUMBERS = vary("", oracle_rac="CACHE 20 ORDER")
"""How sequences hand out their numbers: on RAC in order, whichever instance asks."""

changes = (
    create_table(
        "AM_API_POLICY_MAPPING",
        identity(
            "API_POLICY_MAPPING_ID",
            integer(),
            sequence=vary(None, oracle="AM_API_POLICY_MAPPING_SEQ"),
            trigger=vary(None, oracle="AM_API_POLICY_MAPPING_SEQ"),
            numbers=NUMBERS,
        ),
        column("API_UUID", varchar(256), nullable=False),
        column("REVISION_UUID", varchar(45)),
        column("POLICY_UUID", varchar(45), nullable=False),
        column("POLICY_ORDER", integer(), nullable=False),
        column("DIRECTION", varchar(10), nullable=False),
        column("PARAMETERS", varchar(1024), nullable=False),
        primary_key("API_POLICY_MAPPING_ID"),
        foreign_key("API_UUID", "AM_API", "API_UUID", on_delete="CASCADE"),
        foreign_key("POLICY_UUID", "AM_OPERATION_POLICY", "POLICY_UUID", on_delete="CASCADE"),
    ),
    create_table(
        "AM_APP_REVOKED_EVENT",
        column("CONSUMER_KEY", varchar(255), nullable=False),
        column("TIME_REVOKED", timestamp(), nullable=False),
        column("ORGANIZATION", varchar(100), nullable=False),
        primary_key("CONSUMER_KEY", "ORGANIZATION"),
    ),
    create_table(
        "AM_GATEWAY_POLICY_METADATA",
        column("GLOBAL_POLICY_MAPPING_UUID", varchar(45), nullable=False),
        column("DISPLAY_NAME", varchar(255)),
        column("DESCRIPTION", varchar(1023)),
        column("ORGANIZATION", varchar(100), nullable=False),
        primary_key("GLOBAL_POLICY_MAPPING_UUID"),
    ),
    create_table(
        "AM_GATEWAY_POLICY_DEPLOYMENT",
        column("GATEWAY_LABEL", varchar(255), nullable=False),
        column("GLOBAL_POLICY_MAPPING_UUID", varchar(45), nullable=False),
        column("ORGANIZATION", varchar(100), nullable=False),
        primary_key("ORGANIZATION", "GATEWAY_LABEL"),
        foreign_key(
            "GLOBAL_POLICY_MAPPING_UUID",
            "AM_GATEWAY_POLICY_METADATA",
            "GLOBAL_POLICY_MAPPING_UUID",
            on_delete=vary(None, oracle="CASCADE"),
            on_update=vary("CASCADE", oracle=None),
        ),
    ),
    create_table(
        "AM_GATEWAY_POLICY_MAPPING",
        identity(
            "POLICY_TO_FLOW_INFO_MAPPING_ID",
            integer(),
            sequence=vary(None, oracle="AM_GATEWAY_POLICY_MAPPING_SEQ"),
            trigger=vary(None, oracle="AM_GATEWAY_POLICY_MAPPING_TRIGGER"),
            numbers=NUMBERS,
        ),
        column("GLOBAL_POLICY_MAPPING_UUID", varchar(45), nullable=False),
        column("POLICY_UUID", varchar(45), nullable=False),
        column("POLICY_ORDER", integer(), nullable=False),
        column("DIRECTION", varchar(10), nullable=False),
        column("PARAMETERS", varchar(1024), nullable=False),
        primary_key("POLICY_TO_FLOW_INFO_MAPPING_ID"),
        foreign_key(
            "POLICY_UUID",
            "AM_OPERATION_POLICY",
            "POLICY_UUID",
            on_delete=vary(None, oracle="CASCADE"),
            on_update=vary("CASCADE", oracle=None),
        ),
        foreign_key(
            "GLOBAL_POLICY_MAPPING_UUID",
            "AM_GATEWAY_POLICY_METADATA",
            "GLOBAL_POLICY_MAPPING_UUID",
            on_delete="CASCADE",
            on_update=vary("CASCADE", oracle=None),
        ),
    ),
    create_table(
        "AM_KEY_MANAGER_PERMISSIONS",
        column("KEY_MANAGER_UUID", varchar(50), nullable=False),
        column("PERMISSIONS_TYPE", varchar(50), nullable=False),
        column("ROLE", varchar(255), nullable=False),
        primary_key("KEY_MANAGER_UUID", "ROLE"),
        foreign_key("KEY_MANAGER_UUID", "AM_KEY_MANAGER", "UUID", on_delete="CASCADE"),
    ),
    create_table(
        "AM_SUBJECT_ENTITY_REVOKED_EVENT",
        column("ENTITY_ID", varchar(255), nullable=False),
        column("ENTITY_TYPE", varchar(100), nullable=False),
        column("TIME_REVOKED", timestamp(), nullable=False),
        column("ORGANIZATION", varchar(100), nullable=False),
        primary_key("ENTITY_ID", "ENTITY_TYPE", "ORGANIZATION"),
    ),
    create_table(
        "IDN_APP_REVOKED_EVENT",
        column("EVENT_ID", varchar(255), nullable=False),
        column("CONSUMER_KEY", varchar(255), nullable=False),
        column("TIME_REVOKED", timestamp(), nullable=False),
        column("ORGANIZATION", varchar(100)),
        primary_key("EVENT_ID"),
        unique("CONSUMER_KEY", "ORGANIZATION", name="CON_APP_EVT_KEY"),
    ),
    create_table(
        "IDN_INVALID_TOKENS",
        column("UUID", varchar(255), nullable=False),
        column("TOKEN_IDENTIFIER", varchar(2048), nullable=False),
        column("CONSUMER_KEY", varchar(255), nullable=False),
        column("TIME_CREATED", timestamp(), nullable=False, server_default="CURRENT_TIMESTAMP"),
        column("EXPIRY_TIMESTAMP", timestamp(), nullable=False),
        primary_key("UUID"),
    ),
    create_table(
        "IDN_SUBJECT_ENTITY_REVOKED_EVENT",
        column("EVENT_ID", varchar(255), nullable=False),
        column("ENTITY_ID", varchar(255), nullable=False),
        column("ENTITY_TYPE", varchar(100), nullable=False),
        column("TIME_REVOKED", timestamp(), nullable=False),
        column("ORGANIZATION", varchar(100)),
        primary_key("EVENT_ID"),
        unique("ENTITY_ID", "ENTITY_TYPE", "ORGANIZATION", name="CON_SUB_EVT_KEY"),
    ),
    add_column("AM_API_URL_MAPPING", column("LOG_LEVEL", varchar(255), server_default="'OFF'")),
    add_column("AM_DEPLOYMENT_REVISION_MAPPING", column("REVISION_STATUS", varchar(255))),
    add_column("AM_GATEWAY_ENVIRONMENT", column("TYPE", varchar(255))),
    # NOT NULL without a default, on a table that has rows: 'Regular' is the product's word for its own gateway.
    add_column("AM_GATEWAY_ENVIRONMENT", column("GATEWAY_TYPE", varchar(255), nullable=False), fill="'Regular'"),
    add_column("AM_POLICY_APPLICATION", column("RATE_LIMIT_COUNT", integer(), server_default="0")),
    add_column("AM_POLICY_APPLICATION", column("RATE_LIMIT_TIME_UNIT", varchar(25))),
    on("mysql", alter_column("AM_OPERATION_POLICY_DEFINITION", "POLICY_DEFINITION", type_=blob("MEDIUM"))),
)

upgrade, downgrade = steps(changes)
