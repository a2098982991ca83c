
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       mysql apim_db < upgrade.sql
--   It checks first that the database is 4.5.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on MySQL 8.4; apim-schema plan says it for your server, with sizes and times.
--   AM_API                           writes every row anew; lock SHARED blocks writes
--   AM_API_COMMENTS                  writes every row anew; lock SHARED blocks writes
--   AM_API_ENDPOINTS                 writes every row anew; lock SHARED blocks writes
--   AM_API_OPERATION_POLICY_MAPPING  writes every row anew; lock SHARED blocks writes
--   AM_API_POLICY_MAPPING            writes every row anew; lock SHARED blocks writes
--   AM_APPLICATION_REGISTRATION      writes every row anew; lock SHARED blocks writes
--   for a moment: AM_API_PRIMARY_EP_MAPPING, AM_API_URL_MAPPING, AM_GATEWAY_ENVIRONMENT, AM_LLM_PROVIDER,
--   AM_LLM_PROVIDER_MODEL

-- IF IT STOPS
--   Each statement commits, so what is in stays in. Mend the cause and run the same script again: it leaves alone
--   what is in, and goes on. apim-schema upgrade goes on from there as well.

-- THE WAY BACK
--   After it, or from half of the way: put the backup back.
--   Or apim-schema downgrade 4.5.0 leads back by the inverse of each statement. It refuses, by name, where the
--   product has written since what the older release has no place for: rows of new tables, values of new columns,
--   longer values.

-- ==== the session
SET autocommit = 1;
SET NAMES utf8mb4;
SET /*!50720
    SESSION max_execution_time = 0,
    SESSION transaction_isolation = 'REPEATABLE-READ',
    SESSION transaction_read_only = 0, */
    /*!80013
    SESSION use_secondary_engine = 'OFF', */
    /*!80030
    SESSION show_gipk_in_create_table_and_information_schema = 1, */
    /*M!100600
    SESSION max_statement_time = 0,
    SESSION tx_isolation = 'REPEATABLE-READ',
    SESSION tx_read_only = 0,
    SESSION check_constraint_checks = 1,
    SESSION alter_algorithm = 'DEFAULT',
    SESSION sql_if_exists = 0,
    SESSION innodb_compression_default = 0, */
    SESSION sql_mode = 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
    SESSION time_zone = '+00:00',
    SESSION foreign_key_checks = 1,
    SESSION unique_checks = 1,
    SESSION lock_wait_timeout = 5,
    SESSION innodb_lock_wait_timeout = 5,
    SESSION wait_timeout = 2147483,
    SESSION net_read_timeout = 3600,
    SESSION net_write_timeout = 3600,
    SESSION completion_type = 'NO_CHAIN',
    SESSION default_storage_engine = 'InnoDB',
    SESSION max_join_size = 18446744073709551615,
    SESSION sql_big_selects = 1,
    SESSION sql_select_limit = 18446744073709551615,
    SESSION sql_safe_updates = 0,
    SESSION sql_auto_is_null = 0,
    SESSION sql_quote_show_create = 1,
    SESSION group_concat_max_len = 1048576;

-- A check that fails sets default_storage_engine to its reason. The server refuses that, and quotes it in full:
-- "ERROR 1286 (42000): Unknown storage engine 'apim is not stamped 4.2.0: nothing was changed'".
-- Outside of stored programs there is no other way to raise an error on a condition.

-- ==== checks: is this apim 4.5.0, and would every row survive?
SET default_storage_engine = IF(
    ((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND (UPPER(table_name),
        UPPER(column_name)) IN (('AM_API', 'SUB_VALIDATION'), ('AM_API_COMMENTS', 'CATEGORY'),
        ('AM_API_ENDPOINTS', 'ORGANIZATION'), ('AM_API_EXTERNAL_API_MAPPING', 'REFERENCE_ARTIFACT'),
        ('AM_API_LABEL_MAPPING', 'LABEL_UUID'), ('AM_API_OPERATION_POLICY_MAPPING', 'PARAMETERS'),
        ('AM_API_POLICY_MAPPING', 'PARAMETERS'), ('AM_API_PRIMARY_EP_MAPPING', 'ENDPOINT_UUID'),
        ('AM_API_URL_MAPPING', 'LOG_LEVEL'), ('AM_APPLICATION', 'SHARED_ORGANIZATION'),
        ('AM_APPLICATION_REGISTRATION', 'KEY_MANAGER'), ('AM_ARTIFACT', 'TYPE'),
        ('AM_DEVPORTAL_API_CONTENT', 'PUBLISHED_ARTIFACT'), ('AM_DEVPORTAL_API_REFERENCE', 'REFERENCE_APIID'),
        ('AM_DEVPORTAL_ORG_CONTENT', 'PUBLISHED_ARTIFACT'), ('AM_GATEWAY_ENVIRONMENT', 'CONFIGURATION'),
        ('AM_GATEWAY_PERMISSIONS', 'ROLE'), ('AM_KEY_MANAGER_ALLOWED_ORGS', 'ALLOWED_ORGANIZATIONS'),
        ('AM_LABEL', 'TENANT_DOMAIN'), ('AM_LLM_PROVIDER', 'API_DEFINITION'),
        ('AM_LLM_PROVIDER_MODEL', 'LLM_PROVIDER_UUID'), ('AM_ORGANIZATION_MAPPING', 'ROOT_ORGANIZATION'),
        ('GOV_ARTIFACT', 'ORGANIZATION'), ('GOV_POLICY', 'IS_GLOBAL'), ('GOV_POLICY_ACTION', 'TYPE'),
        ('GOV_POLICY_GOVERNABLE_STATE', 'STATE'), ('GOV_POLICY_LABEL', 'LABEL'),
        ('GOV_POLICY_RULESET', 'RULESET_ID'), ('GOV_POLICY_RUN', 'RUN_TIMESTAMP'),
        ('GOV_REQUEST', 'PROCESSING_TIMESTAMP'), ('GOV_REQUEST_POLICY', 'POLICY_ID'),
        ('GOV_RULESET', 'LAST_UPDATED_TIME'), ('GOV_RULESET_CONTENT', 'FILE_NAME'),
        ('GOV_RULESET_RULE', 'RULE_CONTENT'), ('GOV_RULESET_RUN', 'RUN_TIMESTAMP'),
        ('GOV_RULE_VIOLATION', 'VIOLATED_PATH'))) < 36),
    'apim is not 4.5.0: a column is missing',
    @@default_storage_engine);
