SET autocommit = 1;
SET NAMES utf8mb4;
SET SESSION sql_mode = 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', foreign_key_checks = 1;
SET SESSION lock_wait_timeout = 5, innodb_lock_wait_timeout = 5;
SET SESSION wait_timeout = 2147483;
SET @apim_schema = IF(VERSION() LIKE '%MariaDB%', 'SET SESSION max_statement_time = 0', 'SET SESSION max_execution_time = 0');
PREPARE apim_schema FROM @apim_schema;
EXECUTE apim_schema;
DEALLOCATE PREPARE apim_schema;
SET @apim_schema_one_byte = (SELECT MAX(c.maxlen) = 1 FROM information_schema.character_sets c, information_schema.schemata s WHERE s.schema_name = DATABASE() AND c.character_set_name = s.default_character_set_name);
CREATE TABLE IF NOT EXISTS `alembic_version_shared` (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
SET default_storage_engine = IF(EXISTS (SELECT 1 FROM `alembic_version_shared` WHERE version_num NOT IN ('4.3.0')), 'shared is not stamped 4.3.0: nothing was changed', @@default_storage_engine);
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
    started_at DATETIME NOT NULL,
    finished_at DATETIME,
    done_by VARCHAR(255) NOT NULL,
    tool_version VARCHAR(32) NOT NULL,
    error TEXT,
    PRIMARY KEY (database_name, run)
);
INSERT INTO apim_schema_history (database_name, run, from_release, to_release, outcome, verdict, statements, planned, rows_compared, started_at, done_by, tool_version) SELECT 'shared' AS anon_1, coalesce(max(apim_schema_history.run), 0) + 1 AS anon_2, '4.3.0' AS anon_3, '4.4.0' AS anon_4, 'started' AS anon_5, NULL AS anon_6, 0 AS anon_7, 0 AS anon_8, 0 AS anon_9, UTC_TIMESTAMP(), CURRENT_USER(), '0.1.0' AS anon_10
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'shared'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'shared' AND same.to_release = '4.4.0' AND same.outcome = 'started'));

-- 4.4.0
INSERT INTO `alembic_version_shared` (version_num) SELECT '4.3.0' FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM `alembic_version_shared`);
SET @apim_schema_pending = EXISTS (SELECT 1 FROM `alembic_version_shared` WHERE version_num = '4.3.0');
UPDATE `alembic_version_shared` SET version_num = '4.4.0' WHERE @apim_schema_pending;
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=UTC_TIMESTAMP() WHERE apim_schema_history.database_name = 'shared' AND apim_schema_history.to_release = '4.4.0' AND apim_schema_history.outcome = 'started';
