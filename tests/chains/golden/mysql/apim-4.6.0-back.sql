
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       mysql apim_db < downgrade.sql
--   It checks first that the database is 4.6.0 and that no row stands in the way. A check that fails ends it with
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
--   AM_LLM_PROVIDER_MODEL            builds an index; lock NONE blocks other DDL
--   for a moment: AM_API_METADATA, AM_API_OPERATION_MAPPING, AM_API_PRIMARY_EP_MAPPING, AM_API_URL_MAPPING,
--   AM_BACKEND, AM_BACKEND_OPERATION_MAPPING, AM_GATEWAY_ENVIRONMENT, AM_GW_INSTANCES, AM_GW_INSTANCE_ENV_MAPPING,
--   AM_GW_REVISION_DEPLOYMENT, AM_LLM_PROVIDER, AM_TASK_LOCK

-- IF IT STOPS
--   Each statement commits, so what is in stays in. Mend the cause and run the same script again: it leaves alone
--   what is in, and goes on. apim-schema downgrade goes on from there as well.

-- THE WAY BACK
--   After it, or from half of the way: apim-schema upgrade 4.6.0 leads forward again, or put the backup back.

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
        UPPER(column_name)) IN (('AM_API', 'SUB_VALIDATION'), ('AM_API_COMMENTS', 'CATEGORY'),
        ('AM_API_ENDPOINTS', 'ORGANIZATION'), ('AM_API_OPERATION_POLICY_MAPPING', 'PARAMETERS'),
        ('AM_API_POLICY_MAPPING', 'PARAMETERS'), ('AM_API_PRIMARY_EP_MAPPING', 'ENDPOINT_UUID'),
        ('AM_API_URL_MAPPING', 'LOG_LEVEL'), ('AM_APPLICATION_REGISTRATION', 'KEY_MANAGER'),
        ('AM_GATEWAY_ENVIRONMENT', 'CONFIGURATION'), ('AM_LLM_PROVIDER', 'API_DEFINITION'),
        ('AM_LLM_PROVIDER_MODEL', 'LLM_PROVIDER_UUID'))) < 11),
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
    EXISTS (SELECT 1 FROM (SELECT 'AM_APPLICATION_REGISTRATION' t, 'INPUTS' c
        UNION ALL SELECT 'AM_API_POLICY_MAPPING' t, 'PARAMETERS' c
        UNION ALL SELECT 'AM_API_OPERATION_POLICY_MAPPING' t, 'PARAMETERS' c
        UNION ALL SELECT 'AM_LLM_PROVIDER_MODEL' t, 'MODEL_FAMILY_NAME' c UNION ALL SELECT 'AM_LLM_PROVIDER' t,
        'MODEL_FAMILY_SUPPORTED' c UNION ALL SELECT 'AM_GATEWAY_ENVIRONMENT' t, 'SCHEDULED_TIME' c
        UNION ALL SELECT 'AM_GATEWAY_ENVIRONMENT' t, 'ENV_MODE' c UNION ALL SELECT 'AM_API_URL_MAPPING' t,
        'SCHEMA_DEFINITION' c UNION ALL SELECT 'AM_API_URL_MAPPING' t, 'DESCRIPTION' c
        UNION ALL SELECT 'AM_API_PRIMARY_EP_MAPPING' t, 'REVISION_UUID' c UNION ALL SELECT 'AM_API' t,
        'INITIATED_FROM_GW' c UNION ALL SELECT 'AM_API' t, 'API_DISPLAY_NAME' c) w JOIN information_schema.columns e
        ON UPPER(e.table_name) = w.t AND LOCATE(CONCAT('`', w.c, '`'), UPPER(e.generation_expression)) > 0
        WHERE e.table_schema = DATABASE())
/*!80016 OR EXISTS (SELECT 1 FROM (SELECT 'AM_APPLICATION_REGISTRATION' t, 'INPUTS' c
    UNION ALL SELECT 'AM_API_POLICY_MAPPING' t, 'PARAMETERS' c UNION ALL SELECT 'AM_API_OPERATION_POLICY_MAPPING' t,
    'PARAMETERS' c UNION ALL SELECT 'AM_LLM_PROVIDER_MODEL' t, 'MODEL_FAMILY_NAME' c
    UNION ALL SELECT 'AM_LLM_PROVIDER' t, 'MODEL_FAMILY_SUPPORTED' c UNION ALL SELECT 'AM_GATEWAY_ENVIRONMENT' t,
    'SCHEDULED_TIME' c UNION ALL SELECT 'AM_GATEWAY_ENVIRONMENT' t, 'ENV_MODE' c
    UNION ALL SELECT 'AM_API_URL_MAPPING' t, 'SCHEMA_DEFINITION' c UNION ALL SELECT 'AM_API_URL_MAPPING' t,
    'DESCRIPTION' c UNION ALL SELECT 'AM_API_PRIMARY_EP_MAPPING' t, 'REVISION_UUID' c UNION ALL SELECT 'AM_API' t,
    'INITIATED_FROM_GW' c UNION ALL SELECT 'AM_API' t, 'API_DISPLAY_NAME' c) w
    JOIN information_schema.table_constraints t ON UPPER(t.table_name) = w.t
    JOIN information_schema.check_constraints e ON e.constraint_schema = t.constraint_schema
    AND e.constraint_name = t.constraint_name AND LOCATE(CONCAT('`', w.c, '`'), UPPER(e.check_clause)) > 0
    WHERE t.table_schema = DATABASE() AND t.constraint_type = 'CHECK') */
