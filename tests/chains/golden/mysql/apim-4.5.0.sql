
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       mysql apim_db < upgrade.sql
--   It checks first that the database is 4.4.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on MySQL 8.4; apim-schema plan says it for your server, with sizes and times.
--   for a moment: AM_API_OPERATION_POLICY_MAPPING, AM_API_POLICY_MAPPING, AM_APPLICATION, AM_GATEWAY_ENVIRONMENT,
--   AM_GATEWAY_POLICY_MAPPING

-- IF IT STOPS
--   Each statement commits, so what is in stays in. Mend the cause and run the same script again: it leaves alone
--   what is in, and goes on. apim-schema upgrade goes on from there as well.

-- THE WAY BACK
--   After it, or from half of the way: put the backup back.
--   Or apim-schema downgrade 4.4.0 leads back by the inverse of each statement. It refuses, by name, where the
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

-- ==== checks: is this apim 4.4.0, and would every row survive?
SET default_storage_engine = IF(
    ((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND (UPPER(table_name),
        UPPER(column_name)) IN (('AM_API', 'API_SUBTYPE'), ('AM_API', 'IS_EGRESS'), ('AM_API', 'SUB_VALIDATION'),
        ('AM_API_AI_CONFIGURATION', 'LLM_PROVIDER_UUID'), ('AM_API_CLIENT_CERTIFICATE', 'KEY_TYPE'),
        ('AM_API_OPERATION_POLICY_MAPPING', 'PARAMETERS'), ('AM_API_POLICY_MAPPING', 'PARAMETERS'),
        ('AM_API_SEQUENCE_BACKEND', 'TYPE'), ('AM_APPLICATION', 'ORGANIZATION'),
        ('AM_GATEWAY_ENVIRONMENT', 'GATEWAY_TYPE'), ('AM_GATEWAY_POLICY_MAPPING', 'PARAMETERS'),
        ('AM_LLM_PROVIDER', 'API_DEFINITION'), ('AM_POLICY_SUBSCRIPTION', 'COMPLETION_TOKEN_COUNT'),
        ('AM_POLICY_SUBSCRIPTION', 'PROMPT_TOKEN_COUNT'), ('AM_POLICY_SUBSCRIPTION', 'TOTAL_TOKEN_COUNT'),
        ('AM_TRANSACTION_RECORDS', 'RECORDED_TIME'))) < 16),
    'apim is not 4.4.0: a column is missing',
    @@default_storage_engine);
SET default_storage_engine = IF(
    ((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND (UPPER(table_name),
        UPPER(column_name)) IN (('ALEMBIC_VERSION_APIM', 'VERSION_NUM'))) < 1) AND NOT ((SELECT COUNT(*)
        FROM information_schema.columns WHERE table_schema = DATABASE() AND (UPPER(table_name),
        UPPER(column_name)) IN (('AM_API_ENDPOINTS', 'ORGANIZATION'),
        ('AM_API_EXTERNAL_API_MAPPING', 'REFERENCE_ARTIFACT'), ('AM_API_LABEL_MAPPING', 'LABEL_UUID'),
        ('AM_API_PRIMARY_EP_MAPPING', 'ENDPOINT_UUID'), ('AM_APPLICATION', 'SHARED_ORGANIZATION'),
        ('AM_ARTIFACT', 'TYPE'), ('AM_DEVPORTAL_API_CONTENT', 'PUBLISHED_ARTIFACT'),
        ('AM_DEVPORTAL_API_REFERENCE', 'REFERENCE_APIID'), ('AM_DEVPORTAL_ORG_CONTENT', 'PUBLISHED_ARTIFACT'),
        ('AM_GATEWAY_ENVIRONMENT', 'CONFIGURATION'), ('AM_GATEWAY_PERMISSIONS', 'ROLE'),
        ('AM_KEY_MANAGER_ALLOWED_ORGS', 'ALLOWED_ORGANIZATIONS'), ('AM_LABEL', 'TENANT_DOMAIN'),
        ('AM_LLM_PROVIDER_MODEL', 'LLM_PROVIDER_UUID'), ('AM_ORGANIZATION_MAPPING', 'ROOT_ORGANIZATION'),
        ('GOV_ARTIFACT', 'ORGANIZATION'), ('GOV_POLICY', 'IS_GLOBAL'), ('GOV_POLICY_ACTION', 'TYPE'),
        ('GOV_POLICY_GOVERNABLE_STATE', 'STATE'), ('GOV_POLICY_LABEL', 'LABEL'),
        ('GOV_POLICY_RULESET', 'RULESET_ID'), ('GOV_POLICY_RUN', 'RUN_TIMESTAMP'),
        ('GOV_REQUEST', 'PROCESSING_TIMESTAMP'), ('GOV_REQUEST_POLICY', 'POLICY_ID'),
        ('GOV_RULESET', 'LAST_UPDATED_TIME'), ('GOV_RULESET_CONTENT', 'FILE_NAME'),
        ('GOV_RULESET_RULE', 'RULE_CONTENT'), ('GOV_RULESET_RUN', 'RUN_TIMESTAMP'),
        ('GOV_RULE_VIOLATION', 'VIOLATED_PATH'))) < 29),
    'apim is newer than 4.4.0 and has no stamp: nothing was changed',
    @@default_storage_engine);
