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
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'TABLE' AND o.OBJECT_NAME = 'ALEMBIC_VERSION_SHARED');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE 'CREATE TABLE alembic_version_shared (version_num VARCHAR2(32) NOT NULL, CONSTRAINT alembic_version_shared_pkc PRIMARY KEY (version_num))';
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE EXISTS (SELECT 1 FROM alembic_version_shared WHERE version_num NOT IN ('4.3.0'));
    IF is_true = 1 THEN
        RAISE_APPLICATION_ERROR(-20000, 'shared is not stamped 4.3.0: nothing was changed');
    END IF;
END;
/
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'TABLE' AND o.OBJECT_NAME = 'APIM_SCHEMA_HISTORY');
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
INSERT INTO apim_schema_history (database_name, run, from_release, to_release, outcome, verdict, statements, planned, rows_compared, started_at, done_by, tool_version) SELECT 'shared' AS anon_1, coalesce(max(apim_schema_history.run), 0) + 1 AS anon_2, '4.3.0' AS anon_3, '4.4.0' AS anon_4, 'started' AS anon_5, NULL AS anon_6, 0 AS anon_7, 0 AS anon_8, 0 AS anon_9, CAST(SYS_EXTRACT_UTC(SYSTIMESTAMP) AS DATE), USER, '0.1.0' AS anon_10
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'shared'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history same
WHERE same.database_name = 'shared' AND same.to_release = '4.4.0' AND same.outcome = 'started'));
COMMIT;

-- 4.4.0
DELETE FROM alembic_version_shared WHERE version_num IN ('4.2.0', '4.3.0');
INSERT INTO alembic_version_shared (version_num) SELECT '4.4.0' FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM alembic_version_shared);
COMMIT;
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=CAST(SYS_EXTRACT_UTC(SYSTIMESTAMP) AS DATE) WHERE apim_schema_history.database_name = 'shared' AND apim_schema_history.to_release = '4.4.0' AND apim_schema_history.outcome = 'started';
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
