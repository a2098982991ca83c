"""API Manager 4.5.0: API governance, labels, organizations, and several endpoints an API.

APIs of external gateways are mapped, and the developer portal keeps its own content.
"""

from __future__ import annotations

from apim_schema.changes import Declared
from apim_schema.revision import (
    add_column,
    alter_column,
    column,
    create_table,
    except_on,
    foreign_key,
    identity,
    on,
    primary_key,
    steps,
    unique,
    vary,
)
from apim_schema.types import NativeType, blob, datetime, flag, integer, native, timestamp, varchar

revision = "4.5.0"
down_revision = "4.4.0"

MULTI_DC = ("postgresql_multidc", "mssql_multidc")
"""The vendor's scripts for several data centres, which are behind the others now and then."""


def national(length: int) -> Declared[NativeType]:
    """Text of the tables for the developer portal, where the vendor has NVARCHAR on SQL Server."""
    return vary(varchar(length), mssql=native(f"NVARCHAR({length})"))


NUMBERS = vary("", oracle_rac="CACHE 20 ORDER")
"""How sequences hand out their numbers: on RAC in order, whichever instance asks."""

changes = (
    create_table(
        "AM_API_ENDPOINTS",
        column("API_UUID", varchar(256), nullable=False),
        column("ENDPOINT_UUID", varchar(256), nullable=False),
        column("REVISION_UUID", varchar(255), nullable=False, server_default="'Current API'"),
        column("ENDPOINT_NAME", varchar(255), nullable=False),
        column("KEY_TYPE", varchar(100)),
        column("ENDPOINT_CONFIG", blob("LONG"), nullable=False),
        column("ORGANIZATION", varchar(100), nullable=False),
        primary_key("API_UUID", "ENDPOINT_UUID", "ENDPOINT_NAME", "REVISION_UUID", "ORGANIZATION"),
        foreign_key("API_UUID", "AM_API", "API_UUID", on_delete="CASCADE"),
    ),
    create_table(
        "AM_API_EXTERNAL_API_MAPPING",
        column("API_ID", vary(varchar(255), mssql=varchar(256)), nullable=False),
        column("GATEWAY_ENV_ID", vary(varchar(255), mssql=varchar(45)), nullable=False),
        column("REFERENCE_ARTIFACT", blob("LONG"), nullable=False),
        primary_key("API_ID", "GATEWAY_ENV_ID"),
        foreign_key("API_ID", "AM_API", "API_UUID", on_delete="CASCADE"),
        foreign_key("GATEWAY_ENV_ID", "AM_GATEWAY_ENVIRONMENT", "UUID"),
    ),
    create_table(
        "AM_API_LABEL_MAPPING",
        column("API_UUID", varchar(256), nullable=False),
        column("LABEL_UUID", varchar(50), nullable=False),
        primary_key("API_UUID", "LABEL_UUID"),
        foreign_key("API_UUID", "AM_API", "API_UUID", on_delete="CASCADE"),
    ),
    create_table(
        "AM_API_PRIMARY_EP_MAPPING",
        identity(
            "MAPPING_ID",
            vary(integer(), oracle=native("NUMBER(10)")),
            sequence=vary(
                None, oracle="AM_API_PRIMARY_EP_MAPPING_SEQ", postgresql="AM_API_PRIMARY_EP_MAPPING_SEQUENCE"
            ),
            trigger=vary(None, oracle="AM_API_PRIMARY_EP_MAPPING_SEQ_TR"),
            keeps_given=True,
            numbers=NUMBERS,
        ),
        column("API_UUID", varchar(256), nullable=False),
        column("ENDPOINT_UUID", varchar(256), nullable=False),
        primary_key("MAPPING_ID"),
        foreign_key("API_UUID", "AM_API", "API_UUID", on_delete="CASCADE"),
    ),
    # The scripts for several data centres get the four tables of the developer portal with 4.6.0.
    except_on(
        MULTI_DC,
        create_table(
            "AM_ARTIFACT",
            column("UUID", national(45), nullable=False),
            column("ARTIFACT", blob("LONG"), nullable=False),
            column("TYPE", national(25), nullable=False),
            primary_key("UUID"),
        ),
    ),
    except_on(
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
    except_on(
        MULTI_DC,
        create_table(
            "AM_DEVPORTAL_API_REFERENCE",
            column("API_UUID", national(256), nullable=False),
            column("ORGANIZATION", national(100), nullable=False),
            column("REFERENCE_APIID", national(256), nullable=False),
            primary_key("API_UUID", "ORGANIZATION"),
        ),
    ),
    except_on(
        MULTI_DC,
        create_table(
            "AM_DEVPORTAL_ORG_CONTENT",
            column("ORGANIZATION", national(100), nullable=False),
            column("DRAFTED_ARTIFACT", national(45)),
            column("PUBLISHED_ARTIFACT", national(45)),
            primary_key("ORGANIZATION"),
        ),
    ),
    create_table(
        "AM_GATEWAY_PERMISSIONS",
        column("GATEWAY_UUID", varchar(45), nullable=False),
        column("PERMISSIONS_TYPE", varchar(50), nullable=False),
        column("ROLE", varchar(255), nullable=False),
        primary_key("GATEWAY_UUID", "ROLE"),
        foreign_key("GATEWAY_UUID", "AM_GATEWAY_ENVIRONMENT", "UUID", on_delete="CASCADE"),
    ),
    create_table(
        "AM_KEY_MANAGER_ALLOWED_ORGS",
        column("KEY_MANAGER_UUID", varchar(50), nullable=False),
        column("ALLOWED_ORGANIZATIONS", varchar(50), nullable=False),
        primary_key("KEY_MANAGER_UUID", "ALLOWED_ORGANIZATIONS"),
        foreign_key("KEY_MANAGER_UUID", "AM_KEY_MANAGER", "UUID", on_delete="CASCADE"),
    ),
    create_table(
        "AM_LABEL",
        column("UUID", varchar(50), nullable=False),
        column("NAME", varchar(255), nullable=False),
        column("DESCRIPTION", varchar(1024)),
        column("TENANT_DOMAIN", varchar(255), server_default="'carbon.super'"),
        primary_key("UUID"),
        unique("NAME", "TENANT_DOMAIN"),
    ),
    create_table(
        "AM_LLM_PROVIDER_MODEL",
        identity(
            "MODEL_ID",
            integer(),
            sequence=vary(None, oracle="AM_LLM_PROVIDER_MODEL_SEQ", postgresql="AM_LLM_PROVIDER_MODEL_SEQ"),
            trigger=vary(
                None,
                oracle="AM_LLM_PROVIDER_MODEL_TRIGGER",
                oracle_23c="AM_LLM_PROVIDER_MODEL_SEQ_TR",
                oracle_rac="AM_LLM_PROVIDER_MODEL_SEQ_TR",
            ),
            keeps_given=vary(False, oracle_23c=True, oracle_rac=True),
            numbers=NUMBERS,
        ),
        column("MODEL_NAME", varchar(255), nullable=False),
        column("LLM_PROVIDER_UUID", varchar(255), nullable=False),
        primary_key("MODEL_ID"),
        unique("MODEL_NAME", "LLM_PROVIDER_UUID"),
        foreign_key("LLM_PROVIDER_UUID", "AM_LLM_PROVIDER", "UUID"),
    ),
    create_table(
        "AM_ORGANIZATION_MAPPING",
        column("ORG_UUID", varchar(50), nullable=False),
        column("EXT_ORG_ID", varchar(100), nullable=False),
        column("DISPLAY_NAME", varchar(100)),
        column("PARENT_ORG_UUID", varchar(50)),
        column("ORG_HANDLE", varchar(100)),
        column("DESCRIPTION", varchar(256)),
        column("ROOT_ORGANIZATION", varchar(255)),
        primary_key("ORG_UUID"),
    ),
    create_table(
        "GOV_ARTIFACT",
        column("ARTIFACT_KEY", varchar(36), nullable=False),
        column("ARTIFACT_REF_ID", varchar(36), nullable=False),
        column("ARTIFACT_TYPE", varchar(32), nullable=False),
        column("ORGANIZATION", varchar(128), nullable=False),
        primary_key("ARTIFACT_KEY"),
        unique("ARTIFACT_REF_ID", "ARTIFACT_TYPE", "ORGANIZATION", name="GOV_ARTIFACT_CONSTRAINT"),
    ),
    create_table(
        "GOV_POLICY",
        column("POLICY_ID", varchar(36), nullable=False),
        column("NAME", varchar(256), nullable=False),
        column("DESCRIPTION", varchar(1024)),
        column("ORGANIZATION", varchar(128), nullable=False),
        column("CREATED_BY", varchar(256)),
        column("CREATED_TIME", datetime(), server_default="CURRENT_TIMESTAMP"),
        column("UPDATED_BY", varchar(256)),
        column("LAST_UPDATED_TIME", datetime()),
        column("IS_GLOBAL", flag(), server_default="0"),
        primary_key("POLICY_ID"),
        unique("NAME", "ORGANIZATION", name="POLICY_CONSTRAINT"),
    ),
    create_table(
        "GOV_POLICY_GOVERNABLE_STATE",
        column("POLICY_ID", varchar(36), nullable=False),
        column("STATE", varchar(128), nullable=False),
        primary_key("POLICY_ID", "STATE"),
        foreign_key("POLICY_ID", "GOV_POLICY", "POLICY_ID"),
    ),
    create_table(
        "GOV_POLICY_ACTION",
        column("POLICY_ID", varchar(36), nullable=False),
        column("STATE", varchar(128), nullable=False),
        column("SEVERITY", varchar(32), nullable=False),
        column("TYPE", varchar(32), nullable=False),
        primary_key("POLICY_ID", "STATE", "SEVERITY", "TYPE"),
        foreign_key(("POLICY_ID", "STATE"), "GOV_POLICY_GOVERNABLE_STATE", ("POLICY_ID", "STATE")),
    ),
    create_table(
        "GOV_POLICY_LABEL",
        column("POLICY_ID", varchar(36), nullable=False),
        column("LABEL", varchar(128), nullable=False),
        primary_key("POLICY_ID", "LABEL"),
        foreign_key("POLICY_ID", "GOV_POLICY", "POLICY_ID"),
    ),
    create_table(
        "GOV_RULESET",
        column("RULESET_ID", varchar(36), nullable=False),
        column("NAME", varchar(256), nullable=False),
        column("DESCRIPTION", varchar(1024)),
        column("ARTIFACT_TYPE", varchar(128), nullable=False),
        column("RULE_CATEGORY", varchar(128), nullable=False),
        column("RULE_TYPE", varchar(128), nullable=False),
        column("DOCUMENTATION_LINK", varchar(1024)),
        column("PROVIDER", varchar(256)),
        column("ORGANIZATION", varchar(128), nullable=False),
        column("CREATED_BY", varchar(256)),
        column("CREATED_TIME", datetime(), server_default="CURRENT_TIMESTAMP"),
        column("UPDATED_BY", varchar(256)),
        column("LAST_UPDATED_TIME", datetime()),
        primary_key("RULESET_ID"),
        unique("NAME", "ORGANIZATION", name="RULESET_CONSTRAINT"),
    ),
    create_table(
        "GOV_POLICY_RULESET",
        column("POLICY_ID", varchar(36), nullable=False),
        column("RULESET_ID", varchar(36), nullable=False),
        primary_key("POLICY_ID", "RULESET_ID"),
        foreign_key("POLICY_ID", "GOV_POLICY", "POLICY_ID"),
        foreign_key("RULESET_ID", "GOV_RULESET", "RULESET_ID"),
    ),
    create_table(
        "GOV_POLICY_RUN",
        column("ARTIFACT_KEY", varchar(36), nullable=False),
        column("POLICY_ID", varchar(36), nullable=False),
        column("RUN_TIMESTAMP", datetime(), nullable=vary(False, oracle=True), server_default="CURRENT_TIMESTAMP"),
        primary_key("ARTIFACT_KEY", "POLICY_ID"),
        foreign_key("ARTIFACT_KEY", "GOV_ARTIFACT", "ARTIFACT_KEY"),
        foreign_key("POLICY_ID", "GOV_POLICY", "POLICY_ID"),
    ),
    create_table(
        "GOV_REQUEST",
        column("REQ_ID", varchar(36), nullable=False),
        column("ARTIFACT_KEY", varchar(36), nullable=False),
        column("STATUS", varchar(32), nullable=False, server_default="'PENDING'"),
        column("REQ_TIMESTAMP", datetime(), server_default="CURRENT_TIMESTAMP"),
        column("PROCESSING_TIMESTAMP", datetime()),
        primary_key("REQ_ID"),
        unique("STATUS", "ARTIFACT_KEY", name="EVAL_CONSTRAINT"),
    ),
    create_table(
        "GOV_REQUEST_POLICY",
        column("REQ_ID", varchar(36), nullable=False),
        column("POLICY_ID", varchar(36), nullable=False),
        primary_key("REQ_ID", "POLICY_ID"),
        foreign_key("REQ_ID", "GOV_REQUEST", "REQ_ID"),
        foreign_key("POLICY_ID", "GOV_POLICY", "POLICY_ID"),
    ),
    create_table(
        "GOV_RULESET_CONTENT",
        column("RULESET_ID", varchar(36), nullable=False),
        column("CONTENT", blob("LONG"), nullable=False),
        column("CONTENT_TYPE", varchar(128)),
        column("FILE_NAME", varchar(256)),
        primary_key("RULESET_ID"),
        foreign_key("RULESET_ID", "GOV_RULESET", "RULESET_ID"),
    ),
    create_table(
        "GOV_RULESET_RULE",
        column("RULESET_RULE_ID", varchar(36), nullable=False),
        column("RULESET_ID", varchar(36), nullable=False),
        column("RULE_NAME", varchar(256), nullable=False),
        column("RULE_DESCRIPTION", varchar(1024)),
        column("SEVERITY", varchar(32), nullable=False),
        column("RULE_CONTENT", blob(), nullable=False),
        primary_key("RULESET_RULE_ID"),
        unique("RULESET_ID", "RULE_NAME", name="RULESET_RULE_CONSTRAINT"),
        foreign_key("RULESET_ID", "GOV_RULESET", "RULESET_ID"),
    ),
    create_table(
        "GOV_RULESET_RUN",
        column("RULESET_RUN_ID", varchar(36), nullable=False),
        column("ARTIFACT_KEY", varchar(36), nullable=False),
        column("RULESET_ID", varchar(36), nullable=False),
        column("RESULT", flag(), nullable=False),
        column("RUN_TIMESTAMP", datetime(), nullable=vary(False, oracle=True), server_default="CURRENT_TIMESTAMP"),
        primary_key("RULESET_RUN_ID"),
        unique("ARTIFACT_KEY", "RULESET_ID", name="RULESET_RESULT"),
        foreign_key("ARTIFACT_KEY", "GOV_ARTIFACT", "ARTIFACT_KEY"),
        foreign_key("RULESET_ID", "GOV_RULESET", "RULESET_ID"),
    ),
    create_table(
        "GOV_RULE_VIOLATION",
        column("ID", varchar(36), nullable=False),
        column("RULESET_RUN_ID", varchar(36), nullable=False),
        column("RULESET_ID", varchar(36), nullable=False),
        column("RULE_NAME", varchar(256), nullable=False),
        column("MESSAGE", varchar(1024)),
        column("VIOLATED_PATH", varchar(1024), nullable=False),
        primary_key("ID"),
        foreign_key("RULESET_RUN_ID", "GOV_RULESET_RUN", "RULESET_RUN_ID"),
        foreign_key(("RULESET_ID", "RULE_NAME"), "GOV_RULESET_RULE", ("RULESET_ID", "RULE_NAME")),
    ),
    # All others have this table since 4.4.0.
    on(
        ("oracle_23c", *MULTI_DC),
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
    add_column("AM_APPLICATION", column("SHARED_ORGANIZATION", varchar(100))),
    add_column("AM_GATEWAY_ENVIRONMENT", column("CONFIGURATION", blob())),
    alter_column("AM_API_OPERATION_POLICY_MAPPING", "PARAMETERS", type_=varchar(2048)),
    alter_column("AM_API_POLICY_MAPPING", "PARAMETERS", type_=varchar(2048)),
    alter_column("AM_GATEWAY_POLICY_MAPPING", "PARAMETERS", type_=varchar(2048)),
)

upgrade, downgrade = steps(changes)
