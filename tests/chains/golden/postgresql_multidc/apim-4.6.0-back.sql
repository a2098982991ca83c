
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       psql --no-psqlrc -d apim_db -f downgrade.sql
--   It checks first that the database is 4.6.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on PostgreSQL 17; apim-schema plan says it for your server, with sizes and times. Locks are held
--   until the end of the script.
--   AM_API                           writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
--   AM_API_COMMENTS                  writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
--   AM_API_ENDPOINTS                 builds an index; lock ACCESS EXCLUSIVE blocks reads and writes
--   AM_API_OPERATION_POLICY_MAPPING  writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
--   AM_API_POLICY_MAPPING            writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
--   AM_APPLICATION_REGISTRATION      writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
--   AM_LLM_PROVIDER_MODEL            builds an index; lock ACCESS EXCLUSIVE blocks reads and writes
--   for a moment: AM_API_METADATA, AM_API_OPERATION_MAPPING, AM_API_PRIMARY_EP_MAPPING, AM_API_URL_MAPPING,
--   AM_ARTIFACT, AM_BACKEND, AM_BACKEND_OPERATION_MAPPING, AM_DEVPORTAL_API_CONTENT, AM_DEVPORTAL_API_REFERENCE,
--   AM_DEVPORTAL_ORG_CONTENT, AM_GATEWAY_ENVIRONMENT, AM_GW_INSTANCES, AM_GW_INSTANCE_ENV_MAPPING,
--   AM_GW_REVISION_DEPLOYMENT, AM_LLM_PROVIDER, AM_TASK_LOCK

-- IF IT STOPS
--   All of it is one transaction: after an error, or when the connection is lost, the server rolls back and the
--   database is as before. Mend the cause and run the script again.

-- THE WAY BACK
--   After the COMMIT: apim-schema upgrade 4.6.0 leads forward again, or put the backup back.

-- ==== the session
\set ON_ERROR_STOP on
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = 0;
SET LOCAL standard_conforming_strings = on;
SET LOCAL client_min_messages = warning;

-- ==== checks: is this apim 4.6.0, and would every row survive?
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM (VALUES ('am_api', 'sub_validation'), ('am_api_comments', 'category'),
        ('am_api_endpoints', 'organization'), ('am_api_operation_policy_mapping', 'parameters'),
        ('am_api_policy_mapping', 'parameters'), ('am_api_primary_ep_mapping', 'endpoint_uuid'),
        ('am_api_url_mapping', 'log_level'), ('am_application_registration', 'key_manager'),
        ('am_gateway_environment', 'configuration'), ('am_llm_provider', 'api_definition'),
        ('am_llm_provider_model', 'llm_provider_uuid')) AS w (t, c)
        WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()
        AND table_name = w.t AND column_name = w.c))
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
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid LEFT JOIN pg_index x
        ON d.classid = 'pg_class'::regclass AND x.indexrelid = d.objid WHERE d.refclassid = 'pg_class'::regclass
        AND (d.refobjid, a.attname) IN (('AM_LLM_PROVIDER_MODEL'::regclass, 'model_family_name'),
        ('AM_LLM_PROVIDER'::regclass, 'model_family_supported'),
        ('AM_GATEWAY_ENVIRONMENT'::regclass, 'scheduled_time'), ('AM_GATEWAY_ENVIRONMENT'::regclass, 'env_mode'),
        ('AM_API_URL_MAPPING'::regclass, 'schema_definition'), ('AM_API_URL_MAPPING'::regclass, 'description'),
        ('AM_API_PRIMARY_EP_MAPPING'::regclass, 'revision_uuid'), ('AM_API'::regclass, 'initiated_from_gw'),
        ('AM_API'::regclass, 'api_display_name')) AND (k.contype IN ('c', 'x')
        OR d.classid = 'pg_statistic_ext'::regclass))
