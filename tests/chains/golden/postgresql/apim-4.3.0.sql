
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       psql --no-psqlrc -d apim_db -f upgrade.sql
--   It checks first that the database is 4.2.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on PostgreSQL 17; apim-schema plan says it for your server, with sizes and times. Locks are held
--   until the end of the script.
--   for a moment: AM_API_URL_MAPPING, AM_DEPLOYMENT_REVISION_MAPPING, AM_GATEWAY_ENVIRONMENT, AM_POLICY_APPLICATION

-- IF IT STOPS
--   All of it is one transaction: after an error, or when the connection is lost, the server rolls back and the
--   database is as before. Mend the cause and run the script again.

-- THE WAY BACK
--   After the COMMIT: put the backup back.
--   Or apim-schema downgrade 4.2.0 leads back by the inverse of each statement. It refuses, by name, where the
--   product has written since what the older release has no place for: rows of new tables, values of new columns,
--   longer values.

-- ==== the session
\set ON_ERROR_STOP on
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = 0;
SET LOCAL standard_conforming_strings = on;
SET LOCAL client_min_messages = warning;

-- ==== checks: is this apim 4.2.0, and would every row survive?
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM (VALUES ('am_api_url_mapping', 'revision_uuid'),
        ('am_deployment_revision_mapping', 'deployed_time'), ('am_gateway_environment', 'organization'),
        ('am_policy_application', 'uuid')) AS w (t, c) WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name = w.t AND column_name = w.c))
THEN RAISE EXCEPTION USING message =
    'apim is not 4.2.0: a column is missing';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM (VALUES ('alembic_version_apim', 'version_num')) AS w (t, c)
        WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()
        AND table_name = w.t AND column_name = w.c)) AND NOT EXISTS (SELECT 1 FROM (VALUES
        ('am_api_policy_mapping', 'parameters'), ('am_api_url_mapping', 'log_level'),
        ('am_app_revoked_event', 'organization'), ('am_deployment_revision_mapping', 'revision_status'),
        ('am_gateway_environment', 'gateway_type'), ('am_gateway_environment', 'type'),
        ('am_gateway_policy_deployment', 'organization'), ('am_gateway_policy_mapping', 'parameters'),
        ('am_gateway_policy_metadata', 'organization'), ('am_key_manager_permissions', 'role'),
        ('am_policy_application', 'rate_limit_count'), ('am_policy_application', 'rate_limit_time_unit'),
        ('am_subject_entity_revoked_event', 'organization'), ('idn_app_revoked_event', 'organization'),
        ('idn_invalid_tokens', 'expiry_timestamp'), ('idn_subject_entity_revoked_event', 'organization')) AS w
        (t, c) WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()
        AND table_name = w.t AND column_name = w.c))
THEN RAISE EXCEPTION USING message =
    'apim is newer than 4.2.0 and has no stamp: nothing was changed';
END IF; END $refuse$;

-- ==== the stamp, and this run in the history
CREATE TABLE IF NOT EXISTS alembic_version_apim (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM alembic_version_apim WHERE version_num NOT IN ('4.2.0'))
THEN RAISE EXCEPTION USING message =
    'apim is not stamped 4.2.0: nothing was changed';
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
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.2.0' AS from_release, '4.3.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared, date_trunc('second',
    now() AT TIME ZONE 'UTC') AS started_at, current_user AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'apim' AND same.to_release = '4.3.0' AND same.outcome = 'started'));

-- ==== 4.3.0: 17 statements

-- 1. create table AM_API_POLICY_MAPPING
CREATE TABLE AM_API_POLICY_MAPPING (
    API_POLICY_MAPPING_ID SERIAL NOT NULL,
    API_UUID VARCHAR(256) NOT NULL,
    REVISION_UUID VARCHAR(45),
    POLICY_UUID VARCHAR(45) NOT NULL,
    POLICY_ORDER INTEGER NOT NULL,
    DIRECTION VARCHAR(10) NOT NULL,
    PARAMETERS VARCHAR(1024) NOT NULL,
    PRIMARY KEY (API_POLICY_MAPPING_ID),
    FOREIGN KEY (API_UUID) REFERENCES AM_API (API_UUID) ON DELETE CASCADE,
    FOREIGN KEY (POLICY_UUID) REFERENCES AM_OPERATION_POLICY (POLICY_UUID) ON DELETE CASCADE
);