SET default_storage_engine = IF(
    ((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND (UPPER(table_name),
        UPPER(column_name)) IN (('ALEMBIC_VERSION_APIM', 'VERSION_NUM'))) < 1) AND NOT ((SELECT COUNT(*)
        FROM information_schema.columns WHERE table_schema = DATABASE() AND (UPPER(table_name),
        UPPER(column_name)) IN (('AM_API', 'API_DISPLAY_NAME'), ('AM_API', 'INITIATED_FROM_GW'),
        ('AM_API_METADATA', 'METADATA_VALUE'), ('AM_API_OPERATION_MAPPING', 'REF_URL_MAPPING_ID'),
        ('AM_API_PRIMARY_EP_MAPPING', 'REVISION_UUID'), ('AM_API_URL_MAPPING', 'DESCRIPTION'),
        ('AM_API_URL_MAPPING', 'SCHEMA_DEFINITION'), ('AM_BACKEND', 'ORGANIZATION'),
        ('AM_BACKEND_OPERATION_MAPPING', 'VERB'), ('AM_GATEWAY_ENVIRONMENT', 'ENV_MODE'),
        ('AM_GATEWAY_ENVIRONMENT', 'SCHEDULED_TIME'), ('AM_GW_INSTANCES', 'GW_PROPERTIES'),
        ('AM_GW_INSTANCE_ENV_MAPPING', 'ENV_LABEL'), ('AM_GW_REVISION_DEPLOYMENT', 'LAST_UPDATED'),
        ('AM_LLM_PROVIDER', 'MODEL_FAMILY_SUPPORTED'), ('AM_LLM_PROVIDER_MODEL', 'MODEL_FAMILY_NAME'),
        ('AM_TASK_LOCK', 'NODE_ID'))) < 17),
    'apim is newer than 4.5.0 and has no stamp: nothing was changed',
    @@default_storage_engine);
SET @apim_schema_one_byte = (SELECT MAX(c.maxlen) = 1 FROM information_schema.character_sets c,
    information_schema.schemata s WHERE s.schema_name = DATABASE()
    AND c.character_set_name = s.default_character_set_name);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM information_schema.columns c, information_schema.schemata s
        WHERE s.schema_name = DATABASE() AND c.table_schema = s.schema_name
        AND (c.table_name, c.column_name) IN (('AM_API', 'API_UUID'))
        AND c.collation_name <> s.default_collation_name),
    'tables have another collation than the database: use apim-schema upgrade; nothing was changed',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM information_schema.table_constraints c WHERE c.constraint_schema = DATABASE()
        AND c.constraint_type = 'FOREIGN KEY' AND UPPER(c.constraint_name) IN ('AM_API_METADATA_IBFK_1',
        'AM_API_OPERATION_MAPPING_IBFK_1', 'AM_API_OPERATION_MAPPING_IBFK_2', 'AM_BACKEND_IBFK_1',
        'AM_BACKEND_OPERATION_MAPPING_IBFK_1', 'AM_BACKEND_OPERATION_MAPPING_IBFK_2',
        'AM_GW_INSTANCE_ENV_MAPPING_IBFK_1', 'AM_GW_REVISION_DEPLOYMENT_IBFK_1', 'AM_GW_REVISION_DEPLOYMENT_IBFK_2')
        AND UPPER(c.constraint_name) NOT REGEXP CONCAT('^', UPPER(c.table_name), '_(IBFK_[0-9]+|[A-Z_]+_FK)$')),
    'a foreign key has the name of one to be made: rename it, or use apim-schema upgrade; nothing was changed',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM (SELECT 'AM_API_OPERATION_POLICY_MAPPING' t, 'PARAMETERS' c
        UNION ALL SELECT 'AM_API_POLICY_MAPPING' t, 'PARAMETERS' c UNION ALL SELECT 'AM_APPLICATION_REGISTRATION' t,
        'INPUTS' c) w JOIN information_schema.columns e ON UPPER(e.table_name) = w.t
        AND LOCATE(CONCAT('`', w.c, '`'), UPPER(e.generation_expression)) > 0 WHERE e.table_schema = DATABASE())
