
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       sqlplus USER@apim_db @downgrade.sql EXIT
--   It checks first that the database is 4.6.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on Oracle 23c; apim-schema plan says it for your server, with sizes and times.
--   AM_API                           writes every row anew; lock exclusive (TM mode 6) blocks writes
--   AM_API_COMMENTS                  reads every row; lock exclusive (TM mode 6) blocks writes
--   AM_API_ENDPOINTS                 builds an index; lock exclusive (TM mode 6) blocks writes
--   AM_API_OPERATION_POLICY_MAPPING  writes every row anew; lock exclusive (TM mode 6) blocks writes
--   AM_API_POLICY_MAPPING            writes every row anew; lock exclusive (TM mode 6) blocks writes
--   AM_API_PRIMARY_EP_MAPPING        writes every row anew; lock exclusive (TM mode 6) blocks writes
--   AM_API_URL_MAPPING               writes every row anew; lock exclusive (TM mode 6) blocks writes
--   AM_APPLICATION_REGISTRATION      writes every row anew; lock exclusive (TM mode 6) blocks writes
--   AM_GATEWAY_ENVIRONMENT           writes every row anew; lock exclusive (TM mode 6) blocks writes
--   AM_LLM_PROVIDER                  writes every row anew; lock exclusive (TM mode 6) blocks writes
--   AM_LLM_PROVIDER_MODEL            writes every row anew; lock exclusive (TM mode 6) blocks writes
--   for a moment: AM_API_METADATA, AM_API_OPERATION_MAPPING, AM_BACKEND, AM_BACKEND_OPERATION_MAPPING,
--   AM_GW_INSTANCES, AM_GW_INSTANCE_ENV_MAPPING, AM_GW_REVISION_DEPLOYMENT, AM_TASK_LOCK

-- IF IT STOPS
--   Each statement commits, so what is in stays in. Mend the cause and run the same script again: it leaves alone
--   what is in, and goes on. apim-schema downgrade goes on from there as well.

-- THE WAY BACK
--   After it, or from half of the way: apim-schema upgrade 4.6.0 leads forward again, or put the backup back.

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