-- 2. create table AM_APP_REVOKED_EVENT
CREATE TABLE AM_APP_REVOKED_EVENT (
    CONSUMER_KEY VARCHAR(255) NOT NULL,
    TIME_REVOKED TIMESTAMP NOT NULL,
    ORGANIZATION VARCHAR(100) NOT NULL,
    PRIMARY KEY (CONSUMER_KEY, ORGANIZATION)
);

-- 3. create table AM_GATEWAY_POLICY_METADATA
CREATE TABLE AM_GATEWAY_POLICY_METADATA (
    GLOBAL_POLICY_MAPPING_UUID VARCHAR(45) NOT NULL,
    DISPLAY_NAME VARCHAR(255),
    DESCRIPTION VARCHAR(1023),
    ORGANIZATION VARCHAR(100) NOT NULL,
    PRIMARY KEY (GLOBAL_POLICY_MAPPING_UUID)
);

-- 4. create table AM_GATEWAY_POLICY_DEPLOYMENT
CREATE TABLE AM_GATEWAY_POLICY_DEPLOYMENT (
    GATEWAY_LABEL VARCHAR(255) NOT NULL,
    GLOBAL_POLICY_MAPPING_UUID VARCHAR(45) NOT NULL,
    ORGANIZATION VARCHAR(100) NOT NULL,
    PRIMARY KEY (ORGANIZATION, GATEWAY_LABEL),
    FOREIGN KEY (GLOBAL_POLICY_MAPPING_UUID) REFERENCES AM_GATEWAY_POLICY_METADATA (GLOBAL_POLICY_MAPPING_UUID)
        ON UPDATE CASCADE
);

-- 5. create table AM_GATEWAY_POLICY_MAPPING
CREATE TABLE AM_GATEWAY_POLICY_MAPPING (
    POLICY_TO_FLOW_INFO_MAPPING_ID SERIAL NOT NULL,
    GLOBAL_POLICY_MAPPING_UUID VARCHAR(45) NOT NULL,
    POLICY_UUID VARCHAR(45) NOT NULL,
    POLICY_ORDER INTEGER NOT NULL,
    DIRECTION VARCHAR(10) NOT NULL,
    PARAMETERS VARCHAR(1024) NOT NULL,
    PRIMARY KEY (POLICY_TO_FLOW_INFO_MAPPING_ID),
    FOREIGN KEY (POLICY_UUID) REFERENCES AM_OPERATION_POLICY (POLICY_UUID) ON UPDATE CASCADE,
    FOREIGN KEY (GLOBAL_POLICY_MAPPING_UUID) REFERENCES AM_GATEWAY_POLICY_METADATA (GLOBAL_POLICY_MAPPING_UUID)
        ON DELETE CASCADE ON UPDATE CASCADE
);

-- 6. create table AM_KEY_MANAGER_PERMISSIONS
CREATE TABLE AM_KEY_MANAGER_PERMISSIONS (
    KEY_MANAGER_UUID VARCHAR(50) NOT NULL,
    PERMISSIONS_TYPE VARCHAR(50) NOT NULL,
    ROLE VARCHAR(255) NOT NULL,
    PRIMARY KEY (KEY_MANAGER_UUID, ROLE),
    FOREIGN KEY (KEY_MANAGER_UUID) REFERENCES AM_KEY_MANAGER (UUID) ON DELETE CASCADE
);