/*!80016 OR EXISTS (SELECT 1 FROM (SELECT 'AM_API_OPERATION_POLICY_MAPPING' t, 'PARAMETERS' c
    UNION ALL SELECT 'AM_API_POLICY_MAPPING' t, 'PARAMETERS' c UNION ALL SELECT 'AM_APPLICATION_REGISTRATION' t,
    'INPUTS' c) w JOIN information_schema.table_constraints t ON UPPER(t.table_name) = w.t
    JOIN information_schema.check_constraints e ON e.constraint_schema = t.constraint_schema
    AND e.constraint_name = t.constraint_name AND LOCATE(CONCAT('`', w.c, '`'), UPPER(e.check_clause)) > 0
    WHERE t.table_schema = DATABASE() AND t.constraint_type = 'CHECK') */
/*M!100600 OR EXISTS (SELECT 1 FROM (SELECT 'AM_API_OPERATION_POLICY_MAPPING' t, 'PARAMETERS' c
    UNION ALL SELECT 'AM_API_POLICY_MAPPING' t, 'PARAMETERS' c UNION ALL SELECT 'AM_APPLICATION_REGISTRATION' t,
    'INPUTS' c) w JOIN information_schema.table_constraints t ON UPPER(t.table_name) = w.t
    JOIN information_schema.check_constraints e ON e.constraint_schema = t.constraint_schema
    AND e.constraint_name = t.constraint_name AND LOCATE(CONCAT('`', w.c, '`'), UPPER(e.check_clause)) > 0
    WHERE t.table_schema = DATABASE() AND t.constraint_type = 'CHECK' AND e.table_name = t.table_name) */,
    'a check or a generated column reads what is dropped or converted: apim-schema plan names it; nothing was changed',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM (SELECT 'AM_API_OPERATION_POLICY_MAPPING' t, 'PARAMETERS' c
        UNION ALL SELECT 'AM_API_POLICY_MAPPING' t, 'PARAMETERS' c UNION ALL SELECT 'AM_APPLICATION_REGISTRATION' t,
        'INPUTS' c) w JOIN information_schema.views e ON LOCATE(CONCAT('`', UPPER(DATABASE()), '`.`', w.t, '`'),
        UPPER(e.view_definition)) > 0 AND (w.c = '' OR LOCATE(CONCAT('`', w.c, '`'),
        UPPER(e.view_definition)) > 0)),
    'a view reads what is dropped or converted: apim-schema plan names it; nothing was changed',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM (SELECT 'AM_API_OPERATION_POLICY_MAPPING' t, 'PARAMETERS' c
        UNION ALL SELECT 'AM_API_POLICY_MAPPING' t, 'PARAMETERS' c UNION ALL SELECT 'AM_APPLICATION_REGISTRATION' t,
        'INPUTS' c) w JOIN information_schema.triggers e ON w.c <> '' AND e.event_object_schema = DATABASE()
        AND UPPER(e.event_object_table) = w.t AND UPPER(e.action_statement) REGEXP
        CONCAT('(^|[^A-Z0-9_$])(NEW|OLD)[[:space:]]*[.][[:space:]]*`?', w.c, '([^A-Z0-9_$]|$)') OR w.c = ''
        AND UPPER(e.action_statement) REGEXP CONCAT('(^|[^A-Z0-9_$])', w.t, '([^A-Z0-9_$]|$)')
        AND (e.event_object_schema = DATABASE() AND UPPER(e.event_object_table) NOT IN ('')
        OR e.event_object_schema <> DATABASE() AND LOCATE(UPPER(DATABASE()), UPPER(e.action_statement)) > 0)),
    'a trigger reads what is dropped or converted: apim-schema plan names it; nothing was changed',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_ENDPOINTS` t WHERE EXISTS (SELECT 1 FROM `AM_API_ENDPOINTS` d
        WHERE d.`API_UUID` = t.`API_UUID` AND d.`ENDPOINT_UUID` = t.`ENDPOINT_UUID`
        AND d.`REVISION_UUID` = t.`REVISION_UUID` AND d.`ORGANIZATION` = t.`ORGANIZATION` GROUP BY d.`API_UUID`,
        d.`ENDPOINT_UUID`, d.`REVISION_UUID`, d.`ORGANIZATION` HAVING COUNT(*) > 1)),
    'AM_API_ENDPOINTS: duplicates under the new primary key (API_UUID, ENDPOINT_UUID, REVISION_UUID, ORGANIZATION)',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_COMMENTS` t WHERE t.`API_ID` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `AM_API` p
        WHERE p.`API_ID` = t.`API_ID`)),
    'AM_API_COMMENTS: (API_ID) points to no row of AM_API',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_COMMENTS` t WHERE t.`PARENT_COMMENT_ID` IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM `AM_API_COMMENTS` p WHERE p.`COMMENT_ID` = t.`PARENT_COMMENT_ID`)),
    'AM_API_COMMENTS: (PARENT_COMMENT_ID) points to no row of AM_API_COMMENTS',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_ENDPOINTS` t WHERE char_length(`ENDPOINT_UUID`) > 100),
    'AM_API_ENDPOINTS: ENDPOINT_UUID is longer than the 100 characters it will have',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_ENDPOINTS` t WHERE t.`API_UUID` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `AM_API`
        p WHERE p.`API_UUID` = t.`API_UUID`)),
    'AM_API_ENDPOINTS: (API_UUID) points to no row of AM_API',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_ENDPOINTS` t WHERE char_length(`REVISION_UUID`) > 100),
    'AM_API_ENDPOINTS: REVISION_UUID is longer than the 100 characters it will have',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_OPERATION_POLICY_MAPPING` t WHERE t.`URL_MAPPING_ID` IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM `AM_API_URL_MAPPING` p WHERE p.`URL_MAPPING_ID` = t.`URL_MAPPING_ID`)),
    'AM_API_OPERATION_POLICY_MAPPING: (URL_MAPPING_ID) points to no row of AM_API_URL_MAPPING',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_OPERATION_POLICY_MAPPING` t WHERE t.`POLICY_UUID` IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM `AM_OPERATION_POLICY` p WHERE p.`POLICY_UUID` = t.`POLICY_UUID`)),
    'AM_API_OPERATION_POLICY_MAPPING: (POLICY_UUID) points to no row of AM_OPERATION_POLICY',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_POLICY_MAPPING` t WHERE t.`API_UUID` IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM `AM_API` p WHERE p.`API_UUID` = t.`API_UUID`)),
    'AM_API_POLICY_MAPPING: (API_UUID) points to no row of AM_API',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_POLICY_MAPPING` t WHERE t.`POLICY_UUID` IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM `AM_OPERATION_POLICY` p WHERE p.`POLICY_UUID` = t.`POLICY_UUID`)),
    'AM_API_POLICY_MAPPING: (POLICY_UUID) points to no row of AM_OPERATION_POLICY',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_APPLICATION_REGISTRATION` t WHERE t.`SUBSCRIBER_ID` IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM `AM_SUBSCRIBER` p WHERE p.`SUBSCRIBER_ID` = t.`SUBSCRIBER_ID`)),
    'AM_APPLICATION_REGISTRATION: (SUBSCRIBER_ID) points to no row of AM_SUBSCRIBER',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_APPLICATION_REGISTRATION` t WHERE t.`APP_ID` IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM `AM_APPLICATION` p WHERE p.`APPLICATION_ID` = t.`APP_ID`)),
    'AM_APPLICATION_REGISTRATION: (APP_ID) points to no row of AM_APPLICATION',
    @@default_storage_engine);

