"""API Manager 4.3.0: policies for a whole gateway or a whole API, and permissions for key managers.

Applications get request limits, resources a log level; tokens can be revoked by application and by subject.
"""

from __future__ import annotations

from apim_schema.revision import (
    add_column,
    alter_type,
    column,
    create_table,
    foreign_key,
    identity,
    not_null,
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
        not_null("API_UUID", varchar(256)),
        column("REVISION_UUID", varchar(45)),
        not_null("POLICY_UUID", varchar(45)),
        not_null("POLICY_ORDER", integer()),
        not_null("DIRECTION", varchar(10)),
        not_null("PARAMETERS", varchar(1024)),
        primary_key("API_POLICY_MAPPING_ID"),
        foreign_key("API_UUID", "AM_API", "API_UUID", on_delete="CASCADE"),
        foreign_key("POLICY_UUID", "AM_OPERATION_POLICY", "POLICY_UUID", on_delete="CASCADE"),
    ),
    create_table(
        "AM_APP_REVOKED_EVENT",
        not_null("CONSUMER_KEY", varchar(255)),
        not_null("TIME_REVOKED", timestamp()),
        not_null("ORGANIZATION", varchar(100)),
        primary_key("CONSUMER_KEY", "ORGANIZATION"),
    ),
    create_table(
        "AM_GATEWAY_POLICY_METADATA",
        not_null("GLOBAL_POLICY_MAPPING_UUID", varchar(45)),
        column("DISPLAY_NAME", varchar(255)),
        column("DESCRIPTION", varchar(1023)),
        not_null("ORGANIZATION", varchar(100)),
        primary_key("GLOBAL_POLICY_MAPPING_UUID"),
    ),
    create_table(
        "AM_GATEWAY_POLICY_DEPLOYMENT",
        not_null("GATEWAY_LABEL", varchar(255)),
        not_null("GLOBAL_POLICY_MAPPING_UUID", varchar(45)),
        not_null("ORGANIZATION", varchar(100)),
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
        not_null("GLOBAL_POLICY_MAPPING_UUID", varchar(45)),
        not_null("POLICY_UUID", varchar(45)),
        not_null("POLICY_ORDER", integer()),
        not_null("DIRECTION", varchar(10)),
        not_null("PARAMETERS", varchar(1024)),
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
        not_null("KEY_MANAGER_UUID", varchar(50)),
        not_null("PERMISSIONS_TYPE", varchar(50)),
        not_null("ROLE", varchar(255)),
        primary_key("KEY_MANAGER_UUID", "ROLE"),
        foreign_key("KEY_MANAGER_UUID", "AM_KEY_MANAGER", "UUID", on_delete="CASCADE"),
    ),
    create_table(
        "AM_SUBJECT_ENTITY_REVOKED_EVENT",
        not_null("ENTITY_ID", varchar(255)),
        not_null("ENTITY_TYPE", varchar(100)),
        not_null("TIME_REVOKED", timestamp()),
        not_null("ORGANIZATION", varchar(100)),
        primary_key("ENTITY_ID", "ENTITY_TYPE", "ORGANIZATION"),
    ),
    create_table(
        "IDN_APP_REVOKED_EVENT",
        not_null("EVENT_ID", varchar(255)),
        not_null("CONSUMER_KEY", varchar(255)),
        not_null("TIME_REVOKED", timestamp()),
        column("ORGANIZATION", varchar(100)),
        primary_key("EVENT_ID"),
        unique("CONSUMER_KEY", "ORGANIZATION", name="CON_APP_EVT_KEY"),
    ),
    create_table(
        "IDN_INVALID_TOKENS",
        not_null("UUID", varchar(255)),
        not_null("TOKEN_IDENTIFIER", varchar(2048)),
        not_null("CONSUMER_KEY", varchar(255)),
        not_null("TIME_CREATED", timestamp(), default="CURRENT_TIMESTAMP"),
        not_null("EXPIRY_TIMESTAMP", timestamp()),
        primary_key("UUID"),
    ),
    create_table(
        "IDN_SUBJECT_ENTITY_REVOKED_EVENT",
        not_null("EVENT_ID", varchar(255)),
        not_null("ENTITY_ID", varchar(255)),
        not_null("ENTITY_TYPE", varchar(100)),
        not_null("TIME_REVOKED", timestamp()),
        column("ORGANIZATION", varchar(100)),
        primary_key("EVENT_ID"),
        unique("ENTITY_ID", "ENTITY_TYPE", "ORGANIZATION", name="CON_SUB_EVT_KEY"),
    ),
    add_column("AM_API_URL_MAPPING", column("LOG_LEVEL", varchar(255), default="'OFF'")),
    add_column("AM_DEPLOYMENT_REVISION_MAPPING", column("REVISION_STATUS", varchar(255))),
    add_column("AM_GATEWAY_ENVIRONMENT", column("TYPE", varchar(255))),
    # NOT NULL without a default, on a table that has rows: 'Regular' is the product's word for its own gateway.
    add_column("AM_GATEWAY_ENVIRONMENT", not_null("GATEWAY_TYPE", varchar(255)), fill="'Regular'"),
    add_column("AM_POLICY_APPLICATION", column("RATE_LIMIT_COUNT", integer(), default="0")),
    add_column("AM_POLICY_APPLICATION", column("RATE_LIMIT_TIME_UNIT", varchar(25))),
    on("mysql", alter_type("AM_OPERATION_POLICY_DEFINITION", "POLICY_DEFINITION", blob("MEDIUM"))),
)

upgrade, downgrade = steps(changes)
