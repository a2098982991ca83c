
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       psql --no-psqlrc -d apim_db -f upgrade.sql
--   It checks first that the database is 4.4.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on PostgreSQL 17; apim-schema plan says it for your server, with sizes and times. Locks are held
--   until the end of the script.
--   for a moment: AM_API_OPERATION_POLICY_MAPPING, AM_API_POLICY_MAPPING, AM_APPLICATION, AM_GATEWAY_ENVIRONMENT,
--   AM_GATEWAY_POLICY_MAPPING

-- IF IT STOPS
--   All of it is one transaction: after an error, or when the connection is lost, the server rolls back and the
--   database is as before. Mend the cause and run the script again.

-- THE WAY BACK
--   After the COMMIT: put the backup back.
--   Or apim-schema downgrade 4.4.0 leads back by the inverse of each statement. It refuses, by name, where the
--   product has written since what the older release has no place for: rows of new tables, values of new columns,
--   longer values.

-- ==== the session
\set ON_ERROR_STOP on
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = 0;
SET LOCAL standard_conforming_strings = on;
SET LOCAL client_min_messages = warning;

-- ==== checks: is this apim 4.4.0, and would every row survive?
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM (VALUES ('am_api', 'api_subtype'), ('am_api', 'is_egress'), ('am_api', 'sub_validation'),
        ('am_api_ai_configuration', 'llm_provider_uuid'), ('am_api_client_certificate', 'key_type'),
        ('am_api_operation_policy_mapping', 'parameters'), ('am_api_policy_mapping', 'parameters'),
        ('am_api_sequence_backend', 'type'), ('am_application', 'organization'),
        ('am_gateway_environment', 'gateway_type'), ('am_gateway_policy_mapping', 'parameters'),
        ('am_llm_provider', 'api_definition'), ('am_policy_subscription', 'completion_token_count'),
        ('am_policy_subscription', 'prompt_token_count'), ('am_policy_subscription', 'total_token_count'),
        ('am_transaction_records', 'recorded_time')) AS w (t, c)
        WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()
        AND table_name = w.t AND column_name = w.c))
THEN RAISE EXCEPTION USING message =
    'apim is not 4.4.0: a column is missing';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM (VALUES ('alembic_version_apim', 'version_num')) AS w (t, c)
        WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()
        AND table_name = w.t AND column_name = w.c)) AND NOT EXISTS (SELECT 1 FROM (VALUES
        ('am_api_endpoints', 'organization'), ('am_api_external_api_mapping', 'reference_artifact'),
        ('am_api_label_mapping', 'label_uuid'), ('am_api_primary_ep_mapping', 'endpoint_uuid'),
        ('am_application', 'shared_organization'), ('am_artifact', 'type'),
        ('am_devportal_api_content', 'published_artifact'), ('am_devportal_api_reference', 'reference_apiid'),
        ('am_devportal_org_content', 'published_artifact'), ('am_gateway_environment', 'configuration'),
        ('am_gateway_permissions', 'role'), ('am_key_manager_allowed_orgs', 'allowed_organizations'),
        ('am_label', 'tenant_domain'), ('am_llm_provider_model', 'llm_provider_uuid'),
        ('am_organization_mapping', 'root_organization'), ('gov_artifact', 'organization'),
        ('gov_policy', 'is_global'), ('gov_policy_action', 'type'), ('gov_policy_governable_state', 'state'),
        ('gov_policy_label', 'label'), ('gov_policy_ruleset', 'ruleset_id'), ('gov_policy_run', 'run_timestamp'),
        ('gov_request', 'processing_timestamp'), ('gov_request_policy', 'policy_id'),
        ('gov_ruleset', 'last_updated_time'), ('gov_ruleset_content', 'file_name'),
        ('gov_ruleset_rule', 'rule_content'), ('gov_ruleset_run', 'run_timestamp'),
        ('gov_rule_violation', 'violated_path')) AS w (t, c)
        WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()
        AND table_name = w.t AND column_name = w.c))
