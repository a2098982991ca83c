
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       mysql apim_db < upgrade.sql
--   It checks first that the database is 4.6.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on MySQL 8.4; apim-schema plan says it for your server, with sizes and times.
--   AM_GW_API_ARTIFACTS       writes every row anew; lock SHARED blocks writes
--   AM_GW_INSTANCES           writes every row anew; lock NONE blocks other DDL
--   IDN_INVALID_TOKENS        writes every row anew; lock SHARED blocks writes
--   IDN_OAUTH2_TOKEN_BINDING  writes every row anew; lock SHARED blocks writes
--   IDN_SCIM_GROUP            writes every row anew; lock SHARED blocks writes

-- IF IT STOPS
--   Each statement commits, so what is in stays in. Mend the cause and run the same script again: it leaves alone
--   what is in, and goes on. apim-schema upgrade goes on from there as well.

-- THE WAY BACK
--   After it, or from half of the way: put the backup back.
--   Or apim-schema downgrade 4.6.0 leads back by the inverse of each statement. It refuses, by name, where the
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

-- ==== checks: is this apim 4.6.0, and would every row survive?
SET default_storage_engine = IF(
    ((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND (UPPER(table_name),
        UPPER(column_name)) IN (('AM_API', 'API_DISPLAY_NAME'), ('AM_API', 'INITIATED_FROM_GW'),
        ('AM_API_METADATA', 'METADATA_VALUE'), ('AM_API_OPERATION_MAPPING', 'REF_URL_MAPPING_ID'),
        ('AM_API_PRIMARY_EP_MAPPING', 'REVISION_UUID'), ('AM_API_URL_MAPPING', 'DESCRIPTION'),
        ('AM_API_URL_MAPPING', 'SCHEMA_DEFINITION'), ('AM_BACKEND', 'ORGANIZATION'),
        ('AM_BACKEND_OPERATION_MAPPING', 'VERB'), ('AM_GATEWAY_ENVIRONMENT', 'ENV_MODE'),
        ('AM_GATEWAY_ENVIRONMENT', 'SCHEDULED_TIME'), ('AM_GW_API_ARTIFACTS', 'TIME_STAMP'),
        ('AM_GW_INSTANCES', 'GW_PROPERTIES'), ('AM_GW_INSTANCE_ENV_MAPPING', 'ENV_LABEL'),
        ('AM_GW_REVISION_DEPLOYMENT', 'LAST_UPDATED'), ('AM_LLM_PROVIDER', 'MODEL_FAMILY_SUPPORTED'),
        ('AM_LLM_PROVIDER_MODEL', 'MODEL_FAMILY_NAME'), ('AM_TASK_LOCK', 'NODE_ID'),
        ('IDN_INVALID_TOKENS', 'EXPIRY_TIMESTAMP'), ('IDN_OAUTH2_TOKEN_BINDING', 'TENANT_ID'),
        ('IDN_SCIM_GROUP', 'ATTR_VALUE'))) < 21),
    'apim is not 4.6.0: a column is missing',
    @@default_storage_engine);
SET default_storage_engine = IF(
    ((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND (UPPER(table_name),
        UPPER(column_name)) IN (('ALEMBIC_VERSION_APIM', 'VERSION_NUM'))) < 1) AND NOT ((SELECT COUNT(*)
        FROM information_schema.columns WHERE table_schema = DATABASE() AND (UPPER(table_name),
        UPPER(column_name)) IN (('AM_API_KEY', 'STATUS'), ('AM_API_KEY_API_MAPPING', 'API_UUID'),
        ('AM_API_KEY_APPLICATION_MAPPING', 'APPLICATION_UUID'), ('AM_GATEWAY_TOKEN', 'REVOKED_AT'),
        ('AM_GW_PLATFORM_API_ARTIFACTS', 'TIME_STAMP'), ('AM_GW_PLATFORM_EVENT', 'CLAIMED_BY'),
        ('IDN_OAUTH_CONSUMER_SECRETS', 'EXPIRY_TIME'))) < 7),
    'apim is newer than 4.6.0 and has no stamp: nothing was changed',
    @@default_storage_engine);
