
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       mysql apim_db < upgrade.sql
--   It checks first that the database is 4.2.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on MySQL 8.4; apim-schema plan says it for your server, with sizes and times.
--   AM_OPERATION_POLICY_DEFINITION  writes every row anew; lock SHARED blocks writes
--   for a moment: AM_API_URL_MAPPING, AM_DEPLOYMENT_REVISION_MAPPING, AM_GATEWAY_ENVIRONMENT, AM_POLICY_APPLICATION

-- IF IT STOPS
--   Each statement commits, so what is in stays in. Mend the cause and run the same script again: it leaves alone
--   what is in, and goes on. apim-schema upgrade goes on from there as well.

-- THE WAY BACK
--   After it, or from half of the way: put the backup back.
--   Or apim-schema downgrade 4.2.0 leads back by the inverse of each statement. It refuses, by name, where the
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

-- ==== checks: is this apim 4.2.0, and would every row survive?
SET default_storage_engine = IF(
    ((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND (UPPER(table_name),
        UPPER(column_name)) IN (('AM_API_URL_MAPPING', 'REVISION_UUID'),
        ('AM_DEPLOYMENT_REVISION_MAPPING', 'DEPLOYED_TIME'), ('AM_GATEWAY_ENVIRONMENT', 'ORGANIZATION'),
        ('AM_OPERATION_POLICY_DEFINITION', 'DEFINITION_MD5'), ('AM_POLICY_APPLICATION', 'UUID'))) < 5),
    'apim is not 4.2.0: a column is missing',
    @@default_storage_engine);
SET default_storage_engine = IF(
    ((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND (UPPER(table_name),
        UPPER(column_name)) IN (('ALEMBIC_VERSION_APIM', 'VERSION_NUM'))) < 1) AND NOT ((SELECT COUNT(*)
        FROM information_schema.columns WHERE table_schema = DATABASE() AND (UPPER(table_name),
        UPPER(column_name)) IN (('AM_API_POLICY_MAPPING', 'PARAMETERS'), ('AM_API_URL_MAPPING', 'LOG_LEVEL'),
        ('AM_APP_REVOKED_EVENT', 'ORGANIZATION'), ('AM_DEPLOYMENT_REVISION_MAPPING', 'REVISION_STATUS'),
        ('AM_GATEWAY_ENVIRONMENT', 'GATEWAY_TYPE'), ('AM_GATEWAY_ENVIRONMENT', 'TYPE'),
        ('AM_GATEWAY_POLICY_DEPLOYMENT', 'ORGANIZATION'), ('AM_GATEWAY_POLICY_MAPPING', 'PARAMETERS'),
        ('AM_GATEWAY_POLICY_METADATA', 'ORGANIZATION'), ('AM_KEY_MANAGER_PERMISSIONS', 'ROLE'),
        ('AM_POLICY_APPLICATION', 'RATE_LIMIT_COUNT'), ('AM_POLICY_APPLICATION', 'RATE_LIMIT_TIME_UNIT'),
        ('AM_SUBJECT_ENTITY_REVOKED_EVENT', 'ORGANIZATION'), ('IDN_APP_REVOKED_EVENT', 'ORGANIZATION'),
        ('IDN_INVALID_TOKENS', 'EXPIRY_TIMESTAMP'), ('IDN_SUBJECT_ENTITY_REVOKED_EVENT', 'ORGANIZATION'))) < 16),
    'apim is newer than 4.2.0 and has no stamp: nothing was changed',
    @@default_storage_engine);