THEN RAISE EXCEPTION USING message =
    'apim is newer than 4.4.0 and has no stamp: nothing was changed';
END IF; END $refuse$;

-- ==== the stamp, and this run in the history
CREATE TABLE IF NOT EXISTS alembic_version_apim (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM alembic_version_apim WHERE version_num NOT IN ('4.4.0'))
THEN RAISE EXCEPTION USING message =
    'apim is not stamped 4.4.0: nothing was changed';
END IF; END $refuse$;
CREATE TABLE IF NOT EXISTS apim_schema_history (
    database_name VARCHAR(16) NOT NULL,
    run INTEGER NOT NULL,
    from_release VARCHAR(16) NOT NULL,
    to_release VARCHAR(16) NOT NULL,
    outcome VARCHAR(16) NOT NULL,
    verdict VARCHAR(32),
    statements INTEGER NOT NULL,
    planned INTEGER NOT NULL,
    rows_compared BIGINT NOT NULL,
    evidence TEXT,
    started_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITHOUT TIME ZONE,
    done_by VARCHAR(255) NOT NULL,
    tool_version VARCHAR(32) NOT NULL,
    error TEXT,
    PRIMARY KEY (database_name, run)
);
INSERT INTO apim_schema_history (database_name, run, from_release, to_release, outcome, verdict, statements,
    planned, rows_compared, started_at, done_by, tool_version) SELECT 'apim' AS database_name,
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.4.0' AS from_release, '4.5.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared, date_trunc('second',
    now() AT TIME ZONE 'UTC') AS started_at, current_user AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'apim' AND same.to_release = '4.5.0' AND same.outcome = 'started'));

-- ==== 4.5.0: 34 statements

-- 1. create table AM_API_ENDPOINTS
CREATE TABLE AM_API_ENDPOINTS (
    API_UUID VARCHAR(256) NOT NULL,
    ENDPOINT_UUID VARCHAR(256) NOT NULL,
    REVISION_UUID VARCHAR(255) DEFAULT 'Current API' NOT NULL,
    ENDPOINT_NAME VARCHAR(255) NOT NULL,
    KEY_TYPE VARCHAR(100),
    ENDPOINT_CONFIG BYTEA NOT NULL,
    ORGANIZATION VARCHAR(100) NOT NULL,
    PRIMARY KEY (API_UUID, ENDPOINT_UUID, ENDPOINT_NAME, REVISION_UUID, ORGANIZATION),
    FOREIGN KEY (API_UUID) REFERENCES AM_API (API_UUID) ON DELETE CASCADE
);

-- 2. create table AM_API_EXTERNAL_API_MAPPING
CREATE TABLE AM_API_EXTERNAL_API_MAPPING (
    API_ID VARCHAR(255) NOT NULL,
    GATEWAY_ENV_ID VARCHAR(255) NOT NULL,
    REFERENCE_ARTIFACT BYTEA NOT NULL,
    PRIMARY KEY (API_ID, GATEWAY_ENV_ID),
    FOREIGN KEY (API_ID) REFERENCES AM_API (API_UUID) ON DELETE CASCADE,
    FOREIGN KEY (GATEWAY_ENV_ID) REFERENCES AM_GATEWAY_ENVIRONMENT (UUID)
);

-- 3. create table AM_API_LABEL_MAPPING
CREATE TABLE AM_API_LABEL_MAPPING (
    API_UUID VARCHAR(256) NOT NULL,
    LABEL_UUID VARCHAR(50) NOT NULL,
    PRIMARY KEY (API_UUID, LABEL_UUID),
    FOREIGN KEY (API_UUID) REFERENCES AM_API (API_UUID) ON DELETE CASCADE
);

-- 4. create table AM_API_PRIMARY_EP_MAPPING
CREATE SEQUENCE AM_API_PRIMARY_EP_MAPPING_SEQUENCE START WITH 1 INCREMENT BY 1;