-- ==== the stamp, and this run in the history
CREATE TABLE IF NOT EXISTS `alembic_version_apim` (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `alembic_version_apim` WHERE version_num NOT IN ('4.5.0')),
    'apim is not stamped 4.5.0: nothing was changed',
    @@default_storage_engine);
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
    started_at DATETIME NOT NULL,
    finished_at DATETIME,
    done_by VARCHAR(255) NOT NULL,
    tool_version VARCHAR(32) NOT NULL,
    error TEXT,
    PRIMARY KEY (database_name, run)
);
INSERT INTO apim_schema_history (database_name, run, from_release, to_release, outcome, verdict, statements,
    planned, rows_compared, started_at, done_by, tool_version) SELECT 'apim' AS database_name,
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.5.0' AS from_release, '4.6.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared,
    UTC_TIMESTAMP() AS started_at, CURRENT_USER() AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'apim' AND same.to_release = '4.6.0' AND same.outcome = 'started'));

-- ==== 4.6.0: 27 statements
INSERT INTO `alembic_version_apim` (version_num) SELECT '4.5.0' FROM DUAL
    WHERE NOT EXISTS (SELECT 1 FROM `alembic_version_apim`);
SET @apim_schema_pending = EXISTS (SELECT 1 FROM `alembic_version_apim` WHERE version_num = '4.5.0');

-- One look at what is there: the number of each statement, its table, how many parts its effect has, whether they
-- are all or nothing, and how many are there. The numbers of those that are due go into @apim_schema_due.
SELECT GROUP_CONCAT(IF(there < parts, number, NULL)),
       GROUP_CONCAT(DISTINCT IF(whole AND there BETWEEN 1 AND parts - 1, altered, NULL) SEPARATOR ', ')
