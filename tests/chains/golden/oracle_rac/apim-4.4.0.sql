
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       sqlplus USER@apim_db @upgrade.sql EXIT
--   It checks first that the database is 4.3.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on Oracle 23c; apim-schema plan says it for your server, with sizes and times.
--   AM_API_CLIENT_CERTIFICATE  builds an index; lock exclusive (TM mode 6) blocks writes
--   IDN_INVALID_TOKENS         builds an index; lock share (TM mode 4) blocks writes
--   for a moment: AM_API, AM_API_SERVICE_MAPPING, AM_OPERATION_POLICY, AM_OPERATION_POLICY_DEFINITION,
--   AM_POLICY_SUBSCRIPTION, AM_SERVICE_CATALOG

-- IF IT STOPS
--   Each statement commits, so what is in stays in. Mend the cause and run the same script again: it leaves alone
--   what is in, and goes on. apim-schema upgrade goes on from there as well.

-- THE WAY BACK
--   After it, or from half of the way: put the backup back.
--   Or apim-schema downgrade 4.3.0 leads back by the inverse of each statement. It refuses, by name, where the
--   product has written since what the older release has no place for: rows of new tables, values of new columns,
--   longer values.

-- ==== the session
WHENEVER OSERROR EXIT FAILURE ROLLBACK
WHENEVER SQLERROR EXIT FAILURE ROLLBACK
SET DEFINE OFF
SET ESCAPE OFF
SET SQLBLANKLINES ON
SET ECHO OFF
SET FEEDBACK OFF
ALTER SESSION SET DDL_LOCK_TIMEOUT = 5;
ALTER SESSION SET TIME_ZONE = '+00:00';
ALTER SESSION SET NLS_COMP = BINARY;
ALTER SESSION SET NLS_SORT = BINARY;

-- ==== checks: is this apim 4.3.0, and would every row survive?
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_API', 'REVISIONS_CREATED'),
            ('AM_API_CLIENT_CERTIFICATE', 'REVISION_UUID'),
            ('AM_API_POLICY_MAPPING', 'PARAMETERS'),
            ('AM_API_SERVICE_MAPPING', 'TENANT_ID'),
            ('AM_API_URL_MAPPING', 'LOG_LEVEL'),
            ('AM_APP_REVOKED_EVENT', 'ORGANIZATION'),
            ('AM_DEPLOYMENT_REVISION_MAPPING', 'REVISION_STATUS'),
            ('AM_GATEWAY_ENVIRONMENT', 'GATEWAY_TYPE'),
            ('AM_GATEWAY_ENVIRONMENT', 'TYPE'),
            ('AM_GATEWAY_POLICY_DEPLOYMENT', 'ORGANIZATION'),
            ('AM_GATEWAY_POLICY_MAPPING', 'PARAMETERS'),
            ('AM_GATEWAY_POLICY_METADATA', 'ORGANIZATION'),
            ('AM_KEY_MANAGER_PERMISSIONS', 'ROLE'),
            ('AM_OPERATION_POLICY', 'POLICY_MD5'),
            ('AM_OPERATION_POLICY_DEFINITION', 'DEFINITION_MD5'),
            ('AM_POLICY_APPLICATION', 'RATE_LIMIT_COUNT'),
            ('AM_POLICY_APPLICATION', 'RATE_LIMIT_TIME_UNIT'),
            ('AM_POLICY_SUBSCRIPTION', 'CONNECTIONS_COUNT'),
            ('AM_SERVICE_CATALOG', 'SERVICE_DEFINITION'),
            ('AM_SUBJECT_ENTITY_REVOKED_EVENT', 'ORGANIZATION'),
            ('IDN_APP_REVOKED_EVENT', 'ORGANIZATION'),
            ('IDN_INVALID_TOKENS', 'EXPIRY_TIMESTAMP'),
            ('IDN_SUBJECT_ENTITY_REVOKED_EVENT', 'ORGANIZATION'))
    ) < 23);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, 'apim is not 4.3.0: a column is missing');
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('ALEMBIC_VERSION_APIM', 'VERSION_NUM'))
    ) < 1) AND NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_API', 'API_SUBTYPE'),
            ('AM_API', 'IS_EGRESS'),
            ('AM_API', 'SUB_VALIDATION'),
            ('AM_API_AI_CONFIGURATION', 'LLM_PROVIDER_UUID'),
            ('AM_API_CLIENT_CERTIFICATE', 'KEY_TYPE'),
            ('AM_API_SEQUENCE_BACKEND', 'TYPE'),
            ('AM_LLM_PROVIDER', 'API_DEFINITION'),
            ('AM_POLICY_SUBSCRIPTION', 'COMPLETION_TOKEN_COUNT'),
            ('AM_POLICY_SUBSCRIPTION', 'PROMPT_TOKEN_COUNT'),
            ('AM_POLICY_SUBSCRIPTION', 'TOTAL_TOKEN_COUNT'),
            ('AM_TRANSACTION_RECORDS', 'RECORDED_TIME'))
    ) < 11);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, 'apim is newer than 4.3.0 and has no stamp: nothing was changed');
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_API_SERVICE_MAPPING', 'MD5'),
            ('AM_OPERATION_POLICY', 'POLICY_MD5'),
            ('AM_OPERATION_POLICY_DEFINITION', 'DEFINITION_MD5'),
            ('AM_SERVICE_CATALOG', 'MD5'))
    ) < 4);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, 'a column that would be altered is missing');
    END IF;
