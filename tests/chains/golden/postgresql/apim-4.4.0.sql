
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       psql --no-psqlrc -d apim_db -f upgrade.sql
--   It checks first that the database is 4.3.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on PostgreSQL 17; apim-schema plan says it for your server, with sizes and times. Locks are held
--   until the end of the script.
--   AM_API_CLIENT_CERTIFICATE  builds an index; lock ACCESS EXCLUSIVE blocks reads and writes
--   IDN_INVALID_TOKENS         builds an index; lock SHARE blocks writes
--   for a moment: AM_API, AM_API_SERVICE_MAPPING, AM_OPERATION_POLICY, AM_OPERATION_POLICY_DEFINITION,
--   AM_POLICY_SUBSCRIPTION, AM_SERVICE_CATALOG

-- IF IT STOPS
--   All of it is one transaction: after an error, or when the connection is lost, the server rolls back and the
--   database is as before. Mend the cause and run the script again.

-- THE WAY BACK
--   After the COMMIT: put the backup back.
--   Or apim-schema downgrade 4.3.0 leads back by the inverse of each statement. It refuses, by name, where the
--   product has written since what the older release has no place for: rows of new tables, values of new columns,
--   longer values.

-- ==== the session
\set ON_ERROR_STOP on
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = 0;
SET LOCAL standard_conforming_strings = on;
SET LOCAL client_min_messages = warning;

-- ==== checks: is this apim 4.3.0, and would every row survive?
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM (VALUES ('am_api', 'revisions_created'), ('am_api_client_certificate', 'revision_uuid'),
        ('am_api_policy_mapping', 'parameters'), ('am_api_service_mapping', 'tenant_id'),
        ('am_api_url_mapping', 'log_level'), ('am_app_revoked_event', 'organization'),
        ('am_deployment_revision_mapping', 'revision_status'), ('am_gateway_environment', 'gateway_type'),
        ('am_gateway_environment', 'type'), ('am_gateway_policy_deployment', 'organization'),
        ('am_gateway_policy_mapping', 'parameters'), ('am_gateway_policy_metadata', 'organization'),
        ('am_key_manager_permissions', 'role'), ('am_operation_policy', 'policy_md5'),
        ('am_operation_policy_definition', 'definition_md5'), ('am_policy_application', 'rate_limit_count'),
        ('am_policy_application', 'rate_limit_time_unit'), ('am_policy_subscription', 'connections_count'),
        ('am_service_catalog', 'service_definition'), ('am_subject_entity_revoked_event', 'organization'),
        ('idn_app_revoked_event', 'organization'), ('idn_invalid_tokens', 'expiry_timestamp'),
        ('idn_subject_entity_revoked_event', 'organization')) AS w (t, c)
        WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()
        AND table_name = w.t AND column_name = w.c))
THEN RAISE EXCEPTION USING message =
    'apim is not 4.3.0: a column is missing';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM (VALUES ('alembic_version_apim', 'version_num')) AS w (t, c)
        WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()
        AND table_name = w.t AND column_name = w.c)) AND NOT EXISTS (SELECT 1 FROM (VALUES
        ('am_api', 'api_subtype'), ('am_api', 'is_egress'), ('am_api', 'sub_validation'),
        ('am_api_ai_configuration', 'llm_provider_uuid'), ('am_api_client_certificate', 'key_type'),
        ('am_api_sequence_backend', 'type'), ('am_llm_provider', 'api_definition'),
        ('am_policy_subscription', 'completion_token_count'), ('am_policy_subscription', 'prompt_token_count'),
        ('am_policy_subscription', 'total_token_count'), ('am_transaction_records', 'recorded_time')) AS w (t, c)
        WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()
        AND table_name = w.t AND column_name = w.c))
THEN RAISE EXCEPTION USING message =
    'apim is newer than 4.3.0 and has no stamp: nothing was changed';
END IF; END $refuse$;

-- ==== the stamp, and this run in the history
CREATE TABLE IF NOT EXISTS alembic_version_apim (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM alembic_version_apim WHERE version_num NOT IN ('4.3.0'))
THEN RAISE EXCEPTION USING message =
    'apim is not stamped 4.3.0: nothing was changed';
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
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.3.0' AS from_release, '4.4.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared, date_trunc('second',
    now() AT TIME ZONE 'UTC') AS started_at, current_user AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'apim' AND same.to_release = '4.4.0' AND same.outcome = 'started'));

-- ==== 4.4.0: 17 statements

-- 1. create table AM_LLM_PROVIDER
CREATE TABLE AM_LLM_PROVIDER (
    UUID VARCHAR(255) NOT NULL,
    NAME VARCHAR(255) NOT NULL,
    API_VERSION VARCHAR(50) NOT NULL,
    ORGANIZATION VARCHAR(255) NOT NULL,
    BUILT_IN_SUPPORT VARCHAR(5) NOT NULL,
    DESCRIPTION VARCHAR(1023),
    CONFIGURATIONS BYTEA NOT NULL,
    API_DEFINITION BYTEA NOT NULL,
    PRIMARY KEY (UUID),
    UNIQUE (NAME, API_VERSION, ORGANIZATION)
);

