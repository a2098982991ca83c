"""API Manager 4.4.0: AI APIs with their providers and token quotas, sequence backends, transaction counts.

Client certificates are told apart by key type, and digests get more room.
"""

from __future__ import annotations

from apim_schema.revision import (
    add_column,
    alter_type,
    column,
    create_index,
    create_table,
    except_on,
    foreign_key,
    index,
    not_null,
    primary_key,
    replace_primary_key,
    steps,
    unique,
    vary,
)
from apim_schema.types import bigint, blob, integer, native, timestamp, varchar

revision = "4.4.0"
down_revision = "4.3.0"

changes = (
    create_table(
        "AM_LLM_PROVIDER",
        not_null("UUID", varchar(255)),
        not_null("NAME", varchar(255)),
        not_null("API_VERSION", varchar(50)),
        not_null("ORGANIZATION", varchar(255)),
        not_null("BUILT_IN_SUPPORT", varchar(5)),
        column("DESCRIPTION", varchar(1023)),
        not_null("CONFIGURATIONS", blob()),
        not_null("API_DEFINITION", blob("LONG")),
        primary_key("UUID"),
        unique("NAME", "API_VERSION", "ORGANIZATION"),
    ),
    create_table(
        "AM_API_AI_CONFIGURATION",
        not_null("AI_CONFIGURATION_UUID", varchar(255)),
        not_null("API_UUID", varchar(256)),
        column("API_REVISION_UUID", varchar(255)),
        not_null("LLM_PROVIDER_UUID", varchar(255)),
        primary_key("AI_CONFIGURATION_UUID"),
        foreign_key("API_UUID", "AM_API", "API_UUID"),
        foreign_key("LLM_PROVIDER_UUID", "AM_LLM_PROVIDER", "UUID"),
    ),
    create_table(
        "AM_API_SEQUENCE_BACKEND",
        not_null("ID", varchar(60)),
        not_null("API_UUID", varchar(256)),
        not_null("REVISION_UUID", varchar(256), default="'0'"),
        not_null("SEQUENCE", blob("LONG")),
        not_null("NAME", varchar(256)),
        not_null("TYPE", varchar(120)),
        primary_key("ID", "API_UUID", "REVISION_UUID", "TYPE"),
        foreign_key("API_UUID", "AM_API", "API_UUID", on_delete="CASCADE"),
    ),
    # The vendor's script for Oracle 23c gets this table with 4.5.0 only.
    except_on(
        "oracle_23c",
        create_table(
            "AM_TRANSACTION_RECORDS",
            not_null("ID", varchar(255)),
            column("HOST", varchar(255)),
            column("SERVER_ID", varchar(255)),
            column("SERVER_TYPE", varchar(20)),
            not_null("COUNT", vary(integer(), oracle=native("NUMBER"))),
            not_null("RECORDED_TIME", timestamp()),
            primary_key("ID"),
        ),
    ),
    add_column("AM_API", column("API_SUBTYPE", varchar(10))),
    add_column("AM_API", column("IS_EGRESS", integer(), default="0")),
    add_column("AM_API", column("SUB_VALIDATION", varchar(10), default="'ENABLED'")),
    add_column("AM_API_CLIENT_CERTIFICATE", not_null("KEY_TYPE", varchar(20), default="'PRODUCTION'")),
    add_column("AM_POLICY_SUBSCRIPTION", column("TOTAL_TOKEN_COUNT", bigint())),
    add_column("AM_POLICY_SUBSCRIPTION", column("PROMPT_TOKEN_COUNT", bigint())),
    add_column("AM_POLICY_SUBSCRIPTION", column("COMPLETION_TOKEN_COUNT", bigint())),
    replace_primary_key("AM_API_CLIENT_CERTIFICATE", "ALIAS", "TENANT_ID", "KEY_TYPE", "REMOVED", "REVISION_UUID"),
    alter_type("AM_API_SERVICE_MAPPING", "MD5", varchar(512)),
    alter_type("AM_OPERATION_POLICY", "POLICY_MD5", varchar(512)),
    alter_type("AM_OPERATION_POLICY_DEFINITION", "DEFINITION_MD5", varchar(512)),
    alter_type("AM_SERVICE_CATALOG", "MD5", varchar(512)),
    # In utf8mb4 the key has 9212 bytes and MySQL ends at 3072: there both columns take what 4.7.0 gives them anyway.
    create_index(
        "IDN_INVALID_TOKENS",
        index("IDX_IAT_TI_CK", "TOKEN_IDENTIFIER", "CONSUMER_KEY"),
        short_charset=("latin1", "latin1_bin"),
    ),
)

upgrade, downgrade = steps(changes)