-- 5. create table AM_API_PRIMARY_EP_MAPPING
CREATE TABLE AM_API_PRIMARY_EP_MAPPING (
    MAPPING_ID INTEGER DEFAULT nextval('AM_API_PRIMARY_EP_MAPPING_SEQUENCE') NOT NULL,
    API_UUID VARCHAR(256) NOT NULL,
    ENDPOINT_UUID VARCHAR(256) NOT NULL,
    PRIMARY KEY (MAPPING_ID),
    FOREIGN KEY (API_UUID) REFERENCES AM_API (API_UUID) ON DELETE CASCADE
);

-- 6. create table AM_ARTIFACT
CREATE TABLE AM_ARTIFACT (
    UUID VARCHAR(45) NOT NULL,
    ARTIFACT BYTEA NOT NULL,
    TYPE VARCHAR(25) NOT NULL,
    PRIMARY KEY (UUID)
);

-- 7. create table AM_DEVPORTAL_API_CONTENT
CREATE TABLE AM_DEVPORTAL_API_CONTENT (
    API_UUID VARCHAR(256) NOT NULL,
    ORGANIZATION VARCHAR(100) NOT NULL,
    DRAFTED_ARTIFACT VARCHAR(45),
    PUBLISHED_ARTIFACT VARCHAR(45),
    PRIMARY KEY (API_UUID, ORGANIZATION)
);

-- 8. create table AM_DEVPORTAL_API_REFERENCE
CREATE TABLE AM_DEVPORTAL_API_REFERENCE (
    API_UUID VARCHAR(256) NOT NULL,
    ORGANIZATION VARCHAR(100) NOT NULL,
    REFERENCE_APIID VARCHAR(256) NOT NULL,
    PRIMARY KEY (API_UUID, ORGANIZATION)
);

-- 9. create table AM_DEVPORTAL_ORG_CONTENT
CREATE TABLE AM_DEVPORTAL_ORG_CONTENT (
    ORGANIZATION VARCHAR(100) NOT NULL,
    DRAFTED_ARTIFACT VARCHAR(45),
    PUBLISHED_ARTIFACT VARCHAR(45),
    PRIMARY KEY (ORGANIZATION)
);

-- 10. create table AM_GATEWAY_PERMISSIONS
CREATE TABLE AM_GATEWAY_PERMISSIONS (
    GATEWAY_UUID VARCHAR(45) NOT NULL,
    PERMISSIONS_TYPE VARCHAR(50) NOT NULL,
    ROLE VARCHAR(255) NOT NULL,
    PRIMARY KEY (GATEWAY_UUID, ROLE),
    FOREIGN KEY (GATEWAY_UUID) REFERENCES AM_GATEWAY_ENVIRONMENT (UUID) ON DELETE CASCADE
);

-- 11. create table AM_KEY_MANAGER_ALLOWED_ORGS
CREATE TABLE AM_KEY_MANAGER_ALLOWED_ORGS (
    KEY_MANAGER_UUID VARCHAR(50) NOT NULL,
    ALLOWED_ORGANIZATIONS VARCHAR(50) NOT NULL,
    PRIMARY KEY (KEY_MANAGER_UUID, ALLOWED_ORGANIZATIONS),
    FOREIGN KEY (KEY_MANAGER_UUID) REFERENCES AM_KEY_MANAGER (UUID) ON DELETE CASCADE
);

-- 12. create table AM_LABEL
CREATE TABLE AM_LABEL (
    UUID VARCHAR(50) NOT NULL,
    NAME VARCHAR(255) NOT NULL,
    DESCRIPTION VARCHAR(1024),
    TENANT_DOMAIN VARCHAR(255) DEFAULT 'carbon.super',
    PRIMARY KEY (UUID),
    UNIQUE (NAME, TENANT_DOMAIN)
);