END;
/

-- ==== the stamp, and this run in the history
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'TABLE'
            AND o.OBJECT_NAME = 'ALEMBIC_VERSION_APIM');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE
            'CREATE TABLE alembic_version_apim (version_num VARCHAR2(32) NOT NULL, CONSTRAINT alembic_version_apim_pkc PRIMARY
    KEY (version_num))';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM alembic_version_apim WHERE version_num NOT IN ('4.3.0'));
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, 'apim is not stamped 4.3.0: nothing was changed');
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'TABLE'
            AND o.OBJECT_NAME = 'APIM_SCHEMA_HISTORY');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'CREATE TABLE apim_schema_history (
    database_name VARCHAR2(16 CHAR) NOT NULL,
    run INTEGER NOT NULL,
    from_release VARCHAR2(16 CHAR) NOT NULL,
    to_release VARCHAR2(16 CHAR) NOT NULL,
    outcome VARCHAR2(16 CHAR) NOT NULL,
    verdict VARCHAR2(32 CHAR),
    statements INTEGER NOT NULL,
    planned INTEGER NOT NULL,
    rows_compared NUMBER(19) NOT NULL,
    evidence CLOB,
    started_at DATE NOT NULL,
    finished_at DATE,
    done_by VARCHAR2(255 CHAR) NOT NULL,
    tool_version VARCHAR2(32 CHAR) NOT NULL,
    error CLOB,
    PRIMARY KEY (database_name, run)
)';
    END IF;
END;
/
INSERT INTO apim_schema_history (database_name, run, from_release, to_release, outcome, verdict, statements,
    planned, rows_compared, started_at, done_by, tool_version) SELECT 'apim' AS database_name,
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.3.0' AS from_release, '4.4.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared,
    CAST(SYS_EXTRACT_UTC(SYSTIMESTAMP) AS DATE) AS started_at, USER AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history same
WHERE same.database_name = 'apim' AND same.to_release = '4.4.0' AND same.outcome = 'started'));
COMMIT;

-- ==== 4.4.0: 18 statements

-- Each block asks the data dictionary whether its statement is still to be made, and then makes it: so a script that
-- is run again goes on where it stopped.

-- 1. create table AM_LLM_PROVIDER
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'TABLE'
            AND o.OBJECT_NAME = 'AM_LLM_PROVIDER');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'CREATE TABLE AM_LLM_PROVIDER (
    UUID VARCHAR2(255) NOT NULL,
    NAME VARCHAR2(255) NOT NULL,
    API_VERSION VARCHAR2(50) NOT NULL,
    ORGANIZATION VARCHAR2(255) NOT NULL,
    BUILT_IN_SUPPORT VARCHAR2(5) NOT NULL,
    DESCRIPTION VARCHAR2(1023),
    CONFIGURATIONS BLOB NOT NULL,
    API_DEFINITION BLOB NOT NULL,
    PRIMARY KEY (UUID),
    UNIQUE (NAME, API_VERSION, ORGANIZATION)
)';
    END IF;