THEN RAISE EXCEPTION USING message =
    'a check, an exclusion constraint or statistics are over a column that is dropped: apim-schema plan names it';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n
        ON n.oid = c.relnamespace AND n.nspname = current_schema() JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE NOT t.tgisinternal AND (c.relname = 'am_llm_provider_model' AND p.prosrc ~*
        '\m(new|old)\s*\.\s*"?model_family_name\M' OR c.relname = 'am_llm_provider' AND p.prosrc ~*
        '\m(new|old)\s*\.\s*"?model_family_supported\M' OR c.relname = 'am_gateway_environment' AND p.prosrc ~*
        '\m(new|old)\s*\.\s*"?scheduled_time\M' OR c.relname = 'am_gateway_environment' AND p.prosrc ~*
        '\m(new|old)\s*\.\s*"?env_mode\M' OR c.relname = 'am_api_url_mapping' AND p.prosrc ~*
        '\m(new|old)\s*\.\s*"?schema_definition\M' OR c.relname = 'am_api_url_mapping' AND p.prosrc ~*
        '\m(new|old)\s*\.\s*"?description\M' OR c.relname = 'am_api_primary_ep_mapping' AND p.prosrc ~*
        '\m(new|old)\s*\.\s*"?revision_uuid\M' OR c.relname = 'am_api' AND p.prosrc ~*
        '\m(new|old)\s*\.\s*"?initiated_from_gw\M' OR c.relname = 'am_api' AND p.prosrc ~*
        '\m(new|old)\s*\.\s*"?api_display_name\M' OR c.relname = 'am_application_registration' AND p.prosrc ~*
        '\minputs\M' OR c.relname = 'am_api_policy_mapping' AND p.prosrc ~* '\mparameters\M'
        OR c.relname = 'am_api_operation_policy_mapping' AND p.prosrc ~* '\mparameters\M'
        OR c.relname NOT IN ('am_devportal_org_content', 'am_devportal_api_reference', 'am_devportal_api_content',
        'am_artifact', 'am_task_lock', 'am_gw_revision_deployment', 'am_gw_instance_env_mapping', 'am_gw_instances',
        'am_backend_operation_mapping', 'am_backend', 'am_api_operation_mapping', 'am_api_metadata') AND p.prosrc ~*
        '\m(am_devportal_org_content|am_devportal_api_reference|am_devportal_api_content|am_artifact|am_task_lock|am_gw_revision_deployment|am_gw_instance_env_mapping|am_gw_instances|am_backend_operation_mapping|am_backend|am_api_operation_mapping|am_api_metadata)\M'))
THEN RAISE EXCEPTION USING message =
    'the function of a trigger names what is dropped or becomes another type: apim-schema plan names it';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_APPLICATION_REGISTRATION t WHERE encode(t.INPUTS, 'hex') !~
        '^((0[1-9a-f]|[1-7][0-9a-f])|(c[2-9a-f]|d[0-9a-f])[89ab][0-9a-f]|(e0[ab]|e[1-9a-cef][89ab]|ed[89])[0-9a-f][89ab][0-9a-f]|(f0[9ab]|f[1-3][89ab]|f48)[0-9a-f]([89ab][0-9a-f]){2})*$')
THEN RAISE EXCEPTION USING message =
    'AM_APPLICATION_REGISTRATION: INPUTS is no text in UTF-8';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_APPLICATION_REGISTRATION t WHERE octet_length(t.INPUTS) > 1000 AND (SELECT count(*)
        FROM generate_series(0, octet_length(t.INPUTS) - 1) i WHERE get_byte(t.INPUTS, i) & 192 <> 128) > 1000)