/*M!100600 OR EXISTS (SELECT 1 FROM (SELECT 'AM_APPLICATION_REGISTRATION' t, 'INPUTS' c
    UNION ALL SELECT 'AM_API_POLICY_MAPPING' t, 'PARAMETERS' c UNION ALL SELECT 'AM_API_OPERATION_POLICY_MAPPING' t,
    'PARAMETERS' c UNION ALL SELECT 'AM_LLM_PROVIDER_MODEL' t, 'MODEL_FAMILY_NAME' c
    UNION ALL SELECT 'AM_LLM_PROVIDER' t, 'MODEL_FAMILY_SUPPORTED' c UNION ALL SELECT 'AM_GATEWAY_ENVIRONMENT' t,
    'SCHEDULED_TIME' c UNION ALL SELECT 'AM_GATEWAY_ENVIRONMENT' t, 'ENV_MODE' c
    UNION ALL SELECT 'AM_API_URL_MAPPING' t, 'SCHEMA_DEFINITION' c UNION ALL SELECT 'AM_API_URL_MAPPING' t,
    'DESCRIPTION' c UNION ALL SELECT 'AM_API_PRIMARY_EP_MAPPING' t, 'REVISION_UUID' c UNION ALL SELECT 'AM_API' t,
    'INITIATED_FROM_GW' c UNION ALL SELECT 'AM_API' t, 'API_DISPLAY_NAME' c) w
    JOIN information_schema.table_constraints t ON UPPER(t.table_name) = w.t
    JOIN information_schema.check_constraints e ON e.constraint_schema = t.constraint_schema
    AND e.constraint_name = t.constraint_name AND LOCATE(CONCAT('`', w.c, '`'), UPPER(e.check_clause)) > 0
    WHERE t.table_schema = DATABASE() AND t.constraint_type = 'CHECK' AND e.table_name = t.table_name) */,
    'a check or a generated column reads what is dropped or converted: apim-schema plan names it; nothing was changed',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM (SELECT 'AM_TASK_LOCK' t, '' c UNION ALL SELECT 'AM_GW_REVISION_DEPLOYMENT' t, '' c
        UNION ALL SELECT 'AM_GW_INSTANCE_ENV_MAPPING' t, '' c UNION ALL SELECT 'AM_GW_INSTANCES' t, '' c
        UNION ALL SELECT 'AM_BACKEND_OPERATION_MAPPING' t, '' c UNION ALL SELECT 'AM_BACKEND' t, '' c
        UNION ALL SELECT 'AM_API_OPERATION_MAPPING' t, '' c UNION ALL SELECT 'AM_API_METADATA' t, '' c
        UNION ALL SELECT 'AM_APPLICATION_REGISTRATION' t, 'INPUTS' c UNION ALL SELECT 'AM_API_POLICY_MAPPING' t,
        'PARAMETERS' c UNION ALL SELECT 'AM_API_OPERATION_POLICY_MAPPING' t, 'PARAMETERS' c
        UNION ALL SELECT 'AM_LLM_PROVIDER_MODEL' t, 'MODEL_FAMILY_NAME' c UNION ALL SELECT 'AM_LLM_PROVIDER' t,
        'MODEL_FAMILY_SUPPORTED' c UNION ALL SELECT 'AM_GATEWAY_ENVIRONMENT' t, 'SCHEDULED_TIME' c
        UNION ALL SELECT 'AM_GATEWAY_ENVIRONMENT' t, 'ENV_MODE' c UNION ALL SELECT 'AM_API_URL_MAPPING' t,
        'SCHEMA_DEFINITION' c UNION ALL SELECT 'AM_API_URL_MAPPING' t, 'DESCRIPTION' c
        UNION ALL SELECT 'AM_API_PRIMARY_EP_MAPPING' t, 'REVISION_UUID' c UNION ALL SELECT 'AM_API' t,
        'INITIATED_FROM_GW' c UNION ALL SELECT 'AM_API' t, 'API_DISPLAY_NAME' c) w JOIN information_schema.views e
        ON LOCATE(CONCAT('`', UPPER(DATABASE()), '`.`', w.t, '`'), UPPER(e.view_definition)) > 0 AND (w.c = ''
        OR LOCATE(CONCAT('`', w.c, '`'), UPPER(e.view_definition)) > 0)),
    'a view reads what is dropped or converted: apim-schema plan names it; nothing was changed',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM (SELECT 'AM_TASK_LOCK' t, '' c UNION ALL SELECT 'AM_GW_REVISION_DEPLOYMENT' t, '' c
        UNION ALL SELECT 'AM_GW_INSTANCE_ENV_MAPPING' t, '' c UNION ALL SELECT 'AM_GW_INSTANCES' t, '' c
        UNION ALL SELECT 'AM_BACKEND_OPERATION_MAPPING' t, '' c UNION ALL SELECT 'AM_BACKEND' t, '' c
        UNION ALL SELECT 'AM_API_OPERATION_MAPPING' t, '' c UNION ALL SELECT 'AM_API_METADATA' t, '' c
        UNION ALL SELECT 'AM_APPLICATION_REGISTRATION' t, 'INPUTS' c UNION ALL SELECT 'AM_API_POLICY_MAPPING' t,
        'PARAMETERS' c UNION ALL SELECT 'AM_API_OPERATION_POLICY_MAPPING' t, 'PARAMETERS' c
        UNION ALL SELECT 'AM_LLM_PROVIDER_MODEL' t, 'MODEL_FAMILY_NAME' c UNION ALL SELECT 'AM_LLM_PROVIDER' t,
        'MODEL_FAMILY_SUPPORTED' c UNION ALL SELECT 'AM_GATEWAY_ENVIRONMENT' t, 'SCHEDULED_TIME' c
        UNION ALL SELECT 'AM_GATEWAY_ENVIRONMENT' t, 'ENV_MODE' c UNION ALL SELECT 'AM_API_URL_MAPPING' t,
        'SCHEMA_DEFINITION' c UNION ALL SELECT 'AM_API_URL_MAPPING' t, 'DESCRIPTION' c
        UNION ALL SELECT 'AM_API_PRIMARY_EP_MAPPING' t, 'REVISION_UUID' c UNION ALL SELECT 'AM_API' t,
        'INITIATED_FROM_GW' c UNION ALL SELECT 'AM_API' t, 'API_DISPLAY_NAME' c) w JOIN information_schema.triggers
        e ON w.c <> '' AND e.event_object_schema = DATABASE() AND UPPER(e.event_object_table) = w.t
        AND UPPER(e.action_statement) REGEXP CONCAT('(^|[^A-Z0-9_$])(NEW|OLD)[[:space:]]*[.][[:space:]]*`?', w.c,
        '([^A-Z0-9_$]|$)') OR w.c = '' AND UPPER(e.action_statement) REGEXP CONCAT('(^|[^A-Z0-9_$])', w.t,
        '([^A-Z0-9_$]|$)') AND (e.event_object_schema = DATABASE()
        AND UPPER(e.event_object_table) NOT IN ('AM_TASK_LOCK', 'AM_GW_REVISION_DEPLOYMENT',
        'AM_GW_INSTANCE_ENV_MAPPING', 'AM_GW_INSTANCES', 'AM_BACKEND_OPERATION_MAPPING', 'AM_BACKEND',
        'AM_API_OPERATION_MAPPING', 'AM_API_METADATA') OR e.event_object_schema <> DATABASE()
        AND LOCATE(UPPER(DATABASE()), UPPER(e.action_statement)) > 0)),
    'a trigger reads what is dropped or converted: apim-schema plan names it; nothing was changed',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_APPLICATION_REGISTRATION` t WHERE CHARSET(t.`INPUTS`) = 'binary'
        AND t.`INPUTS` IS NOT NULL AND NOT CAST(CONVERT(t.`INPUTS` USING utf8mb4) AS BINARY) <=> t.`INPUTS`),
    'AM_APPLICATION_REGISTRATION: INPUTS is no text in UTF-8',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_APPLICATION_REGISTRATION` t
        WHERE CHAR_LENGTH(CONVERT(t.`INPUTS` USING utf8mb4)) > 1000),
    'AM_APPLICATION_REGISTRATION: INPUTS is longer than the 1000 characters it will have',
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
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_POLICY_MAPPING` t WHERE CHARSET(t.`PARAMETERS`) = 'binary'
        AND t.`PARAMETERS` IS NOT NULL AND NOT CAST(CONVERT(t.`PARAMETERS` USING utf8mb4) AS BINARY) <=>
        t.`PARAMETERS`),
    'AM_API_POLICY_MAPPING: PARAMETERS is no text in UTF-8',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_POLICY_MAPPING` t
        WHERE CHAR_LENGTH(CONVERT(t.`PARAMETERS` USING utf8mb4)) > 2048),
    'AM_API_POLICY_MAPPING: PARAMETERS is longer than the 2048 characters it will have',
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
    EXISTS (SELECT 1 FROM `AM_API_OPERATION_POLICY_MAPPING` t WHERE CHARSET(t.`PARAMETERS`) = 'binary'
        AND t.`PARAMETERS` IS NOT NULL AND NOT CAST(CONVERT(t.`PARAMETERS` USING utf8mb4) AS BINARY) <=>
        t.`PARAMETERS`),
    'AM_API_OPERATION_POLICY_MAPPING: PARAMETERS is no text in UTF-8',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_OPERATION_POLICY_MAPPING` t
        WHERE CHAR_LENGTH(CONVERT(t.`PARAMETERS` USING utf8mb4)) > 2048),
    'AM_API_OPERATION_POLICY_MAPPING: PARAMETERS is longer than the 2048 characters it will have',
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
    EXISTS (SELECT 1 FROM `AM_API_ENDPOINTS` t WHERE t.`API_UUID` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `AM_API`
        p WHERE p.`API_UUID` = t.`API_UUID`)),
    'AM_API_ENDPOINTS: (API_UUID) points to no row of AM_API',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_COMMENTS` t WHERE char_length(`CREATED_BY`) > 255),
    'AM_API_COMMENTS: CREATED_BY is longer than the 255 characters it will have',
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
    EXISTS (SELECT 1 FROM `AM_API` t WHERE char_length(`API_SUBTYPE`) > 10),
    'AM_API: API_SUBTYPE is longer than the 10 characters it will have',
    @@default_storage_engine);
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_LLM_PROVIDER_MODEL` t WHERE EXISTS (SELECT 1 FROM (SELECT `MODEL_NAME`,
        `LLM_PROVIDER_UUID` FROM `AM_LLM_PROVIDER_MODEL` GROUP BY `MODEL_NAME`, `LLM_PROVIDER_UUID`
        HAVING COUNT(*) > 1) d WHERE d.`MODEL_NAME` = t.`MODEL_NAME`
        AND d.`LLM_PROVIDER_UUID` = t.`LLM_PROVIDER_UUID`)),
    'AM_LLM_PROVIDER_MODEL: duplicates under the new unique constraint (MODEL_NAME, LLM_PROVIDER_UUID)',
    @@default_storage_engine);
SET @apim_schema = IF(((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND (UPPER(table_name), UPPER(column_name)) IN (('AM_LLM_PROVIDER_MODEL', 'MODEL_FAMILY_NAME'))) < 1), 'DO 0', '
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_LLM_PROVIDER_MODEL` t WHERE t.`MODEL_FAMILY_NAME` IS NOT NULL),
    ''AM_LLM_PROVIDER_MODEL: MODEL_FAMILY_NAME is dropped, and holds something else than NULL'',
    @@default_storage_engine)