INTO @apim_schema_due, @apim_schema_half
FROM (
    SELECT 0 number, '' altered, 0 parts, 0 whole, 0 there
    UNION ALL SELECT 1, 'AM_API_METADATA', 4, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_METADATA' AND (
            c.column_name IN ('API_UUID', 'REVISION_UUID', 'METADATA_KEY', 'METADATA_VALUE')))
    UNION ALL SELECT 2, 'AM_API_OPERATION_MAPPING', 3, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_OPERATION_MAPPING' AND (
            c.column_name IN ('MAPPING_ID', 'URL_MAPPING_ID', 'REF_URL_MAPPING_ID')))
    UNION ALL SELECT 3, 'AM_BACKEND', 7, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_BACKEND' AND (
            c.column_name IN ('BACKEND_ID', 'BACKEND_NAME', 'ENDPOINT_CONFIG', 'DEFINITION', 'REFERENCE_API_UUID',
                'REFERENCE_API_REVISION_UUID', 'ORGANIZATION')))
    UNION ALL SELECT 4, 'AM_BACKEND_OPERATION_MAPPING', 5, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_BACKEND_OPERATION_MAPPING' AND (
            c.column_name IN ('MAPPING_ID', 'URL_MAPPING_ID', 'BACKEND_ID', 'TARGET', 'VERB')))
    UNION ALL SELECT 5, 'AM_GW_INSTANCES', 5, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_GW_INSTANCES' AND (
            c.column_name IN ('GATEWAY_ID', 'GATEWAY_UUID', 'ORGANIZATION', 'LAST_UPDATED', 'GW_PROPERTIES')))
    UNION ALL SELECT 6, 'AM_GW_INSTANCE_ENV_MAPPING', 2, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_GW_INSTANCE_ENV_MAPPING' AND (
            c.column_name IN ('GATEWAY_ID', 'ENV_LABEL')))
    UNION ALL SELECT 7, 'AM_GW_REVISION_DEPLOYMENT', 7, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_GW_REVISION_DEPLOYMENT' AND (
            c.column_name IN ('GATEWAY_ID', 'API_ID', 'ORGANIZATION', 'STATUS', 'ACTION', 'REVISION_UUID',
                'LAST_UPDATED')))
    UNION ALL SELECT 8, 'AM_TASK_LOCK', 3, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_TASK_LOCK' AND (
            c.column_name IN ('LOCK_TIME', 'TASK_ID', 'NODE_ID')))
    UNION ALL SELECT 9, 'AM_API', 3, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API' AND (
            c.column_name = 'API_DISPLAY_NAME' AND c.column_type = 'varchar(256)'
            OR c.column_name = 'INITIATED_FROM_GW' AND c.data_type = 'int'
            OR c.column_name = 'API_SUBTYPE' AND c.column_type = 'varchar(100)'))
    UNION ALL SELECT 10, 'AM_API_PRIMARY_EP_MAPPING', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_PRIMARY_EP_MAPPING' AND (
            c.column_name = 'REVISION_UUID' AND c.column_type = 'varchar(100)'))
    UNION ALL SELECT 11, 'AM_API_URL_MAPPING', 2, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_URL_MAPPING' AND (
            c.column_name = 'DESCRIPTION' AND c.column_type = 'blob'
            OR c.column_name = 'SCHEMA_DEFINITION' AND c.column_type = 'blob'))
    UNION ALL SELECT 12, 'AM_GATEWAY_ENVIRONMENT', 2, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_GATEWAY_ENVIRONMENT' AND (
            c.column_name = 'ENV_MODE' AND c.column_type = 'varchar(45)'
            OR c.column_name = 'SCHEDULED_TIME' AND c.data_type = 'int'))
    UNION ALL SELECT 13, 'AM_LLM_PROVIDER', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_LLM_PROVIDER' AND (
            c.column_name = 'MODEL_FAMILY_SUPPORTED' AND c.column_type = 'varchar(5)'))
    UNION ALL SELECT 14, 'AM_LLM_PROVIDER_MODEL', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_LLM_PROVIDER_MODEL' AND (
            c.column_name = 'MODEL_FAMILY_NAME' AND c.column_type = 'varchar(255)'))
    UNION ALL SELECT 15, 'AM_API_ENDPOINTS', 1, 0, EXISTS (SELECT s.index_name FROM information_schema.statistics s
        WHERE s.table_schema = DATABASE() AND s.table_name = 'AM_API_ENDPOINTS' AND s.index_name = 'PRIMARY'
        GROUP BY s.index_name HAVING GROUP_CONCAT(UPPER(s.column_name)
        ORDER BY s.seq_in_index) = 'API_UUID,ENDPOINT_UUID,REVISION_UUID,ORGANIZATION')
    UNION ALL SELECT 20, 'AM_API_COMMENTS', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_COMMENTS' AND (
            c.column_name = 'CREATED_BY' AND c.column_type = 'varchar(512)'))
    UNION ALL SELECT 21, 'AM_API_ENDPOINTS', 2, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_ENDPOINTS' AND (
            c.column_name = 'ENDPOINT_UUID' AND c.column_type = 'varchar(100)'
            OR c.column_name = 'REVISION_UUID' AND c.column_type = 'varchar(100)'))
    UNION ALL SELECT 22, 'AM_API_OPERATION_POLICY_MAPPING', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_OPERATION_POLICY_MAPPING' AND (
            c.column_name = 'PARAMETERS' AND (c.character_set_name IN ('utf8mb4', 'utf8mb3', 'utf8', 'ascii')
                OR c.character_set_name IS NULL)))
    UNION ALL SELECT 23, 'AM_API_OPERATION_POLICY_MAPPING', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_OPERATION_POLICY_MAPPING' AND (
            c.column_name = 'PARAMETERS' AND c.column_type = 'longblob'))
    UNION ALL SELECT 24, 'AM_API_POLICY_MAPPING', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_POLICY_MAPPING' AND (
            c.column_name = 'PARAMETERS' AND (c.character_set_name IN ('utf8mb4', 'utf8mb3', 'utf8', 'ascii')
                OR c.character_set_name IS NULL)))
    UNION ALL SELECT 25, 'AM_API_POLICY_MAPPING', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_POLICY_MAPPING' AND (
            c.column_name = 'PARAMETERS' AND c.column_type = 'longblob'))
    UNION ALL SELECT 26, 'AM_APPLICATION_REGISTRATION', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_APPLICATION_REGISTRATION' AND (
            c.column_name = 'INPUTS' AND (c.character_set_name IN ('utf8mb4', 'utf8mb3', 'utf8', 'ascii')
                OR c.character_set_name IS NULL)))
    UNION ALL SELECT 27, 'AM_APPLICATION_REGISTRATION', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_APPLICATION_REGISTRATION' AND (
            c.column_name = 'INPUTS' AND c.column_type = 'longblob'))
) look WHERE @apim_schema_pending;
SET default_storage_engine = IF(
    @apim_schema_half IS NOT NULL,
    CONCAT(@apim_schema_half, ': a part of this change is there already: use apim-schema upgrade'),
    @@default_storage_engine);