THEN RAISE EXCEPTION USING message =
    'AM_APPLICATION_REGISTRATION: INPUTS is longer than the 1000 characters it will have';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_API_POLICY_MAPPING t WHERE encode(t.PARAMETERS, 'hex') !~
        '^((0[1-9a-f]|[1-7][0-9a-f])|(c[2-9a-f]|d[0-9a-f])[89ab][0-9a-f]|(e0[ab]|e[1-9a-cef][89ab]|ed[89])[0-9a-f][89ab][0-9a-f]|(f0[9ab]|f[1-3][89ab]|f48)[0-9a-f]([89ab][0-9a-f]){2})*$')
THEN RAISE EXCEPTION USING message =
    'AM_API_POLICY_MAPPING: PARAMETERS is no text in UTF-8';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_API_POLICY_MAPPING t WHERE octet_length(t.PARAMETERS) > 2048 AND (SELECT count(*)
        FROM generate_series(0, octet_length(t.PARAMETERS) - 1) i WHERE get_byte(t.PARAMETERS, i) &
        192 <> 128) > 2048)
THEN RAISE EXCEPTION USING message =
    'AM_API_POLICY_MAPPING: PARAMETERS is longer than the 2048 characters it will have';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_API_OPERATION_POLICY_MAPPING t WHERE encode(t.PARAMETERS, 'hex') !~
        '^((0[1-9a-f]|[1-7][0-9a-f])|(c[2-9a-f]|d[0-9a-f])[89ab][0-9a-f]|(e0[ab]|e[1-9a-cef][89ab]|ed[89])[0-9a-f][89ab][0-9a-f]|(f0[9ab]|f[1-3][89ab]|f48)[0-9a-f]([89ab][0-9a-f]){2})*$')
THEN RAISE EXCEPTION USING message =
    'AM_API_OPERATION_POLICY_MAPPING: PARAMETERS is no text in UTF-8';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_API_OPERATION_POLICY_MAPPING t WHERE octet_length(t.PARAMETERS) > 2048
        AND (SELECT count(*) FROM generate_series(0, octet_length(t.PARAMETERS) - 1) i
        WHERE get_byte(t.PARAMETERS, i) & 192 <> 128) > 2048)
THEN RAISE EXCEPTION USING message =
    'AM_API_OPERATION_POLICY_MAPPING: PARAMETERS is longer than the 2048 characters it will have';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_API_COMMENTS t WHERE char_length(CREATED_BY) > 255)
THEN RAISE EXCEPTION USING message =
    'AM_API_COMMENTS: CREATED_BY is longer than the 255 characters it will have';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_API t WHERE char_length(API_SUBTYPE) > 10)
THEN RAISE EXCEPTION USING message =
    'AM_API: API_SUBTYPE is longer than the 10 characters it will have';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_LLM_PROVIDER_MODEL t WHERE EXISTS (SELECT 1 FROM (SELECT MODEL_NAME, LLM_PROVIDER_UUID
        FROM AM_LLM_PROVIDER_MODEL GROUP BY MODEL_NAME, LLM_PROVIDER_UUID HAVING COUNT(*) > 1) d
        WHERE d.MODEL_NAME = t.MODEL_NAME AND d.LLM_PROVIDER_UUID = t.LLM_PROVIDER_UUID))
THEN RAISE EXCEPTION USING message =
    'AM_LLM_PROVIDER_MODEL: duplicates under the new unique constraint (MODEL_NAME, LLM_PROVIDER_UUID)';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_LLM_PROVIDER_MODEL t WHERE t.MODEL_FAMILY_NAME IS NOT NULL)
THEN RAISE EXCEPTION USING message =
    'AM_LLM_PROVIDER_MODEL: MODEL_FAMILY_NAME is dropped, and holds something else than NULL';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_LLM_PROVIDER t WHERE t.MODEL_FAMILY_SUPPORTED IS NOT NULL AND t.MODEL_FAMILY_SUPPORTED
        COLLATE "C" <> 'false' COLLATE "C")
THEN RAISE EXCEPTION USING message =
    'AM_LLM_PROVIDER: MODEL_FAMILY_SUPPORTED is dropped, and holds something else than ''false''';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_GATEWAY_ENVIRONMENT t WHERE t.SCHEDULED_TIME IS NOT NULL)