SET @apim_schema_one_byte = (SELECT MAX(c.maxlen) = 1 FROM information_schema.character_sets c,
    information_schema.schemata s WHERE s.schema_name = DATABASE()
    AND c.character_set_name = s.default_character_set_name);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM information_schema.columns c, information_schema.schemata s
        WHERE s.schema_name = DATABASE() AND c.table_schema = s.schema_name
        AND (c.table_name, c.column_name) IN (('AM_API', 'API_UUID'), ('AM_GATEWAY_ENVIRONMENT', 'UUID'),
        ('AM_KEY_MANAGER', 'UUID'), ('AM_LLM_PROVIDER', 'UUID')) AND c.collation_name <> s.default_collation_name),
    'tables have another collation than the database: use apim-schema upgrade; nothing was changed',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM information_schema.table_constraints c WHERE c.constraint_schema = DATABASE()
        AND c.constraint_type = 'FOREIGN KEY' AND UPPER(c.constraint_name) IN ('AM_API_ENDPOINTS_IBFK_1',
        'AM_API_EXTERNAL_API_MAPPING_IBFK_1', 'AM_API_EXTERNAL_API_MAPPING_IBFK_2', 'AM_API_LABEL_MAPPING_IBFK_1',
        'AM_API_PRIMARY_EP_MAPPING_IBFK_1', 'AM_GATEWAY_PERMISSIONS_IBFK_1', 'AM_KEY_MANAGER_ALLOWED_ORGS_IBFK_1',
        'AM_LLM_PROVIDER_MODEL_IBFK_1', 'GOV_POLICY_GOVERNABLE_STATE_IBFK_1', 'GOV_POLICY_ACTION_IBFK_1',
        'GOV_POLICY_LABEL_IBFK_1', 'GOV_POLICY_RULESET_IBFK_1', 'GOV_POLICY_RULESET_IBFK_2',
        'GOV_POLICY_RUN_IBFK_1', 'GOV_POLICY_RUN_IBFK_2', 'GOV_REQUEST_POLICY_IBFK_1', 'GOV_REQUEST_POLICY_IBFK_2',
        'GOV_RULESET_CONTENT_IBFK_1', 'GOV_RULESET_RULE_IBFK_1', 'GOV_RULESET_RUN_IBFK_1', 'GOV_RULESET_RUN_IBFK_2',
        'GOV_RULE_VIOLATION_IBFK_1', 'GOV_RULE_VIOLATION_IBFK_2') AND UPPER(c.constraint_name) NOT REGEXP
        CONCAT('^', UPPER(c.table_name), '_(IBFK_[0-9]+|[A-Z_]+_FK)$')),
    'a foreign key has the name of one to be made: rename it, or use apim-schema upgrade; nothing was changed',
    @@default_storage_engine);

-- ==== the stamp, and this run in the history
CREATE TABLE IF NOT EXISTS `alembic_version_apim` (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `alembic_version_apim` WHERE version_num NOT IN ('4.4.0')),
    'apim is not stamped 4.4.0: nothing was changed',
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
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.4.0' AS from_release, '4.5.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared,
    UTC_TIMESTAMP() AS started_at, CURRENT_USER() AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'apim' AND same.to_release = '4.5.0' AND same.outcome = 'started'));

-- ==== 4.5.0: 32 statements
INSERT INTO `alembic_version_apim` (version_num) SELECT '4.4.0' FROM DUAL
    WHERE NOT EXISTS (SELECT 1 FROM `alembic_version_apim`);
SET @apim_schema_pending = EXISTS (SELECT 1 FROM `alembic_version_apim` WHERE version_num = '4.4.0');

-- One look at what is there: the number of each statement, its table, how many parts its effect has, whether they
-- are all or nothing, and how many are there. The numbers of those that are due go into @apim_schema_due.
SELECT GROUP_CONCAT(IF(there < parts, number, NULL)),
       GROUP_CONCAT(DISTINCT IF(whole AND there BETWEEN 1 AND parts - 1, altered, NULL) SEPARATOR ', ')