SET @apim_schema_other = (
    SELECT GROUP_CONCAT(CONCAT(c.table_name, ': ', c.column_name) SEPARATOR ', ')
    FROM information_schema.columns c
    WHERE @apim_schema_pending AND c.table_schema = DATABASE() AND (
        c.table_name = 'AM_API' AND c.column_name = 'API_SUBTYPE' AND c.data_type NOT IN ('varchar')
        OR c.table_name = 'AM_API_COMMENTS' AND c.column_name = 'CREATED_BY' AND c.data_type NOT IN ('varchar')
        OR c.table_name = 'AM_API_ENDPOINTS' AND c.column_name = 'ENDPOINT_UUID' AND c.data_type NOT IN ('varchar')
        OR c.table_name = 'AM_API_ENDPOINTS' AND c.column_name = 'REVISION_UUID' AND c.data_type NOT IN ('varchar')
        OR c.table_name = 'AM_API_OPERATION_POLICY_MAPPING' AND c.column_name = 'PARAMETERS'
            AND c.data_type NOT IN ('varchar', 'longblob')
        OR c.table_name = 'AM_API_POLICY_MAPPING' AND c.column_name = 'PARAMETERS'
            AND c.data_type NOT IN ('varchar', 'longblob')
        OR c.table_name = 'AM_APPLICATION_REGISTRATION' AND c.column_name = 'INPUTS'
            AND c.data_type NOT IN ('varchar', 'longblob')));
SET default_storage_engine = IF(
    @apim_schema_other IS NOT NULL,
    CONCAT(@apim_schema_other, ' is neither of the old nor of the new type'),
    @@default_storage_engine);

-- A statement whose number is not among those that are due does nothing: DO 0 is run in its place.

