
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       psql --no-psqlrc -d apim_db -f upgrade.sql
--   It checks first that the database is 4.6.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on PostgreSQL 17; apim-schema plan says it for your server, with sizes and times. Locks are held
--   until the end of the script.
--   for a moment: AM_GW_API_ARTIFACTS, AM_GW_INSTANCES

-- IF IT STOPS
--   All of it is one transaction: after an error, or when the connection is lost, the server rolls back and the
--   database is as before. Mend the cause and run the script again.

-- THE WAY BACK
--   After the COMMIT: put the backup back.
--   Or apim-schema downgrade 4.6.0 leads back by the inverse of each statement. It refuses, by name, where the
--   product has written since what the older release has no place for: rows of new tables, values of new columns,
--   longer values.

-- BEFORE IT RUNS: let these count as this data centre does, from its number and in its step.
--   IDN_OAUTH_CONSUMER_SECRETS

-- ==== the session
\set ON_ERROR_STOP on
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = 0;
SET LOCAL standard_conforming_strings = on;
SET LOCAL client_min_messages = warning;

-- ==== checks: is this apim 4.6.0, and would every row survive?
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM (VALUES ('am_api', 'api_display_name'), ('am_api', 'initiated_from_gw'),
        ('am_api_metadata', 'metadata_value'), ('am_api_operation_mapping', 'ref_url_mapping_id'),
        ('am_api_primary_ep_mapping', 'revision_uuid'), ('am_api_url_mapping', 'description'),
        ('am_api_url_mapping', 'schema_definition'), ('am_artifact', 'type'), ('am_backend', 'organization'),
        ('am_backend_operation_mapping', 'verb'), ('am_devportal_api_content', 'published_artifact'),
        ('am_devportal_api_reference', 'reference_apiid'), ('am_devportal_org_content', 'published_artifact'),
        ('am_gateway_environment', 'env_mode'), ('am_gateway_environment', 'scheduled_time'),
        ('am_gw_api_artifacts', 'time_stamp'), ('am_gw_instances', 'gw_properties'),
        ('am_gw_instance_env_mapping', 'env_label'), ('am_gw_revision_deployment', 'last_updated'),
        ('am_llm_provider', 'model_family_supported'), ('am_llm_provider_model', 'model_family_name'),
        ('am_task_lock', 'node_id')) AS w (t, c) WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name = w.t AND column_name = w.c))
THEN RAISE EXCEPTION USING message =
    'apim is not 4.6.0: a column is missing';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM (VALUES ('alembic_version_apim', 'version_num')) AS w (t, c)
        WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()
        AND table_name = w.t AND column_name = w.c)) AND NOT EXISTS (SELECT 1 FROM (VALUES ('am_api_key', 'status'),
        ('am_api_key_api_mapping', 'api_uuid'), ('am_api_key_application_mapping', 'application_uuid'),
        ('am_gateway_token', 'revoked_at'), ('am_gw_platform_api_artifacts', 'time_stamp'),
        ('am_gw_platform_event', 'claimed_by'), ('idn_oauth_consumer_secrets', 'expiry_time')) AS w (t, c)
        WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()
        AND table_name = w.t AND column_name = w.c))
THEN RAISE EXCEPTION USING message =
    'apim is newer than 4.6.0 and has no stamp: nothing was changed';
END IF; END $refuse$;

-- ==== the stamp, and this run in the history
CREATE TABLE IF NOT EXISTS alembic_version_apim (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM alembic_version_apim WHERE version_num NOT IN ('4.6.0'))
THEN RAISE EXCEPTION USING message =
    'apim is not stamped 4.6.0: nothing was changed';
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
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.6.0' AS from_release, '4.7.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared, date_trunc('second',
    now() AT TIME ZONE 'UTC') AS started_at, current_user AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'apim' AND same.to_release = '4.7.0' AND same.outcome = 'started'));

-- ==== 4.7.0: 15 statements

-- 1. create table AM_API_KEY
CREATE TABLE AM_API_KEY (
    API_KEY_UUID VARCHAR(64) NOT NULL,
    NAME VARCHAR(512) NOT NULL,
    API_KEY_HASH VARCHAR(512) NOT NULL,
    KEY_TYPE VARCHAR(100),
    API_KEY_PROPERTIES BYTEA,
    AUTHZ_USER VARCHAR(512),
    TIME_CREATED TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL,
    VALIDITY_PERIOD BIGINT,
    LAST_USED TIMESTAMP,
    STATUS VARCHAR(100) DEFAULT 'ACTIVE' NOT NULL,
    PRIMARY KEY (API_KEY_UUID),
    UNIQUE (API_KEY_HASH)
);

-- 2. create table AM_API_KEY_API_MAPPING
CREATE TABLE AM_API_KEY_API_MAPPING (
    API_KEY_UUID VARCHAR(64) NOT NULL,
    API_UUID VARCHAR(64) NOT NULL,
    PRIMARY KEY (API_KEY_UUID, API_UUID),
    FOREIGN KEY (API_KEY_UUID) REFERENCES AM_API_KEY (API_KEY_UUID),
    FOREIGN KEY (API_UUID) REFERENCES AM_API (API_UUID)
);

-- 3. create table AM_API_KEY_APPLICATION_MAPPING
CREATE TABLE AM_API_KEY_APPLICATION_MAPPING (
    API_KEY_UUID VARCHAR(64) NOT NULL,
    APPLICATION_UUID VARCHAR(64) NOT NULL,
    PRIMARY KEY (API_KEY_UUID, APPLICATION_UUID),
    FOREIGN KEY (API_KEY_UUID) REFERENCES AM_API_KEY (API_KEY_UUID),
    FOREIGN KEY (APPLICATION_UUID) REFERENCES AM_APPLICATION (UUID)
);