-- 13. create table AM_LLM_PROVIDER_MODEL
CREATE SEQUENCE AM_LLM_PROVIDER_MODEL_SEQ START WITH 1 INCREMENT BY 1;

-- 14. create table AM_LLM_PROVIDER_MODEL
CREATE TABLE AM_LLM_PROVIDER_MODEL (
    MODEL_ID INTEGER DEFAULT nextval('AM_LLM_PROVIDER_MODEL_SEQ') NOT NULL,
    MODEL_NAME VARCHAR(255) NOT NULL,
    LLM_PROVIDER_UUID VARCHAR(255) NOT NULL,
    PRIMARY KEY (MODEL_ID),
    UNIQUE (MODEL_NAME, LLM_PROVIDER_UUID),
    FOREIGN KEY (LLM_PROVIDER_UUID) REFERENCES AM_LLM_PROVIDER (UUID)
);

-- 15. create table AM_ORGANIZATION_MAPPING
CREATE TABLE AM_ORGANIZATION_MAPPING (
    ORG_UUID VARCHAR(50) NOT NULL,
    EXT_ORG_ID VARCHAR(100) NOT NULL,
    DISPLAY_NAME VARCHAR(100),
    PARENT_ORG_UUID VARCHAR(50),
    ORG_HANDLE VARCHAR(100),
    DESCRIPTION VARCHAR(256),
    ROOT_ORGANIZATION VARCHAR(255),
    PRIMARY KEY (ORG_UUID)
);

-- 16. create table GOV_ARTIFACT
CREATE TABLE GOV_ARTIFACT (
    ARTIFACT_KEY VARCHAR(36) NOT NULL,
    ARTIFACT_REF_ID VARCHAR(36) NOT NULL,
    ARTIFACT_TYPE VARCHAR(32) NOT NULL,
    ORGANIZATION VARCHAR(128) NOT NULL,
    PRIMARY KEY (ARTIFACT_KEY),
    CONSTRAINT GOV_ARTIFACT_CONSTRAINT UNIQUE (ARTIFACT_REF_ID, ARTIFACT_TYPE, ORGANIZATION)
);

-- 17. create table GOV_POLICY
CREATE TABLE GOV_POLICY (
    POLICY_ID VARCHAR(36) NOT NULL,
    NAME VARCHAR(256) NOT NULL,
    DESCRIPTION VARCHAR(1024),
    ORGANIZATION VARCHAR(128) NOT NULL,
    CREATED_BY VARCHAR(256),
    CREATED_TIME TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    UPDATED_BY VARCHAR(256),
    LAST_UPDATED_TIME TIMESTAMP,
    IS_GLOBAL INTEGER DEFAULT 0,
    PRIMARY KEY (POLICY_ID),
    CONSTRAINT POLICY_CONSTRAINT UNIQUE (NAME, ORGANIZATION)
);

-- 18. create table GOV_POLICY_GOVERNABLE_STATE
CREATE TABLE GOV_POLICY_GOVERNABLE_STATE (
    POLICY_ID VARCHAR(36) NOT NULL,
    STATE VARCHAR(128) NOT NULL,
    PRIMARY KEY (POLICY_ID, STATE),
    FOREIGN KEY (POLICY_ID) REFERENCES GOV_POLICY (POLICY_ID)
);

-- 19. create table GOV_POLICY_ACTION
CREATE TABLE GOV_POLICY_ACTION (
    POLICY_ID VARCHAR(36) NOT NULL,
    STATE VARCHAR(128) NOT NULL,
    SEVERITY VARCHAR(32) NOT NULL,
    TYPE VARCHAR(32) NOT NULL,
    PRIMARY KEY (POLICY_ID, STATE, SEVERITY, TYPE),
    FOREIGN KEY (POLICY_ID, STATE) REFERENCES GOV_POLICY_GOVERNABLE_STATE (POLICY_ID, STATE)
);