INTO @apim_schema_due, @apim_schema_half
FROM (
    SELECT 0 number, '' altered, 0 parts, 0 whole, 0 there
    UNION ALL SELECT 1, 'AM_API_ENDPOINTS', 7, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_ENDPOINTS' AND (
            c.column_name IN ('API_UUID', 'ENDPOINT_UUID', 'REVISION_UUID', 'ENDPOINT_NAME', 'KEY_TYPE',
                'ENDPOINT_CONFIG', 'ORGANIZATION')))
    UNION ALL SELECT 2, 'AM_API_EXTERNAL_API_MAPPING', 3, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_EXTERNAL_API_MAPPING' AND (
            c.column_name IN ('API_ID', 'GATEWAY_ENV_ID', 'REFERENCE_ARTIFACT')))
    UNION ALL SELECT 3, 'AM_API_LABEL_MAPPING', 2, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_LABEL_MAPPING' AND (
            c.column_name IN ('API_UUID', 'LABEL_UUID')))
    UNION ALL SELECT 4, 'AM_API_PRIMARY_EP_MAPPING', 3, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_PRIMARY_EP_MAPPING' AND (
            c.column_name IN ('MAPPING_ID', 'API_UUID', 'ENDPOINT_UUID')))
    UNION ALL SELECT 5, 'AM_ARTIFACT', 3, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_ARTIFACT' AND (
            c.column_name IN ('UUID', 'ARTIFACT', 'TYPE')))
    UNION ALL SELECT 6, 'AM_DEVPORTAL_API_CONTENT', 4, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_DEVPORTAL_API_CONTENT' AND (
            c.column_name IN ('API_UUID', 'ORGANIZATION', 'DRAFTED_ARTIFACT', 'PUBLISHED_ARTIFACT')))
    UNION ALL SELECT 7, 'AM_DEVPORTAL_API_REFERENCE', 3, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_DEVPORTAL_API_REFERENCE' AND (
            c.column_name IN ('API_UUID', 'ORGANIZATION', 'REFERENCE_APIID')))
    UNION ALL SELECT 8, 'AM_DEVPORTAL_ORG_CONTENT', 3, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_DEVPORTAL_ORG_CONTENT' AND (
            c.column_name IN ('ORGANIZATION', 'DRAFTED_ARTIFACT', 'PUBLISHED_ARTIFACT')))
    UNION ALL SELECT 9, 'AM_GATEWAY_PERMISSIONS', 3, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_GATEWAY_PERMISSIONS' AND (
            c.column_name IN ('GATEWAY_UUID', 'PERMISSIONS_TYPE', 'ROLE')))
    UNION ALL SELECT 10, 'AM_KEY_MANAGER_ALLOWED_ORGS', 2, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_KEY_MANAGER_ALLOWED_ORGS' AND (
            c.column_name IN ('KEY_MANAGER_UUID', 'ALLOWED_ORGANIZATIONS')))
    UNION ALL SELECT 11, 'AM_LABEL', 4, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_LABEL' AND (
            c.column_name IN ('UUID', 'NAME', 'DESCRIPTION', 'TENANT_DOMAIN')))
    UNION ALL SELECT 12, 'AM_LLM_PROVIDER_MODEL', 3, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_LLM_PROVIDER_MODEL' AND (
            c.column_name IN ('MODEL_ID', 'MODEL_NAME', 'LLM_PROVIDER_UUID')))
    UNION ALL SELECT 13, 'AM_ORGANIZATION_MAPPING', 7, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_ORGANIZATION_MAPPING' AND (
            c.column_name IN ('ORG_UUID', 'EXT_ORG_ID', 'DISPLAY_NAME', 'PARENT_ORG_UUID', 'ORG_HANDLE',
                'DESCRIPTION', 'ROOT_ORGANIZATION')))
    UNION ALL SELECT 14, 'GOV_ARTIFACT', 4, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'GOV_ARTIFACT' AND (
            c.column_name IN ('ARTIFACT_KEY', 'ARTIFACT_REF_ID', 'ARTIFACT_TYPE', 'ORGANIZATION')))
    UNION ALL SELECT 15, 'GOV_POLICY', 9, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'GOV_POLICY' AND (
            c.column_name IN ('POLICY_ID', 'NAME', 'DESCRIPTION', 'ORGANIZATION', 'CREATED_BY', 'CREATED_TIME',
                'UPDATED_BY', 'LAST_UPDATED_TIME', 'IS_GLOBAL')))
    UNION ALL SELECT 16, 'GOV_POLICY_GOVERNABLE_STATE', 2, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'GOV_POLICY_GOVERNABLE_STATE' AND (
            c.column_name IN ('POLICY_ID', 'STATE')))
    UNION ALL SELECT 17, 'GOV_POLICY_ACTION', 4, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'GOV_POLICY_ACTION' AND (
            c.column_name IN ('POLICY_ID', 'STATE', 'SEVERITY', 'TYPE')))
    UNION ALL SELECT 18, 'GOV_POLICY_LABEL', 2, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'GOV_POLICY_LABEL' AND (
            c.column_name IN ('POLICY_ID', 'LABEL')))
    UNION ALL SELECT 19, 'GOV_RULESET', 13, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'GOV_RULESET' AND (
            c.column_name IN ('RULESET_ID', 'NAME', 'DESCRIPTION', 'ARTIFACT_TYPE', 'RULE_CATEGORY', 'RULE_TYPE',
                'DOCUMENTATION_LINK', 'PROVIDER', 'ORGANIZATION', 'CREATED_BY', 'CREATED_TIME', 'UPDATED_BY',
                'LAST_UPDATED_TIME')))
    UNION ALL SELECT 20, 'GOV_POLICY_RULESET', 2, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'GOV_POLICY_RULESET' AND (
            c.column_name IN ('POLICY_ID', 'RULESET_ID')))
    UNION ALL SELECT 21, 'GOV_POLICY_RUN', 3, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'GOV_POLICY_RUN' AND (
            c.column_name IN ('ARTIFACT_KEY', 'POLICY_ID', 'RUN_TIMESTAMP')))
    UNION ALL SELECT 22, 'GOV_REQUEST', 5, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'GOV_REQUEST' AND (
            c.column_name IN ('REQ_ID', 'ARTIFACT_KEY', 'STATUS', 'REQ_TIMESTAMP', 'PROCESSING_TIMESTAMP')))
    UNION ALL SELECT 23, 'GOV_REQUEST_POLICY', 2, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'GOV_REQUEST_POLICY' AND (
            c.column_name IN ('REQ_ID', 'POLICY_ID')))
    UNION ALL SELECT 24, 'GOV_RULESET_CONTENT', 4, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'GOV_RULESET_CONTENT' AND (
            c.column_name IN ('RULESET_ID', 'CONTENT', 'CONTENT_TYPE', 'FILE_NAME')))
    UNION ALL SELECT 25, 'GOV_RULESET_RULE', 6, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'GOV_RULESET_RULE' AND (
            c.column_name IN ('RULESET_RULE_ID', 'RULESET_ID', 'RULE_NAME', 'RULE_DESCRIPTION', 'SEVERITY',
                'RULE_CONTENT')))
    UNION ALL SELECT 26, 'GOV_RULESET_RUN', 5, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'GOV_RULESET_RUN' AND (
            c.column_name IN ('RULESET_RUN_ID', 'ARTIFACT_KEY', 'RULESET_ID', 'RESULT', 'RUN_TIMESTAMP')))
    UNION ALL SELECT 27, 'GOV_RULE_VIOLATION', 6, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'GOV_RULE_VIOLATION' AND (
            c.column_name IN ('ID', 'RULESET_RUN_ID', 'RULESET_ID', 'RULE_NAME', 'MESSAGE', 'VIOLATED_PATH')))
    UNION ALL SELECT 28, 'AM_APPLICATION', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_APPLICATION' AND (
            c.column_name = 'SHARED_ORGANIZATION' AND c.column_type = 'varchar(100)'))
    UNION ALL SELECT 29, 'AM_GATEWAY_ENVIRONMENT', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_GATEWAY_ENVIRONMENT' AND (
            c.column_name = 'CONFIGURATION' AND c.column_type = 'blob'))
    UNION ALL SELECT 30, 'AM_API_OPERATION_POLICY_MAPPING', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_OPERATION_POLICY_MAPPING' AND (
            c.column_name = 'PARAMETERS' AND c.column_type = 'varchar(2048)'))
    UNION ALL SELECT 31, 'AM_API_POLICY_MAPPING', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_POLICY_MAPPING' AND (
            c.column_name = 'PARAMETERS' AND c.column_type = 'varchar(2048)'))
    UNION ALL SELECT 32, 'AM_GATEWAY_POLICY_MAPPING', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_GATEWAY_POLICY_MAPPING' AND (
            c.column_name = 'PARAMETERS' AND c.column_type = 'varchar(2048)'))
) look WHERE @apim_schema_pending;
SET default_storage_engine = IF(
    @apim_schema_half IS NOT NULL,
    CONCAT(@apim_schema_half, ': a part of this change is there already: use apim-schema upgrade'),
    @@default_storage_engine);
