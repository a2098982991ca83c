
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       mysql apim_db < upgrade.sql
--   It checks first that the database is 4.3.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on MySQL 8.4; apim-schema plan says it for your server, with sizes and times.
--   AM_API_CLIENT_CERTIFICATE       writes every row anew; lock NONE blocks other DDL
--   AM_API_SERVICE_MAPPING          writes every row anew; lock SHARED blocks writes
--   AM_OPERATION_POLICY             writes every row anew; lock SHARED blocks writes
--   AM_OPERATION_POLICY_DEFINITION  writes every row anew; lock SHARED blocks writes
--   AM_SERVICE_CATALOG              writes every row anew; lock SHARED blocks writes
--   IDN_INVALID_TOKENS              writes every row anew; lock SHARED blocks writes
--   for a moment: AM_API, AM_POLICY_SUBSCRIPTION

-- IF IT STOPS
--   Each statement commits, so what is in stays in. Mend the cause and run the same script again: it leaves alone
--   what is in, and goes on. apim-schema upgrade goes on from there as well.

-- THE WAY BACK
--   After it, or from half of the way: put the backup back.
--   Or apim-schema downgrade 4.3.0 leads back by the inverse of each statement. It refuses, by name, where the
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

-- ==== checks: is this apim 4.3.0, and would every row survive?
SET default_storage_engine = IF(
    ((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND (UPPER(table_name),
        UPPER(column_name)) IN (('AM_API', 'VERSION_COMPARABLE'), ('AM_API_CLIENT_CERTIFICATE', 'REVISION_UUID'),
        ('AM_API_POLICY_MAPPING', 'PARAMETERS'), ('AM_API_SERVICE_MAPPING', 'TENANT_ID'),
        ('AM_API_URL_MAPPING', 'LOG_LEVEL'), ('AM_APP_REVOKED_EVENT', 'ORGANIZATION'),
        ('AM_DEPLOYMENT_REVISION_MAPPING', 'REVISION_STATUS'), ('AM_GATEWAY_ENVIRONMENT', 'GATEWAY_TYPE'),
        ('AM_GATEWAY_ENVIRONMENT', 'TYPE'), ('AM_GATEWAY_POLICY_DEPLOYMENT', 'ORGANIZATION'),
        ('AM_GATEWAY_POLICY_MAPPING', 'PARAMETERS'), ('AM_GATEWAY_POLICY_METADATA', 'ORGANIZATION'),
        ('AM_KEY_MANAGER_PERMISSIONS', 'ROLE'), ('AM_OPERATION_POLICY', 'POLICY_MD5'),
        ('AM_OPERATION_POLICY_DEFINITION', 'DEFINITION_MD5'), ('AM_POLICY_APPLICATION', 'RATE_LIMIT_COUNT'),
        ('AM_POLICY_APPLICATION', 'RATE_LIMIT_TIME_UNIT'), ('AM_POLICY_SUBSCRIPTION', 'CONNECTIONS_COUNT'),
        ('AM_SERVICE_CATALOG', 'SERVICE_DEFINITION'), ('AM_SUBJECT_ENTITY_REVOKED_EVENT', 'ORGANIZATION'),
        ('IDN_APP_REVOKED_EVENT', 'ORGANIZATION'), ('IDN_INVALID_TOKENS', 'EXPIRY_TIMESTAMP'),
        ('IDN_SUBJECT_ENTITY_REVOKED_EVENT', 'ORGANIZATION'))) < 23),
    'apim is not 4.3.0: a column is missing',
    @@default_storage_engine);