'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;
SET @apim_schema = IF(((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND (UPPER(table_name), UPPER(column_name)) IN (('AM_LLM_PROVIDER', 'MODEL_FAMILY_SUPPORTED'))) < 1), 'DO 0', '
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_LLM_PROVIDER` t WHERE t.`MODEL_FAMILY_SUPPORTED` IS NOT NULL
        AND CAST(t.`MODEL_FAMILY_SUPPORTED` AS BINARY) <> CAST(''false'' AS BINARY)),
    ''AM_LLM_PROVIDER: MODEL_FAMILY_SUPPORTED is dropped, and holds something else than ''''false'''''',
    @@default_storage_engine)
'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;
SET @apim_schema = IF(((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND (UPPER(table_name), UPPER(column_name)) IN (('AM_GATEWAY_ENVIRONMENT', 'SCHEDULED_TIME'))) < 1), 'DO 0', '
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_GATEWAY_ENVIRONMENT` t WHERE t.`SCHEDULED_TIME` IS NOT NULL),
    ''AM_GATEWAY_ENVIRONMENT: SCHEDULED_TIME is dropped, and holds something else than NULL'',
    @@default_storage_engine)
'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;
SET @apim_schema = IF(((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND (UPPER(table_name), UPPER(column_name)) IN (('AM_GATEWAY_ENVIRONMENT', 'ENV_MODE'))) < 1), 'DO 0', '
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_GATEWAY_ENVIRONMENT` t WHERE t.`ENV_MODE` IS NOT NULL
        AND CAST(t.`ENV_MODE` AS BINARY) <> CAST(''WRITE_ONLY'' AS BINARY)),
    ''AM_GATEWAY_ENVIRONMENT: ENV_MODE is dropped, and holds something else than ''''WRITE_ONLY'''''',
    @@default_storage_engine)
'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;
SET @apim_schema = IF(((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND (UPPER(table_name), UPPER(column_name)) IN (('AM_API_URL_MAPPING', 'SCHEMA_DEFINITION'))) < 1), 'DO 0', '
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_URL_MAPPING` t WHERE t.`SCHEMA_DEFINITION` IS NOT NULL),
    ''AM_API_URL_MAPPING: SCHEMA_DEFINITION is dropped, and holds something else than NULL'',
    @@default_storage_engine)
