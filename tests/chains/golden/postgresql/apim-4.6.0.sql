
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       psql --no-psqlrc -d apim_db -f upgrade.sql
--   It checks first that the database is 4.5.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on PostgreSQL 17; apim-schema plan says it for your server, with sizes and times. Locks are held
--   until the end of the script.
--   AM_API_ENDPOINTS                 writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
--   AM_API_OPERATION_POLICY_MAPPING  writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
--   AM_API_POLICY_MAPPING            writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
--   AM_APPLICATION_REGISTRATION      writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
--   for a moment: AM_API, AM_API_COMMENTS, AM_API_PRIMARY_EP_MAPPING, AM_API_URL_MAPPING, AM_GATEWAY_ENVIRONMENT,
--   AM_LLM_PROVIDER, AM_LLM_PROVIDER_MODEL

-- IF IT STOPS
--   All of it is one transaction: after an error, or when the connection is lost, the server rolls back and the
--   database is as before. Mend the cause and run the script again.

-- THE WAY BACK
--   After the COMMIT: put the backup back.
--   Or apim-schema downgrade 4.5.0 leads back by the inverse of each statement. It refuses, by name, where the
--   product has written since what the older release has no place for: rows of new tables, values of new columns,
--   longer values.

-- ==== the session
\set ON_ERROR_STOP on
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = 0;
SET LOCAL standard_conforming_strings = on;
SET LOCAL client_min_messages = warning;

-- ==== checks: is this apim 4.5.0, and would every row survive?
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM (VALUES ('am_api', 'sub_validation'), ('am_api_comments', 'category'),
        ('am_api_endpoints', 'organization'), ('am_api_external_api_mapping', 'reference_artifact'),
        ('am_api_label_mapping', 'label_uuid'), ('am_api_operation_policy_mapping', 'parameters'),
        ('am_api_policy_mapping', 'parameters'), ('am_api_primary_ep_mapping', 'endpoint_uuid'),
        ('am_api_url_mapping', 'log_level'), ('am_application', 'shared_organization'),
        ('am_application_registration', 'key_manager'), ('am_artifact', 'type'),
        ('am_devportal_api_content', 'published_artifact'), ('am_devportal_api_reference', 'reference_apiid'),
        ('am_devportal_org_content', 'published_artifact'), ('am_gateway_environment', 'configuration'),
        ('am_gateway_permissions', 'role'), ('am_key_manager_allowed_orgs', 'allowed_organizations'),
        ('am_label', 'tenant_domain'), ('am_llm_provider', 'api_definition'),
        ('am_llm_provider_model', 'llm_provider_uuid'), ('am_organization_mapping', 'root_organization'),
        ('gov_artifact', 'organization'), ('gov_policy', 'is_global'), ('gov_policy_action', 'type'),
        ('gov_policy_governable_state', 'state'), ('gov_policy_label', 'label'),
        ('gov_policy_ruleset', 'ruleset_id'), ('gov_policy_run', 'run_timestamp'),
        ('gov_request', 'processing_timestamp'), ('gov_request_policy', 'policy_id'),
        ('gov_ruleset', 'last_updated_time'), ('gov_ruleset_content', 'file_name'),
        ('gov_ruleset_rule', 'rule_content'), ('gov_ruleset_run', 'run_timestamp'),
        ('gov_rule_violation', 'violated_path')) AS w (t, c)
        WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()
        AND table_name = w.t AND column_name = w.c))
THEN RAISE EXCEPTION USING message =
    'apim is not 4.5.0: a column is missing';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM (VALUES ('alembic_version_apim', 'version_num')) AS w (t, c)
        WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()
        AND table_name = w.t AND column_name = w.c)) AND NOT EXISTS (SELECT 1 FROM (VALUES
        ('am_api', 'api_display_name'), ('am_api', 'initiated_from_gw'), ('am_api_metadata', 'metadata_value'),
        ('am_api_operation_mapping', 'ref_url_mapping_id'), ('am_api_primary_ep_mapping', 'revision_uuid'),
        ('am_api_url_mapping', 'description'), ('am_api_url_mapping', 'schema_definition'),
        ('am_backend', 'organization'), ('am_backend_operation_mapping', 'verb'),
        ('am_gateway_environment', 'env_mode'), ('am_gateway_environment', 'scheduled_time'),
        ('am_gw_instances', 'gw_properties'), ('am_gw_instance_env_mapping', 'env_label'),
        ('am_gw_revision_deployment', 'last_updated'), ('am_llm_provider', 'model_family_supported'),
        ('am_llm_provider_model', 'model_family_name'), ('am_task_lock', 'node_id')) AS w (t, c)
        WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()
        AND table_name = w.t AND column_name = w.c))