-- 20. create table GOV_POLICY_LABEL
CREATE TABLE GOV_POLICY_LABEL (
    POLICY_ID VARCHAR(36) NOT NULL,
    LABEL VARCHAR(128) NOT NULL,
    PRIMARY KEY (POLICY_ID, LABEL),
    FOREIGN KEY (POLICY_ID) REFERENCES GOV_POLICY (POLICY_ID)
);

-- 21. create table GOV_RULESET
CREATE TABLE GOV_RULESET (
    RULESET_ID VARCHAR(36) NOT NULL,
    NAME VARCHAR(256) NOT NULL,
    DESCRIPTION VARCHAR(1024),
    ARTIFACT_TYPE VARCHAR(128) NOT NULL,
    RULE_CATEGORY VARCHAR(128) NOT NULL,
    RULE_TYPE VARCHAR(128) NOT NULL,
    DOCUMENTATION_LINK VARCHAR(1024),
    PROVIDER VARCHAR(256),
    ORGANIZATION VARCHAR(128) NOT NULL,
    CREATED_BY VARCHAR(256),
    CREATED_TIME TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    UPDATED_BY VARCHAR(256),
    LAST_UPDATED_TIME TIMESTAMP,
    PRIMARY KEY (RULESET_ID),
    CONSTRAINT RULESET_CONSTRAINT UNIQUE (NAME, ORGANIZATION)
);

-- 22. create table GOV_POLICY_RULESET
CREATE TABLE GOV_POLICY_RULESET (
    POLICY_ID VARCHAR(36) NOT NULL,
    RULESET_ID VARCHAR(36) NOT NULL,
    PRIMARY KEY (POLICY_ID, RULESET_ID),
    FOREIGN KEY (POLICY_ID) REFERENCES GOV_POLICY (POLICY_ID),
    FOREIGN KEY (RULESET_ID) REFERENCES GOV_RULESET (RULESET_ID)
);

-- 23. create table GOV_POLICY_RUN
CREATE TABLE GOV_POLICY_RUN (
    ARTIFACT_KEY VARCHAR(36) NOT NULL,
    POLICY_ID VARCHAR(36) NOT NULL,
    RUN_TIMESTAMP TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL,
    PRIMARY KEY (ARTIFACT_KEY, POLICY_ID),
    FOREIGN KEY (ARTIFACT_KEY) REFERENCES GOV_ARTIFACT (ARTIFACT_KEY),
    FOREIGN KEY (POLICY_ID) REFERENCES GOV_POLICY (POLICY_ID)
);

-- 24. create table GOV_REQUEST
CREATE TABLE GOV_REQUEST (
    REQ_ID VARCHAR(36) NOT NULL,
    ARTIFACT_KEY VARCHAR(36) NOT NULL,
    STATUS VARCHAR(32) DEFAULT 'PENDING' NOT NULL,
    REQ_TIMESTAMP TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    PROCESSING_TIMESTAMP TIMESTAMP,
    PRIMARY KEY (REQ_ID),
    CONSTRAINT EVAL_CONSTRAINT UNIQUE (STATUS, ARTIFACT_KEY)
);

-- 25. create table GOV_REQUEST_POLICY
CREATE TABLE GOV_REQUEST_POLICY (
    REQ_ID VARCHAR(36) NOT NULL,
    POLICY_ID VARCHAR(36) NOT NULL,
    PRIMARY KEY (REQ_ID, POLICY_ID),
    FOREIGN KEY (REQ_ID) REFERENCES GOV_REQUEST (REQ_ID),
    FOREIGN KEY (POLICY_ID) REFERENCES GOV_POLICY (POLICY_ID)
);

-- 26. create table GOV_RULESET_CONTENT
CREATE TABLE GOV_RULESET_CONTENT (
    RULESET_ID VARCHAR(36) NOT NULL,
    CONTENT BYTEA NOT NULL,
    CONTENT_TYPE VARCHAR(128),
    FILE_NAME VARCHAR(256),
    PRIMARY KEY (RULESET_ID),
    FOREIGN KEY (RULESET_ID) REFERENCES GOV_RULESET (RULESET_ID)
);