SET @apim_schema_one_byte = (SELECT MAX(c.maxlen) = 1 FROM information_schema.character_sets c,
    information_schema.schemata s WHERE s.schema_name = DATABASE()
    AND c.character_set_name = s.default_character_set_name);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM information_schema.columns c, information_schema.schemata s
        WHERE s.schema_name = DATABASE() AND c.table_schema = s.schema_name
        AND (c.table_name, c.column_name) IN (('AM_API', 'API_UUID'), ('AM_APPLICATION', 'UUID'),
        ('AM_GATEWAY_ENVIRONMENT', 'UUID'), ('AM_GW_PUBLISHED_API_DETAILS', 'API_ID'),
        ('IDN_OAUTH_CONSUMER_APPS', 'CONSUMER_KEY')) AND c.collation_name <> s.default_collation_name),
    'tables have another collation than the database: use apim-schema upgrade; nothing was changed',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM information_schema.table_constraints c WHERE c.constraint_schema = DATABASE()
        AND c.constraint_type = 'FOREIGN KEY' AND UPPER(c.constraint_name) IN ('AM_API_KEY_API_MAPPING_IBFK_1',
        'AM_API_KEY_API_MAPPING_IBFK_2', 'AM_API_KEY_APPLICATION_MAPPING_IBFK_1',
        'AM_API_KEY_APPLICATION_MAPPING_IBFK_2', 'AM_GATEWAY_TOKEN_IBFK_1', 'AM_GW_PLATFORM_API_ARTIFACTS_IBFK_1',
        'AM_GW_PLATFORM_EVENT_IBFK_1', 'IDN_OAUTH_CONSUMER_SECRETS_IBFK_1', 'AM_GW_API_ARTIFACTS_API_ID_FK')
        AND UPPER(c.constraint_name) NOT REGEXP CONCAT('^', UPPER(c.table_name), '_(IBFK_[0-9]+|[A-Z_]+_FK)$')),
    'a foreign key has the name of one to be made: rename it, or use apim-schema upgrade; nothing was changed',
    @@default_storage_engine);