-- 2. create table AM_API_AI_CONFIGURATION
CREATE TABLE AM_API_AI_CONFIGURATION (
    AI_CONFIGURATION_UUID VARCHAR(255) NOT NULL,
    API_UUID VARCHAR(256) NOT NULL,
    API_REVISION_UUID VARCHAR(255),
    LLM_PROVIDER_UUID VARCHAR(255) NOT NULL,
    PRIMARY KEY (AI_CONFIGURATION_UUID),
    FOREIGN KEY (API_UUID) REFERENCES AM_API (API_UUID),
    FOREIGN KEY (LLM_PROVIDER_UUID) REFERENCES AM_LLM_PROVIDER (UUID)
);

-- 3. create table AM_API_SEQUENCE_BACKEND
CREATE TABLE AM_API_SEQUENCE_BACKEND (
    ID VARCHAR(60) NOT NULL,
    API_UUID VARCHAR(256) NOT NULL,
    REVISION_UUID VARCHAR(256) DEFAULT '0' NOT NULL,
    SEQUENCE BYTEA NOT NULL,
    NAME VARCHAR(256) NOT NULL,
    TYPE VARCHAR(120) NOT NULL,
    PRIMARY KEY (ID, API_UUID, REVISION_UUID, TYPE),
    FOREIGN KEY (API_UUID) REFERENCES AM_API (API_UUID) ON DELETE CASCADE
);

-- 4. create table AM_TRANSACTION_RECORDS
CREATE TABLE AM_TRANSACTION_RECORDS (
    ID VARCHAR(255) NOT NULL,
    HOST VARCHAR(255),
    SERVER_ID VARCHAR(255),
    SERVER_TYPE VARCHAR(20),
    COUNT INTEGER NOT NULL,
    RECORDED_TIME TIMESTAMP NOT NULL,
    PRIMARY KEY (ID)
);

-- 5. add column AM_API.API_SUBTYPE
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API ADD COLUMN API_SUBTYPE VARCHAR(10);

-- 6. add column AM_API.IS_EGRESS
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API ADD COLUMN IS_EGRESS INTEGER DEFAULT 0;

-- 7. add column AM_API.SUB_VALIDATION
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API ADD COLUMN SUB_VALIDATION VARCHAR(10) DEFAULT 'ENABLED';

-- 8. add column AM_API_CLIENT_CERTIFICATE.KEY_TYPE
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_CLIENT_CERTIFICATE ADD COLUMN KEY_TYPE VARCHAR(20) DEFAULT 'PRODUCTION' NOT NULL;

-- 9. add column AM_POLICY_SUBSCRIPTION.TOTAL_TOKEN_COUNT
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_POLICY_SUBSCRIPTION ADD COLUMN TOTAL_TOKEN_COUNT BIGINT;

-- 10. add column AM_POLICY_SUBSCRIPTION.PROMPT_TOKEN_COUNT
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_POLICY_SUBSCRIPTION ADD COLUMN PROMPT_TOKEN_COUNT BIGINT;

-- 11. add column AM_POLICY_SUBSCRIPTION.COMPLETION_TOKEN_COUNT
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_POLICY_SUBSCRIPTION ADD COLUMN COMPLETION_TOKEN_COUNT BIGINT;

-- 12. replace primary key of AM_API_CLIENT_CERTIFICATE by (ALIAS, TENANT_ID, KEY_TYPE, REMOVED, REVISION_UUID)
--    builds an index; lock ACCESS EXCLUSIVE blocks reads and writes
DO $do$
BEGIN
    EXECUTE (
        SELECT format('ALTER TABLE %s DROP CONSTRAINT %I, ADD PRIMARY KEY (ALIAS, TENANT_ID, KEY_TYPE, REMOVED, REVISION_UUID)',
            k.conrelid::regclass, k.conname)
        FROM pg_constraint k
        WHERE k.conrelid = 'AM_API_CLIENT_CERTIFICATE'::regclass AND k.contype = 'p'
            AND ARRAY['alias', 'tenant_id', 'removed', 'revision_uuid'] = ARRAY(
            SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.place)
    );
END
$do$;

-- 13. alter column AM_API_SERVICE_MAPPING.MD5 to VARCHAR(512)
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_SERVICE_MAPPING ALTER COLUMN MD5 TYPE VARCHAR(512);

-- 14. alter column AM_OPERATION_POLICY.POLICY_MD5 to VARCHAR(512)
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_OPERATION_POLICY ALTER COLUMN POLICY_MD5 TYPE VARCHAR(512);

-- 15. alter column AM_OPERATION_POLICY_DEFINITION.DEFINITION_MD5 to VARCHAR(512)
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_OPERATION_POLICY_DEFINITION ALTER COLUMN DEFINITION_MD5 TYPE VARCHAR(512);

-- 16. alter column AM_SERVICE_CATALOG.MD5 to VARCHAR(512)
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_SERVICE_CATALOG ALTER COLUMN MD5 TYPE VARCHAR(512);

-- 17. create index IDX_IAT_TI_CK on IDN_INVALID_TOKENS
--    builds an index; lock SHARE blocks writes
CREATE INDEX IDX_IAT_TI_CK ON IDN_INVALID_TOKENS (TOKEN_IDENTIFIER, CONSUMER_KEY);

-- the stamp
DELETE FROM alembic_version_apim;
INSERT INTO alembic_version_apim (version_num) VALUES ('4.4.0');

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=date_trunc('second',
    now() AT TIME ZONE 'UTC') WHERE apim_schema_history.database_name = 'apim'
    AND apim_schema_history.to_release = '4.4.0' AND apim_schema_history.outcome = 'started';
COMMIT;