SET default_storage_engine = IF(
    ((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND (UPPER(table_name),
        UPPER(column_name)) IN (('ALEMBIC_VERSION_APIM', 'VERSION_NUM'))) < 1) AND NOT ((SELECT COUNT(*)
        FROM information_schema.columns WHERE table_schema = DATABASE() AND (UPPER(table_name),
        UPPER(column_name)) IN (('AM_API', 'API_SUBTYPE'), ('AM_API', 'IS_EGRESS'), ('AM_API', 'SUB_VALIDATION'),
        ('AM_API_AI_CONFIGURATION', 'LLM_PROVIDER_UUID'), ('AM_API_CLIENT_CERTIFICATE', 'KEY_TYPE'),
        ('AM_API_SEQUENCE_BACKEND', 'TYPE'), ('AM_LLM_PROVIDER', 'API_DEFINITION'),
        ('AM_POLICY_SUBSCRIPTION', 'COMPLETION_TOKEN_COUNT'), ('AM_POLICY_SUBSCRIPTION', 'PROMPT_TOKEN_COUNT'),
        ('AM_POLICY_SUBSCRIPTION', 'TOTAL_TOKEN_COUNT'), ('AM_TRANSACTION_RECORDS', 'RECORDED_TIME'))) < 11),
    'apim is newer than 4.3.0 and has no stamp: nothing was changed',
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
        AND c.constraint_type = 'FOREIGN KEY' AND UPPER(c.constraint_name) IN ('AM_API_AI_CONFIGURATION_IBFK_1',
        'AM_API_AI_CONFIGURATION_IBFK_2', 'AM_API_SEQUENCE_BACKEND_IBFK_1') AND UPPER(c.constraint_name) NOT REGEXP
        CONCAT('^', UPPER(c.table_name), '_(IBFK_[0-9]+|[A-Z_]+_FK)$')),
    'a foreign key has the name of one to be made: rename it, or use apim-schema upgrade; nothing was changed',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_SERVICE_MAPPING` t WHERE t.`API_ID` IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM `AM_API` p WHERE p.`API_ID` = t.`API_ID`)),
    'AM_API_SERVICE_MAPPING: (API_ID) points to no row of AM_API',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_OPERATION_POLICY_DEFINITION` t WHERE t.`POLICY_UUID` IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM `AM_OPERATION_POLICY` p WHERE p.`POLICY_UUID` = t.`POLICY_UUID`)),
    'AM_OPERATION_POLICY_DEFINITION: (POLICY_UUID) points to no row of AM_OPERATION_POLICY',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `IDN_INVALID_TOKENS` t WHERE CAST(CONVERT(CONVERT(t.`TOKEN_IDENTIFIER` USING latin1) USING
        utf8mb4) AS BINARY) <> CAST(CONVERT(t.`TOKEN_IDENTIFIER` USING utf8mb4) AS BINARY)),
    'IDN_INVALID_TOKENS: TOKEN_IDENTIFIER has characters that latin1 has not',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `IDN_INVALID_TOKENS` t WHERE CAST(CONVERT(CONVERT(t.`CONSUMER_KEY` USING latin1) USING
        utf8mb4) AS BINARY) <> CAST(CONVERT(t.`CONSUMER_KEY` USING utf8mb4) AS BINARY)),
    'IDN_INVALID_TOKENS: CONSUMER_KEY has characters that latin1 has not',
    @@default_storage_engine);

-- ==== the stamp, and this run in the history
CREATE TABLE IF NOT EXISTS `alembic_version_apim` (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `alembic_version_apim` WHERE version_num NOT IN ('4.3.0')),
    'apim is not stamped 4.3.0: nothing was changed',
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
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.3.0' AS from_release, '4.4.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared,
    UTC_TIMESTAMP() AS started_at, CURRENT_USER() AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'apim' AND same.to_release = '4.4.0' AND same.outcome = 'started'));

-- ==== 4.4.0: 12 statements
INSERT INTO `alembic_version_apim` (version_num) SELECT '4.3.0' FROM DUAL
    WHERE NOT EXISTS (SELECT 1 FROM `alembic_version_apim`);
SET @apim_schema_pending = EXISTS (SELECT 1 FROM `alembic_version_apim` WHERE version_num = '4.3.0');

-- One look at what is there: the number of each statement, its table, how many parts its effect has, whether they
-- are all or nothing, and how many are there. The numbers of those that are due go into @apim_schema_due.
SELECT GROUP_CONCAT(IF(there < parts, number, NULL)),
       GROUP_CONCAT(DISTINCT IF(whole AND there BETWEEN 1 AND parts - 1, altered, NULL) SEPARATOR ', ')