/*!80013 SET default_storage_engine = IF(
    @@sql_require_primary_key AND EXISTS (SELECT 1 FROM information_schema.tables t
        WHERE t.table_schema = DATABASE() AND UPPER(t.table_name) IN ('IDN_OAUTH2_TOKEN_BINDING')
        AND NOT EXISTS (SELECT 1 FROM information_schema.statistics s WHERE s.table_schema = t.table_schema
        AND s.table_name = t.table_name AND s.index_name = 'PRIMARY')),
    'sql_require_primary_key is set, and a table has no primary key: switch it off; nothing was changed',
    @@default_storage_engine) */;
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_GW_API_ARTIFACTS` t WHERE t.`API_ID` IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM `AM_GW_PUBLISHED_API_DETAILS` p WHERE p.`API_ID` = t.`API_ID`)),
    'AM_GW_API_ARTIFACTS: (API_ID) points to no row of AM_GW_PUBLISHED_API_DETAILS',
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
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `IDN_OAUTH2_TOKEN_BINDING` t
        WHERE CAST(CONVERT(CONVERT(t.`TOKEN_BINDING_TYPE` USING latin1) USING
        utf8mb4) AS BINARY) <> CAST(CONVERT(t.`TOKEN_BINDING_TYPE` USING utf8mb4) AS BINARY)),
    'IDN_OAUTH2_TOKEN_BINDING: TOKEN_BINDING_TYPE has characters that latin1 has not',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `IDN_OAUTH2_TOKEN_BINDING` t WHERE t.`TOKEN_ID` IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM `IDN_OAUTH2_ACCESS_TOKEN` p WHERE p.`TOKEN_ID` = t.`TOKEN_ID`)),
    'IDN_OAUTH2_TOKEN_BINDING: (TOKEN_ID) points to no row of IDN_OAUTH2_ACCESS_TOKEN',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `IDN_OAUTH2_TOKEN_BINDING` t
        WHERE CAST(CONVERT(CONVERT(t.`TOKEN_BINDING_VALUE` USING latin1) USING
        utf8mb4) AS BINARY) <> CAST(CONVERT(t.`TOKEN_BINDING_VALUE` USING utf8mb4) AS BINARY)),
    'IDN_OAUTH2_TOKEN_BINDING: TOKEN_BINDING_VALUE has characters that latin1 has not',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `IDN_SCIM_GROUP` t WHERE CAST(CONVERT(CONVERT(t.`ROLE_NAME` USING latin1) USING
        utf8mb4) AS BINARY) <> CAST(CONVERT(t.`ROLE_NAME` USING utf8mb4) AS BINARY)),
    'IDN_SCIM_GROUP: ROLE_NAME has characters that latin1 has not',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `IDN_SCIM_GROUP` t WHERE CAST(CONVERT(CONVERT(t.`ATTR_NAME` USING latin1) USING
        utf8mb4) AS BINARY) <> CAST(CONVERT(t.`ATTR_NAME` USING utf8mb4) AS BINARY)),
    'IDN_SCIM_GROUP: ATTR_NAME has characters that latin1 has not',
    @@default_storage_engine);

-- ==== the stamp, and this run in the history
CREATE TABLE IF NOT EXISTS `alembic_version_apim` (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `alembic_version_apim` WHERE version_num NOT IN ('4.6.0')),
    'apim is not stamped 4.6.0: nothing was changed',
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
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.6.0' AS from_release, '4.7.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared,
    UTC_TIMESTAMP() AS started_at, CURRENT_USER() AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'apim' AND same.to_release = '4.7.0' AND same.outcome = 'started'));

-- ==== 4.7.0: 16 statements
INSERT INTO `alembic_version_apim` (version_num) SELECT '4.6.0' FROM DUAL
    WHERE NOT EXISTS (SELECT 1 FROM `alembic_version_apim`);
SET @apim_schema_pending = EXISTS (SELECT 1 FROM `alembic_version_apim` WHERE version_num = '4.6.0');

-- One look at what is there: the number of each statement, its table, how many parts its effect has, whether they
-- are all or nothing, and how many are there. The numbers of those that are due go into @apim_schema_due.
SELECT GROUP_CONCAT(IF(there < parts, number, NULL)),
       GROUP_CONCAT(DISTINCT IF(whole AND there BETWEEN 1 AND parts - 1, altered, NULL) SEPARATOR ', ')
INTO @apim_schema_due, @apim_schema_half
FROM (
    SELECT 0 number, '' altered, 0 parts, 0 whole, 0 there
    UNION ALL SELECT 1, 'AM_API_KEY', 10, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_KEY' AND (
            c.column_name IN ('API_KEY_UUID', 'NAME', 'API_KEY_HASH', 'KEY_TYPE', 'API_KEY_PROPERTIES',
                'AUTHZ_USER', 'TIME_CREATED', 'VALIDITY_PERIOD', 'LAST_USED', 'STATUS')))
    UNION ALL SELECT 2, 'AM_API_KEY_API_MAPPING', 2, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_KEY_API_MAPPING' AND (
            c.column_name IN ('API_KEY_UUID', 'API_UUID')))
    UNION ALL SELECT 3, 'AM_API_KEY_APPLICATION_MAPPING', 2, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_KEY_APPLICATION_MAPPING' AND (
            c.column_name IN ('API_KEY_UUID', 'APPLICATION_UUID')))
    UNION ALL SELECT 4, 'AM_GATEWAY_TOKEN', 6, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_GATEWAY_TOKEN' AND (
            c.column_name IN ('ID', 'GATEWAY_ID', 'TOKEN_HASH', 'STATUS', 'CREATED_AT', 'REVOKED_AT')))
    UNION ALL SELECT 5, 'AM_GW_PLATFORM_API_ARTIFACTS', 6, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_GW_PLATFORM_API_ARTIFACTS' AND (
            c.column_name IN ('API_ID', 'REVISION_ID', 'GATEWAY_ENV_UUID', 'DEPLOYMENT_ID', 'ARTIFACT',
                'TIME_STAMP')))
    UNION ALL SELECT 6, 'AM_GW_PLATFORM_EVENT', 8, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_GW_PLATFORM_EVENT' AND (
            c.column_name IN ('ID', 'GATEWAY_ID', 'EVENT_TYPE', 'PAYLOAD', 'CREATED_AT', 'DELIVERED_AT',
                'CLAIMED_AT', 'CLAIMED_BY')))
    UNION ALL SELECT 7, 'IDN_OAUTH_CONSUMER_SECRETS', 7, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'IDN_OAUTH_CONSUMER_SECRETS' AND (
            c.column_name IN ('ID', 'SECRET_ID', 'DESCRIPTION', 'CONSUMER_KEY', 'SECRET_VALUE', 'SECRET_HASH',
                'EXPIRY_TIME')))
    UNION ALL SELECT 8, 'AM_GW_API_ARTIFACTS', 1, 0, EXISTS (SELECT k.constraint_name AS name
        FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
        ON r.constraint_schema = k.constraint_schema AND r.table_name = k.table_name
        AND r.constraint_name = k.constraint_name WHERE k.table_schema = DATABASE()
        AND k.table_name = 'AM_GW_API_ARTIFACTS' AND k.referenced_table_name = 'AM_GW_PUBLISHED_API_DETAILS'
        AND r.delete_rule IN ('NO ACTION', 'RESTRICT') AND r.update_rule IN ('CASCADE') GROUP BY k.constraint_name
        HAVING GROUP_CONCAT(UPPER(k.column_name) ORDER BY k.ordinal_position) = 'API_ID')
    UNION ALL SELECT 13, 'AM_GW_INSTANCES', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_GW_INSTANCES' AND (
            c.column_name = 'GW_PROPERTIES' AND c.is_nullable = 'YES'))
    UNION ALL SELECT 14, 'IDN_INVALID_TOKENS', 2, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'IDN_INVALID_TOKENS' AND (
            c.column_name = 'TOKEN_IDENTIFIER' AND c.column_type = 'varchar(2048)'
                AND c.collation_name = 'latin1_bin'
            OR c.column_name = 'CONSUMER_KEY' AND c.column_type = 'varchar(255)'
                AND c.collation_name = 'latin1_bin'))
    UNION ALL SELECT 15, 'IDN_OAUTH2_TOKEN_BINDING', 2, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'IDN_OAUTH2_TOKEN_BINDING' AND (
            c.column_name = 'TOKEN_BINDING_TYPE' AND c.column_type = 'varchar(32)'
                AND c.collation_name = 'latin1_bin'
            OR c.column_name = 'TOKEN_BINDING_VALUE' AND c.column_type = 'varchar(1024)'
                AND c.collation_name = 'latin1_bin'))
    UNION ALL SELECT 16, 'IDN_SCIM_GROUP', 2, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'IDN_SCIM_GROUP' AND (
            c.column_name = 'ROLE_NAME' AND c.column_type = 'varchar(255)' AND c.collation_name = 'latin1_bin'
            OR c.column_name = 'ATTR_NAME' AND c.column_type = 'varchar(1024)' AND c.collation_name = 'latin1_bin'))
) look WHERE @apim_schema_pending;
SET default_storage_engine = IF(
    @apim_schema_half IS NOT NULL,
    CONCAT(@apim_schema_half, ': a part of this change is there already: use apim-schema upgrade'),
    @@default_storage_engine);
SET @apim_schema_other = (
    SELECT GROUP_CONCAT(CONCAT(c.table_name, ': ', c.column_name) SEPARATOR ', ')
    FROM information_schema.columns c
    WHERE @apim_schema_pending AND c.table_schema = DATABASE() AND (
        c.table_name = 'AM_GW_INSTANCES' AND c.column_name = 'GW_PROPERTIES' AND c.data_type NOT IN ('blob')
        OR c.table_name = 'IDN_INVALID_TOKENS' AND c.column_name = 'TOKEN_IDENTIFIER'
            AND c.data_type NOT IN ('varchar')
        OR c.table_name = 'IDN_INVALID_TOKENS' AND c.column_name = 'CONSUMER_KEY' AND c.data_type NOT IN ('varchar')
        OR c.table_name = 'IDN_OAUTH2_TOKEN_BINDING' AND c.column_name = 'TOKEN_BINDING_TYPE'
            AND c.data_type NOT IN ('varchar')
        OR c.table_name = 'IDN_OAUTH2_TOKEN_BINDING' AND c.column_name = 'TOKEN_BINDING_VALUE'
            AND c.data_type NOT IN ('varchar')
        OR c.table_name = 'IDN_SCIM_GROUP' AND c.column_name = 'ROLE_NAME' AND c.data_type NOT IN ('varchar')
        OR c.table_name = 'IDN_SCIM_GROUP' AND c.column_name = 'ATTR_NAME' AND c.data_type NOT IN ('varchar')));
SET default_storage_engine = IF(
    @apim_schema_other IS NOT NULL,
    CONCAT(@apim_schema_other, ' is neither of the old nor of the new type'),
    @@default_storage_engine);

-- A statement whose number is not among those that are due does nothing: DO 0 is run in its place.

-- 1. create table AM_API_KEY
SET @apim_schema = IF(FIND_IN_SET(1, @apim_schema_due), '
CREATE TABLE `AM_API_KEY` (
    `API_KEY_UUID` VARCHAR(64) NOT NULL,
    `NAME` VARCHAR(512) NOT NULL,
    `API_KEY_HASH` VARCHAR(512) NOT NULL,
    `KEY_TYPE` VARCHAR(100) NULL,
    `API_KEY_PROPERTIES` BLOB NULL,
    `AUTHZ_USER` VARCHAR(512) NULL,
    `TIME_CREATED` TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    `VALIDITY_PERIOD` BIGINT NULL,
    `LAST_USED` TIMESTAMP NULL,
    `STATUS` VARCHAR(100) NOT NULL DEFAULT ''ACTIVE'',
    PRIMARY KEY (`API_KEY_UUID`),
    UNIQUE (`API_KEY_HASH`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 2. create table AM_API_KEY_API_MAPPING
SET @apim_schema = IF(FIND_IN_SET(2, @apim_schema_due), '
CREATE TABLE `AM_API_KEY_API_MAPPING` (
    `API_KEY_UUID` VARCHAR(64) NOT NULL,
    `API_UUID` VARCHAR(64) NOT NULL,
    PRIMARY KEY (`API_KEY_UUID`, `API_UUID`),
    FOREIGN KEY (`API_KEY_UUID`) REFERENCES `AM_API_KEY` (`API_KEY_UUID`),
    FOREIGN KEY (`API_UUID`) REFERENCES `AM_API` (`API_UUID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 3. create table AM_API_KEY_APPLICATION_MAPPING