THEN RAISE EXCEPTION USING message =
    'AM_GATEWAY_ENVIRONMENT: SCHEDULED_TIME is dropped, and holds something else than NULL';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_GATEWAY_ENVIRONMENT t WHERE t.ENV_MODE IS NOT NULL AND t.ENV_MODE COLLATE
        "C" <> 'WRITE_ONLY' COLLATE "C")
THEN RAISE EXCEPTION USING message =
    'AM_GATEWAY_ENVIRONMENT: ENV_MODE is dropped, and holds something else than ''WRITE_ONLY''';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_API_URL_MAPPING t WHERE t.SCHEMA_DEFINITION IS NOT NULL)
THEN RAISE EXCEPTION USING message =
    'AM_API_URL_MAPPING: SCHEMA_DEFINITION is dropped, and holds something else than NULL';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_API_URL_MAPPING t WHERE t.DESCRIPTION IS NOT NULL)
THEN RAISE EXCEPTION USING message =
    'AM_API_URL_MAPPING: DESCRIPTION is dropped, and holds something else than NULL';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_API_PRIMARY_EP_MAPPING t WHERE t.REVISION_UUID IS NOT NULL AND t.REVISION_UUID COLLATE
        "C" <> 'Current API' COLLATE "C")
THEN RAISE EXCEPTION USING message =
    'AM_API_PRIMARY_EP_MAPPING: REVISION_UUID is dropped, and holds something else than ''Current API''';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_API t WHERE t.INITIATED_FROM_GW IS NOT NULL AND t.INITIATED_FROM_GW <> 0)
THEN RAISE EXCEPTION USING message =
    'AM_API: INITIATED_FROM_GW is dropped, and holds something else than NULL or 0';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_API t WHERE t.API_DISPLAY_NAME IS NOT NULL)
THEN RAISE EXCEPTION USING message =
    'AM_API: API_DISPLAY_NAME is dropped, and holds something else than NULL';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_DEVPORTAL_ORG_CONTENT t WHERE 1 = 1)
THEN RAISE EXCEPTION USING message =
    'AM_DEVPORTAL_ORG_CONTENT: it is dropped, and has rows';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_DEVPORTAL_API_REFERENCE t WHERE 1 = 1)
THEN RAISE EXCEPTION USING message =
    'AM_DEVPORTAL_API_REFERENCE: it is dropped, and has rows';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_DEVPORTAL_API_CONTENT t WHERE 1 = 1)
THEN RAISE EXCEPTION USING message =
    'AM_DEVPORTAL_API_CONTENT: it is dropped, and has rows';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_ARTIFACT t WHERE 1 = 1)
THEN RAISE EXCEPTION USING message =
    'AM_ARTIFACT: it is dropped, and has rows';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_TASK_LOCK t WHERE 1 = 1)
THEN RAISE EXCEPTION USING message =
    'AM_TASK_LOCK: it is dropped, and has rows';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_GW_REVISION_DEPLOYMENT t WHERE 1 = 1)
THEN RAISE EXCEPTION USING message =
    'AM_GW_REVISION_DEPLOYMENT: it is dropped, and has rows';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_GW_INSTANCE_ENV_MAPPING t WHERE 1 = 1)
THEN RAISE EXCEPTION USING message =
    'AM_GW_INSTANCE_ENV_MAPPING: it is dropped, and has rows';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_GW_INSTANCES t WHERE 1 = 1)
THEN RAISE EXCEPTION USING message =
    'AM_GW_INSTANCES: it is dropped, and has rows';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_BACKEND_OPERATION_MAPPING t WHERE 1 = 1)
THEN RAISE EXCEPTION USING message =
    'AM_BACKEND_OPERATION_MAPPING: it is dropped, and has rows';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_BACKEND t WHERE 1 = 1)