THEN RAISE EXCEPTION USING message =
    'apim is newer than 4.5.0 and has no stamp: nothing was changed';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid LEFT JOIN pg_index x
        ON d.classid = 'pg_class'::regclass AND x.indexrelid = d.objid WHERE d.refclassid = 'pg_class'::regclass
        AND (d.refobjid, a.attname) IN (('AM_API_OPERATION_POLICY_MAPPING'::regclass, 'parameters'),
        ('AM_API_POLICY_MAPPING'::regclass, 'parameters'), ('AM_APPLICATION_REGISTRATION'::regclass, 'inputs'))
        AND (k.contype = 'c' OR x.indexprs IS NOT NULL OR x.indpred IS NOT NULL))
THEN RAISE EXCEPTION USING message =
    'a check or an index reads a text that becomes bytes: apim-schema plan names it';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n
        ON n.oid = c.relnamespace AND n.nspname = current_schema() JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE NOT t.tgisinternal AND (c.relname = 'am_api_operation_policy_mapping' AND p.prosrc ~* '\mparameters\M'
        OR c.relname = 'am_api_policy_mapping' AND p.prosrc ~* '\mparameters\M'
        OR c.relname = 'am_application_registration' AND p.prosrc ~* '\minputs\M'))
THEN RAISE EXCEPTION USING message =
    'the function of a trigger names what is dropped or becomes another type: apim-schema plan names it';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_API_ENDPOINTS t WHERE EXISTS (SELECT 1 FROM AM_API_ENDPOINTS d
        WHERE d.API_UUID = t.API_UUID AND d.ENDPOINT_UUID = t.ENDPOINT_UUID AND d.REVISION_UUID = t.REVISION_UUID
        AND d.ORGANIZATION = t.ORGANIZATION GROUP BY d.API_UUID, d.ENDPOINT_UUID, d.REVISION_UUID, d.ORGANIZATION
        HAVING COUNT(*) > 1))
THEN RAISE EXCEPTION USING message =
    'AM_API_ENDPOINTS: duplicates under the new primary key (API_UUID, ENDPOINT_UUID, REVISION_UUID, ORGANIZATION)';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_API_ENDPOINTS t WHERE char_length(ENDPOINT_UUID) > 100)
THEN RAISE EXCEPTION USING message =
    'AM_API_ENDPOINTS: ENDPOINT_UUID is longer than the 100 characters it will have';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_API_ENDPOINTS t WHERE char_length(REVISION_UUID) > 100)
THEN RAISE EXCEPTION USING message =
    'AM_API_ENDPOINTS: REVISION_UUID is longer than the 100 characters it will have';
END IF; END $refuse$;

-- ==== the stamp, and this run in the history
CREATE TABLE IF NOT EXISTS alembic_version_apim (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM alembic_version_apim WHERE version_num NOT IN ('4.5.0'))
THEN RAISE EXCEPTION USING message =
    'apim is not stamped 4.5.0: nothing was changed';
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
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.5.0' AS from_release, '4.6.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared, date_trunc('second',
    now() AT TIME ZONE 'UTC') AS started_at, current_user AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'apim' AND same.to_release = '4.6.0' AND same.outcome = 'started'));

-- ==== 4.6.0: 30 statements

-- 1. create table AM_API_METADATA
CREATE TABLE AM_API_METADATA (
    API_UUID VARCHAR(256) NOT NULL,
    REVISION_UUID VARCHAR(255) DEFAULT 'Current API' NOT NULL,
    METADATA_KEY VARCHAR(256) NOT NULL,
    METADATA_VALUE VARCHAR(1024) NOT NULL,
    PRIMARY KEY (API_UUID, REVISION_UUID, METADATA_KEY),
    FOREIGN KEY (API_UUID) REFERENCES AM_API (API_UUID)
);

-- 2. create table AM_API_OPERATION_MAPPING
CREATE SEQUENCE AM_API_OPERATION_MAPPING_SEQUENCE START WITH 1 INCREMENT BY 1;

-- 3. create table AM_API_OPERATION_MAPPING
CREATE TABLE AM_API_OPERATION_MAPPING (
    MAPPING_ID INTEGER DEFAULT nextval('AM_API_OPERATION_MAPPING_SEQUENCE') NOT NULL,
    URL_MAPPING_ID INTEGER NOT NULL,
    REF_URL_MAPPING_ID INTEGER NOT NULL,
    PRIMARY KEY (MAPPING_ID),
    FOREIGN KEY (URL_MAPPING_ID) REFERENCES AM_API_URL_MAPPING (URL_MAPPING_ID),
    FOREIGN KEY (REF_URL_MAPPING_ID) REFERENCES AM_API_URL_MAPPING (URL_MAPPING_ID)
);