'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;
SET @apim_schema = IF(((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND (UPPER(table_name), UPPER(column_name)) IN (('AM_API_URL_MAPPING', 'DESCRIPTION'))) < 1), 'DO 0', '
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_URL_MAPPING` t WHERE t.`DESCRIPTION` IS NOT NULL),
    ''AM_API_URL_MAPPING: DESCRIPTION is dropped, and holds something else than NULL'',
    @@default_storage_engine)
'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;
SET @apim_schema = IF(((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND (UPPER(table_name), UPPER(column_name)) IN (('AM_API_PRIMARY_EP_MAPPING', 'REVISION_UUID'))) < 1), 'DO 0', '
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_PRIMARY_EP_MAPPING` t WHERE t.`REVISION_UUID` IS NOT NULL
        AND CAST(t.`REVISION_UUID` AS BINARY) <> CAST(''Current API'' AS BINARY)),
    ''AM_API_PRIMARY_EP_MAPPING: REVISION_UUID is dropped, and holds something else than ''''Current API'''''',
    @@default_storage_engine)
'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;
SET @apim_schema = IF(((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND (UPPER(table_name), UPPER(column_name)) IN (('AM_API', 'INITIATED_FROM_GW'))) < 1), 'DO 0', '
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API` t WHERE t.`INITIATED_FROM_GW` IS NOT NULL AND t.`INITIATED_FROM_GW` <> 0),
    ''AM_API: INITIATED_FROM_GW is dropped, and holds something else than NULL or 0'',
    @@default_storage_engine)
'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;
SET @apim_schema = IF(((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND (UPPER(table_name), UPPER(column_name)) IN (('AM_API', 'API_DISPLAY_NAME'))) < 1), 'DO 0', '
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API` t WHERE t.`API_DISPLAY_NAME` IS NOT NULL),
    ''AM_API: API_DISPLAY_NAME is dropped, and holds something else than NULL'',
    @@default_storage_engine)
'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;
SET @apim_schema = IF(((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND (UPPER(table_name), UPPER(column_name)) IN (('AM_TASK_LOCK', 'NODE_ID'))) < 1), 'DO 0', '
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_TASK_LOCK` t WHERE 1 = 1),
    ''AM_TASK_LOCK: it is dropped, and has rows'',
    @@default_storage_engine)
'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;
SET @apim_schema = IF(((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND (UPPER(table_name), UPPER(column_name)) IN (('AM_GW_REVISION_DEPLOYMENT', 'LAST_UPDATED'))) < 1), 'DO 0', '
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_GW_REVISION_DEPLOYMENT` t WHERE 1 = 1),
    ''AM_GW_REVISION_DEPLOYMENT: it is dropped, and has rows'',
    @@default_storage_engine)
'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;
SET @apim_schema = IF(((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND (UPPER(table_name), UPPER(column_name)) IN (('AM_GW_INSTANCE_ENV_MAPPING', 'ENV_LABEL'))) < 1), 'DO 0', '
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_GW_INSTANCE_ENV_MAPPING` t WHERE 1 = 1),
    ''AM_GW_INSTANCE_ENV_MAPPING: it is dropped, and has rows'',
    @@default_storage_engine)
'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;
SET @apim_schema = IF(((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND (UPPER(table_name), UPPER(column_name)) IN (('AM_GW_INSTANCES', 'GW_PROPERTIES'))) < 1), 'DO 0', '
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_GW_INSTANCES` t WHERE 1 = 1),
    ''AM_GW_INSTANCES: it is dropped, and has rows'',
    @@default_storage_engine)
'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;
SET @apim_schema = IF(((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND (UPPER(table_name), UPPER(column_name)) IN (('AM_BACKEND_OPERATION_MAPPING', 'VERB'))) < 1), 'DO 0', '
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_BACKEND_OPERATION_MAPPING` t WHERE 1 = 1),
    ''AM_BACKEND_OPERATION_MAPPING: it is dropped, and has rows'',
    @@default_storage_engine)
'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;
SET @apim_schema = IF(((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND (UPPER(table_name), UPPER(column_name)) IN (('AM_BACKEND', 'ORGANIZATION'))) < 1), 'DO 0', '
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_BACKEND` t WHERE 1 = 1),
    ''AM_BACKEND: it is dropped, and has rows'',
    @@default_storage_engine)
'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;
SET @apim_schema = IF(((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND (UPPER(table_name), UPPER(column_name)) IN (('AM_API_OPERATION_MAPPING', 'REF_URL_MAPPING_ID'))) < 1),
    'DO 0', '
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_OPERATION_MAPPING` t WHERE 1 = 1),
    ''AM_API_OPERATION_MAPPING: it is dropped, and has rows'',
    @@default_storage_engine)
'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;
SET @apim_schema = IF(((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND (UPPER(table_name), UPPER(column_name)) IN (('AM_API_METADATA', 'METADATA_VALUE'))) < 1), 'DO 0', '
SET default_storage_engine = IF(
    EXISTS (SELECT 1 FROM `AM_API_METADATA` t WHERE 1 = 1),
    ''AM_API_METADATA: it is dropped, and has rows'',
    @@default_storage_engine)
'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

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
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.6.0' AS from_release, '4.5.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared,
    UTC_TIMESTAMP() AS started_at, CURRENT_USER() AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'apim' AND same.to_release = '4.5.0' AND same.outcome = 'started'));

-- ==== 4.5.0: 23 statements
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
    UNION ALL SELECT 1, 'AM_APPLICATION_REGISTRATION', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_APPLICATION_REGISTRATION' AND (
            c.column_name = 'INPUTS' AND c.column_type = 'varchar(1000)'))
    UNION ALL SELECT 2, 'AM_APPLICATION_REGISTRATION', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_APPLICATION_REGISTRATION' AND (
            c.column_name = 'INPUTS' AND c.column_type = 'varchar(1000)' AND c.collation_name = (SELECT
                t.table_collation FROM information_schema.tables t WHERE t.table_schema = DATABASE()
                AND t.table_name = 'AM_APPLICATION_REGISTRATION')))
    UNION ALL SELECT 3, 'AM_API_POLICY_MAPPING', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_POLICY_MAPPING' AND (
            c.column_name = 'PARAMETERS' AND c.column_type = 'varchar(2048)'))
    UNION ALL SELECT 4, 'AM_API_POLICY_MAPPING', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_POLICY_MAPPING' AND (
            c.column_name = 'PARAMETERS' AND c.column_type = 'varchar(2048)' AND c.collation_name = (SELECT
                t.table_collation FROM information_schema.tables t WHERE t.table_schema = DATABASE()
                AND t.table_name = 'AM_API_POLICY_MAPPING')))
    UNION ALL SELECT 5, 'AM_API_OPERATION_POLICY_MAPPING', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_OPERATION_POLICY_MAPPING' AND (
            c.column_name = 'PARAMETERS' AND c.column_type = 'varchar(2048)'))
    UNION ALL SELECT 6, 'AM_API_OPERATION_POLICY_MAPPING', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_OPERATION_POLICY_MAPPING' AND (
            c.column_name = 'PARAMETERS' AND c.column_type = 'varchar(2048)' AND c.collation_name = (SELECT
                t.table_collation FROM information_schema.tables t WHERE t.table_schema = DATABASE()
                AND t.table_name = 'AM_API_OPERATION_POLICY_MAPPING')))
    UNION ALL SELECT 7, 'AM_API_ENDPOINTS', 2, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_ENDPOINTS' AND (
            c.column_name = 'REVISION_UUID' AND c.column_type = 'varchar(255)'
            OR c.column_name = 'ENDPOINT_UUID' AND c.column_type = 'varchar(256)'))
    UNION ALL SELECT 8, 'AM_API_COMMENTS', 1, 0, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_COMMENTS' AND (
            c.column_name = 'CREATED_BY' AND c.column_type = 'varchar(255)'))
    UNION ALL SELECT 9, 'AM_API', 3, 1, (
        SELECT COUNT(*) FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API' AND (
            c.column_name = 'API_SUBTYPE' AND c.column_type = 'varchar(10)')) + (NOT
                EXISTS (SELECT 1 FROM information_schema.columns c WHERE c.table_schema = DATABASE()
                AND c.table_name = 'AM_API' AND c.column_name = 'INITIATED_FROM_GW')) + (NOT
                EXISTS (SELECT 1 FROM information_schema.columns c WHERE c.table_schema = DATABASE()
                AND c.table_name = 'AM_API' AND c.column_name = 'API_DISPLAY_NAME'))
    UNION ALL SELECT 10, 'AM_LLM_PROVIDER_MODEL', 2, 1, EXISTS (SELECT s.index_name
        FROM information_schema.statistics s WHERE s.table_schema = DATABASE()
        AND s.table_name = 'AM_LLM_PROVIDER_MODEL' AND s.non_unique = 0 AND s.sub_part IS NULL GROUP BY s.index_name
        HAVING GROUP_CONCAT(UPPER(s.column_name) ORDER BY s.seq_in_index) = 'MODEL_NAME,LLM_PROVIDER_UUID') + (NOT
        EXISTS (SELECT 1 FROM information_schema.columns c WHERE c.table_schema = DATABASE()
        AND c.table_name = 'AM_LLM_PROVIDER_MODEL' AND c.column_name = 'MODEL_FAMILY_NAME'))
    UNION ALL SELECT 11, 'AM_API_ENDPOINTS', 1, 0, EXISTS (SELECT s.index_name FROM information_schema.statistics s
        WHERE s.table_schema = DATABASE() AND s.table_name = 'AM_API_ENDPOINTS' AND s.index_name = 'PRIMARY'
        GROUP BY s.index_name HAVING GROUP_CONCAT(UPPER(s.column_name)
        ORDER BY s.seq_in_index) = 'API_UUID,ENDPOINT_UUID,ENDPOINT_NAME,REVISION_UUID,ORGANIZATION')
    UNION ALL SELECT 12, 'AM_LLM_PROVIDER', 1, 0, (NOT EXISTS (SELECT 1 FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_LLM_PROVIDER'
        AND c.column_name = 'MODEL_FAMILY_SUPPORTED'))
    UNION ALL SELECT 13, 'AM_GATEWAY_ENVIRONMENT', 2, 1, (NOT EXISTS (SELECT 1 FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_GATEWAY_ENVIRONMENT'
        AND c.column_name = 'SCHEDULED_TIME')) + (NOT EXISTS (SELECT 1 FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_GATEWAY_ENVIRONMENT'
        AND c.column_name = 'ENV_MODE'))
    UNION ALL SELECT 14, 'AM_API_URL_MAPPING', 2, 1, (NOT EXISTS (SELECT 1 FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_URL_MAPPING'
        AND c.column_name = 'SCHEMA_DEFINITION')) + (NOT EXISTS (SELECT 1 FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_URL_MAPPING'
        AND c.column_name = 'DESCRIPTION'))
    UNION ALL SELECT 15, 'AM_API_PRIMARY_EP_MAPPING', 1, 0, (NOT EXISTS (SELECT 1 FROM information_schema.columns c
        WHERE c.table_schema = DATABASE() AND c.table_name = 'AM_API_PRIMARY_EP_MAPPING'
        AND c.column_name = 'REVISION_UUID'))
    UNION ALL SELECT 16, 'AM_TASK_LOCK', 1, 0, (NOT EXISTS (SELECT 1 FROM information_schema.tables t
        WHERE t.table_schema = DATABASE() AND t.table_name = 'AM_TASK_LOCK'))
    UNION ALL SELECT 17, 'AM_GW_REVISION_DEPLOYMENT', 1, 0, (NOT EXISTS (SELECT 1 FROM information_schema.tables t
        WHERE t.table_schema = DATABASE() AND t.table_name = 'AM_GW_REVISION_DEPLOYMENT'))
    UNION ALL SELECT 18, 'AM_GW_INSTANCE_ENV_MAPPING', 1, 0, (NOT EXISTS (SELECT 1 FROM information_schema.tables t
        WHERE t.table_schema = DATABASE() AND t.table_name = 'AM_GW_INSTANCE_ENV_MAPPING'))
    UNION ALL SELECT 19, 'AM_GW_INSTANCES', 1, 0, (NOT EXISTS (SELECT 1 FROM information_schema.tables t
        WHERE t.table_schema = DATABASE() AND t.table_name = 'AM_GW_INSTANCES'))
    UNION ALL SELECT 20, 'AM_BACKEND_OPERATION_MAPPING', 1, 0, (NOT EXISTS (SELECT 1 FROM information_schema.tables
        t WHERE t.table_schema = DATABASE() AND t.table_name = 'AM_BACKEND_OPERATION_MAPPING'))
    UNION ALL SELECT 21, 'AM_BACKEND', 1, 0, (NOT EXISTS (SELECT 1 FROM information_schema.tables t
        WHERE t.table_schema = DATABASE() AND t.table_name = 'AM_BACKEND'))
    UNION ALL SELECT 22, 'AM_API_OPERATION_MAPPING', 1, 0, (NOT EXISTS (SELECT 1 FROM information_schema.tables t
        WHERE t.table_schema = DATABASE() AND t.table_name = 'AM_API_OPERATION_MAPPING'))
    UNION ALL SELECT 23, 'AM_API_METADATA', 1, 0, (NOT EXISTS (SELECT 1 FROM information_schema.tables t
        WHERE t.table_schema = DATABASE() AND t.table_name = 'AM_API_METADATA'))
) look WHERE @apim_schema_pending;
SET default_storage_engine = IF(
    @apim_schema_half IS NOT NULL,
    CONCAT(@apim_schema_half, ': a part of this change is there already: use apim-schema upgrade'),
    @@default_storage_engine);
SET @apim_schema_other = (
    SELECT GROUP_CONCAT(CONCAT(c.table_name, ': ', c.column_name) SEPARATOR ', ')
    FROM information_schema.columns c
    WHERE @apim_schema_pending AND c.table_schema = DATABASE() AND (
        c.table_name = 'AM_APPLICATION_REGISTRATION' AND c.column_name = 'INPUTS'
            AND c.data_type NOT IN ('longblob', 'varchar')
        OR c.table_name = 'AM_API_POLICY_MAPPING' AND c.column_name = 'PARAMETERS'
            AND c.data_type NOT IN ('longblob', 'varchar')
        OR c.table_name = 'AM_API_OPERATION_POLICY_MAPPING' AND c.column_name = 'PARAMETERS'
            AND c.data_type NOT IN ('longblob', 'varchar')
        OR c.table_name = 'AM_API_ENDPOINTS' AND c.column_name = 'REVISION_UUID' AND c.data_type NOT IN ('varchar')
        OR c.table_name = 'AM_API_ENDPOINTS' AND c.column_name = 'ENDPOINT_UUID' AND c.data_type NOT IN ('varchar')
        OR c.table_name = 'AM_API_COMMENTS' AND c.column_name = 'CREATED_BY' AND c.data_type NOT IN ('varchar')
        OR c.table_name = 'AM_API' AND c.column_name = 'API_SUBTYPE' AND c.data_type NOT IN ('varchar')));
SET default_storage_engine = IF(
    @apim_schema_other IS NOT NULL,
    CONCAT(@apim_schema_other, ' is neither of the old nor of the new type'),
    @@default_storage_engine);

-- A statement whose number is not among those that are due does nothing: DO 0 is run in its place.

-- 1. convert column AM_APPLICATION_REGISTRATION.INPUTS to VARCHAR(1000), from UTF-8
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(1, @apim_schema_due), '
ALTER TABLE `AM_APPLICATION_REGISTRATION` MODIFY `INPUTS` VARCHAR(1000) CHARACTER SET utf8mb4 NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 2. convert column AM_APPLICATION_REGISTRATION.INPUTS to VARCHAR(1000), from UTF-8
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(2, @apim_schema_due), '
ALTER TABLE `AM_APPLICATION_REGISTRATION` MODIFY `INPUTS` VARCHAR(1000) NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 3. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARCHAR(2048), from UTF-8
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(3, @apim_schema_due), '
ALTER TABLE `AM_API_POLICY_MAPPING` MODIFY `PARAMETERS` VARCHAR(2048) CHARACTER SET utf8mb4 NOT NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 4. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARCHAR(2048), from UTF-8
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(4, @apim_schema_due), '
ALTER TABLE `AM_API_POLICY_MAPPING` MODIFY `PARAMETERS` VARCHAR(2048) NOT NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 5. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARCHAR(2048), from UTF-8
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(5, @apim_schema_due), '
ALTER TABLE `AM_API_OPERATION_POLICY_MAPPING` MODIFY `PARAMETERS` VARCHAR(2048) CHARACTER SET utf8mb4 NOT NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 6. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARCHAR(2048), from UTF-8
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(6, @apim_schema_due), '
ALTER TABLE `AM_API_OPERATION_POLICY_MAPPING` MODIFY `PARAMETERS` VARCHAR(2048) NOT NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 7. alter column AM_API_ENDPOINTS.REVISION_UUID to VARCHAR(255), alter column AM_API_ENDPOINTS.ENDPOINT_UUID to
-- VARCHAR(256)
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(7, @apim_schema_due), IF(@apim_schema_one_byte, '
ALTER TABLE `AM_API_ENDPOINTS` MODIFY `REVISION_UUID` VARCHAR(255) NOT NULL DEFAULT ''Current API'', MODIFY
    `ENDPOINT_UUID` VARCHAR(256) NOT NULL
', '
ALTER TABLE `AM_API_ENDPOINTS` MODIFY `REVISION_UUID` VARCHAR(255) NOT NULL DEFAULT ''Current API'',
    ALGORITHM=INPLACE, LOCK=NONE
'), 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 8. alter column AM_API_COMMENTS.CREATED_BY to VARCHAR(255)
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(8, @apim_schema_due), '
ALTER TABLE `AM_API_COMMENTS` MODIFY `CREATED_BY` VARCHAR(255) NULL
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 9. alter column AM_API.API_SUBTYPE to VARCHAR(10), drop column AM_API.INITIATED_FROM_GW, drop column
-- AM_API.API_DISPLAY_NAME
--    writes every row anew; lock SHARED blocks writes
SET @apim_schema = IF(FIND_IN_SET(9, @apim_schema_due), '
ALTER TABLE `AM_API` MODIFY `API_SUBTYPE` VARCHAR(10) NULL, DROP COLUMN `INITIATED_FROM_GW`, DROP COLUMN
    `API_DISPLAY_NAME`
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 10. create unique (MODEL_NAME, LLM_PROVIDER_UUID) of AM_LLM_PROVIDER_MODEL, drop column
-- AM_LLM_PROVIDER_MODEL.MODEL_FAMILY_NAME
--    builds an index; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(10, @apim_schema_due), '
ALTER TABLE `AM_LLM_PROVIDER_MODEL` ADD UNIQUE (`MODEL_NAME`, `LLM_PROVIDER_UUID`), DROP COLUMN `MODEL_FAMILY_NAME`,
    ALGORITHM=INPLACE, LOCK=NONE
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 11. replace primary key of AM_API_ENDPOINTS by (API_UUID, ENDPOINT_UUID, ENDPOINT_NAME, REVISION_UUID,
-- ORGANIZATION)
--    writes every row anew; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(11, @apim_schema_due), IF(@apim_schema_one_byte, '
ALTER TABLE `AM_API_ENDPOINTS` DROP PRIMARY KEY, ADD PRIMARY KEY (`API_UUID`, `ENDPOINT_UUID`, `ENDPOINT_NAME`,
    `REVISION_UUID`, `ORGANIZATION`), ALGORITHM=INPLACE, LOCK=NONE
', '
ALTER TABLE `AM_API_ENDPOINTS` DROP PRIMARY KEY, ADD PRIMARY KEY (`API_UUID`, `ENDPOINT_UUID`(137),
    `ENDPOINT_NAME`(137), `REVISION_UUID`(137), `ORGANIZATION`), ALGORITHM=INPLACE, LOCK=NONE
'), 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 12. drop column AM_LLM_PROVIDER.MODEL_FAMILY_SUPPORTED
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(12, @apim_schema_due), '
ALTER TABLE `AM_LLM_PROVIDER` DROP COLUMN `MODEL_FAMILY_SUPPORTED`, ALGORITHM=INPLACE, LOCK=NONE
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 13. drop column AM_GATEWAY_ENVIRONMENT.SCHEDULED_TIME, drop column AM_GATEWAY_ENVIRONMENT.ENV_MODE
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(13, @apim_schema_due), '
ALTER TABLE `AM_GATEWAY_ENVIRONMENT` DROP COLUMN `SCHEDULED_TIME`, DROP COLUMN `ENV_MODE`, ALGORITHM=INPLACE,
    LOCK=NONE
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 14. drop column AM_API_URL_MAPPING.SCHEMA_DEFINITION, drop column AM_API_URL_MAPPING.DESCRIPTION
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(14, @apim_schema_due), '
ALTER TABLE `AM_API_URL_MAPPING` DROP COLUMN `SCHEMA_DEFINITION`, DROP COLUMN `DESCRIPTION`, ALGORITHM=INPLACE,
    LOCK=NONE
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 15. drop column AM_API_PRIMARY_EP_MAPPING.REVISION_UUID
--    metadata only; lock NONE blocks other DDL
SET @apim_schema = IF(FIND_IN_SET(15, @apim_schema_due), '
ALTER TABLE `AM_API_PRIMARY_EP_MAPPING` DROP COLUMN `REVISION_UUID`, ALGORITHM=INPLACE, LOCK=NONE
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 16. drop table AM_TASK_LOCK
--    metadata only; lock EXCLUSIVE blocks reads and writes
SET @apim_schema = IF(FIND_IN_SET(16, @apim_schema_due), '
DROP TABLE `AM_TASK_LOCK`
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 17. drop table AM_GW_REVISION_DEPLOYMENT
--    metadata only; lock EXCLUSIVE blocks reads and writes
SET @apim_schema = IF(FIND_IN_SET(17, @apim_schema_due), '
DROP TABLE `AM_GW_REVISION_DEPLOYMENT`
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 18. drop table AM_GW_INSTANCE_ENV_MAPPING
--    metadata only; lock EXCLUSIVE blocks reads and writes
SET @apim_schema = IF(FIND_IN_SET(18, @apim_schema_due), '
DROP TABLE `AM_GW_INSTANCE_ENV_MAPPING`
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 19. drop table AM_GW_INSTANCES
--    metadata only; lock EXCLUSIVE blocks reads and writes
SET @apim_schema = IF(FIND_IN_SET(19, @apim_schema_due), '
DROP TABLE `AM_GW_INSTANCES`
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 20. drop table AM_BACKEND_OPERATION_MAPPING
--    metadata only; lock EXCLUSIVE blocks reads and writes
SET @apim_schema = IF(FIND_IN_SET(20, @apim_schema_due), '
DROP TABLE `AM_BACKEND_OPERATION_MAPPING`
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 21. drop table AM_BACKEND
--    metadata only; lock EXCLUSIVE blocks reads and writes
SET @apim_schema = IF(FIND_IN_SET(21, @apim_schema_due), '
DROP TABLE `AM_BACKEND`
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 22. drop table AM_API_OPERATION_MAPPING
--    metadata only; lock EXCLUSIVE blocks reads and writes
SET @apim_schema = IF(FIND_IN_SET(22, @apim_schema_due), '
DROP TABLE `AM_API_OPERATION_MAPPING`
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- 23. drop table AM_API_METADATA
--    metadata only; lock EXCLUSIVE blocks reads and writes
SET @apim_schema = IF(FIND_IN_SET(23, @apim_schema_due), '
DROP TABLE `AM_API_METADATA`
', 'DO 0'); PREPARE apim_schema FROM @apim_schema; EXECUTE apim_schema;

-- the stamp
UPDATE `alembic_version_apim` SET version_num = '4.5.0' WHERE @apim_schema_pending;

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=UTC_TIMESTAMP()
    WHERE apim_schema_history.database_name = 'apim' AND apim_schema_history.to_release = '4.5.0'
    AND apim_schema_history.outcome = 'started';
