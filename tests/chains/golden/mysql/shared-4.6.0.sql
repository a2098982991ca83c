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
SET default_storage_engine = IF(EXISTS (SELECT 1 FROM `alembic_version_shared` WHERE version_num NOT IN ('4.5.0')), 'shared is not stamped 4.5.0: nothing was changed', @@default_storage_engine);

-- 4.6.0
INSERT INTO `alembic_version_shared` (version_num) SELECT '4.5.0' FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM `alembic_version_shared`);
SET @apim_schema_pending = EXISTS (SELECT 1 FROM `alembic_version_shared` WHERE version_num = '4.5.0');
UPDATE `alembic_version_shared` SET version_num = '4.6.0' WHERE @apim_schema_pending;