-- 4. create table AM_BACKEND
CREATE TABLE AM_BACKEND (
    BACKEND_ID VARCHAR(40) NOT NULL,
    BACKEND_NAME VARCHAR(256) NOT NULL,
    ENDPOINT_CONFIG BYTEA,
    DEFINITION BYTEA,
    REFERENCE_API_UUID VARCHAR(256) NOT NULL,
    REFERENCE_API_REVISION_UUID VARCHAR(256) DEFAULT 'Current API' NOT NULL,
    ORGANIZATION VARCHAR(100) NOT NULL,
    PRIMARY KEY (BACKEND_ID),
    UNIQUE (REFERENCE_API_UUID, REFERENCE_API_REVISION_UUID, BACKEND_NAME),
    FOREIGN KEY (REFERENCE_API_UUID) REFERENCES AM_API (API_UUID)
);

-- 5. create table AM_BACKEND_OPERATION_MAPPING
CREATE SEQUENCE AM_BACKEND_OPERATION_MAPPING_SEQUENCE START WITH 1 INCREMENT BY 1;

-- 6. create table AM_BACKEND_OPERATION_MAPPING
CREATE TABLE AM_BACKEND_OPERATION_MAPPING (
    MAPPING_ID INTEGER DEFAULT nextval('AM_BACKEND_OPERATION_MAPPING_SEQUENCE') NOT NULL,
    URL_MAPPING_ID INTEGER NOT NULL,
    BACKEND_ID VARCHAR(40) NOT NULL,
    TARGET VARCHAR(256) NOT NULL,
    VERB VARCHAR(10) NOT NULL,
    PRIMARY KEY (MAPPING_ID),
    FOREIGN KEY (URL_MAPPING_ID) REFERENCES AM_API_URL_MAPPING (URL_MAPPING_ID),
    FOREIGN KEY (BACKEND_ID) REFERENCES AM_BACKEND (BACKEND_ID)
);

-- 7. create table AM_GW_INSTANCES
CREATE SEQUENCE AM_GW_INSTANCES_PK_SEQ START WITH 1 INCREMENT BY 1;

-- 8. create table AM_GW_INSTANCES
CREATE TABLE AM_GW_INSTANCES (
    GATEWAY_ID INTEGER DEFAULT nextval('AM_GW_INSTANCES_PK_SEQ') NOT NULL,
    GATEWAY_UUID VARCHAR(255) NOT NULL,
    ORGANIZATION VARCHAR(128) NOT NULL,
    LAST_UPDATED TIMESTAMP NOT NULL,
    GW_PROPERTIES BYTEA NOT NULL,
    PRIMARY KEY (GATEWAY_ID),
    UNIQUE (GATEWAY_UUID, ORGANIZATION)
);

-- 9. create table AM_GW_INSTANCE_ENV_MAPPING
CREATE TABLE AM_GW_INSTANCE_ENV_MAPPING (
    GATEWAY_ID INTEGER NOT NULL,
    ENV_LABEL VARCHAR(255) NOT NULL,
    PRIMARY KEY (GATEWAY_ID, ENV_LABEL),
    FOREIGN KEY (GATEWAY_ID) REFERENCES AM_GW_INSTANCES (GATEWAY_ID) ON DELETE CASCADE
);

-- 10. create table AM_GW_REVISION_DEPLOYMENT
CREATE TABLE AM_GW_REVISION_DEPLOYMENT (
    GATEWAY_ID INTEGER NOT NULL,
    API_ID VARCHAR(255) NOT NULL,
    ORGANIZATION VARCHAR(128) NOT NULL,
    STATUS VARCHAR(255) NOT NULL,
    ACTION VARCHAR(255) NOT NULL,
    REVISION_UUID VARCHAR(255),
    LAST_UPDATED BIGINT NOT NULL,
    PRIMARY KEY (GATEWAY_ID, API_ID),
    FOREIGN KEY (GATEWAY_ID) REFERENCES AM_GW_INSTANCES (GATEWAY_ID) ON DELETE CASCADE,
    FOREIGN KEY (API_ID) REFERENCES AM_API (API_UUID) ON DELETE CASCADE
);

-- 11. create table AM_GW_REVISION_DEPLOYMENT
CREATE INDEX IDX_GW_REV_DEPLOY_STATUS ON AM_GW_REVISION_DEPLOYMENT (STATUS, ACTION);

-- 12. create table AM_TASK_LOCK
CREATE TABLE AM_TASK_LOCK (
    LOCK_TIME BIGINT NOT NULL,
    TASK_ID VARCHAR(255) NOT NULL,
    NODE_ID VARCHAR(255) NOT NULL,
    PRIMARY KEY (TASK_ID)
);

-- 13. add column AM_API.API_DISPLAY_NAME
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API ADD COLUMN API_DISPLAY_NAME VARCHAR(256);

-- 14. add column AM_API.INITIATED_FROM_GW
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API ADD COLUMN INITIATED_FROM_GW INTEGER DEFAULT 0;

