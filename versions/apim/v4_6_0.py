"""API Manager 4.6.0: backends with operations mapped to them, gateway instances, and API metadata.

Parameters of policies and inputs of registrations become binary, so that they may be of any length.
"""

from __future__ import annotations

from apim_schema.changes import Declared
from apim_schema.revision import (
    add_column,
    alter_column,
    column,
    create_index,
    create_table,
    drop_constraint,
    foreign_key,
    identity,
    index,
    on,
    primary_key,
    replace_primary_key,
    steps,
    text_to_binary,
    unique,
    vary,
)
from apim_schema.types import NativeType, bigint, blob, integer, native, timestamp, varchar

revision = "4.6.0"
down_revision = "4.5.0"

MULTI_DC = ("postgresql_multidc", "mssql_multidc")
"""The vendor's scripts for several data centres, which are behind the others now and then."""


def national(length: int) -> Declared[NativeType]:
    """Text of the tables for the developer portal, where the vendor has NVARCHAR on SQL Server."""
    return vary(varchar(length), mssql=native(f"NVARCHAR({length})"))


NUMBERS = vary("", oracle_rac="CACHE 20 ORDER")
"""How sequences hand out their numbers: on RAC in order, whichever instance asks."""

changes = (
    create_table(
        "AM_API_METADATA",
        column("API_UUID", varchar(256), nullable=False),
        column("REVISION_UUID", varchar(255), nullable=False, server_default="'Current API'"),
        column("METADATA_KEY", varchar(256), nullable=False),
        column("METADATA_VALUE", varchar(1024), nullable=False),
        primary_key("API_UUID", "REVISION_UUID", "METADATA_KEY"),
        foreign_key("API_UUID", "AM_API", "API_UUID"),
    ),
    create_table(
        "AM_API_OPERATION_MAPPING",
        identity(
            "MAPPING_ID",
            integer(),
            sequence=vary(
                None, oracle="AM_API_OPERATION_MAPPING_SEQUENCE", postgresql="AM_API_OPERATION_MAPPING_SEQUENCE"
            ),
            trigger=vary(None, oracle="AM_API_OPERATION_MAPPING_TRIGGER"),
            numbers=NUMBERS,
        ),
        column("URL_MAPPING_ID", integer(), nullable=False),
        column("REF_URL_MAPPING_ID", integer(), nullable=False),
        primary_key("MAPPING_ID"),
        foreign_key("URL_MAPPING_ID", "AM_API_URL_MAPPING", "URL_MAPPING_ID"),
        foreign_key("REF_URL_MAPPING_ID", "AM_API_URL_MAPPING", "URL_MAPPING_ID"),
    ),
    create_table(
        "AM_BACKEND",
        column("BACKEND_ID", varchar(40), nullable=False),
        column("BACKEND_NAME", varchar(256), nullable=False),
        column("ENDPOINT_CONFIG", blob()),
        column("DEFINITION", blob("LONG")),
        column("REFERENCE_API_UUID", varchar(256), nullable=False),
        column("REFERENCE_API_REVISION_UUID", varchar(256), nullable=False, server_default="'Current API'"),
        column("ORGANIZATION", varchar(100), nullable=False),
        primary_key("BACKEND_ID"),
        unique("REFERENCE_API_UUID", "REFERENCE_API_REVISION_UUID", "BACKEND_NAME"),
        foreign_key("REFERENCE_API_UUID", "AM_API", "API_UUID"),
    ),
    create_table(
        "AM_BACKEND_OPERATION_MAPPING",
        identity(
            "MAPPING_ID",
            integer(),
            sequence=vary(
                None, oracle="AM_BACKEND_OPERATION_MAPPING_SEQUENCE", postgresql="AM_BACKEND_OPERATION_MAPPING_SEQUENCE"
            ),
            trigger=vary(None, oracle="AM_BACKEND_OPERATION_MAPPING_TRIGGER"),
            numbers=NUMBERS,
        ),
        column("URL_MAPPING_ID", integer(), nullable=False),
        column("BACKEND_ID", varchar(40), nullable=False),
        column("TARGET", varchar(256), nullable=False),
        column("VERB", varchar(10), nullable=False),
        primary_key("MAPPING_ID"),
        foreign_key("URL_MAPPING_ID", "AM_API_URL_MAPPING", "URL_MAPPING_ID"),
        foreign_key("BACKEND_ID", "AM_BACKEND", "BACKEND_ID"),
    ),
    create_table(
        "AM_GW_INSTANCES",
        identity(
            "GATEWAY_ID",
            integer(),
            sequence=vary(None, oracle="AM_GW_INSTANCES_SEQ", postgresql="AM_GW_INSTANCES_PK_SEQ"),
            trigger=vary(None, oracle="AM_GW_INSTANCES_TRIG"),
            numbers=vary("", oracle="NOCACHE", oracle_rac="CACHE 20 ORDER"),
        ),
        column("GATEWAY_UUID", varchar(255), nullable=False),
        column("ORGANIZATION", varchar(128), nullable=False),
        column("LAST_UPDATED", timestamp(), nullable=False),
        column("GW_PROPERTIES", blob(), nullable=False),
        primary_key("GATEWAY_ID"),
        unique("GATEWAY_UUID", "ORGANIZATION"),
    ),
    create_table(
        "AM_GW_INSTANCE_ENV_MAPPING",
        column("GATEWAY_ID", integer(), nullable=False),
        column("ENV_LABEL", varchar(255), nullable=False),
        primary_key("GATEWAY_ID", "ENV_LABEL"),
        foreign_key("GATEWAY_ID", "AM_GW_INSTANCES", "GATEWAY_ID", on_delete="CASCADE"),
    ),
    create_table(
        "AM_GW_REVISION_DEPLOYMENT",
        column("GATEWAY_ID", integer(), nullable=False),
        column("API_ID", vary(varchar(256), postgresql=varchar(255), postgresql_multidc=varchar(256)), nullable=False),
        column("ORGANIZATION", varchar(128), nullable=False),
        column("STATUS", varchar(255), nullable=False),
        column("ACTION", varchar(255), nullable=False),
        column("REVISION_UUID", varchar(255)),
        column("LAST_UPDATED", bigint(), nullable=False),
        primary_key("GATEWAY_ID", "API_ID"),
        foreign_key("GATEWAY_ID", "AM_GW_INSTANCES", "GATEWAY_ID", on_delete="CASCADE"),
        foreign_key("API_ID", "AM_API", "API_UUID", on_delete="CASCADE"),
        index("IDX_GW_REV_DEPLOY_STATUS", "STATUS", "ACTION"),
    ),
    create_table(
        "AM_TASK_LOCK",
        column("LOCK_TIME", bigint(), nullable=False),
        column("TASK_ID", varchar(255), nullable=False),
        column("NODE_ID", varchar(255), nullable=False),
        primary_key("TASK_ID"),
    ),
    # All others have these tables since 4.5.0.
    on(
        MULTI_DC,
        create_table(
            "AM_ARTIFACT",
            column("UUID", national(45), nullable=False),
            column("ARTIFACT", blob("LONG"), nullable=False),
            column("TYPE", national(25), nullable=False),
            primary_key("UUID"),
        ),
    ),
    on(
        MULTI_DC,
        create_table(
            "AM_DEVPORTAL_API_CONTENT",
            column("API_UUID", national(256), nullable=False),
            column("ORGANIZATION", national(100), nullable=False),
            column("DRAFTED_ARTIFACT", national(45)),
            column("PUBLISHED_ARTIFACT", national(45)),
            primary_key("API_UUID", "ORGANIZATION"),
        ),
    ),
    on(
        MULTI_DC,
        create_table(
            "AM_DEVPORTAL_API_REFERENCE",
            column("API_UUID", national(256), nullable=False),
            column("ORGANIZATION", national(100), nullable=False),
            column("REFERENCE_APIID", national(256), nullable=False),
            primary_key("API_UUID", "ORGANIZATION"),
        ),
    ),
    on(
        MULTI_DC,
        create_table(
            "AM_DEVPORTAL_ORG_CONTENT",
            column("ORGANIZATION", national(100), nullable=False),
            column("DRAFTED_ARTIFACT", national(45)),
            column("PUBLISHED_ARTIFACT", national(45)),
            primary_key("ORGANIZATION"),
        ),
    ),
    add_column("AM_API", column("API_DISPLAY_NAME", varchar(256))),
    add_column("AM_API", column("INITIATED_FROM_GW", integer(), server_default="0")),
    add_column(
        "AM_API_PRIMARY_EP_MAPPING",
        column("REVISION_UUID", varchar(100), nullable=False, server_default="'Current API'"),
    ),
    add_column("AM_API_URL_MAPPING", column("DESCRIPTION", blob())),
    add_column("AM_API_URL_MAPPING", column("SCHEMA_DEFINITION", blob())),
    add_column(
        "AM_GATEWAY_ENVIRONMENT", column("ENV_MODE", varchar(45), nullable=False, server_default="'WRITE_ONLY'")
    ),
    add_column("AM_GATEWAY_ENVIRONMENT", column("SCHEDULED_TIME", integer())),
    add_column(
        "AM_LLM_PROVIDER", column("MODEL_FAMILY_SUPPORTED", varchar(5), nullable=False, server_default="'false'")
    ),
    add_column("AM_LLM_PROVIDER_MODEL", column("MODEL_FAMILY_NAME", varchar(255))),
    replace_primary_key("AM_API_ENDPOINTS", "API_UUID", "ENDPOINT_UUID", "REVISION_UUID", "ORGANIZATION"),
    drop_constraint("AM_LLM_PROVIDER_MODEL", unique("MODEL_NAME", "LLM_PROVIDER_UUID")),
    alter_column("AM_API", "API_SUBTYPE", type_=varchar(100)),
    alter_column("AM_API_COMMENTS", "CREATED_BY", type_=varchar(512)),
    alter_column("AM_API_ENDPOINTS", "ENDPOINT_UUID", type_=varchar(100), existing_type=varchar(256)),
    alter_column("AM_API_ENDPOINTS", "REVISION_UUID", type_=varchar(100), existing_type=varchar(255)),
    text_to_binary("AM_API_OPERATION_POLICY_MAPPING", "PARAMETERS", blob("LONG")),
    text_to_binary("AM_API_POLICY_MAPPING", "PARAMETERS", blob("LONG")),
    text_to_binary("AM_APPLICATION_REGISTRATION", "INPUTS", blob("LONG")),
    # All others have it since 4.4.0, and PostgreSQL's script for several data centres too.
    on("mssql_multidc", create_index("IDN_INVALID_TOKENS", index("IDX_IAT_TI_CK", "TOKEN_IDENTIFIER", "CONSUMER_KEY"))),
)

upgrade, downgrade = steps(changes)