-- ==== checks: is this apim 4.6.0, and would every row survive?
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_API', 'SUB_VALIDATION'),
            ('AM_API_COMMENTS', 'CATEGORY'),
            ('AM_API_ENDPOINTS', 'ORGANIZATION'),
            ('AM_API_OPERATION_POLICY_MAPPING', 'PARAMETERS'),
            ('AM_API_POLICY_MAPPING', 'PARAMETERS'),
            ('AM_API_PRIMARY_EP_MAPPING', 'ENDPOINT_UUID'),
            ('AM_API_URL_MAPPING', 'LOG_LEVEL'),
            ('AM_APPLICATION_REGISTRATION', 'KEY_MANAGER'),
            ('AM_GATEWAY_ENVIRONMENT', 'CONFIGURATION'),
            ('AM_LLM_PROVIDER', 'API_DEFINITION'),
            ('AM_LLM_PROVIDER_MODEL', 'LLM_PROVIDER_UUID'))
    ) < 11);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, 'apim is not 4.6.0: a column is missing');
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
            ('AM_API_KEY', 'STATUS'),
            ('AM_API_KEY_API_MAPPING', 'API_UUID'),
            ('AM_API_KEY_APPLICATION_MAPPING', 'APPLICATION_UUID'),
            ('AM_GATEWAY_TOKEN', 'REVOKED_AT'),
            ('AM_GW_PLATFORM_API_ARTIFACTS', 'TIME_STAMP'),
            ('AM_GW_PLATFORM_EVENT', 'CLAIMED_BY'),
            ('IDN_OAUTH_CONSUMER_SECRETS', 'EXPIRY_TIME'))
    ) < 7);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, 'apim is newer than 4.6.0 and has no stamp: nothing was changed');
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
            ('AM_API', 'API_SUBTYPE'),
            ('AM_API_COMMENTS', 'CREATED_BY'),
            ('AM_API_ENDPOINTS', 'ENDPOINT_UUID'),
            ('AM_API_ENDPOINTS', 'REVISION_UUID'),
            ('AM_API_OPERATION_POLICY_MAPPING', 'PARAMETERS'),
            ('AM_API_POLICY_MAPPING', 'PARAMETERS'),
            ('AM_APPLICATION_REGISTRATION', 'INPUTS'))
    ) < 7);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, 'a column that would be altered is missing');
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_OBJECTS
        WHERE OWNER = 'SYS' AND OBJECT_NAME = 'DBMS_LOB' AND OBJECT_TYPE = 'PACKAGE');
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            'this login may not use DBMS_LOB, which texts are converted with; as SYS, GRANT EXECUTE ON SYS.DBMS_LOB to it, or to the role that it has');
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_CONSTRAINTS k
        JOIN ALL_CONS_COLUMNS c ON c.OWNER = k.OWNER AND c.CONSTRAINT_NAME = k.CONSTRAINT_NAME
        WHERE k.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND k.CONSTRAINT_TYPE = 'C'
        AND (k.SEARCH_CONDITION_VC IS NULL OR NOT REGEXP_LIKE(k.SEARCH_CONDITION_VC,
            '^\s*"?[A-Z0-9_$#]+"?\s+IS\s+NOT\s+NULL\s*$', 'i'))
        AND (k.TABLE_NAME, c.COLUMN_NAME) IN (
            ('AM_API', 'API_DISPLAY_NAME'),
            ('AM_API', 'INITIATED_FROM_GW'),
            ('AM_API_PRIMARY_EP_MAPPING', 'REVISION_UUID'),
            ('AM_API_URL_MAPPING', 'DESCRIPTION'),
            ('AM_API_URL_MAPPING', 'SCHEMA_DEFINITION'),
            ('AM_GATEWAY_ENVIRONMENT', 'ENV_MODE'),
            ('AM_GATEWAY_ENVIRONMENT', 'SCHEDULED_TIME'),
            ('AM_LLM_PROVIDER', 'MODEL_FAMILY_SUPPORTED'),
            ('AM_LLM_PROVIDER_MODEL', 'MODEL_FAMILY_NAME')));
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            'a check constraint may use what is dropped: use apim-schema downgrade, which names it; nothing was changed');
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_DEPENDENCIES d
        JOIN ALL_TAB_COLUMNS c ON c.OWNER = d.REFERENCED_OWNER AND c.TABLE_NAME = d.REFERENCED_NAME
        LEFT JOIN ALL_VIEWS v ON v.OWNER = d.OWNER AND v.VIEW_NAME = d.NAME
        WHERE d.REFERENCED_OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND d.REFERENCED_TYPE = 'TABLE'
            AND d.TYPE IN ('VIEW', 'MATERIALIZED VIEW')
        AND (v.TEXT_VC IS NULL OR LENGTHB(v.TEXT_VC) > 3996
            OR REGEXP_LIKE(v.TEXT_VC, '\*\s*(,|/[*]|-[-]|FROM[^A-Z0-9_$#])', 'i')
            OR REGEXP_LIKE(v.TEXT_VC, '(^|[^A-Z0-9_$#%@])' || c.COLUMN_NAME || '([^A-Z0-9_$#@]|$)', 'i'))
        AND (c.TABLE_NAME, c.COLUMN_NAME) IN (
            ('AM_API', 'API_DISPLAY_NAME'),
            ('AM_API', 'INITIATED_FROM_GW'),
            ('AM_API_PRIMARY_EP_MAPPING', 'REVISION_UUID'),
            ('AM_API_URL_MAPPING', 'DESCRIPTION'),
            ('AM_API_URL_MAPPING', 'SCHEMA_DEFINITION'),
            ('AM_GATEWAY_ENVIRONMENT', 'ENV_MODE'),
            ('AM_GATEWAY_ENVIRONMENT', 'SCHEDULED_TIME'),
            ('AM_LLM_PROVIDER', 'MODEL_FAMILY_SUPPORTED'),
            ('AM_LLM_PROVIDER_MODEL', 'MODEL_FAMILY_NAME')))
    OR EXISTS (
        SELECT 1 FROM ALL_DEPENDENCIES d
        WHERE d.REFERENCED_OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND d.REFERENCED_TYPE = 'TABLE'
            AND d.TYPE IN ('VIEW', 'MATERIALIZED VIEW')
        AND d.REFERENCED_NAME IN ('AM_API_METADATA', 'AM_API_OPERATION_MAPPING', 'AM_BACKEND',
            'AM_BACKEND_OPERATION_MAPPING', 'AM_GW_INSTANCES', 'AM_GW_INSTANCE_ENV_MAPPING',
            'AM_GW_REVISION_DEPLOYMENT', 'AM_TASK_LOCK'));
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            'a view may use what is dropped: use apim-schema downgrade, which names it; nothing was changed');
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TRIGGERS t
        JOIN ALL_TAB_COLUMNS c ON c.OWNER = t.TABLE_OWNER AND c.TABLE_NAME = t.TABLE_NAME
        LEFT JOIN ALL_SOURCE s ON s.OWNER = t.OWNER AND s.NAME = t.TRIGGER_NAME AND s.TYPE = 'TRIGGER'
            AND s.TEXT IS NOT NULL
        WHERE t.TABLE_OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND t.STATUS = 'ENABLED'
        AND (s.TEXT IS NULL OR REGEXP_LIKE(s.TEXT, '(^|[^A-Z0-9_$#%@])' || c.COLUMN_NAME || '([^A-Z0-9_$#@]|$)',
            'i'))
        AND (c.TABLE_NAME, c.COLUMN_NAME) IN (
            ('AM_API', 'API_DISPLAY_NAME'),
            ('AM_API', 'INITIATED_FROM_GW'),
            ('AM_API_PRIMARY_EP_MAPPING', 'REVISION_UUID'),
            ('AM_API_URL_MAPPING', 'DESCRIPTION'),
            ('AM_API_URL_MAPPING', 'SCHEMA_DEFINITION'),
            ('AM_GATEWAY_ENVIRONMENT', 'ENV_MODE'),
            ('AM_GATEWAY_ENVIRONMENT', 'SCHEDULED_TIME'),
            ('AM_LLM_PROVIDER', 'MODEL_FAMILY_SUPPORTED'),
            ('AM_LLM_PROVIDER_MODEL', 'MODEL_FAMILY_NAME')))
    OR EXISTS (
        SELECT 1 FROM ALL_DEPENDENCIES d
        WHERE d.REFERENCED_OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND d.REFERENCED_TYPE = 'TABLE'
            AND d.TYPE = 'TRIGGER'
        AND d.REFERENCED_NAME IN ('AM_API_METADATA', 'AM_API_OPERATION_MAPPING', 'AM_BACKEND',
            'AM_BACKEND_OPERATION_MAPPING', 'AM_GW_INSTANCES', 'AM_GW_INSTANCE_ENV_MAPPING',
            'AM_GW_REVISION_DEPLOYMENT', 'AM_TASK_LOCK')
        AND NOT EXISTS (
            SELECT 1 FROM ALL_TRIGGERS t
            WHERE t.OWNER = d.OWNER AND t.TRIGGER_NAME = d.NAME AND t.TABLE_OWNER = d.REFERENCED_OWNER
            AND t.TABLE_NAME IN ('AM_API_METADATA', 'AM_API_OPERATION_MAPPING', 'AM_BACKEND',
                'AM_BACKEND_OPERATION_MAPPING', 'AM_GW_INSTANCES', 'AM_GW_INSTANCE_ENV_MAPPING',
                'AM_GW_REVISION_DEPLOYMENT', 'AM_TASK_LOCK')));
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            'a trigger may use what is dropped: use apim-schema downgrade, which names it; nothing was changed');
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_APPLICATION_REGISTRATION'
            AND c.COLUMN_NAME = 'INPUTS' AND c.DATA_TYPE = 'BLOB');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_APPLICATION_REGISTRATION t WHERE DBMS_LOB.GETLENGTH(t.INPUTS) = 0);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            ''AM_APPLICATION_REGISTRATION: INPUTS is empty, and would be NULL as a text'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_APPLICATION_REGISTRATION'
            AND c.COLUMN_NAME = 'INPUTS' AND c.DATA_TYPE = 'BLOB');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_APPLICATION_REGISTRATION t
        WHERE COALESCE(LENGTH(REGEXP_REPLACE(TO_CLOB(RAWTOHEX(DBMS_LOB.SUBSTR(t.INPUTS, 2000, 1)))
        || RAWTOHEX(DBMS_LOB.SUBSTR(t.INPUTS, 2000, 2001))
        || RAWTOHEX(DBMS_LOB.SUBSTR(t.INPUTS, 2000, 4001)),
            ''[0-7][0-9A-F]|(C[2-9A-F]|D[0-9A-F])[89AB][0-9A-F]|(E0[AB]|E[1-9A-CEF][89AB]|ED[89])[0-9A-F][89AB][0-9A-F]|(F0[9AB]|F[1-3][89AB]|F48)[0-9A-F]([89AB][0-9A-F]){2}'')),
            0) > CASE WHEN DBMS_LOB.GETLENGTH(t.INPUTS) > 6000 THEN 6 ELSE 0 END);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, ''AM_APPLICATION_REGISTRATION: INPUTS is no text in UTF-8'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_APPLICATION_REGISTRATION'
            AND c.COLUMN_NAME = 'INPUTS' AND c.DATA_TYPE = 'BLOB');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_APPLICATION_REGISTRATION t WHERE DBMS_LOB.GETLENGTH(t.INPUTS) > 1024);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            ''AM_APPLICATION_REGISTRATION: INPUTS is longer than the 1024 bytes it will have'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API_POLICY_MAPPING'
            AND c.COLUMN_NAME = 'PARAMETERS' AND c.DATA_TYPE = 'BLOB');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_API_POLICY_MAPPING t WHERE DBMS_LOB.GETLENGTH(t.PARAMETERS) = 0);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, ''AM_API_POLICY_MAPPING: PARAMETERS is empty, and would be NULL as a text'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API_POLICY_MAPPING'
            AND c.COLUMN_NAME = 'PARAMETERS' AND c.DATA_TYPE = 'BLOB');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_API_POLICY_MAPPING t
        WHERE COALESCE(LENGTH(REGEXP_REPLACE(TO_CLOB(RAWTOHEX(DBMS_LOB.SUBSTR(t.PARAMETERS, 2000, 1)))
        || RAWTOHEX(DBMS_LOB.SUBSTR(t.PARAMETERS, 2000, 2001))
        || RAWTOHEX(DBMS_LOB.SUBSTR(t.PARAMETERS, 2000, 4001))
        || RAWTOHEX(DBMS_LOB.SUBSTR(t.PARAMETERS, 2000, 6001))
        || RAWTOHEX(DBMS_LOB.SUBSTR(t.PARAMETERS, 2000, 8001)),
            ''[0-7][0-9A-F]|(C[2-9A-F]|D[0-9A-F])[89AB][0-9A-F]|(E0[AB]|E[1-9A-CEF][89AB]|ED[89])[0-9A-F][89AB][0-9A-F]|(F0[9AB]|F[1-3][89AB]|F48)[0-9A-F]([89AB][0-9A-F]){2}'')),
            0) > CASE WHEN DBMS_LOB.GETLENGTH(t.PARAMETERS) > 10000 THEN 6 ELSE 0 END);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, ''AM_API_POLICY_MAPPING: PARAMETERS is no text in UTF-8'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API_POLICY_MAPPING'
            AND c.COLUMN_NAME = 'PARAMETERS' AND c.DATA_TYPE = 'BLOB');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_API_POLICY_MAPPING t WHERE DBMS_LOB.GETLENGTH(t.PARAMETERS) > 2048);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            ''AM_API_POLICY_MAPPING: PARAMETERS is longer than the 2048 bytes it will have'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')
            AND c.TABLE_NAME = 'AM_API_OPERATION_POLICY_MAPPING' AND c.COLUMN_NAME = 'PARAMETERS'
            AND c.DATA_TYPE = 'BLOB');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_API_OPERATION_POLICY_MAPPING t WHERE DBMS_LOB.GETLENGTH(t.PARAMETERS) = 0);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            ''AM_API_OPERATION_POLICY_MAPPING: PARAMETERS is empty, and would be NULL as a text'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')
            AND c.TABLE_NAME = 'AM_API_OPERATION_POLICY_MAPPING' AND c.COLUMN_NAME = 'PARAMETERS'
            AND c.DATA_TYPE = 'BLOB');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_API_OPERATION_POLICY_MAPPING t
        WHERE COALESCE(LENGTH(REGEXP_REPLACE(TO_CLOB(RAWTOHEX(DBMS_LOB.SUBSTR(t.PARAMETERS, 2000, 1)))
        || RAWTOHEX(DBMS_LOB.SUBSTR(t.PARAMETERS, 2000, 2001))
        || RAWTOHEX(DBMS_LOB.SUBSTR(t.PARAMETERS, 2000, 4001))
        || RAWTOHEX(DBMS_LOB.SUBSTR(t.PARAMETERS, 2000, 6001))
        || RAWTOHEX(DBMS_LOB.SUBSTR(t.PARAMETERS, 2000, 8001)),
            ''[0-7][0-9A-F]|(C[2-9A-F]|D[0-9A-F])[89AB][0-9A-F]|(E0[AB]|E[1-9A-CEF][89AB]|ED[89])[0-9A-F][89AB][0-9A-F]|(F0[9AB]|F[1-3][89AB]|F48)[0-9A-F]([89AB][0-9A-F]){2}'')),
            0) > CASE WHEN DBMS_LOB.GETLENGTH(t.PARAMETERS) > 10000 THEN 6 ELSE 0 END);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, ''AM_API_OPERATION_POLICY_MAPPING: PARAMETERS is no text in UTF-8'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')
            AND c.TABLE_NAME = 'AM_API_OPERATION_POLICY_MAPPING' AND c.COLUMN_NAME = 'PARAMETERS'
            AND c.DATA_TYPE = 'BLOB');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_API_OPERATION_POLICY_MAPPING t WHERE DBMS_LOB.GETLENGTH(t.PARAMETERS) > 2048);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            ''AM_API_OPERATION_POLICY_MAPPING: PARAMETERS is longer than the 2048 bytes it will have'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_API_COMMENTS t WHERE LENGTHB(CREATED_BY) > 255);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            'AM_API_COMMENTS: CREATED_BY is longer than the 255 characters it will have');
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_API t WHERE LENGTHB(API_SUBTYPE) > 10);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, 'AM_API: API_SUBTYPE is longer than the 10 characters it will have');
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_LLM_PROVIDER_MODEL t WHERE EXISTS (SELECT 1 FROM (SELECT MODEL_NAME,
        LLM_PROVIDER_UUID FROM AM_LLM_PROVIDER_MODEL GROUP BY MODEL_NAME, LLM_PROVIDER_UUID HAVING COUNT(*) > 1) d
        WHERE (d.MODEL_NAME = t.MODEL_NAME OR d.MODEL_NAME IS NULL AND t.MODEL_NAME IS NULL)
        AND (d.LLM_PROVIDER_UUID = t.LLM_PROVIDER_UUID OR d.LLM_PROVIDER_UUID IS NULL
        AND t.LLM_PROVIDER_UUID IS NULL) AND (t.MODEL_NAME IS NOT NULL OR t.LLM_PROVIDER_UUID IS NOT NULL)));
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            'AM_LLM_PROVIDER_MODEL: duplicates under the new unique constraint (MODEL_NAME, LLM_PROVIDER_UUID)');
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_LLM_PROVIDER_MODEL', 'MODEL_FAMILY_NAME'))
    ) < 1);
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_LLM_PROVIDER_MODEL t WHERE t.MODEL_FAMILY_NAME IS NOT NULL);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            ''AM_LLM_PROVIDER_MODEL: MODEL_FAMILY_NAME is dropped, and holds something else than NULL'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_LLM_PROVIDER', 'MODEL_FAMILY_SUPPORTED'))
    ) < 1);
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_LLM_PROVIDER t WHERE t.MODEL_FAMILY_SUPPORTED IS NOT NULL
        AND t.MODEL_FAMILY_SUPPORTED <> ''false'');
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            ''AM_LLM_PROVIDER: MODEL_FAMILY_SUPPORTED is dropped, and holds something else than ''''false'''''');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_GATEWAY_ENVIRONMENT', 'SCHEDULED_TIME'))
    ) < 1);
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_GATEWAY_ENVIRONMENT t WHERE t.SCHEDULED_TIME IS NOT NULL);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            ''AM_GATEWAY_ENVIRONMENT: SCHEDULED_TIME is dropped, and holds something else than NULL'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_GATEWAY_ENVIRONMENT', 'ENV_MODE'))
    ) < 1);
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_GATEWAY_ENVIRONMENT t WHERE t.ENV_MODE IS NOT NULL
        AND t.ENV_MODE <> ''WRITE_ONLY'');
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            ''AM_GATEWAY_ENVIRONMENT: ENV_MODE is dropped, and holds something else than ''''WRITE_ONLY'''''');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_API_URL_MAPPING', 'SCHEMA_DEFINITION'))
    ) < 1);
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_API_URL_MAPPING t WHERE t.SCHEMA_DEFINITION IS NOT NULL);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            ''AM_API_URL_MAPPING: SCHEMA_DEFINITION is dropped, and holds something else than NULL'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_API_URL_MAPPING', 'DESCRIPTION'))
    ) < 1);
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_API_URL_MAPPING t WHERE t.DESCRIPTION IS NOT NULL);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            ''AM_API_URL_MAPPING: DESCRIPTION is dropped, and holds something else than NULL'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_API_PRIMARY_EP_MAPPING', 'REVISION_UUID'))
    ) < 1);
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_API_PRIMARY_EP_MAPPING t WHERE t.REVISION_UUID IS NOT NULL
        AND t.REVISION_UUID <> ''Current API'');
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            ''AM_API_PRIMARY_EP_MAPPING: REVISION_UUID is dropped, and holds something else than ''''Current API'''''');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_API', 'INITIATED_FROM_GW'))
    ) < 1);
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_API t WHERE t.INITIATED_FROM_GW IS NOT NULL AND t.INITIATED_FROM_GW <> 0);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000,
            ''AM_API: INITIATED_FROM_GW is dropped, and holds something else than NULL or 0'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_API', 'API_DISPLAY_NAME'))
    ) < 1);
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_API t WHERE t.API_DISPLAY_NAME IS NOT NULL);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, ''AM_API: API_DISPLAY_NAME is dropped, and holds something else than NULL'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_TASK_LOCK', 'NODE_ID'))
    ) < 1);
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_TASK_LOCK t WHERE 1 = 1);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, ''AM_TASK_LOCK: it is dropped, and has rows'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_GW_REVISION_DEPLOYMENT', 'LAST_UPDATED'))
    ) < 1);
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_GW_REVISION_DEPLOYMENT t WHERE 1 = 1);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, ''AM_GW_REVISION_DEPLOYMENT: it is dropped, and has rows'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_GW_INSTANCE_ENV_MAPPING', 'ENV_LABEL'))
    ) < 1);
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_GW_INSTANCE_ENV_MAPPING t WHERE 1 = 1);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, ''AM_GW_INSTANCE_ENV_MAPPING: it is dropped, and has rows'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_GW_INSTANCES', 'GW_PROPERTIES'))
    ) < 1);
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_GW_INSTANCES t WHERE 1 = 1);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, ''AM_GW_INSTANCES: it is dropped, and has rows'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_BACKEND_OPERATION_MAPPING', 'VERB'))
    ) < 1);
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_BACKEND_OPERATION_MAPPING t WHERE 1 = 1);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, ''AM_BACKEND_OPERATION_MAPPING: it is dropped, and has rows'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_BACKEND', 'ORGANIZATION'))
    ) < 1);
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_BACKEND t WHERE 1 = 1);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, ''AM_BACKEND: it is dropped, and has rows'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_API_OPERATION_MAPPING', 'REF_URL_MAPPING_ID'))
    ) < 1);
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_API_OPERATION_MAPPING t WHERE 1 = 1);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, ''AM_API_OPERATION_MAPPING: it is dropped, and has rows'');
    END IF;
END;';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT ((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '_APIM_SCHEMA', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND (TABLE_NAME,
            REPLACE(COLUMN_NAME, '_APIM_SCHEMA', '')) IN (
            ('AM_API_METADATA', 'METADATA_VALUE'))
    ) < 1);
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM AM_API_METADATA t WHERE 1 = 1);
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, ''AM_API_METADATA: it is dropped, and has rows'');
    END IF;
END;';
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
    WHERE EXISTS (SELECT 1 FROM alembic_version_apim WHERE version_num NOT IN ('4.6.0'));
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, 'apim is not stamped 4.6.0: nothing was changed');
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
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.6.0' AS from_release, '4.5.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared,
    CAST(SYS_EXTRACT_UTC(SYSTIMESTAMP) AS DATE) AS started_at, USER AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history same
WHERE same.database_name = 'apim' AND same.to_release = '4.5.0' AND same.outcome = 'started'));
COMMIT;

-- ==== 4.5.0: 41 statements

-- Each block asks the data dictionary whether its statement is still to be made, and then makes it: so a script that
-- is run again goes on where it stopped.

-- 1. convert column AM_APPLICATION_REGISTRATION.INPUTS to VARCHAR2(1024), from UTF-8
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_APPLICATION_REGISTRATION'
            AND c.COLUMN_NAME = 'INPUTS' AND c.DATA_TYPE = 'BLOB')
    AND NOT EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_APPLICATION_REGISTRATION'
            AND c.COLUMN_NAME = 'INPUTS_APIM_SCHEMA');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_APPLICATION_REGISTRATION ADD (INPUTS_APIM_SCHEMA VARCHAR2(1024))';
    END IF;
END;
/

-- 2. convert column AM_APPLICATION_REGISTRATION.INPUTS to VARCHAR2(1024), from UTF-8
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_APPLICATION_REGISTRATION'
            AND c.COLUMN_NAME = 'INPUTS' AND c.DATA_TYPE = 'BLOB')
    AND EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_APPLICATION_REGISTRATION'
            AND c.COLUMN_NAME = 'INPUTS_APIM_SCHEMA');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    copied_rows INTEGER;
    utf8_bytes BLOB;
    dest_offset INTEGER;
    src_offset INTEGER;
    lang_context INTEGER;
    warning INTEGER;
    utf8_text CLOB;
    found_text VARCHAR2(32767);
    PROCEDURE convert_text(words IN CLOB) IS
    BEGIN
        DBMS_LOB.TRIM(utf8_bytes, 0);
        dest_offset := 1;
        src_offset := 1;
        lang_context := 0;
        DBMS_LOB.CONVERTTOBLOB(utf8_bytes, words, DBMS_LOB.LOBMAXSIZE, dest_offset, src_offset,
            NLS_CHARSET_ID(''AL32UTF8''), lang_context, warning);
        IF warning <> 0 THEN
            RAISE_APPLICATION_ERROR(-20001,
                ''a character of AM_APPLICATION_REGISTRATION.INPUTS has no form in UTF-8'');
        END IF;
    END;
    PROCEDURE convert_bytes(stored IN BLOB) IS
    BEGIN
        IF DBMS_LOB.GETLENGTH(stored) = 0 THEN
            RAISE_APPLICATION_ERROR(-20001, ''AM_APPLICATION_REGISTRATION.INPUTS is empty, which is no text here'');
        END IF;
        DBMS_LOB.TRIM(utf8_text, 0);
        dest_offset := 1;
        src_offset := 1;
        lang_context := 0;
        DBMS_LOB.CONVERTTOCLOB(utf8_text, stored, DBMS_LOB.LOBMAXSIZE, dest_offset, src_offset,
            NLS_CHARSET_ID(''AL32UTF8''), lang_context, warning);
        found_text := DBMS_LOB.SUBSTR(utf8_text, 2048, 1);
        convert_text(TO_CLOB(found_text));
        IF DBMS_LOB.COMPARE(utf8_bytes, stored) <> 0 THEN
            RAISE_APPLICATION_ERROR(-20001,
                ''AM_APPLICATION_REGISTRATION.INPUTS has a value that is no text which this column can hold'');
        END IF;
    END;
BEGIN
    DBMS_LOB.CREATETEMPORARY(utf8_bytes, TRUE);
    DBMS_LOB.CREATETEMPORARY(utf8_text, TRUE);
    FOR r IN (
        SELECT t.ROWID AS place, t.INPUTS AS words, t.INPUTS_APIM_SCHEMA AS copied FROM AM_APPLICATION_REGISTRATION
            t
        WHERE t.INPUTS_APIM_SCHEMA IS NOT NULL
    ) LOOP
        IF r.words IS NULL THEN
            UPDATE AM_APPLICATION_REGISTRATION SET INPUTS_APIM_SCHEMA = NULL WHERE ROWID = r.place;
        ELSE
            convert_bytes(r.words);
            IF found_text <> r.copied THEN
                UPDATE AM_APPLICATION_REGISTRATION SET INPUTS_APIM_SCHEMA = found_text WHERE ROWID = r.place;
            END IF;
        END IF;
    END LOOP;
    COMMIT;
    LOOP
        copied_rows := 0;
        FOR r IN (
            SELECT t.ROWID AS place, t.INPUTS AS words FROM AM_APPLICATION_REGISTRATION t
            WHERE t.INPUTS IS NOT NULL AND t.INPUTS_APIM_SCHEMA IS NULL AND ROWNUM <= 1000
        ) LOOP
            convert_bytes(r.words);
            UPDATE AM_APPLICATION_REGISTRATION SET INPUTS_APIM_SCHEMA = found_text WHERE ROWID = r.place;
            copied_rows := copied_rows + 1;
        END LOOP;
        COMMIT;
        EXIT WHEN copied_rows = 0;
    END LOOP;
    DBMS_LOB.FREETEMPORARY(utf8_bytes);
    DBMS_LOB.FREETEMPORARY(utf8_text);
END;';
    END IF;
END;
/

-- 3. convert column AM_APPLICATION_REGISTRATION.INPUTS to VARCHAR2(1024), from UTF-8
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_APPLICATION_REGISTRATION'
            AND c.COLUMN_NAME = 'INPUTS' AND c.DATA_TYPE = 'BLOB')
    AND EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_APPLICATION_REGISTRATION'
            AND c.COLUMN_NAME = 'INPUTS_APIM_SCHEMA');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    edited_rows INTEGER := 0;
    utf8_bytes BLOB;
    dest_offset INTEGER;
    src_offset INTEGER;
    lang_context INTEGER;
    warning INTEGER;
    utf8_text CLOB;
    found_text VARCHAR2(32767);
    PROCEDURE convert_text(words IN CLOB) IS
    BEGIN
        DBMS_LOB.TRIM(utf8_bytes, 0);
        dest_offset := 1;
        src_offset := 1;
        lang_context := 0;
        DBMS_LOB.CONVERTTOBLOB(utf8_bytes, words, DBMS_LOB.LOBMAXSIZE, dest_offset, src_offset,
            NLS_CHARSET_ID(''AL32UTF8''), lang_context, warning);
        IF warning <> 0 THEN
            RAISE_APPLICATION_ERROR(-20001,
                ''a character of AM_APPLICATION_REGISTRATION.INPUTS has no form in UTF-8'');
        END IF;
    END;
    PROCEDURE convert_bytes(stored IN BLOB) IS
    BEGIN
        IF DBMS_LOB.GETLENGTH(stored) = 0 THEN
            RAISE_APPLICATION_ERROR(-20001, ''AM_APPLICATION_REGISTRATION.INPUTS is empty, which is no text here'');
        END IF;
        DBMS_LOB.TRIM(utf8_text, 0);
        dest_offset := 1;
        src_offset := 1;
        lang_context := 0;
        DBMS_LOB.CONVERTTOCLOB(utf8_text, stored, DBMS_LOB.LOBMAXSIZE, dest_offset, src_offset,
            NLS_CHARSET_ID(''AL32UTF8''), lang_context, warning);
        found_text := DBMS_LOB.SUBSTR(utf8_text, 2048, 1);
        convert_text(TO_CLOB(found_text));
        IF DBMS_LOB.COMPARE(utf8_bytes, stored) <> 0 THEN
            RAISE_APPLICATION_ERROR(-20001,
                ''AM_APPLICATION_REGISTRATION.INPUTS has a value that is no text which this column can hold'');
        END IF;
    END;
BEGIN
    DBMS_LOB.CREATETEMPORARY(utf8_bytes, TRUE);
    DBMS_LOB.CREATETEMPORARY(utf8_text, TRUE);
    LOCK TABLE AM_APPLICATION_REGISTRATION IN EXCLUSIVE MODE WAIT 5;
    FOR r IN (
        SELECT t.INPUTS AS words, t.INPUTS_APIM_SCHEMA AS copied FROM AM_APPLICATION_REGISTRATION t
        WHERE t.INPUTS IS NOT NULL OR t.INPUTS_APIM_SCHEMA IS NOT NULL
    ) LOOP
        IF r.words IS NULL OR r.copied IS NULL THEN
            edited_rows := edited_rows + 1;
        ELSE
            convert_bytes(r.words);
            IF found_text <> r.copied THEN
                edited_rows := edited_rows + 1;
            END IF;
        END IF;
    END LOOP;
    DBMS_LOB.FREETEMPORARY(utf8_bytes);
    DBMS_LOB.FREETEMPORARY(utf8_text);
    IF edited_rows > 0 THEN
        RAISE_APPLICATION_ERROR(-20002,
            ''AM_APPLICATION_REGISTRATION.INPUTS was edited after it was copied, rows: '' || edited_rows
            || ''; stop what writes to it and run this again'');
    END IF;
    EXECUTE IMMEDIATE ''ALTER TABLE AM_APPLICATION_REGISTRATION DROP COLUMN INPUTS'';
END;';
    END IF;
END;
/

-- 4. convert column AM_APPLICATION_REGISTRATION.INPUTS to VARCHAR2(1024), from UTF-8
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_APPLICATION_REGISTRATION'
            AND c.COLUMN_NAME = 'INPUTS_APIM_SCHEMA')
    AND NOT EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_APPLICATION_REGISTRATION'
            AND c.COLUMN_NAME = 'INPUTS');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_APPLICATION_REGISTRATION RENAME COLUMN INPUTS_APIM_SCHEMA TO INPUTS';
    END IF;
END;
/

-- 5. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARCHAR2(2048), from UTF-8
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API_POLICY_MAPPING'
            AND c.COLUMN_NAME = 'PARAMETERS' AND c.DATA_TYPE = 'BLOB')
    AND NOT EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API_POLICY_MAPPING'
            AND c.COLUMN_NAME = 'PARAMETERS_APIM_SCHEMA');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API_POLICY_MAPPING ADD (PARAMETERS_APIM_SCHEMA VARCHAR2(2048))';
    END IF;
END;
/

-- 6. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARCHAR2(2048), from UTF-8
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API_POLICY_MAPPING'
            AND c.COLUMN_NAME = 'PARAMETERS' AND c.DATA_TYPE = 'BLOB')
    AND EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API_POLICY_MAPPING'
            AND c.COLUMN_NAME = 'PARAMETERS_APIM_SCHEMA');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    copied_rows INTEGER;
    utf8_bytes BLOB;
    dest_offset INTEGER;
    src_offset INTEGER;
    lang_context INTEGER;
    warning INTEGER;
    utf8_text CLOB;
    found_text VARCHAR2(32767);
    PROCEDURE convert_text(words IN CLOB) IS
    BEGIN
        DBMS_LOB.TRIM(utf8_bytes, 0);
        dest_offset := 1;
        src_offset := 1;
        lang_context := 0;
        DBMS_LOB.CONVERTTOBLOB(utf8_bytes, words, DBMS_LOB.LOBMAXSIZE, dest_offset, src_offset,
            NLS_CHARSET_ID(''AL32UTF8''), lang_context, warning);
        IF warning <> 0 THEN
            RAISE_APPLICATION_ERROR(-20001, ''a character of AM_API_POLICY_MAPPING.PARAMETERS has no form in UTF-8'');
        END IF;
    END;
    PROCEDURE convert_bytes(stored IN BLOB) IS
    BEGIN
        IF DBMS_LOB.GETLENGTH(stored) = 0 THEN
            RAISE_APPLICATION_ERROR(-20001, ''AM_API_POLICY_MAPPING.PARAMETERS is empty, which is no text here'');
        END IF;
        DBMS_LOB.TRIM(utf8_text, 0);
        dest_offset := 1;
        src_offset := 1;
        lang_context := 0;
        DBMS_LOB.CONVERTTOCLOB(utf8_text, stored, DBMS_LOB.LOBMAXSIZE, dest_offset, src_offset,
            NLS_CHARSET_ID(''AL32UTF8''), lang_context, warning);
        found_text := DBMS_LOB.SUBSTR(utf8_text, 4096, 1);
        convert_text(TO_CLOB(found_text));
        IF DBMS_LOB.COMPARE(utf8_bytes, stored) <> 0 THEN
            RAISE_APPLICATION_ERROR(-20001,
                ''AM_API_POLICY_MAPPING.PARAMETERS has a value that is no text which this column can hold'');
        END IF;
    END;
BEGIN
    DBMS_LOB.CREATETEMPORARY(utf8_bytes, TRUE);
    DBMS_LOB.CREATETEMPORARY(utf8_text, TRUE);
    FOR r IN (
        SELECT t.ROWID AS place, t.PARAMETERS AS words, t.PARAMETERS_APIM_SCHEMA AS copied
            FROM AM_API_POLICY_MAPPING t
        WHERE t.PARAMETERS_APIM_SCHEMA IS NOT NULL
    ) LOOP
        IF r.words IS NULL THEN
            UPDATE AM_API_POLICY_MAPPING SET PARAMETERS_APIM_SCHEMA = NULL WHERE ROWID = r.place;
        ELSE
            convert_bytes(r.words);
            IF found_text <> r.copied THEN
                UPDATE AM_API_POLICY_MAPPING SET PARAMETERS_APIM_SCHEMA = found_text WHERE ROWID = r.place;
            END IF;
        END IF;
    END LOOP;
    COMMIT;
    LOOP
        copied_rows := 0;
        FOR r IN (
            SELECT t.ROWID AS place, t.PARAMETERS AS words FROM AM_API_POLICY_MAPPING t
            WHERE t.PARAMETERS IS NOT NULL AND t.PARAMETERS_APIM_SCHEMA IS NULL AND ROWNUM <= 1000
        ) LOOP
            convert_bytes(r.words);
            UPDATE AM_API_POLICY_MAPPING SET PARAMETERS_APIM_SCHEMA = found_text WHERE ROWID = r.place;
            copied_rows := copied_rows + 1;
        END LOOP;
        COMMIT;
        EXIT WHEN copied_rows = 0;
    END LOOP;
    DBMS_LOB.FREETEMPORARY(utf8_bytes);
    DBMS_LOB.FREETEMPORARY(utf8_text);
END;';
    END IF;
END;
/

-- 7. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARCHAR2(2048), from UTF-8
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API_POLICY_MAPPING'
            AND c.COLUMN_NAME = 'PARAMETERS_APIM_SCHEMA' AND c.NULLABLE = 'Y');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API_POLICY_MAPPING MODIFY (PARAMETERS_APIM_SCHEMA NOT NULL)';
    END IF;
END;
/

-- 8. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARCHAR2(2048), from UTF-8
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API_POLICY_MAPPING'
            AND c.COLUMN_NAME = 'PARAMETERS' AND c.DATA_TYPE = 'BLOB')
    AND EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API_POLICY_MAPPING'
            AND c.COLUMN_NAME = 'PARAMETERS_APIM_SCHEMA');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    edited_rows INTEGER := 0;
    utf8_bytes BLOB;
    dest_offset INTEGER;
    src_offset INTEGER;
    lang_context INTEGER;
    warning INTEGER;
    utf8_text CLOB;
    found_text VARCHAR2(32767);
    PROCEDURE convert_text(words IN CLOB) IS
    BEGIN
        DBMS_LOB.TRIM(utf8_bytes, 0);
        dest_offset := 1;
        src_offset := 1;
        lang_context := 0;
        DBMS_LOB.CONVERTTOBLOB(utf8_bytes, words, DBMS_LOB.LOBMAXSIZE, dest_offset, src_offset,
            NLS_CHARSET_ID(''AL32UTF8''), lang_context, warning);
        IF warning <> 0 THEN
            RAISE_APPLICATION_ERROR(-20001, ''a character of AM_API_POLICY_MAPPING.PARAMETERS has no form in UTF-8'');
        END IF;
    END;
    PROCEDURE convert_bytes(stored IN BLOB) IS
    BEGIN
        IF DBMS_LOB.GETLENGTH(stored) = 0 THEN
            RAISE_APPLICATION_ERROR(-20001, ''AM_API_POLICY_MAPPING.PARAMETERS is empty, which is no text here'');
        END IF;
        DBMS_LOB.TRIM(utf8_text, 0);
        dest_offset := 1;
        src_offset := 1;
        lang_context := 0;
        DBMS_LOB.CONVERTTOCLOB(utf8_text, stored, DBMS_LOB.LOBMAXSIZE, dest_offset, src_offset,
            NLS_CHARSET_ID(''AL32UTF8''), lang_context, warning);
        found_text := DBMS_LOB.SUBSTR(utf8_text, 4096, 1);
        convert_text(TO_CLOB(found_text));
        IF DBMS_LOB.COMPARE(utf8_bytes, stored) <> 0 THEN
            RAISE_APPLICATION_ERROR(-20001,
                ''AM_API_POLICY_MAPPING.PARAMETERS has a value that is no text which this column can hold'');
        END IF;
    END;
BEGIN
    DBMS_LOB.CREATETEMPORARY(utf8_bytes, TRUE);
    DBMS_LOB.CREATETEMPORARY(utf8_text, TRUE);
    LOCK TABLE AM_API_POLICY_MAPPING IN EXCLUSIVE MODE WAIT 5;
    FOR r IN (
        SELECT t.PARAMETERS AS words, t.PARAMETERS_APIM_SCHEMA AS copied FROM AM_API_POLICY_MAPPING t
        WHERE t.PARAMETERS IS NOT NULL OR t.PARAMETERS_APIM_SCHEMA IS NOT NULL
    ) LOOP
        IF r.words IS NULL OR r.copied IS NULL THEN
            edited_rows := edited_rows + 1;
        ELSE
            convert_bytes(r.words);
            IF found_text <> r.copied THEN
                edited_rows := edited_rows + 1;
            END IF;
        END IF;
    END LOOP;
    DBMS_LOB.FREETEMPORARY(utf8_bytes);
    DBMS_LOB.FREETEMPORARY(utf8_text);
    IF edited_rows > 0 THEN
        RAISE_APPLICATION_ERROR(-20002,
            ''AM_API_POLICY_MAPPING.PARAMETERS was edited after it was copied, rows: '' || edited_rows
            || ''; stop what writes to it and run this again'');
    END IF;
    EXECUTE IMMEDIATE ''ALTER TABLE AM_API_POLICY_MAPPING DROP COLUMN PARAMETERS'';
END;';
    END IF;
END;
/

-- 9. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARCHAR2(2048), from UTF-8
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API_POLICY_MAPPING'
            AND c.COLUMN_NAME = 'PARAMETERS_APIM_SCHEMA')
    AND NOT EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API_POLICY_MAPPING'
            AND c.COLUMN_NAME = 'PARAMETERS');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API_POLICY_MAPPING RENAME COLUMN PARAMETERS_APIM_SCHEMA TO PARAMETERS';
    END IF;
END;
/

-- 10. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARCHAR2(2048), from UTF-8
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')
            AND c.TABLE_NAME = 'AM_API_OPERATION_POLICY_MAPPING' AND c.COLUMN_NAME = 'PARAMETERS'
            AND c.DATA_TYPE = 'BLOB')
    AND NOT EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')
            AND c.TABLE_NAME = 'AM_API_OPERATION_POLICY_MAPPING' AND c.COLUMN_NAME = 'PARAMETERS_APIM_SCHEMA');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API_OPERATION_POLICY_MAPPING ADD (PARAMETERS_APIM_SCHEMA VARCHAR2(2048))';
    END IF;
END;
/

-- 11. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARCHAR2(2048), from UTF-8
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')
            AND c.TABLE_NAME = 'AM_API_OPERATION_POLICY_MAPPING' AND c.COLUMN_NAME = 'PARAMETERS'
            AND c.DATA_TYPE = 'BLOB')
    AND EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')
            AND c.TABLE_NAME = 'AM_API_OPERATION_POLICY_MAPPING' AND c.COLUMN_NAME = 'PARAMETERS_APIM_SCHEMA');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    copied_rows INTEGER;
    utf8_bytes BLOB;
    dest_offset INTEGER;
    src_offset INTEGER;
    lang_context INTEGER;
    warning INTEGER;
    utf8_text CLOB;
    found_text VARCHAR2(32767);
    PROCEDURE convert_text(words IN CLOB) IS
    BEGIN
        DBMS_LOB.TRIM(utf8_bytes, 0);
        dest_offset := 1;
        src_offset := 1;
        lang_context := 0;
        DBMS_LOB.CONVERTTOBLOB(utf8_bytes, words, DBMS_LOB.LOBMAXSIZE, dest_offset, src_offset,
            NLS_CHARSET_ID(''AL32UTF8''), lang_context, warning);
        IF warning <> 0 THEN
            RAISE_APPLICATION_ERROR(-20001,
                ''a character of AM_API_OPERATION_POLICY_MAPPING.PARAMETERS has no form in UTF-8'');
        END IF;
    END;
    PROCEDURE convert_bytes(stored IN BLOB) IS
    BEGIN
        IF DBMS_LOB.GETLENGTH(stored) = 0 THEN
            RAISE_APPLICATION_ERROR(-20001,
                ''AM_API_OPERATION_POLICY_MAPPING.PARAMETERS is empty, which is no text here'');
        END IF;
        DBMS_LOB.TRIM(utf8_text, 0);
        dest_offset := 1;
        src_offset := 1;
        lang_context := 0;
        DBMS_LOB.CONVERTTOCLOB(utf8_text, stored, DBMS_LOB.LOBMAXSIZE, dest_offset, src_offset,
            NLS_CHARSET_ID(''AL32UTF8''), lang_context, warning);
        found_text := DBMS_LOB.SUBSTR(utf8_text, 4096, 1);
        convert_text(TO_CLOB(found_text));
        IF DBMS_LOB.COMPARE(utf8_bytes, stored) <> 0 THEN
            RAISE_APPLICATION_ERROR(-20001,
                ''AM_API_OPERATION_POLICY_MAPPING.PARAMETERS has a value that is no text which this column can hold'');
        END IF;
    END;
BEGIN
    DBMS_LOB.CREATETEMPORARY(utf8_bytes, TRUE);
    DBMS_LOB.CREATETEMPORARY(utf8_text, TRUE);
    FOR r IN (
        SELECT t.ROWID AS place, t.PARAMETERS AS words, t.PARAMETERS_APIM_SCHEMA AS copied
            FROM AM_API_OPERATION_POLICY_MAPPING t
        WHERE t.PARAMETERS_APIM_SCHEMA IS NOT NULL
    ) LOOP
        IF r.words IS NULL THEN
            UPDATE AM_API_OPERATION_POLICY_MAPPING SET PARAMETERS_APIM_SCHEMA = NULL WHERE ROWID = r.place;
        ELSE
            convert_bytes(r.words);
            IF found_text <> r.copied THEN
                UPDATE AM_API_OPERATION_POLICY_MAPPING SET PARAMETERS_APIM_SCHEMA = found_text
                    WHERE ROWID = r.place;
            END IF;
        END IF;
    END LOOP;
    COMMIT;
    LOOP
        copied_rows := 0;
        FOR r IN (
            SELECT t.ROWID AS place, t.PARAMETERS AS words FROM AM_API_OPERATION_POLICY_MAPPING t
            WHERE t.PARAMETERS IS NOT NULL AND t.PARAMETERS_APIM_SCHEMA IS NULL AND ROWNUM <= 1000
        ) LOOP
            convert_bytes(r.words);
            UPDATE AM_API_OPERATION_POLICY_MAPPING SET PARAMETERS_APIM_SCHEMA = found_text WHERE ROWID = r.place;
            copied_rows := copied_rows + 1;
        END LOOP;
        COMMIT;
        EXIT WHEN copied_rows = 0;
    END LOOP;
    DBMS_LOB.FREETEMPORARY(utf8_bytes);
    DBMS_LOB.FREETEMPORARY(utf8_text);
END;';
    END IF;
END;
/

-- 12. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARCHAR2(2048), from UTF-8
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')
            AND c.TABLE_NAME = 'AM_API_OPERATION_POLICY_MAPPING' AND c.COLUMN_NAME = 'PARAMETERS_APIM_SCHEMA'
            AND c.NULLABLE = 'Y');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API_OPERATION_POLICY_MAPPING MODIFY (PARAMETERS_APIM_SCHEMA NOT NULL)';
    END IF;
END;
/

-- 13. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARCHAR2(2048), from UTF-8
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')
            AND c.TABLE_NAME = 'AM_API_OPERATION_POLICY_MAPPING' AND c.COLUMN_NAME = 'PARAMETERS'
            AND c.DATA_TYPE = 'BLOB')
    AND EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')
            AND c.TABLE_NAME = 'AM_API_OPERATION_POLICY_MAPPING' AND c.COLUMN_NAME = 'PARAMETERS_APIM_SCHEMA');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DECLARE
    edited_rows INTEGER := 0;
    utf8_bytes BLOB;
    dest_offset INTEGER;
    src_offset INTEGER;
    lang_context INTEGER;
    warning INTEGER;
    utf8_text CLOB;
    found_text VARCHAR2(32767);
    PROCEDURE convert_text(words IN CLOB) IS
    BEGIN
        DBMS_LOB.TRIM(utf8_bytes, 0);
        dest_offset := 1;
        src_offset := 1;
        lang_context := 0;
        DBMS_LOB.CONVERTTOBLOB(utf8_bytes, words, DBMS_LOB.LOBMAXSIZE, dest_offset, src_offset,
            NLS_CHARSET_ID(''AL32UTF8''), lang_context, warning);
        IF warning <> 0 THEN
            RAISE_APPLICATION_ERROR(-20001,
                ''a character of AM_API_OPERATION_POLICY_MAPPING.PARAMETERS has no form in UTF-8'');
        END IF;
    END;
    PROCEDURE convert_bytes(stored IN BLOB) IS
    BEGIN
        IF DBMS_LOB.GETLENGTH(stored) = 0 THEN
            RAISE_APPLICATION_ERROR(-20001,
                ''AM_API_OPERATION_POLICY_MAPPING.PARAMETERS is empty, which is no text here'');
        END IF;
        DBMS_LOB.TRIM(utf8_text, 0);
        dest_offset := 1;
        src_offset := 1;
        lang_context := 0;
        DBMS_LOB.CONVERTTOCLOB(utf8_text, stored, DBMS_LOB.LOBMAXSIZE, dest_offset, src_offset,
            NLS_CHARSET_ID(''AL32UTF8''), lang_context, warning);
        found_text := DBMS_LOB.SUBSTR(utf8_text, 4096, 1);
        convert_text(TO_CLOB(found_text));
        IF DBMS_LOB.COMPARE(utf8_bytes, stored) <> 0 THEN
            RAISE_APPLICATION_ERROR(-20001,
                ''AM_API_OPERATION_POLICY_MAPPING.PARAMETERS has a value that is no text which this column can hold'');
        END IF;
    END;
BEGIN
    DBMS_LOB.CREATETEMPORARY(utf8_bytes, TRUE);
    DBMS_LOB.CREATETEMPORARY(utf8_text, TRUE);
    LOCK TABLE AM_API_OPERATION_POLICY_MAPPING IN EXCLUSIVE MODE WAIT 5;
    FOR r IN (
        SELECT t.PARAMETERS AS words, t.PARAMETERS_APIM_SCHEMA AS copied FROM AM_API_OPERATION_POLICY_MAPPING t
        WHERE t.PARAMETERS IS NOT NULL OR t.PARAMETERS_APIM_SCHEMA IS NOT NULL
    ) LOOP
        IF r.words IS NULL OR r.copied IS NULL THEN
            edited_rows := edited_rows + 1;
        ELSE
            convert_bytes(r.words);
            IF found_text <> r.copied THEN
                edited_rows := edited_rows + 1;
            END IF;
        END IF;
    END LOOP;
    DBMS_LOB.FREETEMPORARY(utf8_bytes);
    DBMS_LOB.FREETEMPORARY(utf8_text);
    IF edited_rows > 0 THEN
        RAISE_APPLICATION_ERROR(-20002,
            ''AM_API_OPERATION_POLICY_MAPPING.PARAMETERS was edited after it was copied, rows: '' || edited_rows
            || ''; stop what writes to it and run this again'');
    END IF;
    EXECUTE IMMEDIATE ''ALTER TABLE AM_API_OPERATION_POLICY_MAPPING DROP COLUMN PARAMETERS'';
END;';
    END IF;
END;
/

-- 14. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARCHAR2(2048), from UTF-8
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')
            AND c.TABLE_NAME = 'AM_API_OPERATION_POLICY_MAPPING' AND c.COLUMN_NAME = 'PARAMETERS_APIM_SCHEMA')
    AND NOT EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')
            AND c.TABLE_NAME = 'AM_API_OPERATION_POLICY_MAPPING' AND c.COLUMN_NAME = 'PARAMETERS');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE
            'ALTER TABLE AM_API_OPERATION_POLICY_MAPPING RENAME COLUMN PARAMETERS_APIM_SCHEMA TO PARAMETERS';
    END IF;
END;
/

-- 15. alter column AM_API_ENDPOINTS.REVISION_UUID to VARCHAR2(255)
--    metadata only; lock exclusive DDL lock blocks writes
BEGIN
    FOR c IN (
        SELECT CASE CHAR_USED WHEN 'C' THEN 'CHAR' ELSE 'BYTE' END AS unit
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND TABLE_NAME = 'AM_API_ENDPOINTS'
            AND COLUMN_NAME = 'REVISION_UUID'
        AND DATA_TYPE = 'VARCHAR2' AND CHAR_LENGTH < 255
    ) LOOP
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API_ENDPOINTS MODIFY (REVISION_UUID VARCHAR2(255 ' || c.unit || '))';
    END LOOP;
END;
/

-- 16. alter column AM_API_ENDPOINTS.ENDPOINT_UUID to VARCHAR2(256)
--    metadata only; lock exclusive DDL lock blocks writes
BEGIN
    FOR c IN (
        SELECT CASE CHAR_USED WHEN 'C' THEN 'CHAR' ELSE 'BYTE' END AS unit
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND TABLE_NAME = 'AM_API_ENDPOINTS'
            AND COLUMN_NAME = 'ENDPOINT_UUID'
        AND DATA_TYPE = 'VARCHAR2' AND CHAR_LENGTH < 256
    ) LOOP
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API_ENDPOINTS MODIFY (ENDPOINT_UUID VARCHAR2(256 ' || c.unit || '))';
    END LOOP;
END;
/

-- 17. alter column AM_API_COMMENTS.CREATED_BY to VARCHAR2(255)
--    reads every row; lock exclusive (TM mode 6) blocks writes
BEGIN
    FOR c IN (
        SELECT CASE CHAR_USED WHEN 'C' THEN 'CHAR' ELSE 'BYTE' END AS unit
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND TABLE_NAME = 'AM_API_COMMENTS'
            AND COLUMN_NAME = 'CREATED_BY'
        AND DATA_TYPE = 'VARCHAR2' AND CHAR_LENGTH > 255
    ) LOOP
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API_COMMENTS MODIFY (CREATED_BY VARCHAR2(255 ' || c.unit || '))';
    END LOOP;
END;
/

-- 18. alter column AM_API.API_SUBTYPE to VARCHAR2(10)
--    reads every row; lock exclusive (TM mode 6) blocks writes
BEGIN
    FOR c IN (
        SELECT CASE CHAR_USED WHEN 'C' THEN 'CHAR' ELSE 'BYTE' END AS unit
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND TABLE_NAME = 'AM_API'
            AND COLUMN_NAME = 'API_SUBTYPE'
        AND DATA_TYPE = 'VARCHAR2' AND CHAR_LENGTH > 10
    ) LOOP
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API MODIFY (API_SUBTYPE VARCHAR2(10 ' || c.unit || '))';
    END LOOP;
END;
/

-- 19. create unique (MODEL_NAME, LLM_PROVIDER_UUID) of AM_LLM_PROVIDER_MODEL
--    builds an index; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_CONSTRAINTS k
        WHERE k.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND k.TABLE_NAME = 'AM_LLM_PROVIDER_MODEL'
            AND k.CONSTRAINT_TYPE = 'U' AND 'MODEL_NAME,LLM_PROVIDER_UUID' = (
            SELECT LISTAGG(c.COLUMN_NAME, ',' ON OVERFLOW TRUNCATE) WITHIN GROUP (ORDER BY c.POSITION)
            FROM ALL_CONS_COLUMNS c
            WHERE c.OWNER = k.OWNER AND c.CONSTRAINT_NAME = k.CONSTRAINT_NAME));
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_LLM_PROVIDER_MODEL ADD UNIQUE (MODEL_NAME, LLM_PROVIDER_UUID)';
    END IF;
END;
/

-- 20. replace primary key of AM_API_ENDPOINTS by (API_UUID, ENDPOINT_UUID, ENDPOINT_NAME, REVISION_UUID,
-- ORGANIZATION)
--    builds an index; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_CONSTRAINTS k
        WHERE k.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND k.TABLE_NAME = 'AM_API_ENDPOINTS'
            AND k.CONSTRAINT_TYPE = 'P' AND 'API_UUID,ENDPOINT_UUID,ENDPOINT_NAME,REVISION_UUID,ORGANIZATION' <> (
            SELECT LISTAGG(c.COLUMN_NAME, ',' ON OVERFLOW TRUNCATE) WITHIN GROUP (ORDER BY c.POSITION)
            FROM ALL_CONS_COLUMNS c
            WHERE c.OWNER = k.OWNER AND c.CONSTRAINT_NAME = k.CONSTRAINT_NAME));
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API_ENDPOINTS DROP PRIMARY KEY DROP INDEX';
    END IF;
END;
/

-- 21. replace primary key of AM_API_ENDPOINTS by (API_UUID, ENDPOINT_UUID, ENDPOINT_NAME, REVISION_UUID,
-- ORGANIZATION)
--    builds an index; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_CONSTRAINTS k
        WHERE k.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND k.TABLE_NAME = 'AM_API_ENDPOINTS'
            AND k.CONSTRAINT_TYPE = 'P');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE
            'ALTER TABLE AM_API_ENDPOINTS ADD PRIMARY KEY (API_UUID, ENDPOINT_UUID, ENDPOINT_NAME, REVISION_UUID, ORGANIZATION)';
    END IF;
END;
/

-- 22. drop column AM_LLM_PROVIDER_MODEL.MODEL_FAMILY_NAME
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_LLM_PROVIDER_MODEL'
            AND c.COLUMN_NAME = 'MODEL_FAMILY_NAME');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_LLM_PROVIDER_MODEL DROP COLUMN MODEL_FAMILY_NAME';
    END IF;
END;
/

-- 23. drop column AM_LLM_PROVIDER.MODEL_FAMILY_SUPPORTED
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_LLM_PROVIDER'
            AND c.COLUMN_NAME = 'MODEL_FAMILY_SUPPORTED');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_LLM_PROVIDER DROP COLUMN MODEL_FAMILY_SUPPORTED';
    END IF;
END;
/

-- 24. drop column AM_GATEWAY_ENVIRONMENT.SCHEDULED_TIME
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_GATEWAY_ENVIRONMENT'
            AND c.COLUMN_NAME = 'SCHEDULED_TIME');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_GATEWAY_ENVIRONMENT DROP COLUMN SCHEDULED_TIME';
    END IF;
END;
/

-- 25. drop column AM_GATEWAY_ENVIRONMENT.ENV_MODE
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_GATEWAY_ENVIRONMENT'
            AND c.COLUMN_NAME = 'ENV_MODE');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_GATEWAY_ENVIRONMENT DROP COLUMN ENV_MODE';
    END IF;
END;
/

-- 26. drop column AM_API_URL_MAPPING.SCHEMA_DEFINITION
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API_URL_MAPPING'
            AND c.COLUMN_NAME = 'SCHEMA_DEFINITION');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API_URL_MAPPING DROP COLUMN SCHEMA_DEFINITION';
    END IF;
END;
/

-- 27. drop column AM_API_URL_MAPPING.DESCRIPTION
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API_URL_MAPPING'
            AND c.COLUMN_NAME = 'DESCRIPTION');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API_URL_MAPPING DROP COLUMN DESCRIPTION';
    END IF;
END;
/

-- 28. drop column AM_API_PRIMARY_EP_MAPPING.REVISION_UUID
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API_PRIMARY_EP_MAPPING'
            AND c.COLUMN_NAME = 'REVISION_UUID');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API_PRIMARY_EP_MAPPING DROP COLUMN REVISION_UUID';
    END IF;
END;
/

-- 29. drop column AM_API.INITIATED_FROM_GW
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API'
            AND c.COLUMN_NAME = 'INITIATED_FROM_GW');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API DROP COLUMN INITIATED_FROM_GW';
    END IF;
END;
/

-- 30. drop column AM_API.API_DISPLAY_NAME
--    writes every row anew; lock exclusive (TM mode 6) blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND c.TABLE_NAME = 'AM_API'
            AND c.COLUMN_NAME = 'API_DISPLAY_NAME');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'ALTER TABLE AM_API DROP COLUMN API_DISPLAY_NAME';
    END IF;
END;
/

-- 31. drop table AM_TASK_LOCK
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'TABLE'
            AND o.OBJECT_NAME = 'AM_TASK_LOCK');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DROP TABLE AM_TASK_LOCK PURGE';
    END IF;
END;
/

-- 32. drop table AM_GW_REVISION_DEPLOYMENT
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'TABLE'
            AND o.OBJECT_NAME = 'AM_GW_REVISION_DEPLOYMENT');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DROP TABLE AM_GW_REVISION_DEPLOYMENT PURGE';
    END IF;
END;
/

-- 33. drop table AM_GW_INSTANCE_ENV_MAPPING
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'TABLE'
            AND o.OBJECT_NAME = 'AM_GW_INSTANCE_ENV_MAPPING');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DROP TABLE AM_GW_INSTANCE_ENV_MAPPING PURGE';
    END IF;
END;
/

-- 34. drop table AM_GW_INSTANCES
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'TABLE'
            AND o.OBJECT_NAME = 'AM_GW_INSTANCES');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DROP TABLE AM_GW_INSTANCES PURGE';
    END IF;
END;
/

-- 35. drop table AM_GW_INSTANCES
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'SEQUENCE'
            AND o.OBJECT_NAME = 'AM_GW_INSTANCES_SEQ');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DROP SEQUENCE AM_GW_INSTANCES_SEQ';
    END IF;
END;
/

-- 36. drop table AM_BACKEND_OPERATION_MAPPING
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'TABLE'
            AND o.OBJECT_NAME = 'AM_BACKEND_OPERATION_MAPPING');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DROP TABLE AM_BACKEND_OPERATION_MAPPING PURGE';
    END IF;
END;
/

-- 37. drop table AM_BACKEND_OPERATION_MAPPING
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'SEQUENCE'
            AND o.OBJECT_NAME = 'AM_BACKEND_OPERATION_MAPPING_SEQUENCE');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DROP SEQUENCE AM_BACKEND_OPERATION_MAPPING_SEQUENCE';
    END IF;
END;
/

-- 38. drop table AM_BACKEND
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'TABLE'
            AND o.OBJECT_NAME = 'AM_BACKEND');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DROP TABLE AM_BACKEND PURGE';
    END IF;
END;
/

-- 39. drop table AM_API_OPERATION_MAPPING
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'TABLE'
            AND o.OBJECT_NAME = 'AM_API_OPERATION_MAPPING');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DROP TABLE AM_API_OPERATION_MAPPING PURGE';
    END IF;
END;
/

-- 40. drop table AM_API_OPERATION_MAPPING
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'SEQUENCE'
            AND o.OBJECT_NAME = 'AM_API_OPERATION_MAPPING_SEQUENCE');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DROP SEQUENCE AM_API_OPERATION_MAPPING_SEQUENCE';
    END IF;
END;
/

-- 41. drop table AM_API_METADATA
--    metadata only; lock exclusive DDL lock blocks writes
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'TABLE'
            AND o.OBJECT_NAME = 'AM_API_METADATA');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'DROP TABLE AM_API_METADATA PURGE';
    END IF;
END;
/

-- the stamp
DELETE FROM alembic_version_apim WHERE version_num IN ('4.6.0', '4.7.0');
INSERT INTO alembic_version_apim (version_num) SELECT '4.5.0' FROM DUAL
    WHERE NOT EXISTS (SELECT 1 FROM alembic_version_apim);
COMMIT;

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven',
    finished_at=CAST(SYS_EXTRACT_UTC(SYSTIMESTAMP) AS DATE) WHERE apim_schema_history.database_name = 'apim'
    AND apim_schema_history.to_release = '4.5.0' AND apim_schema_history.outcome = 'started';
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