SET @apim_schema_one_byte = (SELECT MAX(c.maxlen) = 1 FROM information_schema.character_sets c,
    information_schema.schemata s WHERE s.schema_name = DATABASE()
    AND c.character_set_name = s.default_character_set_name);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM information_schema.columns c, information_schema.schemata s
        WHERE s.schema_name = DATABASE() AND c.table_schema = s.schema_name
        AND (c.table_name, c.column_name) IN (('AM_API', 'API_UUID'), ('AM_KEY_MANAGER', 'UUID'),
        ('AM_OPERATION_POLICY', 'POLICY_UUID')) AND c.collation_name <> s.default_collation_name),
    'tables have another collation than the database: use apim-schema upgrade; nothing was changed',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM information_schema.table_constraints c WHERE c.constraint_schema = DATABASE()
        AND c.constraint_type = 'FOREIGN KEY' AND UPPER(c.constraint_name) IN ('AM_API_POLICY_MAPPING_IBFK_1',
        'AM_API_POLICY_MAPPING_IBFK_2', 'AM_GATEWAY_POLICY_DEPLOYMENT_IBFK_1', 'AM_GATEWAY_POLICY_MAPPING_IBFK_1',
        'AM_GATEWAY_POLICY_MAPPING_IBFK_2', 'AM_KEY_MANAGER_PERMISSIONS_IBFK_1') AND UPPER(c.constraint_name)
        NOT REGEXP CONCAT('^', UPPER(c.table_name), '_(IBFK_[0-9]+|[A-Z_]+_FK)$')),
    'a foreign key has the name of one to be made: rename it, or use apim-schema upgrade; nothing was changed',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_OPERATION_POLICY_DEFINITION` t WHERE t.`POLICY_UUID` IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM `AM_OPERATION_POLICY` p WHERE p.`POLICY_UUID` = t.`POLICY_UUID`)),
    'AM_OPERATION_POLICY_DEFINITION: (POLICY_UUID) points to no row of AM_OPERATION_POLICY',
    @@default_storage_engine);

-- ==== the stamp, and this run in the history
CREATE TABLE IF NOT EXISTS `alembic_version_apim` (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `alembic_version_apim` WHERE version_num NOT IN ('4.2.0')),
    'apim is not stamped 4.2.0: nothing was changed',
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
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.2.0' AS from_release, '4.3.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared,
    UTC_TIMESTAMP() AS started_at, CURRENT_USER() AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'apim' AND same.to_release = '4.3.0' AND same.outcome = 'started'));

-- ==== 4.3.0: 16 statements
INSERT INTO `alembic_version_apim` (version_num) SELECT '4.2.0' FROM DUAL
    WHERE NOT EXISTS (SELECT 1 FROM `alembic_version_apim`);
SET @apim_schema_pending = EXISTS (SELECT 1 FROM `alembic_version_apim` WHERE version_num = '4.2.0');

-- One look at what is there: the number of each statement, its table, how many parts its effect has, whether they
-- are all or nothing, and how many are there. The numbers of those that are due go into @apim_schema_due.
SELECT GROUP_CONCAT(IF(there < parts, number, NULL)),
       GROUP_CONCAT(DISTINCT IF(whole AND there BETWEEN 1 AND parts - 1, altered, NULL) SEPARATOR ', ')
INTO @apim_schema_due, @apim_schema_half
FROM (
    SELECT 0 number, '' altered, 0 parts, 0 whole, 0 there
    UNION ALL SELECT 1, 'AM_API_POLICY_MAPPING', 7, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_POLICY_MAPPING' AND (
            c.column_name IN ('API_POLICY_MAPPING_ID', 'API_UUID', 'REVISION_UUID', 'POLICY_UUID', 'POLICY_ORDER',
                'DIRECTION', 'PARAMETERS')))
    UNION ALL SELECT 2, 'AM_APP_REVOKED_EVENT', 3, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_APP_REVOKED_EVENT' AND (
            c.column_name IN ('CONSUMER_KEY', 'TIME_REVOKED', 'ORGANIZATION')))
    UNION ALL SELECT 3, 'AM_GATEWAY_POLICY_METADATA', 4, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_GATEWAY_POLICY_METADATA' AND (
            c.column_name IN ('GLOBAL_POLICY_MAPPING_UUID', 'DISPLAY_NAME', 'DESCRIPTION', 'ORGANIZATION')))
    UNION ALL SELECT 4, 'AM_GATEWAY_POLICY_DEPLOYMENT', 3, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_GATEWAY_POLICY_DEPLOYMENT' AND (
            c.column_name IN ('GATEWAY_LABEL', 'GLOBAL_POLICY_MAPPING_UUID', 'ORGANIZATION')))
    UNION ALL SELECT 5, 'AM_GATEWAY_POLICY_MAPPING', 6, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_GATEWAY_POLICY_MAPPING' AND (
            c.column_name IN ('POLICY_TO_FLOW_INFO_MAPPING_ID', 'GLOBAL_POLICY_MAPPING_UUID', 'POLICY_UUID',
                'POLICY_ORDER', 'DIRECTION', 'PARAMETERS')))
    UNION ALL SELECT 6, 'AM_KEY_MANAGER_PERMISSIONS', 3, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_KEY_MANAGER_PERMISSIONS' AND (
            c.column_name IN ('KEY_MANAGER_UUID', 'PERMISSIONS_TYPE', 'ROLE')))
    UNION ALL SELECT 7, 'AM_SUBJECT_ENTITY_REVOKED_EVENT', 4, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_SUBJECT_ENTITY_REVOKED_EVENT' AND (
            c.column_name IN ('ENTITY_ID', 'ENTITY_TYPE', 'TIME_REVOKED', 'ORGANIZATION')))
    UNION ALL SELECT 8, 'IDN_APP_REVOKED_EVENT', 4, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'IDN_APP_REVOKED_EVENT' AND (
            c.column_name IN ('EVENT_ID', 'CONSUMER_KEY', 'TIME_REVOKED', 'ORGANIZATION')))
    UNION ALL SELECT 9, 'IDN_INVALID_TOKENS', 5, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'IDN_INVALID_TOKENS' AND (
            c.column_name IN ('UUID', 'TOKEN_IDENTIFIER', 'CONSUMER_KEY', 'TIME_CREATED', 'EXPIRY_TIMESTAMP')))
    UNION ALL SELECT 10, 'IDN_SUBJECT_ENTITY_REVOKED_EVENT', 5, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'IDN_SUBJECT_ENTITY_REVOKED_EVENT' AND (
            c.column_name IN ('EVENT_ID', 'ENTITY_ID', 'ENTITY_TYPE', 'TIME_REVOKED', 'ORGANIZATION')))
    UNION ALL SELECT 11, 'AM_API_URL_MAPPING', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_URL_MAPPING' AND (
            c.column_name = 'LOG_LEVEL' AND c.column_type = 'varchar(255)'))
    UNION ALL SELECT 12, 'AM_DEPLOYMENT_REVISION_MAPPING', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_DEPLOYMENT_REVISION_MAPPING' AND (
            c.column_name = 'REVISION_STATUS' AND c.column_type = 'varchar(255)'))
    UNION ALL SELECT 13, 'AM_GATEWAY_ENVIRONMENT', 2, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_GATEWAY_ENVIRONMENT' AND (
            c.column_name = 'TYPE' AND c.column_type = 'varchar(255)'
            OR c.column_name = 'GATEWAY_TYPE' AND c.column_type = 'varchar(255)'))
    UNION ALL SELECT 14, 'AM_GATEWAY_ENVIRONMENT', 1, 0, 0
    UNION ALL SELECT 15, 'AM_POLICY_APPLICATION', 2, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_POLICY_APPLICATION' AND (
            c.column_name = 'RATE_LIMIT_COUNT' AND c.data_type = 'int'
            OR c.column_name = 'RATE_LIMIT_TIME_UNIT' AND c.column_type = 'varchar(25)'))
    UNION ALL SELECT 16, 'AM_OPERATION_POLICY_DEFINITION', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_OPERATION_POLICY_DEFINITION' AND (
            c.column_name = 'POLICY_DEFINITION' AND c.column_type = 'mediumblob'))
) look WHERE @apim_schema_pending;
SET default_storage_engine = IF(
    @apim_schema_half IS NOT NULL,
    CONCAT(@apim_schema_half, ': a part of this change is there already: use apim-schema upgrade'),
    @@default_storage_engine);
SET @apim_schema_other = (
    SELECT GROUP_CONCAT(CONCAT(c.table_name, ': ', c.column_name) SEPARATOR ', ')
    FROM information_schema.columns c
    WHERE @apim_schema_pending AND c.table_schema = DATABASE() AND (
        c.table_name = 'AM_OPERATION_POLICY_DEFINITION' AND c.column_name = 'POLICY_DEFINITION'
            AND c.data_type NOT IN ('blob', 'mediumblob')));
SET default_storage_engine = IF(
    @apim_schema_other IS NOT NULL,
    CONCAT(@apim_schema_other, ' is neither of the old nor of the new type'),
    @@default_storage_engine);

-- A statement whose number is not among those that are due does nothing: DO 0 is run in its place.

-- 1. create table AM_API_POLICY_MAPPING
SET @apim_schema = IF(FIND_IN_SET(1, @apim_schema_due), '
CREATE TABLE `AM_API_POLICY_MAPPING` (
    `API_POLICY_MAPPING_ID` INTEGER NOT NULL AUTO_INCREMENT,
    `API_UUID` VARCHAR(256) NOT NULL,
    `REVISION_UUID` VARCHAR(45) NULL,
    `POLICY_UUID` VARCHAR(45) NOT NULL,
    `POLICY_ORDER` INTEGER NOT NULL,
    `DIRECTION` VARCHAR(10) NOT NULL,
    `PARAMETERS` VARCHAR(1024) NOT NULL,
    PRIMARY KEY (`API_POLICY_MAPPING_ID`),
    FOREIGN KEY (`API_UUID`) REFERENCES `AM_API` (`API_UUID`) ON DELETE CASCADE,
    FOREIGN KEY (`POLICY_UUID`) REFERENCES `AM_OPERATION_POLICY` (`POLICY_UUID`) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 2. create table AM_APP_REVOKED_EVENT
SET @apim_schema = IF(FIND_IN_SET(2, @apim_schema_due), '
CREATE TABLE `AM_APP_REVOKED_EVENT` (
    `CONSUMER_KEY` VARCHAR(255) NOT NULL,
    `TIME_REVOKED` TIMESTAMP NOT NULL,
    `ORGANIZATION` VARCHAR(100) NOT NULL,
    PRIMARY KEY (`CONSUMER_KEY`, `ORGANIZATION`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 3. create table AM_GATEWAY_POLICY_METADATA
SET @apim_schema = IF(FIND_IN_SET(3, @apim_schema_due), '
CREATE TABLE `AM_GATEWAY_POLICY_METADATA` (
    `GLOBAL_POLICY_MAPPING_UUID` VARCHAR(45) NOT NULL,
    `DISPLAY_NAME` VARCHAR(255) NULL,
    `DESCRIPTION` VARCHAR(1023) NULL,
    `ORGANIZATION` VARCHAR(100) NOT NULL,
    PRIMARY KEY (`GLOBAL_POLICY_MAPPING_UUID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 4. create table AM_GATEWAY_POLICY_DEPLOYMENT