END;
/

-- 2. create table AM_API_AI_CONFIGURATION
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'TABLE'
            AND o.OBJECT_NAME = 'AM_API_AI_CONFIGURATION');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'CREATE TABLE AM_API_AI_CONFIGURATION (
    AI_CONFIGURATION_UUID VARCHAR2(255) NOT NULL,
    API_UUID VARCHAR2(256) NOT NULL,
    API_REVISION_UUID VARCHAR2(255),
    LLM_PROVIDER_UUID VARCHAR2(255) NOT NULL,
    PRIMARY KEY (AI_CONFIGURATION_UUID),
    FOREIGN KEY (API_UUID) REFERENCES AM_API (API_UUID),
    FOREIGN KEY (LLM_PROVIDER_UUID) REFERENCES AM_LLM_PROVIDER (UUID)
)';
    END IF;
END;
/

-- 3. create table AM_API_SEQUENCE_BACKEND
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'TABLE'
            AND o.OBJECT_NAME = 'AM_API_SEQUENCE_BACKEND');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'CREATE TABLE AM_API_SEQUENCE_BACKEND (
    ID VARCHAR2(60) NOT NULL,
    API_UUID VARCHAR2(256) NOT NULL,
    REVISION_UUID VARCHAR2(256) DEFAULT ''0'' NOT NULL,
    SEQUENCE BLOB NOT NULL,
    NAME VARCHAR2(256) NOT NULL,
    TYPE VARCHAR2(120) NOT NULL,
    PRIMARY KEY (ID, API_UUID, REVISION_UUID, TYPE),
    FOREIGN KEY (API_UUID) REFERENCES AM_API (API_UUID) ON DELETE CASCADE
)';
    END IF;
END;
/

-- 4. create table AM_TRANSACTION_RECORDS
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'TABLE'
            AND o.OBJECT_NAME = 'AM_TRANSACTION_RECORDS');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'CREATE TABLE AM_TRANSACTION_RECORDS (
    ID VARCHAR2(255) NOT NULL,
    HOST VARCHAR2(255),
    SERVER_ID VARCHAR2(255),
    SERVER_TYPE VARCHAR2(20),
    COUNT NUMBER NOT NULL,
    RECORDED_TIME TIMESTAMP NOT NULL,
    PRIMARY KEY (ID)
)';
    END IF;
END;
/

-- 5. add column AM_API.API_SUBTYPE
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API'
            AND c.COLUMN_NAME = 'API_SUBTYPE');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API ADD (API_SUBTYPE VARCHAR2(10))';
    END IF;
END;
/

-- 6. add column AM_API.IS_EGRESS
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API'
            AND c.COLUMN_NAME = 'IS_EGRESS');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API ADD (IS_EGRESS INTEGER DEFAULT 0)';
    END IF;
END;
/

-- 7. add column AM_API.SUB_VALIDATION
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API'
            AND c.COLUMN_NAME = 'SUB_VALIDATION');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API ADD (SUB_VALIDATION VARCHAR2(10) DEFAULT ''ENABLED'')';
    END IF;
END;
/

-- 8. add column AM_API_CLIENT_CERTIFICATE.KEY_TYPE
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API_CLIENT_CERTIFICATE'
            AND c.COLUMN_NAME = 'KEY_TYPE');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE
            'ALTER TABLE AM_API_CLIENT_CERTIFICATE ADD (KEY_TYPE VARCHAR2(20) DEFAULT ''PRODUCTION'' NOT NULL)';
    END IF;
END;
/