-- 4. create table AM_GATEWAY_TOKEN
CREATE TABLE AM_GATEWAY_TOKEN (
    ID VARCHAR(255) NOT NULL,
    GATEWAY_ID VARCHAR(45) NOT NULL,
    TOKEN_HASH VARCHAR(255) NOT NULL,
    STATUS VARCHAR(50) DEFAULT 'active' NOT NULL,
    CREATED_AT TIMESTAMP NOT NULL,
    REVOKED_AT TIMESTAMP,
    PRIMARY KEY (ID),
    FOREIGN KEY (GATEWAY_ID) REFERENCES AM_GATEWAY_ENVIRONMENT (UUID) ON DELETE CASCADE
);

-- 5. create table AM_GATEWAY_TOKEN
CREATE INDEX IDX_APGT_TOKEN_HASH ON AM_GATEWAY_TOKEN (TOKEN_HASH);

-- 6. create table AM_GW_PLATFORM_API_ARTIFACTS
CREATE TABLE AM_GW_PLATFORM_API_ARTIFACTS (
    API_ID VARCHAR(255) NOT NULL,
    REVISION_ID VARCHAR(255) NOT NULL,
    GATEWAY_ENV_UUID VARCHAR(255) NOT NULL,
    DEPLOYMENT_ID VARCHAR(255) NOT NULL,
    ARTIFACT BYTEA,
    TIME_STAMP TIMESTAMP(0) NOT NULL,
    PRIMARY KEY (DEPLOYMENT_ID),
    UNIQUE (GATEWAY_ENV_UUID, API_ID, REVISION_ID),
    FOREIGN KEY (API_ID) REFERENCES AM_GW_PUBLISHED_API_DETAILS (API_ID)
);

-- 7. create table AM_GW_PLATFORM_API_ARTIFACTS
CREATE INDEX IDX_GW_PLATFORM_ARTIFACT_API_ID ON AM_GW_PLATFORM_API_ARTIFACTS (API_ID);

-- 8. create table AM_GW_PLATFORM_EVENT
CREATE TABLE AM_GW_PLATFORM_EVENT (
    ID VARCHAR(36) NOT NULL,
    GATEWAY_ID VARCHAR(45) NOT NULL,
    EVENT_TYPE VARCHAR(32) NOT NULL,
    PAYLOAD BYTEA NOT NULL,
    CREATED_AT TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL,
    DELIVERED_AT TIMESTAMP,
    CLAIMED_AT TIMESTAMP,
    CLAIMED_BY VARCHAR(36),
    PRIMARY KEY (ID),
    FOREIGN KEY (GATEWAY_ID) REFERENCES AM_GATEWAY_ENVIRONMENT (UUID) ON DELETE CASCADE
);

-- 9. create table AM_GW_PLATFORM_EVENT
CREATE INDEX AM_GW_PLATFORM_EVENT_PENDING ON AM_GW_PLATFORM_EVENT (GATEWAY_ID, DELIVERED_AT);

-- 10. create table IDN_OAUTH_CONSUMER_SECRETS
CREATE SEQUENCE IDN_OAUTH_CONSUMER_SECRETS_SEQUENCE START WITH 1 INCREMENT BY 1;

-- 11. create table IDN_OAUTH_CONSUMER_SECRETS
CREATE TABLE IDN_OAUTH_CONSUMER_SECRETS (
    ID INTEGER DEFAULT nextval('IDN_OAUTH_CONSUMER_SECRETS_SEQUENCE') NOT NULL,
    SECRET_ID VARCHAR(100) NOT NULL,
    DESCRIPTION VARCHAR(1024),
    CONSUMER_KEY VARCHAR(255) NOT NULL,
    SECRET_VALUE VARCHAR(2048) NOT NULL,
    SECRET_HASH VARCHAR(512) NOT NULL,
    EXPIRY_TIME BIGINT,
    PRIMARY KEY (ID),
    CONSTRAINT SECRET_ID_CONSTRAINT UNIQUE (SECRET_ID),
    FOREIGN KEY (CONSUMER_KEY) REFERENCES IDN_OAUTH_CONSUMER_APPS (CONSUMER_KEY) ON DELETE CASCADE
);

-- 12. create table IDN_OAUTH_CONSUMER_SECRETS
CREATE INDEX IDX_IDN_OAUTH_CS_CK ON IDN_OAUTH_CONSUMER_SECRETS (CONSUMER_KEY);

-- 13. alter column AM_GW_INSTANCES.GW_PROPERTIES to NULL
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_GW_INSTANCES ALTER COLUMN GW_PROPERTIES DROP NOT NULL;

-- 14. replace trigger TIME_STAMP of AM_GW_API_ARTIFACTS by one before the event
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
DROP TRIGGER TIME_STAMP ON AM_GW_API_ARTIFACTS;

-- 15. replace trigger TIME_STAMP of AM_GW_API_ARTIFACTS by one before the event
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
CREATE TRIGGER TIME_STAMP BEFORE UPDATE ON AM_GW_API_ARTIFACTS FOR EACH ROW EXECUTE FUNCTION
    UPDATE_MODIFIED_COLUMN();

-- the stamp
DELETE FROM alembic_version_apim;
INSERT INTO alembic_version_apim (version_num) VALUES ('4.7.0');

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=date_trunc('second',
    now() AT TIME ZONE 'UTC') WHERE apim_schema_history.database_name = 'apim'
    AND apim_schema_history.to_release = '4.7.0' AND apim_schema_history.outcome = 'started';
COMMIT;