INTO @apim_schema_due, @apim_schema_half
FROM (
    SELECT 0 number, '' altered, 0 parts, 0 whole, 0 there
    UNION ALL SELECT 1, 'AM_LLM_PROVIDER', 8, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_LLM_PROVIDER' AND (
            c.column_name IN ('UUID', 'NAME', 'API_VERSION', 'ORGANIZATION', 'BUILT_IN_SUPPORT', 'DESCRIPTION',
                'CONFIGURATIONS', 'API_DEFINITION')))
    UNION ALL SELECT 2, 'AM_API_AI_CONFIGURATION', 4, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_AI_CONFIGURATION' AND (
            c.column_name IN ('AI_CONFIGURATION_UUID', 'API_UUID', 'API_REVISION_UUID', 'LLM_PROVIDER_UUID')))
    UNION ALL SELECT 3, 'AM_API_SEQUENCE_BACKEND', 6, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_SEQUENCE_BACKEND' AND (
            c.column_name IN ('ID', 'API_UUID', 'REVISION_UUID', 'SEQUENCE', 'NAME', 'TYPE')))
    UNION ALL SELECT 4, 'AM_TRANSACTION_RECORDS', 6, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_TRANSACTION_RECORDS' AND (
            c.column_name IN ('ID', 'HOST', 'SERVER_ID', 'SERVER_TYPE', 'COUNT', 'RECORDED_TIME')))
    UNION ALL SELECT 5, 'AM_API', 3, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API' AND (
            c.column_name = 'API_SUBTYPE' AND c.column_type = 'varchar(10)'
            OR c.column_name = 'IS_EGRESS' AND c.data_type = 'int'
            OR c.column_name = 'SUB_VALIDATION' AND c.column_type = 'varchar(10)'))
    UNION ALL SELECT 6, 'AM_API_CLIENT_CERTIFICATE', 2, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_CLIENT_CERTIFICATE' AND (
            c.column_name = 'KEY_TYPE' AND c.column_type = 'varchar(20)')) + EXISTS (SELECT s.index_name
                FROM information_schema.statistics s WHERE s.table_schema = DATABASE()
                AND s.table_name = 'AM_API_CLIENT_CERTIFICATE' AND s.index_name = 'PRIMARY' GROUP BY s.index_name
                HAVING GROUP_CONCAT(UPPER(s.column_name)
                ORDER BY s.seq_in_index) = 'ALIAS,TENANT_ID,KEY_TYPE,REMOVED,REVISION_UUID')
    UNION ALL SELECT 7, 'AM_POLICY_SUBSCRIPTION', 3, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_POLICY_SUBSCRIPTION' AND (
            c.column_name = 'TOTAL_TOKEN_COUNT' AND c.data_type = 'bigint'
            OR c.column_name = 'PROMPT_TOKEN_COUNT' AND c.data_type = 'bigint'
            OR c.column_name = 'COMPLETION_TOKEN_COUNT' AND c.data_type = 'bigint'))
    UNION ALL SELECT 8, 'AM_API_SERVICE_MAPPING', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_SERVICE_MAPPING' AND (
            c.column_name = 'MD5' AND c.column_type = 'varchar(512)'))
    UNION ALL SELECT 9, 'AM_OPERATION_POLICY', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_OPERATION_POLICY' AND (
            c.column_name = 'POLICY_MD5' AND c.column_type = 'varchar(512)'))
    UNION ALL SELECT 10, 'AM_OPERATION_POLICY_DEFINITION', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_OPERATION_POLICY_DEFINITION' AND (
            c.column_name = 'DEFINITION_MD5' AND c.column_type = 'varchar(512)'))
    UNION ALL SELECT 11, 'AM_SERVICE_CATALOG', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_SERVICE_CATALOG' AND (
            c.column_name = 'MD5' AND c.column_type = 'varchar(512)'))
    UNION ALL SELECT 12, 'IDN_INVALID_TOKENS', 1, 0, EXISTS (SELECT s.index_name FROM information_schema.statistics
        s WHERE s.table_schema = DATABASE() AND s.table_name = 'IDN_INVALID_TOKENS' AND s.sub_part IS NULL
        GROUP BY s.index_name HAVING GROUP_CONCAT(UPPER(s.column_name)
        ORDER BY s.seq_in_index) = 'TOKEN_IDENTIFIER,CONSUMER_KEY')
) look WHERE @apim_schema_pending;
SET default_storage_engine = IF(
    @apim_schema_half IS NOT NULL,
    CONCAT(@apim_schema_half, ': a part of this change is there already: use apim-schema upgrade'),
    @@default_storage_engine);