-- 9. add column AM_POLICY_SUBSCRIPTION.TOTAL_TOKEN_COUNT
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_POLICY_SUBSCRIPTION'
            AND c.COLUMN_NAME = 'TOTAL_TOKEN_COUNT');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_POLICY_SUBSCRIPTION ADD (TOTAL_TOKEN_COUNT NUMBER(19))';
    END IF;
END;
/

-- 10. add column AM_POLICY_SUBSCRIPTION.PROMPT_TOKEN_COUNT
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_POLICY_SUBSCRIPTION'
            AND c.COLUMN_NAME = 'PROMPT_TOKEN_COUNT');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_POLICY_SUBSCRIPTION ADD (PROMPT_TOKEN_COUNT NUMBER(19))';
    END IF;
END;
/

-- 11. add column AM_POLICY_SUBSCRIPTION.COMPLETION_TOKEN_COUNT
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_POLICY_SUBSCRIPTION'
            AND c.COLUMN_NAME = 'COMPLETION_TOKEN_COUNT');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_POLICY_SUBSCRIPTION ADD (COMPLETION_TOKEN_COUNT NUMBER(19))';
    END IF;
END;
/

-- 12. replace primary key of AM_API_CLIENT_CERTIFICATE by (ALIAS, TENANT_ID, KEY_TYPE, REMOVED, REVISION_UUID)
--    builds an index; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_CONSTRAINTS k
        WHERE k.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND k.TABLE_NAME = 'AM_API_CLIENT_CERTIFICATE'
            AND k.CONSTRAINT_TYPE = 'P' AND 'ALIAS,TENANT_ID,KEY_TYPE,REMOVED,REVISION_UUID' <> (
            SELECT LISTAGG(c.COLUMN_NAME, ',' ON OVERFLOW TRUNCATE) WITHIN GROUP (ORDER BY c.POSITION)
            FROM ALL_CONS_COLUMNS c
            WHERE c.OWNER = k.OWNER AND c.CONSTRAINT_NAME = k.CONSTRAINT_NAME));
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API_CLIENT_CERTIFICATE DROP PRIMARY KEY DROP INDEX';
    END IF;
END;
/

-- 13. replace primary key of AM_API_CLIENT_CERTIFICATE by (ALIAS, TENANT_ID, KEY_TYPE, REMOVED, REVISION_UUID)
--    builds an index; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_CONSTRAINTS k
        WHERE k.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND k.TABLE_NAME = 'AM_API_CLIENT_CERTIFICATE'
            AND k.CONSTRAINT_TYPE = 'P');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE
            'ALTER TABLE AM_API_CLIENT_CERTIFICATE ADD PRIMARY KEY (ALIAS, TENANT_ID, KEY_TYPE, REMOVED, REVISION_UUID)';
    END IF;
END;
/

-- 14. alter column AM_API_SERVICE_MAPPING.MD5 to VARCHAR2(512)
--    metadata only; lock exclusive DDL lock blocks writes
BEGIN
    FOR c IN (
        SELECT CASE CHAR_USED WHEN 'C' THEN 'CHAR' ELSE 'BYTE' END AS unit
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND TABLE_NAME = 'AM_API_SERVICE_MAPPING'
            AND COLUMN_NAME = 'MD5'
        AND DATA_TYPE = 'VARCHAR2' AND CHAR_LENGTH < 512
    ) LOOP
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API_SERVICE_MAPPING MODIFY (MD5 VARCHAR2(512 ' || c.unit || '))';
    END LOOP;
END;
/

-- 15. alter column AM_OPERATION_POLICY.POLICY_MD5 to VARCHAR2(512)
--    metadata only; lock exclusive DDL lock blocks writes
BEGIN
    FOR c IN (
        SELECT CASE CHAR_USED WHEN 'C' THEN 'CHAR' ELSE 'BYTE' END AS unit
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND TABLE_NAME = 'AM_OPERATION_POLICY'
            AND COLUMN_NAME = 'POLICY_MD5'
        AND DATA_TYPE = 'VARCHAR2' AND CHAR_LENGTH < 512
    ) LOOP
        EXECUTE IMMEDIATE 'ALTER TABLE AM_OPERATION_POLICY MODIFY (POLICY_MD5 VARCHAR2(512 ' || c.unit || '))';
    END LOOP;