SET @apim_schema = IF(FIND_IN_SET(4, @apim_schema_due), '
CREATE TABLE `AM_GATEWAY_POLICY_DEPLOYMENT` (
    `GATEWAY_LABEL` VARCHAR(255) NOT NULL,
    `GLOBAL_POLICY_MAPPING_UUID` VARCHAR(45) NOT NULL,
    `ORGANIZATION` VARCHAR(100) NOT NULL,
    PRIMARY KEY (`ORGANIZATION`, `GATEWAY_LABEL`),
    FOREIGN KEY (`GLOBAL_POLICY_MAPPING_UUID`) REFERENCES `AM_GATEWAY_POLICY_METADATA`
        (`GLOBAL_POLICY_MAPPING_UUID`) ON UPDATE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 5. create table AM_GATEWAY_POLICY_MAPPING
SET @apim_schema = IF(FIND_IN_SET(5, @apim_schema_due), '
CREATE TABLE `AM_GATEWAY_POLICY_MAPPING` (
    `POLICY_TO_FLOW_INFO_MAPPING_ID` INTEGER NOT NULL AUTO_INCREMENT,
    `GLOBAL_POLICY_MAPPING_UUID` VARCHAR(45) NOT NULL,
    `POLICY_UUID` VARCHAR(45) NOT NULL,
    `POLICY_ORDER` INTEGER NOT NULL,
    `DIRECTION` VARCHAR(10) NOT NULL,
    `PARAMETERS` VARCHAR(1024) NOT NULL,
    PRIMARY KEY (`POLICY_TO_FLOW_INFO_MAPPING_ID`),
    FOREIGN KEY (`POLICY_UUID`) REFERENCES `AM_OPERATION_POLICY` (`POLICY_UUID`) ON UPDATE CASCADE,
    FOREIGN KEY (`GLOBAL_POLICY_MAPPING_UUID`) REFERENCES `AM_GATEWAY_POLICY_METADATA`
        (`GLOBAL_POLICY_MAPPING_UUID`) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 6. create table AM_KEY_MANAGER_PERMISSIONS
SET @apim_schema = IF(FIND_IN_SET(6, @apim_schema_due), '
CREATE TABLE `AM_KEY_MANAGER_PERMISSIONS` (
    `KEY_MANAGER_UUID` VARCHAR(50) NOT NULL,
    `PERMISSIONS_TYPE` VARCHAR(50) NOT NULL,
    `ROLE` VARCHAR(255) NOT NULL,
    PRIMARY KEY (`KEY_MANAGER_UUID`, `ROLE`),
    FOREIGN KEY (`KEY_MANAGER_UUID`) REFERENCES `AM_KEY_MANAGER` (`UUID`) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 7. create table AM_SUBJECT_ENTITY_REVOKED_EVENT
SET @apim_schema = IF(FIND_IN_SET(7, @apim_schema_due), '
CREATE TABLE `AM_SUBJECT_ENTITY_REVOKED_EVENT` (
    `ENTITY_ID` VARCHAR(255) NOT NULL,
    `ENTITY_TYPE` VARCHAR(100) NOT NULL,
    `TIME_REVOKED` TIMESTAMP NOT NULL,
    `ORGANIZATION` VARCHAR(100) NOT NULL,
    PRIMARY KEY (`ENTITY_ID`, `ENTITY_TYPE`, `ORGANIZATION`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 8. create table IDN_APP_REVOKED_EVENT
SET @apim_schema = IF(FIND_IN_SET(8, @apim_schema_due), '
CREATE TABLE `IDN_APP_REVOKED_EVENT` (
    `EVENT_ID` VARCHAR(255) NOT NULL,
    `CONSUMER_KEY` VARCHAR(255) NOT NULL,
    `TIME_REVOKED` TIMESTAMP NOT NULL,
    `ORGANIZATION` VARCHAR(100) NULL,
    PRIMARY KEY (`EVENT_ID`),
    CONSTRAINT `CON_APP_EVT_KEY` UNIQUE (`CONSUMER_KEY`, `ORGANIZATION`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 9. create table IDN_INVALID_TOKENS
SET @apim_schema = IF(FIND_IN_SET(9, @apim_schema_due), '
CREATE TABLE `IDN_INVALID_TOKENS` (
    `UUID` VARCHAR(255) NOT NULL,
    `TOKEN_IDENTIFIER` VARCHAR(2048) NOT NULL,
    `CONSUMER_KEY` VARCHAR(255) NOT NULL,
    `TIME_CREATED` TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    `EXPIRY_TIMESTAMP` TIMESTAMP NOT NULL,
    PRIMARY KEY (`UUID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 10. create table IDN_SUBJECT_ENTITY_REVOKED_EVENT
SET @apim_schema = IF(FIND_IN_SET(10, @apim_schema_due), '
CREATE TABLE `IDN_SUBJECT_ENTITY_REVOKED_EVENT` (
    `EVENT_ID` VARCHAR(255) NOT NULL,
    `ENTITY_ID` VARCHAR(255) NOT NULL,
    `ENTITY_TYPE` VARCHAR(100) NOT NULL,
    `TIME_REVOKED` TIMESTAMP NOT NULL,
    `ORGANIZATION` VARCHAR(100) NULL,
    PRIMARY KEY (`EVENT_ID`),
    CONSTRAINT `CON_SUB_EVT_KEY` UNIQUE (`ENTITY_ID`, `ENTITY_TYPE`, `ORGANIZATION`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 11. add column AM_API_URL_MAPPING.LOG_LEVEL
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(11, @apim_schema_due), '
ALTER TABLE `AM_API_URL_MAPPING` ADD COLUMN `LOG_LEVEL` VARCHAR(255) NULL DEFAULT ''OFF''
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 12. add column AM_DEPLOYMENT_REVISION_MAPPING.REVISION_STATUS
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(12, @apim_schema_due), '
ALTER TABLE `AM_DEPLOYMENT_REVISION_MAPPING` ADD COLUMN `REVISION_STATUS` VARCHAR(255) NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 13. add column AM_GATEWAY_ENVIRONMENT.TYPE, add column AM_GATEWAY_ENVIRONMENT.GATEWAY_TYPE
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(13, @apim_schema_due), '
ALTER TABLE `AM_GATEWAY_ENVIRONMENT` ADD COLUMN `TYPE` VARCHAR(255) NULL, ADD COLUMN `GATEWAY_TYPE` VARCHAR(255)
    NOT NULL DEFAULT ''Regular''
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 14. add column AM_GATEWAY_ENVIRONMENT.GATEWAY_TYPE
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(14, @apim_schema_due), '
ALTER TABLE `AM_GATEWAY_ENVIRONMENT` ALTER COLUMN `GATEWAY_TYPE` DROP DEFAULT, ALGORITHM=INPLACE, LOCK=NONE
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 15. add column AM_POLICY_APPLICATION.RATE_LIMIT_COUNT, add column AM_POLICY_APPLICATION.RATE_LIMIT_TIME_UNIT
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(15, @apim_schema_due), '
ALTER TABLE `AM_POLICY_APPLICATION` ADD COLUMN `RATE_LIMIT_COUNT` INTEGER NULL DEFAULT 0, ADD COLUMN
    `RATE_LIMIT_TIME_UNIT` VARCHAR(25) NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 16. alter column AM_OPERATION_POLICY_DEFINITION.POLICY_DEFINITION to MEDIUMBLOB
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(16, @apim_schema_due), '
ALTER TABLE `AM_OPERATION_POLICY_DEFINITION` MODIFY `POLICY_DEFINITION` MEDIUMBLOB NOT NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- the stamp
UPDATE `alembic_version_apim` SET version_num = '4.3.0' WHERE @apim_schema_pending;

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=UTC_TIMESTAMP()
    WHERE apim_schema_history.database_name = 'apim' AND apim_schema_history.to_release = '4.3.0'
    AND apim_schema_history.outcome = 'started';