SET @apim_schema = IF(FIND_IN_SET(3, @apim_schema_due), '
CREATE TABLE `AM_API_KEY_APPLICATION_MAPPING` (
    `API_KEY_UUID` VARCHAR(64) NOT NULL,
    `APPLICATION_UUID` VARCHAR(64) NOT NULL,
    PRIMARY KEY (`API_KEY_UUID`, `APPLICATION_UUID`),
    FOREIGN KEY (`API_KEY_UUID`) REFERENCES `AM_API_KEY` (`API_KEY_UUID`),
    FOREIGN KEY (`APPLICATION_UUID`) REFERENCES `AM_APPLICATION` (`UUID`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 4. create table AM_GATEWAY_TOKEN
SET @apim_schema = IF(FIND_IN_SET(4, @apim_schema_due), '
CREATE TABLE `AM_GATEWAY_TOKEN` (
    `ID` VARCHAR(255) NOT NULL,
    `GATEWAY_ID` VARCHAR(45) NOT NULL,
    `TOKEN_HASH` VARCHAR(255) NOT NULL,
    `STATUS` VARCHAR(50) NOT NULL DEFAULT ''active'',
    `CREATED_AT` TIMESTAMP NOT NULL,
    `REVOKED_AT` TIMESTAMP NULL,
    PRIMARY KEY (`ID`),
    INDEX `IDX_APGT_TOKEN_HASH` (`TOKEN_HASH`),
    FOREIGN KEY (`GATEWAY_ID`) REFERENCES `AM_GATEWAY_ENVIRONMENT` (`UUID`) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 5. create table AM_GW_PLATFORM_API_ARTIFACTS
SET @apim_schema = IF(FIND_IN_SET(5, @apim_schema_due), '
CREATE TABLE `AM_GW_PLATFORM_API_ARTIFACTS` (
    `API_ID` VARCHAR(255) NOT NULL,
    `REVISION_ID` VARCHAR(255) NOT NULL,
    `GATEWAY_ENV_UUID` VARCHAR(255) NOT NULL,
    `DEPLOYMENT_ID` VARCHAR(255) NOT NULL,
    `ARTIFACT` MEDIUMBLOB NULL,
    `TIME_STAMP` TIMESTAMP NOT NULL,
    PRIMARY KEY (`DEPLOYMENT_ID`),
    UNIQUE (`GATEWAY_ENV_UUID`, `API_ID`, `REVISION_ID`),
    INDEX `IDX_GW_PLATFORM_ARTIFACT_API_ID` (`API_ID`),
    FOREIGN KEY (`API_ID`) REFERENCES `AM_GW_PUBLISHED_API_DETAILS` (`API_ID`) ON UPDATE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 6. create table AM_GW_PLATFORM_EVENT
SET @apim_schema = IF(FIND_IN_SET(6, @apim_schema_due), '
CREATE TABLE `AM_GW_PLATFORM_EVENT` (
    `ID` VARCHAR(36) NOT NULL,
    `GATEWAY_ID` VARCHAR(45) NOT NULL,
    `EVENT_TYPE` VARCHAR(32) NOT NULL,
    `PAYLOAD` MEDIUMBLOB NOT NULL,
    `CREATED_AT` TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    `DELIVERED_AT` TIMESTAMP NULL,
    `CLAIMED_AT` TIMESTAMP NULL,
    `CLAIMED_BY` VARCHAR(36) NULL,
    PRIMARY KEY (`ID`),
    INDEX `AM_GW_PLATFORM_EVENT_PENDING` (`GATEWAY_ID`, `DELIVERED_AT`),
    FOREIGN KEY (`GATEWAY_ID`) REFERENCES `AM_GATEWAY_ENVIRONMENT` (`UUID`) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 7. create table IDN_OAUTH_CONSUMER_SECRETS
SET @apim_schema = IF(FIND_IN_SET(7, @apim_schema_due), '
CREATE TABLE `IDN_OAUTH_CONSUMER_SECRETS` (
    `ID` INTEGER NOT NULL AUTO_INCREMENT,
    `SECRET_ID` VARCHAR(100) NOT NULL,
    `DESCRIPTION` VARCHAR(1024) NULL,
    `CONSUMER_KEY` VARCHAR(255) NOT NULL,
    `SECRET_VALUE` VARCHAR(2048) NOT NULL,
    `SECRET_HASH` VARCHAR(512) NOT NULL,
    `EXPIRY_TIME` BIGINT NULL,
    PRIMARY KEY (`ID`),
    CONSTRAINT `SECRET_ID_CONSTRAINT` UNIQUE (`SECRET_ID`),
    INDEX `IDX_IDN_OAUTH_CS_CK` (`CONSUMER_KEY`),
    FOREIGN KEY (`CONSUMER_KEY`) REFERENCES `IDN_OAUTH_CONSUMER_APPS` (`CONSUMER_KEY`) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 8. replace foreign key of AM_GW_API_ARTIFACTS (API_ID) by one on update cascade
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(8, @apim_schema_due), '
ALTER TABLE `AM_GW_API_ARTIFACTS` ADD CONSTRAINT `AM_GW_API_ARTIFACTS_API_ID_fk` FOREIGN KEY (`API_ID`) REFERENCES
    `AM_GW_PUBLISHED_API_DETAILS` (`API_ID`) ON UPDATE CASCADE
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 9. replace foreign key of AM_GW_API_ARTIFACTS (API_ID) by one on update cascade
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = (SELECT CONCAT('ALTER TABLE `AM_GW_API_ARTIFACTS` DROP FOREIGN KEY `', name,
    '`, ALGORITHM=INPLACE, LOCK=NONE') FROM (SELECT k.constraint_name AS name
    FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
    ON r.constraint_schema = k.constraint_schema AND r.table_name = k.table_name
    AND r.constraint_name = k.constraint_name WHERE k.table_schema = DATABASE()
    AND k.table_name = 'AM_GW_API_ARTIFACTS' AND k.referenced_table_name = 'AM_GW_PUBLISHED_API_DETAILS'
    AND r.delete_rule IN ('CASCADE') AND r.update_rule IN ('CASCADE') GROUP BY k.constraint_name
    HAVING GROUP_CONCAT(UPPER(k.column_name) ORDER BY k.ordinal_position) = 'API_ID') found);
SET @apim_schema = IF(@apim_schema_pending, COALESCE(@apim_schema, 'DO 0'), 'DO 0');

-- 10. replace foreign key of AM_GW_API_ARTIFACTS (API_ID) by one on update cascade
--    writes every row anew; lock SHARED blocks writes
PREPARE apim_schema FROM @apim_schema;

-- 11. replace foreign key of AM_GW_API_ARTIFACTS (API_ID) by one on update cascade
--    writes every row anew; lock SHARED blocks writes
EXECUTE apim_schema;

-- 12. replace foreign key of AM_GW_API_ARTIFACTS (API_ID) by one on update cascade
--    writes every row anew; lock SHARED blocks writes
DEALLOCATE PREPARE apim_schema;

-- 13. alter column AM_GW_INSTANCES.GW_PROPERTIES to NULL
--    writes every row anew; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(13, @apim_schema_due), '
ALTER TABLE `AM_GW_INSTANCES` MODIFY `GW_PROPERTIES` BLOB NULL, ALGORITHM=INPLACE, LOCK=NONE
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 14. alter column IDN_INVALID_TOKENS.TOKEN_IDENTIFIER to VARCHAR(2048) latin1, alter column
-- IDN_INVALID_TOKENS.CONSUMER_KEY to VARCHAR(255) latin1
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(14, @apim_schema_due), '
ALTER TABLE `IDN_INVALID_TOKENS` MODIFY `TOKEN_IDENTIFIER` VARCHAR(2048) CHARACTER SET latin1 COLLATE latin1_bin
    NOT NULL, MODIFY `CONSUMER_KEY` VARCHAR(255) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 15. alter column IDN_OAUTH2_TOKEN_BINDING.TOKEN_BINDING_TYPE to VARCHAR(32) latin1, alter column
-- IDN_OAUTH2_TOKEN_BINDING.TOKEN_BINDING_VALUE to VARCHAR(1024) latin1
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(15, @apim_schema_due), '
ALTER TABLE `IDN_OAUTH2_TOKEN_BINDING` MODIFY `TOKEN_BINDING_TYPE` VARCHAR(32) CHARACTER SET latin1 COLLATE
    latin1_bin NULL, MODIFY `TOKEN_BINDING_VALUE` VARCHAR(1024) CHARACTER SET latin1 COLLATE latin1_bin NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 16. alter column IDN_SCIM_GROUP.ROLE_NAME to VARCHAR(255) latin1, alter column IDN_SCIM_GROUP.ATTR_NAME to
-- VARCHAR(1024) latin1
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(16, @apim_schema_due), '
ALTER TABLE `IDN_SCIM_GROUP` MODIFY `ROLE_NAME` VARCHAR(255) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL,
    MODIFY `ATTR_NAME` VARCHAR(1024) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- the stamp
UPDATE `alembic_version_apim` SET version_num = '4.7.0' WHERE @apim_schema_pending;

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=UTC_TIMESTAMP()
    WHERE apim_schema_history.database_name = 'apim' AND apim_schema_history.to_release = '4.7.0'
    AND apim_schema_history.outcome = 'started';