SET @apim_schema_other = (
    SELECT GROUP_CONCAT(CONCAT(c.table_name, ': ', c.column_name) SEPARATOR ', ')
    FROM information_schema.columns c
    WHERE @apim_schema_pending AND c.table_schema = DATABASE() AND (
        c.table_name = 'AM_API_OPERATION_POLICY_MAPPING' AND c.column_name = 'PARAMETERS'
            AND c.data_type NOT IN ('varchar')
        OR c.table_name = 'AM_API_POLICY_MAPPING' AND c.column_name = 'PARAMETERS'
            AND c.data_type NOT IN ('varchar')
        OR c.table_name = 'AM_GATEWAY_POLICY_MAPPING' AND c.column_name = 'PARAMETERS'
            AND c.data_type NOT IN ('varchar')));
SET default_storage_engine = IF(
    @apim_schema_other IS NOT NULL,
    CONCAT(@apim_schema_other, ' is neither of the old nor of the new type'),
    @@default_storage_engine);

-- A statement whose number is not among those that are due does nothing: DO 0 is run in its place.

-- 1. create table AM_API_ENDPOINTS
SET @apim_schema = IF(FIND_IN_SET(1, @apim_schema_due), IF(@apim_schema_one_byte, '
CREATE TABLE `AM_API_ENDPOINTS` (
    `API_UUID` VARCHAR(256) NOT NULL,
    `ENDPOINT_UUID` VARCHAR(256) NOT NULL,
    `REVISION_UUID` VARCHAR(255) NOT NULL DEFAULT ''Current API'',
    `ENDPOINT_NAME` VARCHAR(255) NOT NULL,
    `KEY_TYPE` VARCHAR(100) NULL,
    `ENDPOINT_CONFIG` LONGBLOB NOT NULL,
    `ORGANIZATION` VARCHAR(100) NOT NULL,
    PRIMARY KEY (`API_UUID`, `ENDPOINT_UUID`, `ENDPOINT_NAME`, `REVISION_UUID`, `ORGANIZATION`),
    FOREIGN KEY (`API_UUID`) REFERENCES `AM_API` (`API_UUID`) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', '
CREATE TABLE `AM_API_ENDPOINTS` (
    `API_UUID` VARCHAR(256) NOT NULL,
    `ENDPOINT_UUID` VARCHAR(256) NOT NULL,
    `REVISION_UUID` VARCHAR(255) NOT NULL DEFAULT ''Current API'',
    `ENDPOINT_NAME` VARCHAR(255) NOT NULL,
    `KEY_TYPE` VARCHAR(100) NULL,
    `ENDPOINT_CONFIG` LONGBLOB NOT NULL,
    `ORGANIZATION` VARCHAR(100) NOT NULL,
    PRIMARY KEY (`API_UUID`, `ENDPOINT_UUID`(137), `ENDPOINT_NAME`(137), `REVISION_UUID`(137), `ORGANIZATION`),
    FOREIGN KEY (`API_UUID`) REFERENCES `AM_API` (`API_UUID`) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
'), 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 2. create table AM_API_EXTERNAL_API_MAPPING
SET @apim_schema = IF(FIND_IN_SET(2, @apim_schema_due), '
CREATE TABLE `AM_API_EXTERNAL_API_MAPPING` (
    `API_ID` VARCHAR(255) NOT NULL,
    `GATEWAY_ENV_ID` VARCHAR(255) NOT NULL,
    `REFERENCE_ARTIFACT` LONGBLOB NOT NULL,
    PRIMARY KEY (`API_ID`, `GATEWAY_ENV_ID`),
    FOREIGN KEY (`API_ID`) REFERENCES `AM_API` (`API_UUID`) ON DELETE CASCADE,
    FOREIGN KEY (`GATEWAY_ENV_ID`) REFERENCES `AM_GATEWAY_ENVIRONMENT` (`UUID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 3. create table AM_API_LABEL_MAPPING
SET @apim_schema = IF(FIND_IN_SET(3, @apim_schema_due), '
CREATE TABLE `AM_API_LABEL_MAPPING` (
    `API_UUID` VARCHAR(256) NOT NULL,
    `LABEL_UUID` VARCHAR(50) NOT NULL,
    PRIMARY KEY (`API_UUID`, `LABEL_UUID`),
    FOREIGN KEY (`API_UUID`) REFERENCES `AM_API` (`API_UUID`) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 4. create table AM_API_PRIMARY_EP_MAPPING
SET @apim_schema = IF(FIND_IN_SET(4, @apim_schema_due), '
CREATE TABLE `AM_API_PRIMARY_EP_MAPPING` (
    `MAPPING_ID` INTEGER NOT NULL AUTO_INCREMENT,
    `API_UUID` VARCHAR(256) NOT NULL,
    `ENDPOINT_UUID` VARCHAR(256) NOT NULL,
    PRIMARY KEY (`MAPPING_ID`),
    FOREIGN KEY (`API_UUID`) REFERENCES `AM_API` (`API_UUID`) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 5. create table AM_ARTIFACT
SET @apim_schema = IF(FIND_IN_SET(5, @apim_schema_due), '
CREATE TABLE `AM_ARTIFACT` (
    `UUID` VARCHAR(45) NOT NULL,
    `ARTIFACT` LONGBLOB NOT NULL,
    `TYPE` VARCHAR(25) NOT NULL,
    PRIMARY KEY (`UUID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 6. create table AM_DEVPORTAL_API_CONTENT
SET @apim_schema = IF(FIND_IN_SET(6, @apim_schema_due), '
CREATE TABLE `AM_DEVPORTAL_API_CONTENT` (
    `API_UUID` VARCHAR(256) NOT NULL,
    `ORGANIZATION` VARCHAR(100) NOT NULL,
    `DRAFTED_ARTIFACT` VARCHAR(45) NULL,
    `PUBLISHED_ARTIFACT` VARCHAR(45) NULL,
    PRIMARY KEY (`API_UUID`, `ORGANIZATION`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 7. create table AM_DEVPORTAL_API_REFERENCE
SET @apim_schema = IF(FIND_IN_SET(7, @apim_schema_due), '
CREATE TABLE `AM_DEVPORTAL_API_REFERENCE` (
    `API_UUID` VARCHAR(256) NOT NULL,
    `ORGANIZATION` VARCHAR(100) NOT NULL,
    `REFERENCE_APIID` VARCHAR(256) NOT NULL,
    PRIMARY KEY (`API_UUID`, `ORGANIZATION`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 8. create table AM_DEVPORTAL_ORG_CONTENT
SET @apim_schema = IF(FIND_IN_SET(8, @apim_schema_due), '
CREATE TABLE `AM_DEVPORTAL_ORG_CONTENT` (
    `ORGANIZATION` VARCHAR(100) NOT NULL,
    `DRAFTED_ARTIFACT` VARCHAR(45) NULL,
    `PUBLISHED_ARTIFACT` VARCHAR(45) NULL,
    PRIMARY KEY (`ORGANIZATION`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 9. create table AM_GATEWAY_PERMISSIONS
SET @apim_schema = IF(FIND_IN_SET(9, @apim_schema_due), '
CREATE TABLE `AM_GATEWAY_PERMISSIONS` (
    `GATEWAY_UUID` VARCHAR(45) NOT NULL,
    `PERMISSIONS_TYPE` VARCHAR(50) NOT NULL,
    `ROLE` VARCHAR(255) NOT NULL,
    PRIMARY KEY (`GATEWAY_UUID`, `ROLE`),
    FOREIGN KEY (`GATEWAY_UUID`) REFERENCES `AM_GATEWAY_ENVIRONMENT` (`UUID`) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 10. create table AM_KEY_MANAGER_ALLOWED_ORGS
SET @apim_schema = IF(FIND_IN_SET(10, @apim_schema_due), '
CREATE TABLE `AM_KEY_MANAGER_ALLOWED_ORGS` (
    `KEY_MANAGER_UUID` VARCHAR(50) NOT NULL,
    `ALLOWED_ORGANIZATIONS` VARCHAR(50) NOT NULL,
    PRIMARY KEY (`KEY_MANAGER_UUID`, `ALLOWED_ORGANIZATIONS`),
    FOREIGN KEY (`KEY_MANAGER_UUID`) REFERENCES `AM_KEY_MANAGER` (`UUID`) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 11. create table AM_LABEL
SET @apim_schema = IF(FIND_IN_SET(11, @apim_schema_due), '
CREATE TABLE `AM_LABEL` (
    `UUID` VARCHAR(50) NOT NULL,
    `NAME` VARCHAR(255) NOT NULL,
    `DESCRIPTION` VARCHAR(1024) NULL,
    `TENANT_DOMAIN` VARCHAR(255) NULL DEFAULT ''carbon.super'',
    PRIMARY KEY (`UUID`),
    UNIQUE (`NAME`, `TENANT_DOMAIN`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 12. create table AM_LLM_PROVIDER_MODEL
SET @apim_schema = IF(FIND_IN_SET(12, @apim_schema_due), '
CREATE TABLE `AM_LLM_PROVIDER_MODEL` (
    `MODEL_ID` INTEGER NOT NULL AUTO_INCREMENT,
    `MODEL_NAME` VARCHAR(255) NOT NULL,
    `LLM_PROVIDER_UUID` VARCHAR(255) NOT NULL,
    PRIMARY KEY (`MODEL_ID`),
    UNIQUE (`MODEL_NAME`, `LLM_PROVIDER_UUID`),
    FOREIGN KEY (`LLM_PROVIDER_UUID`) REFERENCES `AM_LLM_PROVIDER` (`UUID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 13. create table AM_ORGANIZATION_MAPPING
SET @apim_schema = IF(FIND_IN_SET(13, @apim_schema_due), '
CREATE TABLE `AM_ORGANIZATION_MAPPING` (
    `ORG_UUID` VARCHAR(50) NOT NULL,
    `EXT_ORG_ID` VARCHAR(100) NOT NULL,
    `DISPLAY_NAME` VARCHAR(100) NULL,
    `PARENT_ORG_UUID` VARCHAR(50) NULL,
    `ORG_HANDLE` VARCHAR(100) NULL,
    `DESCRIPTION` VARCHAR(256) NULL,
    `ROOT_ORGANIZATION` VARCHAR(255) NULL,
    PRIMARY KEY (`ORG_UUID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 14. create table GOV_ARTIFACT
SET @apim_schema = IF(FIND_IN_SET(14, @apim_schema_due), '
CREATE TABLE `GOV_ARTIFACT` (
    `ARTIFACT_KEY` VARCHAR(36) NOT NULL,
    `ARTIFACT_REF_ID` VARCHAR(36) NOT NULL,
    `ARTIFACT_TYPE` VARCHAR(32) NOT NULL,
    `ORGANIZATION` VARCHAR(128) NOT NULL,
    PRIMARY KEY (`ARTIFACT_KEY`),
    CONSTRAINT `GOV_ARTIFACT_CONSTRAINT` UNIQUE (`ARTIFACT_REF_ID`, `ARTIFACT_TYPE`, `ORGANIZATION`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 15. create table GOV_POLICY
SET @apim_schema = IF(FIND_IN_SET(15, @apim_schema_due), '
CREATE TABLE `GOV_POLICY` (
    `POLICY_ID` VARCHAR(36) NOT NULL,
    `NAME` VARCHAR(256) NOT NULL,
    `DESCRIPTION` VARCHAR(1024) NULL,
    `ORGANIZATION` VARCHAR(128) NOT NULL,
    `CREATED_BY` VARCHAR(256) NULL,
    `CREATED_TIME` DATETIME NULL DEFAULT CURRENT_TIMESTAMP,
    `UPDATED_BY` VARCHAR(256) NULL,
    `LAST_UPDATED_TIME` DATETIME NULL,
    `IS_GLOBAL` INTEGER NULL DEFAULT 0,
    PRIMARY KEY (`POLICY_ID`),
    CONSTRAINT `POLICY_CONSTRAINT` UNIQUE (`NAME`, `ORGANIZATION`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 16. create table GOV_POLICY_GOVERNABLE_STATE
SET @apim_schema = IF(FIND_IN_SET(16, @apim_schema_due), '
CREATE TABLE `GOV_POLICY_GOVERNABLE_STATE` (
    `POLICY_ID` VARCHAR(36) NOT NULL,
    `STATE` VARCHAR(128) NOT NULL,
    PRIMARY KEY (`POLICY_ID`, `STATE`),
    FOREIGN KEY (`POLICY_ID`) REFERENCES `GOV_POLICY` (`POLICY_ID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 17. create table GOV_POLICY_ACTION
SET @apim_schema = IF(FIND_IN_SET(17, @apim_schema_due), '
CREATE TABLE `GOV_POLICY_ACTION` (
    `POLICY_ID` VARCHAR(36) NOT NULL,
    `STATE` VARCHAR(128) NOT NULL,
    `SEVERITY` VARCHAR(32) NOT NULL,
    `TYPE` VARCHAR(32) NOT NULL,
    PRIMARY KEY (`POLICY_ID`, `STATE`, `SEVERITY`, `TYPE`),
    FOREIGN KEY (`POLICY_ID`, `STATE`) REFERENCES `GOV_POLICY_GOVERNABLE_STATE` (`POLICY_ID`, `STATE`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 18. create table GOV_POLICY_LABEL
SET @apim_schema = IF(FIND_IN_SET(18, @apim_schema_due), '
CREATE TABLE `GOV_POLICY_LABEL` (
    `POLICY_ID` VARCHAR(36) NOT NULL,
    `LABEL` VARCHAR(128) NOT NULL,
    PRIMARY KEY (`POLICY_ID`, `LABEL`),
    FOREIGN KEY (`POLICY_ID`) REFERENCES `GOV_POLICY` (`POLICY_ID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 19. create table GOV_RULESET
SET @apim_schema = IF(FIND_IN_SET(19, @apim_schema_due), '
CREATE TABLE `GOV_RULESET` (
    `RULESET_ID` VARCHAR(36) NOT NULL,
    `NAME` VARCHAR(256) NOT NULL,
    `DESCRIPTION` VARCHAR(1024) NULL,
    `ARTIFACT_TYPE` VARCHAR(128) NOT NULL,
    `RULE_CATEGORY` VARCHAR(128) NOT NULL,
    `RULE_TYPE` VARCHAR(128) NOT NULL,
    `DOCUMENTATION_LINK` VARCHAR(1024) NULL,
    `PROVIDER` VARCHAR(256) NULL,
    `ORGANIZATION` VARCHAR(128) NOT NULL,
    `CREATED_BY` VARCHAR(256) NULL,
    `CREATED_TIME` DATETIME NULL DEFAULT CURRENT_TIMESTAMP,
    `UPDATED_BY` VARCHAR(256) NULL,
    `LAST_UPDATED_TIME` DATETIME NULL,
    PRIMARY KEY (`RULESET_ID`),
    CONSTRAINT `RULESET_CONSTRAINT` UNIQUE (`NAME`, `ORGANIZATION`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 20. create table GOV_POLICY_RULESET
SET @apim_schema = IF(FIND_IN_SET(20, @apim_schema_due), '
CREATE TABLE `GOV_POLICY_RULESET` (
    `POLICY_ID` VARCHAR(36) NOT NULL,
    `RULESET_ID` VARCHAR(36) NOT NULL,
    PRIMARY KEY (`POLICY_ID`, `RULESET_ID`),
    FOREIGN KEY (`POLICY_ID`) REFERENCES `GOV_POLICY` (`POLICY_ID`),
    FOREIGN KEY (`RULESET_ID`) REFERENCES `GOV_RULESET` (`RULESET_ID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 21. create table GOV_POLICY_RUN
SET @apim_schema = IF(FIND_IN_SET(21, @apim_schema_due), '
CREATE TABLE `GOV_POLICY_RUN` (
    `ARTIFACT_KEY` VARCHAR(36) NOT NULL,
    `POLICY_ID` VARCHAR(36) NOT NULL,
    `RUN_TIMESTAMP` DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (`ARTIFACT_KEY`, `POLICY_ID`),
    FOREIGN KEY (`ARTIFACT_KEY`) REFERENCES `GOV_ARTIFACT` (`ARTIFACT_KEY`),
    FOREIGN KEY (`POLICY_ID`) REFERENCES `GOV_POLICY` (`POLICY_ID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 22. create table GOV_REQUEST
SET @apim_schema = IF(FIND_IN_SET(22, @apim_schema_due), '
CREATE TABLE `GOV_REQUEST` (
    `REQ_ID` VARCHAR(36) NOT NULL,
    `ARTIFACT_KEY` VARCHAR(36) NOT NULL,
    `STATUS` VARCHAR(32) NOT NULL DEFAULT ''PENDING'',
    `REQ_TIMESTAMP` DATETIME NULL DEFAULT CURRENT_TIMESTAMP,
    `PROCESSING_TIMESTAMP` DATETIME NULL,
    PRIMARY KEY (`REQ_ID`),
    CONSTRAINT `EVAL_CONSTRAINT` UNIQUE (`STATUS`, `ARTIFACT_KEY`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 23. create table GOV_REQUEST_POLICY
SET @apim_schema = IF(FIND_IN_SET(23, @apim_schema_due), '
CREATE TABLE `GOV_REQUEST_POLICY` (
    `REQ_ID` VARCHAR(36) NOT NULL,
    `POLICY_ID` VARCHAR(36) NOT NULL,
    PRIMARY KEY (`REQ_ID`, `POLICY_ID`),
    FOREIGN KEY (`REQ_ID`) REFERENCES `GOV_REQUEST` (`REQ_ID`),
    FOREIGN KEY (`POLICY_ID`) REFERENCES `GOV_POLICY` (`POLICY_ID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 24. create table GOV_RULESET_CONTENT
SET @apim_schema = IF(FIND_IN_SET(24, @apim_schema_due), '
CREATE TABLE `GOV_RULESET_CONTENT` (
    `RULESET_ID` VARCHAR(36) NOT NULL,
    `CONTENT` LONGBLOB NOT NULL,
    `CONTENT_TYPE` VARCHAR(128) NULL,
    `FILE_NAME` VARCHAR(256) NULL,
    PRIMARY KEY (`RULESET_ID`),
    FOREIGN KEY (`RULESET_ID`) REFERENCES `GOV_RULESET` (`RULESET_ID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 25. create table GOV_RULESET_RULE
SET @apim_schema = IF(FIND_IN_SET(25, @apim_schema_due), '
CREATE TABLE `GOV_RULESET_RULE` (
    `RULESET_RULE_ID` VARCHAR(36) NOT NULL,
    `RULESET_ID` VARCHAR(36) NOT NULL,
    `RULE_NAME` VARCHAR(256) NOT NULL,
    `RULE_DESCRIPTION` VARCHAR(1024) NULL,
    `SEVERITY` VARCHAR(32) NOT NULL,
    `RULE_CONTENT` BLOB NOT NULL,
    PRIMARY KEY (`RULESET_RULE_ID`),
    CONSTRAINT `RULESET_RULE_CONSTRAINT` UNIQUE (`RULESET_ID`, `RULE_NAME`),
    FOREIGN KEY (`RULESET_ID`) REFERENCES `GOV_RULESET` (`RULESET_ID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 26. create table GOV_RULESET_RUN
SET @apim_schema = IF(FIND_IN_SET(26, @apim_schema_due), '
CREATE TABLE `GOV_RULESET_RUN` (
    `RULESET_RUN_ID` VARCHAR(36) NOT NULL,
    `ARTIFACT_KEY` VARCHAR(36) NOT NULL,
    `RULESET_ID` VARCHAR(36) NOT NULL,
    `RESULT` INTEGER NOT NULL,
    `RUN_TIMESTAMP` DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (`RULESET_RUN_ID`),
    CONSTRAINT `RULESET_RESULT` UNIQUE (`ARTIFACT_KEY`, `RULESET_ID`),
    FOREIGN KEY (`ARTIFACT_KEY`) REFERENCES `GOV_ARTIFACT` (`ARTIFACT_KEY`),
    FOREIGN KEY (`RULESET_ID`) REFERENCES `GOV_RULESET` (`RULESET_ID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 27. create table GOV_RULE_VIOLATION
SET @apim_schema = IF(FIND_IN_SET(27, @apim_schema_due), '
CREATE TABLE `GOV_RULE_VIOLATION` (
    `ID` VARCHAR(36) NOT NULL,
    `RULESET_RUN_ID` VARCHAR(36) NOT NULL,
    `RULESET_ID` VARCHAR(36) NOT NULL,
    `RULE_NAME` VARCHAR(256) NOT NULL,
    `MESSAGE` VARCHAR(1024) NULL,
    `VIOLATED_PATH` VARCHAR(1024) NOT NULL,
    PRIMARY KEY (`ID`),
    FOREIGN KEY (`RULESET_RUN_ID`) REFERENCES `GOV_RULESET_RUN` (`RULESET_RUN_ID`),
    FOREIGN KEY (`RULESET_ID`, `RULE_NAME`) REFERENCES `GOV_RULESET_RULE` (`RULESET_ID`, `RULE_NAME`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 28. add column AM_APPLICATION.SHARED_ORGANIZATION
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(28, @apim_schema_due), '
ALTER TABLE `AM_APPLICATION` ADD COLUMN `SHARED_ORGANIZATION` VARCHAR(100) NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 29. add column AM_GATEWAY_ENVIRONMENT.CONFIGURATION
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(29, @apim_schema_due), '
ALTER TABLE `AM_GATEWAY_ENVIRONMENT` ADD COLUMN `CONFIGURATION` BLOB NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 30. alter column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARCHAR(2048)
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(30, @apim_schema_due), '
ALTER TABLE `AM_API_OPERATION_POLICY_MAPPING` MODIFY `PARAMETERS` VARCHAR(2048) NOT NULL, ALGORITHM=INPLACE,
    LOCK=NONE
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 31. alter column AM_API_POLICY_MAPPING.PARAMETERS to VARCHAR(2048)
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(31, @apim_schema_due), '
ALTER TABLE `AM_API_POLICY_MAPPING` MODIFY `PARAMETERS` VARCHAR(2048) NOT NULL, ALGORITHM=INPLACE, LOCK=NONE
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 32. alter column AM_GATEWAY_POLICY_MAPPING.PARAMETERS to VARCHAR(2048)
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(32, @apim_schema_due), '
ALTER TABLE `AM_GATEWAY_POLICY_MAPPING` MODIFY `PARAMETERS` VARCHAR(2048) NOT NULL, ALGORITHM=INPLACE, LOCK=NONE
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- the stamp
UPDATE `alembic_version_apim` SET version_num = '4.5.0' WHERE @apim_schema_pending;

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=UTC_TIMESTAMP()
    WHERE apim_schema_history.database_name = 'apim' AND apim_schema_history.to_release = '4.5.0'
    AND apim_schema_history.outcome = 'started';