SET @apim_schema_other = (
    SELECT GROUP_CONCAT(CONCAT(c.table_name, ': ', c.column_name) SEPARATOR ', ')
    FROM information_schema.columns c
    WHERE @apim_schema_pending AND c.table_schema = DATABASE() AND (
        c.table_name = 'AM_API_SERVICE_MAPPING' AND c.column_name = 'MD5' AND c.data_type NOT IN ('varchar')
        OR c.table_name = 'AM_OPERATION_POLICY' AND c.column_name = 'POLICY_MD5' AND c.data_type NOT IN ('varchar')
        OR c.table_name = 'AM_OPERATION_POLICY_DEFINITION' AND c.column_name = 'DEFINITION_MD5'
            AND c.data_type NOT IN ('varchar')
        OR c.table_name = 'AM_SERVICE_CATALOG' AND c.column_name = 'MD5' AND c.data_type NOT IN ('varchar')));
SET default_storage_engine = IF(
    @apim_schema_other IS NOT NULL,
    CONCAT(@apim_schema_other, ' is neither of the old nor of the new type'),
    @@default_storage_engine);

-- A statement whose number is not among those that are due does nothing: DO 0 is run in its place.

-- 1. create table AM_LLM_PROVIDER
SET @apim_schema = IF(FIND_IN_SET(1, @apim_schema_due), '
CREATE TABLE `AM_LLM_PROVIDER` (
    `UUID` VARCHAR(255) NOT NULL,
    `NAME` VARCHAR(255) NOT NULL,
    `API_VERSION` VARCHAR(50) NOT NULL,
    `ORGANIZATION` VARCHAR(255) NOT NULL,
    `BUILT_IN_SUPPORT` VARCHAR(5) NOT NULL,
    `DESCRIPTION` VARCHAR(1023) NULL,
    `CONFIGURATIONS` BLOB NOT NULL,
    `API_DEFINITION` LONGBLOB NOT NULL,
    PRIMARY KEY (`UUID`),
    UNIQUE (`NAME`, `API_VERSION`, `ORGANIZATION`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 2. create table AM_API_AI_CONFIGURATION
SET @apim_schema = IF(FIND_IN_SET(2, @apim_schema_due), '
CREATE TABLE `AM_API_AI_CONFIGURATION` (
    `AI_CONFIGURATION_UUID` VARCHAR(255) NOT NULL,
    `API_UUID` VARCHAR(256) NOT NULL,
    `API_REVISION_UUID` VARCHAR(255) NULL,
    `LLM_PROVIDER_UUID` VARCHAR(255) NOT NULL,
    PRIMARY KEY (`AI_CONFIGURATION_UUID`),
    FOREIGN KEY (`API_UUID`) REFERENCES `AM_API` (`API_UUID`),
    FOREIGN KEY (`LLM_PROVIDER_UUID`) REFERENCES `AM_LLM_PROVIDER` (`UUID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 3. create table AM_API_SEQUENCE_BACKEND
SET @apim_schema = IF(FIND_IN_SET(3, @apim_schema_due), '
CREATE TABLE `AM_API_SEQUENCE_BACKEND` (
    `ID` VARCHAR(60) NOT NULL,
    `API_UUID` VARCHAR(256) NOT NULL,
    `REVISION_UUID` VARCHAR(256) NOT NULL DEFAULT ''0'',
    `SEQUENCE` LONGBLOB NOT NULL,
    `NAME` VARCHAR(256) NOT NULL,
    `TYPE` VARCHAR(120) NOT NULL,
    PRIMARY KEY (`ID`, `API_UUID`, `REVISION_UUID`, `TYPE`),
    FOREIGN KEY (`API_UUID`) REFERENCES `AM_API` (`API_UUID`) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 4. create table AM_TRANSACTION_RECORDS
SET @apim_schema = IF(FIND_IN_SET(4, @apim_schema_due), '
CREATE TABLE `AM_TRANSACTION_RECORDS` (
    `ID` VARCHAR(255) NOT NULL,
    `HOST` VARCHAR(255) NULL,
    `SERVER_ID` VARCHAR(255) NULL,
    `SERVER_TYPE` VARCHAR(20) NULL,
    `COUNT` INTEGER NOT NULL,
    `RECORDED_TIME` TIMESTAMP NOT NULL,
    PRIMARY KEY (`ID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 5. add column AM_API.API_SUBTYPE, add column AM_API.IS_EGRESS, add column AM_API.SUB_VALIDATION
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(5, @apim_schema_due), '
ALTER TABLE `AM_API` ADD COLUMN `API_SUBTYPE` VARCHAR(10) NULL, ADD COLUMN `IS_EGRESS` INTEGER NULL DEFAULT 0, ADD
    COLUMN `SUB_VALIDATION` VARCHAR(10) NULL DEFAULT ''ENABLED''
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 6. add column AM_API_CLIENT_CERTIFICATE.KEY_TYPE, replace primary key of AM_API_CLIENT_CERTIFICATE by (ALIAS,
-- TENANT_ID, KEY_TYPE, REMOVED, REVISION_UUID)
--    writes every row anew; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(6, @apim_schema_due), '
ALTER TABLE `AM_API_CLIENT_CERTIFICATE` ADD COLUMN `KEY_TYPE` VARCHAR(20) NOT NULL DEFAULT ''PRODUCTION'', DROP
    PRIMARY KEY, ADD PRIMARY KEY (`ALIAS`, `TENANT_ID`, `KEY_TYPE`, `REMOVED`, `REVISION_UUID`)
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 7. add column AM_POLICY_SUBSCRIPTION.TOTAL_TOKEN_COUNT, add column AM_POLICY_SUBSCRIPTION.PROMPT_TOKEN_COUNT, add
-- column AM_POLICY_SUBSCRIPTION.COMPLETION_TOKEN_COUNT
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(7, @apim_schema_due), '
ALTER TABLE `AM_POLICY_SUBSCRIPTION` ADD COLUMN `TOTAL_TOKEN_COUNT` BIGINT NULL, ADD COLUMN `PROMPT_TOKEN_COUNT`
    BIGINT NULL, ADD COLUMN `COMPLETION_TOKEN_COUNT` BIGINT NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 8. alter column AM_API_SERVICE_MAPPING.MD5 to VARCHAR(512)
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(8, @apim_schema_due), '
ALTER TABLE `AM_API_SERVICE_MAPPING` MODIFY `MD5` VARCHAR(512) NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 9. alter column AM_OPERATION_POLICY.POLICY_MD5 to VARCHAR(512)
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(9, @apim_schema_due), '
ALTER TABLE `AM_OPERATION_POLICY` MODIFY `POLICY_MD5` VARCHAR(512) NOT NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 10. alter column AM_OPERATION_POLICY_DEFINITION.DEFINITION_MD5 to VARCHAR(512)
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(10, @apim_schema_due), '
ALTER TABLE `AM_OPERATION_POLICY_DEFINITION` MODIFY `DEFINITION_MD5` VARCHAR(512) NOT NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 11. alter column AM_SERVICE_CATALOG.MD5 to VARCHAR(512)
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(11, @apim_schema_due), '
ALTER TABLE `AM_SERVICE_CATALOG` MODIFY `MD5` VARCHAR(512) NOT NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 12. create index IDX_IAT_TI_CK on IDN_INVALID_TOKENS
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(12, @apim_schema_due), IF(@apim_schema_one_byte, '
ALTER TABLE `IDN_INVALID_TOKENS` ADD INDEX `IDX_IAT_TI_CK` (`TOKEN_IDENTIFIER`, `CONSUMER_KEY`), ALGORITHM=INPLACE,
    LOCK=NONE
', '
ALTER TABLE `IDN_INVALID_TOKENS` MODIFY `TOKEN_IDENTIFIER` VARCHAR(2048) CHARACTER SET latin1 COLLATE latin1_bin
    NOT NULL, MODIFY `CONSUMER_KEY` VARCHAR(255) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL, ADD INDEX
    `IDX_IAT_TI_CK` (`TOKEN_IDENTIFIER`, `CONSUMER_KEY`)
'), 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- the stamp
UPDATE `alembic_version_apim` SET version_num = '4.4.0' WHERE @apim_schema_pending;

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=UTC_TIMESTAMP()
    WHERE apim_schema_history.database_name = 'apim' AND apim_schema_history.to_release = '4.4.0'
    AND apim_schema_history.outcome = 'started';