-- 7. create table AM_SUBJECT_ENTITY_REVOKED_EVENT
CREATE TABLE AM_SUBJECT_ENTITY_REVOKED_EVENT (
    ENTITY_ID VARCHAR(255) NOT NULL,
    ENTITY_TYPE VARCHAR(100) NOT NULL,
    TIME_REVOKED TIMESTAMP NOT NULL,
    ORGANIZATION VARCHAR(100) NOT NULL,
    PRIMARY KEY (ENTITY_ID, ENTITY_TYPE, ORGANIZATION)
);

-- 8. create table IDN_APP_REVOKED_EVENT
CREATE TABLE IDN_APP_REVOKED_EVENT (
    EVENT_ID VARCHAR(255) NOT NULL,
    CONSUMER_KEY VARCHAR(255) NOT NULL,
    TIME_REVOKED TIMESTAMP NOT NULL,
    ORGANIZATION VARCHAR(100),
    PRIMARY KEY (EVENT_ID),
    CONSTRAINT CON_APP_EVT_KEY UNIQUE (CONSUMER_KEY, ORGANIZATION)
);

-- 9. create table IDN_INVALID_TOKENS
CREATE TABLE IDN_INVALID_TOKENS (
    UUID VARCHAR(255) NOT NULL,
    TOKEN_IDENTIFIER VARCHAR(2048) NOT NULL,
    CONSUMER_KEY VARCHAR(255) NOT NULL,
    TIME_CREATED TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL,
    EXPIRY_TIMESTAMP TIMESTAMP NOT NULL,
    PRIMARY KEY (UUID)
);

-- 10. create table IDN_SUBJECT_ENTITY_REVOKED_EVENT
CREATE TABLE IDN_SUBJECT_ENTITY_REVOKED_EVENT (
    EVENT_ID VARCHAR(255) NOT NULL,
    ENTITY_ID VARCHAR(255) NOT NULL,
    ENTITY_TYPE VARCHAR(100) NOT NULL,
    TIME_REVOKED TIMESTAMP NOT NULL,
    ORGANIZATION VARCHAR(100),
    PRIMARY KEY (EVENT_ID),
    CONSTRAINT CON_SUB_EVT_KEY UNIQUE (ENTITY_ID, ENTITY_TYPE, ORGANIZATION)
);

-- 11. add column AM_API_URL_MAPPING.LOG_LEVEL
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_URL_MAPPING ADD COLUMN LOG_LEVEL VARCHAR(255) DEFAULT 'OFF';

-- 12. add column AM_DEPLOYMENT_REVISION_MAPPING.REVISION_STATUS
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_DEPLOYMENT_REVISION_MAPPING ADD COLUMN REVISION_STATUS VARCHAR(255);

-- 13. add column AM_GATEWAY_ENVIRONMENT.TYPE
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_GATEWAY_ENVIRONMENT ADD COLUMN TYPE VARCHAR(255);

-- 14. add column AM_GATEWAY_ENVIRONMENT.GATEWAY_TYPE
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_GATEWAY_ENVIRONMENT ADD COLUMN GATEWAY_TYPE VARCHAR(255) DEFAULT 'Regular' NOT NULL;

-- 15. add column AM_GATEWAY_ENVIRONMENT.GATEWAY_TYPE
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_GATEWAY_ENVIRONMENT ALTER COLUMN GATEWAY_TYPE DROP DEFAULT;

-- 16. add column AM_POLICY_APPLICATION.RATE_LIMIT_COUNT
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_POLICY_APPLICATION ADD COLUMN RATE_LIMIT_COUNT INTEGER DEFAULT 0;

-- 17. add column AM_POLICY_APPLICATION.RATE_LIMIT_TIME_UNIT
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_POLICY_APPLICATION ADD COLUMN RATE_LIMIT_TIME_UNIT VARCHAR(25);

-- the stamp
DELETE FROM alembic_version_apim;
INSERT INTO alembic_version_apim (version_num) VALUES ('4.3.0');

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=date_trunc('second',
    now() AT TIME ZONE 'UTC') WHERE apim_schema_history.database_name = 'apim'
    AND apim_schema_history.to_release = '4.3.0' AND apim_schema_history.outcome = 'started';
COMMIT;