END;
/

-- 16. alter column AM_OPERATION_POLICY_DEFINITION.DEFINITION_MD5 to VARCHAR2(512)
--    metadata only; lock exclusive DDL lock blocks writes
BEGIN
    FOR c IN (
        SELECT CASE CHAR_USED WHEN 'C' THEN 'CHAR' ELSE 'BYTE' END AS unit
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND TABLE_NAME = 'AM_OPERATION_POLICY_DEFINITION'
            AND COLUMN_NAME = 'DEFINITION_MD5'
        AND DATA_TYPE = 'VARCHAR2' AND CHAR_LENGTH < 512
    ) LOOP
        EXECUTE IMMEDIATE
            'ALTER TABLE AM_OPERATION_POLICY_DEFINITION MODIFY (DEFINITION_MD5 VARCHAR2(512 ' || c.unit || '))';
    END LOOP;
END;
/

-- 17. alter column AM_SERVICE_CATALOG.MD5 to VARCHAR2(512)
--    metadata only; lock exclusive DDL lock blocks writes
BEGIN
    FOR c IN (
        SELECT CASE CHAR_USED WHEN 'C' THEN 'CHAR' ELSE 'BYTE' END AS unit
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND TABLE_NAME = 'AM_SERVICE_CATALOG'
            AND COLUMN_NAME = 'MD5'
        AND DATA_TYPE = 'VARCHAR2' AND CHAR_LENGTH < 512
    ) LOOP
        EXECUTE IMMEDIATE 'ALTER TABLE AM_SERVICE_CATALOG MODIFY (MD5 VARCHAR2(512 ' || c.unit || '))';
    END LOOP;
END;
/

-- 18. create index IDX_IAT_TI_CK on IDN_INVALID_TOKENS
--    builds an index; lock share (TM mode 4) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_INDEXES i
        WHERE i.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND i.TABLE_NAME = 'IDN_INVALID_TOKENS'
            AND (i.INDEX_NAME = 'IDX_IAT_TI_CK' OR 'TOKEN_IDENTIFIER,CONSUMER_KEY' = (
            SELECT LISTAGG(c.COLUMN_NAME, ',' ON OVERFLOW TRUNCATE) WITHIN GROUP (ORDER BY c.COLUMN_POSITION)
            FROM ALL_IND_COLUMNS c
            WHERE c.INDEX_OWNER = i.OWNER AND c.INDEX_NAME = i.INDEX_NAME)));
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'CREATE INDEX IDX_IAT_TI_CK ON IDN_INVALID_TOKENS (TOKEN_IDENTIFIER, CONSUMER_KEY)';
    END IF;
END;
/

-- the stamp
DELETE FROM alembic_version_apim WHERE version_num IN ('4.2.0', '4.3.0');
INSERT INTO alembic_version_apim (version_num) SELECT '4.4.0' FROM DUAL
    WHERE NOT EXISTS (SELECT 1 FROM alembic_version_apim);
COMMIT;

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven',
    finished_at=CAST(SYS_EXTRACT_UTC(SYSTIMESTAMP) AS DATE) WHERE apim_schema_history.database_name = 'apim'
    AND apim_schema_history.to_release = '4.4.0' AND apim_schema_history.outcome = 'started';
COMMIT;
SET DEFINE ON
SET VERIFY OFF
COLUMN 1 NEW_VALUE 1 NOPRINT
COLUMN leave NEW_VALUE leave NOPRINT
SELECT '' AS "1" FROM DUAL WHERE 1 = 0;
SELECT CASE UPPER('&1') WHEN 'EXIT' THEN 'EXIT' END AS leave FROM DUAL;
COLUMN 1 CLEAR
COLUMN leave CLEAR
SET VERIFY ON
SET FEEDBACK 6
SET SQLBLANKLINES OFF
WHENEVER OSERROR CONTINUE NONE
WHENEVER SQLERROR CONTINUE NONE
&leave