-- 1. create table AM_API_METADATA
SET @apim_schema = IF(FIND_IN_SET(1, @apim_schema_due), '
CREATE TABLE `AM_API_METADATA` (
    `API_UUID` VARCHAR(256) NOT NULL,
    `REVISION_UUID` VARCHAR(255) NOT NULL DEFAULT ''Current API'',
    `METADATA_KEY` VARCHAR(256) NOT NULL,
    `METADATA_VALUE` VARCHAR(1024) NOT NULL,
    PRIMARY KEY (`API_UUID`, `REVISION_UUID`, `METADATA_KEY`),
    FOREIGN KEY (`API_UUID`) REFERENCES `AM_API` (`API_UUID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 2. create table AM_API_OPERATION_MAPPING
SET @apim_schema = IF(FIND_IN_SET(2, @apim_schema_due), '
CREATE TABLE `AM_API_OPERATION_MAPPING` (
    `MAPPING_ID` INTEGER NOT NULL AUTO_INCREMENT,
    `URL_MAPPING_ID` INTEGER NOT NULL,
    `REF_URL_MAPPING_ID` INTEGER NOT NULL,
    PRIMARY KEY (`MAPPING_ID`),
    FOREIGN KEY (`URL_MAPPING_ID`) REFERENCES `AM_API_URL_MAPPING` (`URL_MAPPING_ID`),
    FOREIGN KEY (`REF_URL_MAPPING_ID`) REFERENCES `AM_API_URL_MAPPING` (`URL_MAPPING_ID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 3. create table AM_BACKEND
SET @apim_schema = IF(FIND_IN_SET(3, @apim_schema_due), '
CREATE TABLE `AM_BACKEND` (
    `BACKEND_ID` VARCHAR(40) NOT NULL,
    `BACKEND_NAME` VARCHAR(256) NOT NULL,
    `ENDPOINT_CONFIG` BLOB NULL,
    `DEFINITION` LONGBLOB NULL,
    `REFERENCE_API_UUID` VARCHAR(256) NOT NULL,
    `REFERENCE_API_REVISION_UUID` VARCHAR(256) NOT NULL DEFAULT ''Current API'',
    `ORGANIZATION` VARCHAR(100) NOT NULL,
    PRIMARY KEY (`BACKEND_ID`),
    UNIQUE (`REFERENCE_API_UUID`, `REFERENCE_API_REVISION_UUID`, `BACKEND_NAME`),
    FOREIGN KEY (`REFERENCE_API_UUID`) REFERENCES `AM_API` (`API_UUID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 4. create table AM_BACKEND_OPERATION_MAPPING
SET @apim_schema = IF(FIND_IN_SET(4, @apim_schema_due), '
CREATE TABLE `AM_BACKEND_OPERATION_MAPPING` (
    `MAPPING_ID` INTEGER NOT NULL AUTO_INCREMENT,
    `URL_MAPPING_ID` INTEGER NOT NULL,
    `BACKEND_ID` VARCHAR(40) NOT NULL,
    `TARGET` VARCHAR(256) NOT NULL,
    `VERB` VARCHAR(10) NOT NULL,
    PRIMARY KEY (`MAPPING_ID`),
    FOREIGN KEY (`URL_MAPPING_ID`) REFERENCES `AM_API_URL_MAPPING` (`URL_MAPPING_ID`),
    FOREIGN KEY (`BACKEND_ID`) REFERENCES `AM_BACKEND` (`BACKEND_ID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 5. create table AM_GW_INSTANCES
SET @apim_schema = IF(FIND_IN_SET(5, @apim_schema_due), '
CREATE TABLE `AM_GW_INSTANCES` (
    `GATEWAY_ID` INTEGER NOT NULL AUTO_INCREMENT,
    `GATEWAY_UUID` VARCHAR(255) NOT NULL,
    `ORGANIZATION` VARCHAR(128) NOT NULL,
    `LAST_UPDATED` TIMESTAMP NOT NULL,
    `GW_PROPERTIES` BLOB NOT NULL,
    PRIMARY KEY (`GATEWAY_ID`),
    UNIQUE (`GATEWAY_UUID`, `ORGANIZATION`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 6. create table AM_GW_INSTANCE_ENV_MAPPING
SET @apim_schema = IF(FIND_IN_SET(6, @apim_schema_due), '
CREATE TABLE `AM_GW_INSTANCE_ENV_MAPPING` (
    `GATEWAY_ID` INTEGER NOT NULL,
    `ENV_LABEL` VARCHAR(255) NOT NULL,
    PRIMARY KEY (`GATEWAY_ID`, `ENV_LABEL`),
    FOREIGN KEY (`GATEWAY_ID`) REFERENCES `AM_GW_INSTANCES` (`GATEWAY_ID`) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 7. create table AM_GW_REVISION_DEPLOYMENT
SET @apim_schema = IF(FIND_IN_SET(7, @apim_schema_due), '
CREATE TABLE `AM_GW_REVISION_DEPLOYMENT` (
    `GATEWAY_ID` INTEGER NOT NULL,
    `API_ID` VARCHAR(256) NOT NULL,
    `ORGANIZATION` VARCHAR(128) NOT NULL,
    `STATUS` VARCHAR(255) NOT NULL,
    `ACTION` VARCHAR(255) NOT NULL,
    `REVISION_UUID` VARCHAR(255) NULL,
    `LAST_UPDATED` BIGINT NOT NULL,
    PRIMARY KEY (`GATEWAY_ID`, `API_ID`),
    INDEX `IDX_GW_REV_DEPLOY_STATUS` (`STATUS`, `ACTION`),
    FOREIGN KEY (`GATEWAY_ID`) REFERENCES `AM_GW_INSTANCES` (`GATEWAY_ID`) ON DELETE CASCADE,
    FOREIGN KEY (`API_ID`) REFERENCES `AM_API` (`API_UUID`) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 8. create table AM_TASK_LOCK
SET @apim_schema = IF(FIND_IN_SET(8, @apim_schema_due), '
CREATE TABLE `AM_TASK_LOCK` (
    `LOCK_TIME` BIGINT NOT NULL,
    `TASK_ID` VARCHAR(255) NOT NULL,
    `NODE_ID` VARCHAR(255) NOT NULL,
    PRIMARY KEY (`TASK_ID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 9. add column AM_API.API_DISPLAY_NAME, add column AM_API.INITIATED_FROM_GW, alter column AM_API.API_SUBTYPE to
-- VARCHAR(100)
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(9, @apim_schema_due), '
ALTER TABLE `AM_API` ADD COLUMN `API_DISPLAY_NAME` VARCHAR(256) NULL, ADD COLUMN `INITIATED_FROM_GW` INTEGER NULL
    DEFAULT 0, MODIFY `API_SUBTYPE` VARCHAR(100) NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 10. add column AM_API_PRIMARY_EP_MAPPING.REVISION_UUID
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(10, @apim_schema_due), '
ALTER TABLE `AM_API_PRIMARY_EP_MAPPING` ADD COLUMN `REVISION_UUID` VARCHAR(100) NOT NULL DEFAULT ''Current API''
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 11. add column AM_API_URL_MAPPING.DESCRIPTION, add column AM_API_URL_MAPPING.SCHEMA_DEFINITION
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(11, @apim_schema_due), '
ALTER TABLE `AM_API_URL_MAPPING` ADD COLUMN `DESCRIPTION` BLOB NULL, ADD COLUMN `SCHEMA_DEFINITION` BLOB NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 12. add column AM_GATEWAY_ENVIRONMENT.ENV_MODE, add column AM_GATEWAY_ENVIRONMENT.SCHEDULED_TIME
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(12, @apim_schema_due), '
ALTER TABLE `AM_GATEWAY_ENVIRONMENT` ADD COLUMN `ENV_MODE` VARCHAR(45) NOT NULL DEFAULT ''WRITE_ONLY'', ADD COLUMN
    `SCHEDULED_TIME` INTEGER NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 13. add column AM_LLM_PROVIDER.MODEL_FAMILY_SUPPORTED
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(13, @apim_schema_due), '
ALTER TABLE `AM_LLM_PROVIDER` ADD COLUMN `MODEL_FAMILY_SUPPORTED` VARCHAR(5) NOT NULL DEFAULT ''false''
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 14. add column AM_LLM_PROVIDER_MODEL.MODEL_FAMILY_NAME
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(14, @apim_schema_due), '
ALTER TABLE `AM_LLM_PROVIDER_MODEL` ADD COLUMN `MODEL_FAMILY_NAME` VARCHAR(255) NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 15. replace primary key of AM_API_ENDPOINTS by (API_UUID, ENDPOINT_UUID, REVISION_UUID, ORGANIZATION)
--    writes every row anew; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(15, @apim_schema_due), IF(@apim_schema_one_byte, '
ALTER TABLE `AM_API_ENDPOINTS` DROP PRIMARY KEY, ADD PRIMARY KEY
    (`API_UUID`, `ENDPOINT_UUID`, `REVISION_UUID`, `ORGANIZATION`), ALGORITHM=INPLACE, LOCK=NONE
', '
ALTER TABLE `AM_API_ENDPOINTS` DROP PRIMARY KEY, ADD PRIMARY KEY (`API_UUID`, `ENDPOINT_UUID`(206),
    `REVISION_UUID`(206), `ORGANIZATION`), ALGORITHM=INPLACE, LOCK=NONE
'), 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 16. drop unique (MODEL_NAME, LLM_PROVIDER_UUID) of AM_LLM_PROVIDER_MODEL
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = (SELECT CONCAT('ALTER TABLE `AM_LLM_PROVIDER_MODEL` DROP INDEX `', name,
    '`, ALGORITHM=INPLACE, LOCK=NONE') FROM (SELECT s.index_name AS name FROM information_schema.statistics s
    WHERE s.table_schema = DATABASE() AND s.table_name = 'AM_LLM_PROVIDER_MODEL' AND s.non_unique = 0
    GROUP BY s.index_name HAVING GROUP_CONCAT(UPPER(s.column_name)
    ORDER BY s.seq_in_index) = 'MODEL_NAME,LLM_PROVIDER_UUID') found);
SET @apim_schema = IF(@apim_schema_pending, COALESCE(@apim_schema, 'DO 0'), 'DO 0');

-- 17. drop unique (MODEL_NAME, LLM_PROVIDER_UUID) of AM_LLM_PROVIDER_MODEL
--    metadata only; lock NONE blocks other DDL
PREPARE apim_schema FROM @apim_schema;

-- 18. drop unique (MODEL_NAME, LLM_PROVIDER_UUID) of AM_LLM_PROVIDER_MODEL
--    metadata only; lock NONE blocks other DDL
EXECUTE apim_schema;

-- 19. drop unique (MODEL_NAME, LLM_PROVIDER_UUID) of AM_LLM_PROVIDER_MODEL
--    metadata only; lock NONE blocks other DDL
DEALLOCATE PREPARE apim_schema;

-- 20. alter column AM_API_COMMENTS.CREATED_BY to VARCHAR(512)
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(20, @apim_schema_due), '
ALTER TABLE `AM_API_COMMENTS` MODIFY `CREATED_BY` VARCHAR(512) NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 21. alter column AM_API_ENDPOINTS.ENDPOINT_UUID to VARCHAR(100), alter column AM_API_ENDPOINTS.REVISION_UUID to
-- VARCHAR(100)
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(21, @apim_schema_due), '
ALTER TABLE `AM_API_ENDPOINTS` MODIFY `ENDPOINT_UUID` VARCHAR(100) NOT NULL, MODIFY `REVISION_UUID` VARCHAR(100)
    NOT NULL DEFAULT ''Current API''
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 22. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to LONGBLOB, as UTF-8
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(22, @apim_schema_due), '
ALTER TABLE `AM_API_OPERATION_POLICY_MAPPING` MODIFY `PARAMETERS` VARCHAR(2048) CHARACTER SET utf8mb4 NOT NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 23. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to LONGBLOB, as UTF-8
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(23, @apim_schema_due), '
ALTER TABLE `AM_API_OPERATION_POLICY_MAPPING` MODIFY `PARAMETERS` LONGBLOB NOT NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 24. convert column AM_API_POLICY_MAPPING.PARAMETERS to LONGBLOB, as UTF-8
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(24, @apim_schema_due), '
ALTER TABLE `AM_API_POLICY_MAPPING` MODIFY `PARAMETERS` VARCHAR(2048) CHARACTER SET utf8mb4 NOT NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 25. convert column AM_API_POLICY_MAPPING.PARAMETERS to LONGBLOB, as UTF-8
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(25, @apim_schema_due), '
ALTER TABLE `AM_API_POLICY_MAPPING` MODIFY `PARAMETERS` LONGBLOB NOT NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 26. convert column AM_APPLICATION_REGISTRATION.INPUTS to LONGBLOB, as UTF-8
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(26, @apim_schema_due), '
ALTER TABLE `AM_APPLICATION_REGISTRATION` MODIFY `INPUTS` VARCHAR(1000) CHARACTER SET utf8mb4 NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 27. convert column AM_APPLICATION_REGISTRATION.INPUTS to LONGBLOB, as UTF-8
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(27, @apim_schema_due), '
ALTER TABLE `AM_APPLICATION_REGISTRATION` MODIFY `INPUTS` LONGBLOB NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- the stamp
UPDATE `alembic_version_apim` SET version_num = '4.6.0' WHERE @apim_schema_pending;

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=UTC_TIMESTAMP()
    WHERE apim_schema_history.database_name = 'apim' AND apim_schema_history.to_release = '4.6.0'
    AND apim_schema_history.outcome = 'started';