THEN RAISE EXCEPTION USING message =
    'AM_BACKEND: it is dropped, and has rows';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_API_OPERATION_MAPPING t WHERE 1 = 1)
THEN RAISE EXCEPTION USING message =
    'AM_API_OPERATION_MAPPING: it is dropped, and has rows';
END IF; END $refuse$;
DO $refuse$ BEGIN IF
    EXISTS (SELECT 1 FROM AM_API_METADATA t WHERE 1 = 1)
THEN RAISE EXCEPTION USING message =
    'AM_API_METADATA: it is dropped, and has rows';
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
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.6.0' AS from_release, '4.5.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared, date_trunc('second',
    now() AT TIME ZONE 'UTC') AS started_at, current_user AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'apim' AND same.to_release = '4.5.0' AND same.outcome = 'started'));

-- ==== 4.5.0: 33 statements

-- 1. convert column AM_APPLICATION_REGISTRATION.INPUTS to VARCHAR(1000), from UTF-8
--    writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_APPLICATION_REGISTRATION ALTER COLUMN INPUTS TYPE VARCHAR(1000) USING convert_from(INPUTS, 'UTF8');

-- 2. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARCHAR(2048), from UTF-8
--    writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_POLICY_MAPPING ALTER COLUMN PARAMETERS TYPE VARCHAR(2048) USING convert_from(PARAMETERS, 'UTF8');

-- 3. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARCHAR(2048), from UTF-8
--    writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_OPERATION_POLICY_MAPPING ALTER COLUMN PARAMETERS TYPE VARCHAR(2048) USING
    convert_from(PARAMETERS, 'UTF8');

-- 4. alter column AM_API_ENDPOINTS.REVISION_UUID to VARCHAR(255)
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_ENDPOINTS ALTER COLUMN REVISION_UUID TYPE VARCHAR(255);

-- 5. alter column AM_API_ENDPOINTS.ENDPOINT_UUID to VARCHAR(256)
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_ENDPOINTS ALTER COLUMN ENDPOINT_UUID TYPE VARCHAR(256);

-- 6. alter column AM_API_COMMENTS.CREATED_BY to VARCHAR(255)
--    writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_COMMENTS ALTER COLUMN CREATED_BY TYPE VARCHAR(255);

-- 7. alter column AM_API.API_SUBTYPE to VARCHAR(10)
--    writes every row anew; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API ALTER COLUMN API_SUBTYPE TYPE VARCHAR(10);

-- 8. create unique (MODEL_NAME, LLM_PROVIDER_UUID) of AM_LLM_PROVIDER_MODEL
--    builds an index; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_LLM_PROVIDER_MODEL ADD UNIQUE (MODEL_NAME, LLM_PROVIDER_UUID);

-- 9. replace primary key of AM_API_ENDPOINTS by (API_UUID, ENDPOINT_UUID, ENDPOINT_NAME, REVISION_UUID,
-- ORGANIZATION)
--    builds an index; lock ACCESS EXCLUSIVE blocks reads and writes
DO $do$
BEGIN
    EXECUTE (
        SELECT format('ALTER TABLE %s DROP CONSTRAINT %I, ADD PRIMARY KEY (API_UUID, ENDPOINT_UUID, ENDPOINT_NAME, REVISION_UUID, ORGANIZATION)',
            k.conrelid::regclass, k.conname)
        FROM pg_constraint k
        WHERE k.conrelid = 'AM_API_ENDPOINTS'::regclass AND k.contype = 'p'
            AND ARRAY['api_uuid', 'endpoint_uuid', 'revision_uuid', 'organization'] = ARRAY(
            SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.place)
    );
END
$do$;

-- 10. drop column AM_LLM_PROVIDER_MODEL.MODEL_FAMILY_NAME
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_LLM_PROVIDER_MODEL DROP COLUMN MODEL_FAMILY_NAME;

