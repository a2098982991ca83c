
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       mysql shared_db < upgrade.sql
--   It checks first that the database is 4.3.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on MySQL 8.4; apim-schema plan says it for your server, with sizes and times.

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

-- ==== checks: is this shared 4.3.0, and would every row survive?
SET @apim_schema_one_byte = (SELECT MAX(c.maxlen) = 1 FROM information_schema.character_sets c,
    information_schema.schemata s WHERE s.schema_name = DATABASE()
    AND c.character_set_name = s.default_character_set_name);

-- ==== the stamp, and this run in the history
CREATE TABLE IF NOT EXISTS `alembic_version_shared` (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `alembic_version_shared` WHERE version_num NOT IN ('4.3.0')),
    'shared is not stamped 4.3.0: nothing was changed',
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
    planned, rows_compared, started_at, done_by, tool_version) SELECT 'shared' AS database_name,
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.3.0' AS from_release, '4.4.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared,
    UTC_TIMESTAMP() AS started_at, CURRENT_USER() AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'shared'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'shared' AND same.to_release = '4.4.0' AND same.outcome = 'started'));

-- ==== 4.4.0: 0 statements
INSERT INTO `alembic_version_shared` (version_num) SELECT '4.3.0' FROM DUAL
    WHERE NOT EXISTS (SELECT 1 FROM `alembic_version_shared`);
SET @apim_schema_pending = EXISTS (SELECT 1 FROM `alembic_version_shared` WHERE version_num = '4.3.0');

-- the stamp
UPDATE `alembic_version_shared` SET version_num = '4.4.0' WHERE @apim_schema_pending;

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=UTC_TIMESTAMP()
    WHERE apim_schema_history.database_name = 'shared' AND apim_schema_history.to_release = '4.4.0'
    AND apim_schema_history.outcome = 'started';
