"""API Manager 4.4.0: AI APIs with their providers and token quotas, sequence backends, transaction counts.

Client certificates are told apart by key type, and digests get more room.
"""

from __future__ import annotations

from apim_schema.revision import (
    add_column,
    alter_column,
    column,
    create_index,
    create_table,
    except_on,
    foreign_key,
    index,
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
        column("UUID", varchar(255), nullable=False),
        column("NAME", varchar(255), nullable=False),
        column("API_VERSION", varchar(50), nullable=False),
        column("ORGANIZATION", varchar(255), nullable=False),
        column("BUILT_IN_SUPPORT", varchar(5), nullable=False),
        column("DESCRIPTION", varchar(1023)),
        column("CONFIGURATIONS", blob(), nullable=False),
        column("API_DEFINITION", blob("LONG"), nullable=False),
        primary_key("UUID"),
        unique("NAME", "API_VERSION", "ORGANIZATION"),
    ),
    create_table(
        "AM_API_AI_CONFIGURATION",
        column("AI_CONFIGURATION_UUID", varchar(255), nullable=False),
        column("API_UUID", varchar(256), nullable=False),
        column("API_REVISION_UUID", varchar(255)),
        column("LLM_PROVIDER_UUID", varchar(255), nullable=False),
        primary_key("AI_CONFIGURATION_UUID"),
        foreign_key("API_UUID", "AM_API", "API_UUID"),
        foreign_key("LLM_PROVIDER_UUID", "AM_LLM_PROVIDER", "UUID"),
    ),
    create_table(
        "AM_API_SEQUENCE_BACKEND",
        column("ID", varchar(60), nullable=False),
        column("API_UUID", varchar(256), nullable=False),
        column("REVISION_UUID", varchar(256), nullable=False, server_default="'0'"),
        column("SEQUENCE", blob("LONG"), nullable=False),
        column("NAME", varchar(256), nullable=False),
        column("TYPE", varchar(120), nullable=False),
        primary_key("ID", "API_UUID", "REVISION_UUID", "TYPE"),
        foreign_key("API_UUID", "AM_API", "API_UUID", on_delete="CASCADE"),
    ),
    # The vendor's scripts for Oracle 23c and for several data centres get this table with 4.5.0 only.
    except_on(
        ("oracle_23c", "mssql_multidc"),
        create_table(
            "AM_TRANSACTION_RECORDS",
            column("ID", varchar(255), nullable=False),
            column("HOST", varchar(255)),
            column("SERVER_ID", varchar(255)),
            column("SERVER_TYPE", varchar(20)),
            column("COUNT", vary(integer(), oracle=native("NUMBER")), nullable=False),
            column("RECORDED_TIME", timestamp(), nullable=False),
            primary_key("ID"),
        ),
    ),
    add_column("AM_API", column("API_SUBTYPE", varchar(10))),
    add_column("AM_API", column("IS_EGRESS", integer(), server_default="0")),
    add_column("AM_API", column("SUB_VALIDATION", varchar(10), server_default="'ENABLED'")),
    add_column(
        "AM_API_CLIENT_CERTIFICATE", column("KEY_TYPE", varchar(20), nullable=False, server_default="'PRODUCTION'")
    ),
    add_column("AM_POLICY_SUBSCRIPTION", column("TOTAL_TOKEN_COUNT", bigint())),
    add_column("AM_POLICY_SUBSCRIPTION", column("PROMPT_TOKEN_COUNT", bigint())),
    add_column("AM_POLICY_SUBSCRIPTION", column("COMPLETION_TOKEN_COUNT", bigint())),
    replace_primary_key("AM_API_CLIENT_CERTIFICATE", "ALIAS", "TENANT_ID", "KEY_TYPE", "REMOVED", "REVISION_UUID"),
    alter_column("AM_API_SERVICE_MAPPING", "MD5", type_=varchar(512)),
    alter_column("AM_OPERATION_POLICY", "POLICY_MD5", type_=varchar(512)),
    alter_column("AM_OPERATION_POLICY_DEFINITION", "DEFINITION_MD5", type_=varchar(512)),
    alter_column("AM_SERVICE_CATALOG", "MD5", type_=varchar(512)),
    # In utf8mb4 the key has 9212 bytes and MySQL ends at 3072: there both columns take what 4.7.0 gives them anyway.
    # The one for several data centres gets it with 4.6.0.
    except_on(
        "mssql_multidc",
        create_index(
            "IDN_INVALID_TOKENS",
            index("IDX_IAT_TI_CK", "TOKEN_IDENTIFIER", "CONSUMER_KEY"),
            short_charset=vary(None, mysql=("latin1", "latin1_bin")),
        ),
    ),
)

upgrade, downgrade = steps(changes)