-- 15. add column AM_API_PRIMARY_EP_MAPPING.REVISION_UUID
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_PRIMARY_EP_MAPPING ADD COLUMN REVISION_UUID VARCHAR(100) DEFAULT 'Current API' NOT NULL;

-- 16. add column AM_API_URL_MAPPING.DESCRIPTION
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_URL_MAPPING ADD COLUMN DESCRIPTION BYTEA;

-- 17. add column AM_API_URL_MAPPING.SCHEMA_DEFINITION
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_URL_MAPPING ADD COLUMN SCHEMA_DEFINITION BYTEA;

-- 18. add column AM_GATEWAY_ENVIRONMENT.ENV_MODE
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_GATEWAY_ENVIRONMENT ADD COLUMN ENV_MODE VARCHAR(45) DEFAULT 'WRITE_ONLY' NOT NULL;

-- 19. add column AM_GATEWAY_ENVIRONMENT.SCHEDULED_TIME
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_GATEWAY_ENVIRONMENT ADD COLUMN SCHEDULED_TIME INTEGER;

-- 20. add column AM_LLM_PROVIDER.MODEL_FAMILY_SUPPORTED
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_LLM_PROVIDER ADD COLUMN MODEL_FAMILY_SUPPORTED VARCHAR(5) DEFAULT 'false' NOT NULL;

-- 21. add column AM_LLM_PROVIDER_MODEL.MODEL_FAMILY_NAME
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_LLM_PROVIDER_MODEL ADD COLUMN MODEL_FAMILY_NAME VARCHAR(255);

-- 22. replace primary key of AM_API_ENDPOINTS by (API_UUID, ENDPOINT_UUID, REVISION_UUID, ORGANIZATION)
--    builds an index; lock ACCESS EXCLUSIVE blocks reads and writes
DO $do$
BEGIN
    EXECUTE (
        SELECT format('ALTER TABLE %s DROP CONSTRAINT %I, ADD PRIMARY KEY (API_UUID, ENDPOINT_UUID, REVISION_UUID, ORGANIZATION)',
            k.conrelid::regclass, k.conname)
        FROM pg_constraint k
        WHERE k.conrelid = 'AM_API_ENDPOINTS'::regclass AND k.contype = 'p'
            AND ARRAY['api_uuid', 'endpoint_uuid', 'endpoint_name', 'revision_uuid', 'organization'] = ARRAY(
            SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.place)
    );
END
$do$;

-- 23. drop unique (MODEL_NAME, LLM_PROVIDER_UUID) of AM_LLM_PROVIDER_MODEL
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
DO $do$
BEGIN
    EXECUTE (
        SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname)
        FROM pg_constraint k
        WHERE k.conrelid = 'AM_LLM_PROVIDER_MODEL'::regclass AND k.contype = 'u'
            AND ARRAY['model_name', 'llm_provider_uuid'] = ARRAY(
            SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.place)
    );
END
$do$;

-- 24. alter column AM_API.API_SUBTYPE to VARCHAR(100)
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API ALTER COLUMN API_SUBTYPE TYPE VARCHAR(100);

-- 25. alter column AM_API_COMMENTS.CREATED_BY to VARCHAR(512)
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_COMMENTS ALTER COLUMN CREATED_BY TYPE VARCHAR(512);

-- 26. alter column AM_API_ENDPOINTS.ENDPOINT_UUID to VARCHAR(100)
--    writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_ENDPOINTS ALTER COLUMN ENDPOINT_UUID TYPE VARCHAR(100);

-- 27. alter column AM_API_ENDPOINTS.REVISION_UUID to VARCHAR(100)
--    writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_ENDPOINTS ALTER COLUMN REVISION_UUID TYPE VARCHAR(100);

-- 28. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to BYTEA, as UTF-8
--    writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_OPERATION_POLICY_MAPPING ALTER COLUMN PARAMETERS TYPE BYTEA USING convert_to(PARAMETERS, 'UTF8');

-- 29. convert column AM_API_POLICY_MAPPING.PARAMETERS to BYTEA, as UTF-8
--    writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_POLICY_MAPPING ALTER COLUMN PARAMETERS TYPE BYTEA USING convert_to(PARAMETERS, 'UTF8');

-- 30. convert column AM_APPLICATION_REGISTRATION.INPUTS to BYTEA, as UTF-8
--    writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_APPLICATION_REGISTRATION ALTER COLUMN INPUTS TYPE BYTEA USING convert_to(INPUTS, 'UTF8');

-- the stamp
DELETE FROM alembic_version_apim;
INSERT INTO alembic_version_apim (version_num) VALUES ('4.6.0');

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=date_trunc('second',
    now() AT TIME ZONE 'UTC') WHERE apim_schema_history.database_name = 'apim'
    AND apim_schema_history.to_release = '4.6.0' AND apim_schema_history.outcome = 'started';
COMMIT;