-- 11. drop column AM_LLM_PROVIDER.MODEL_FAMILY_SUPPORTED
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_LLM_PROVIDER DROP COLUMN MODEL_FAMILY_SUPPORTED;

-- 12. drop column AM_GATEWAY_ENVIRONMENT.SCHEDULED_TIME
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_GATEWAY_ENVIRONMENT DROP COLUMN SCHEDULED_TIME;

-- 13. drop column AM_GATEWAY_ENVIRONMENT.ENV_MODE
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_GATEWAY_ENVIRONMENT DROP COLUMN ENV_MODE;

-- 14. drop column AM_API_URL_MAPPING.SCHEMA_DEFINITION
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_URL_MAPPING DROP COLUMN SCHEMA_DEFINITION;

-- 15. drop column AM_API_URL_MAPPING.DESCRIPTION
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_URL_MAPPING DROP COLUMN DESCRIPTION;

-- 16. drop column AM_API_PRIMARY_EP_MAPPING.REVISION_UUID
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API_PRIMARY_EP_MAPPING DROP COLUMN REVISION_UUID;

-- 17. drop column AM_API.INITIATED_FROM_GW
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API DROP COLUMN INITIATED_FROM_GW;

-- 18. drop column AM_API.API_DISPLAY_NAME
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
ALTER TABLE AM_API DROP COLUMN API_DISPLAY_NAME;

-- 19. drop table AM_DEVPORTAL_ORG_CONTENT
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
DROP TABLE AM_DEVPORTAL_ORG_CONTENT;

-- 20. drop table AM_DEVPORTAL_API_REFERENCE
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
DROP TABLE AM_DEVPORTAL_API_REFERENCE;

-- 21. drop table AM_DEVPORTAL_API_CONTENT
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
DROP TABLE AM_DEVPORTAL_API_CONTENT;

-- 22. drop table AM_ARTIFACT
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
DROP TABLE AM_ARTIFACT;

-- 23. drop table AM_TASK_LOCK
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
DROP TABLE AM_TASK_LOCK;

-- 24. drop table AM_GW_REVISION_DEPLOYMENT
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
DROP TABLE AM_GW_REVISION_DEPLOYMENT;

-- 25. drop table AM_GW_INSTANCE_ENV_MAPPING
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
DROP TABLE AM_GW_INSTANCE_ENV_MAPPING;

-- 26. drop table AM_GW_INSTANCES
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
DROP TABLE AM_GW_INSTANCES;

-- 27. drop table AM_GW_INSTANCES
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
DROP SEQUENCE AM_GW_INSTANCES_PK_SEQ;

-- 28. drop table AM_BACKEND_OPERATION_MAPPING
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
DROP TABLE AM_BACKEND_OPERATION_MAPPING;

-- 29. drop table AM_BACKEND_OPERATION_MAPPING
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
DROP SEQUENCE AM_BACKEND_OPERATION_MAPPING_SEQUENCE;

-- 30. drop table AM_BACKEND
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
DROP TABLE AM_BACKEND;

-- 31. drop table AM_API_OPERATION_MAPPING
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
DROP TABLE AM_API_OPERATION_MAPPING;

-- 32. drop table AM_API_OPERATION_MAPPING
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
DROP SEQUENCE AM_API_OPERATION_MAPPING_SEQUENCE;

-- 33. drop table AM_API_METADATA
--    metadata only; lock ACCESS EXCLUSIVE blocks reads and writes
DROP TABLE AM_API_METADATA;

-- the stamp
DELETE FROM alembic_version_apim;
INSERT INTO alembic_version_apim (version_num) VALUES ('4.5.0');

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=date_trunc('second',
    now() AT TIME ZONE 'UTC') WHERE apim_schema_history.database_name = 'apim'
    AND apim_schema_history.to_release = '4.5.0' AND apim_schema_history.outcome = 'started';
COMMIT;