-- 27. create table GOV_RULESET_RULE
CREATE TABLE GOV_RULESET_RULE (
    RULESET_RULE_ID VARCHAR(36) NOT NULL,
    RULESET_ID VARCHAR(36) NOT NULL,
    RULE_NAME VARCHAR(256) NOT NULL,
    RULE_DESCRIPTION VARCHAR(1024),
    SEVERITY VARCHAR(32) NOT NULL,
    RULE_CONTENT BYTEA NOT NULL,
    PRIMARY KEY (RULESET_RULE_ID),
    CONSTRAINT RULESET_RULE_CONSTRAINT UNIQUE (RULESET_ID, RULE_NAME),
    FOREIGN KEY (RULESET_ID) REFERENCES GOV_RULESET (RULESET_ID)
);

-- 28. create table GOV_RULESET_RUN
CREATE TABLE GOV_RULESET_RUN (
    RULESET_RUN_ID VARCHAR(36) NOT NULL,
    ARTIFACT_KEY VARCHAR(36) NOT NULL,
    RULESET_ID VARCHAR(36) NOT NULL,
    RESULT INTEGER NOT NULL,
    RUN_TIMESTAMP TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL,
    PRIMARY KEY (RULESET_RUN_ID),
    CONSTRAINT RULESET_RESULT UNIQUE (ARTIFACT_KEY, RULESET_ID),
    FOREIGN KEY (ARTIFACT_KEY) REFERENCES GOV_ARTIFACT (ARTIFACT_KEY),
    FOREIGN KEY (RULESET_ID) REFERENCES GOV_RULESET (RULESET_ID)
);

-- 29. create table GOV_RULE_VIOLATION
CREATE TABLE GOV_RULE_VIOLATION (
    ID VARCHAR(36) NOT NULL,
    RULESET_RUN_ID VARCHAR(36) NOT NULL,
    RULESET_ID VARCHAR(36) NOT NULL,
    RULE_NAME VARCHAR(256) NOT NULL,
    MESSAGE VARCHAR(1024),
    VIOLATED_PATH VARCHAR(1024) NOT NULL,
    PRIMARY KEY (ID),
    FOREIGN KEY (RULESET_RUN_ID) REFERENCES GOV_RULESET_RUN (RULESET_RUN_ID),
    FOREIGN KEY (RULESET_ID, RULE_NAME) REFERENCES GOV_RULESET_RULE (RULESET_ID, RULE_NAME)
);

-- 30. add column AM_APPLICATION.SHARED_ORGANIZATION
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_APPLICATION ADD COLUMN SHARED_ORGANIZATION VARCHAR(100);

-- 31. add column AM_GATEWAY_ENVIRONMENT.CONFIGURATION
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_GATEWAY_ENVIRONMENT ADD COLUMN CONFIGURATION BYTEA;

-- 32. alter column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARCHAR(2048)
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_OPERATION_POLICY_MAPPING ALTER COLUMN PARAMETERS TYPE VARCHAR(2048);

-- 33. alter column AM_API_POLICY_MAPPING.PARAMETERS to VARCHAR(2048)
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_POLICY_MAPPING ALTER COLUMN PARAMETERS TYPE VARCHAR(2048);

-- 34. alter column AM_GATEWAY_POLICY_MAPPING.PARAMETERS to VARCHAR(2048)
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_GATEWAY_POLICY_MAPPING ALTER COLUMN PARAMETERS TYPE VARCHAR(2048);

-- the stamp
DELETE FROM alembic_version_apim;
INSERT INTO alembic_version_apim (version_num) VALUES ('4.5.0');

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=date_trunc('second',
    now() AT TIME ZONE 'UTC') WHERE apim_schema_history.database_name = 'apim'
    AND apim_schema_history.to_release = '4.5.0' AND apim_schema_history.outcome = 'started';
COMMIT;
