
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       sqlplus USER@shared_db @upgrade.sql EXIT
--   It checks first that the database is 4.3.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on Oracle 23c; apim-schema plan says it for your server, with sizes and times.

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

-- ==== checks: is this shared 4.3.0, and would every row survive?

-- ==== the stamp, and this run in the history
DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE NOT EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND o.OBJECT_TYPE = 'TABLE'
            AND o.OBJECT_NAME = 'ALEMBIC_VERSION_SHARED');
    IF is_true = 1 THEN
        EXECUTE IMMEDIATE
            'CREATE TABLE alembic_version_shared (version_num VARCHAR2(32) NOT NULL, CONSTRAINT alembic_version_shared_pkc
    PRIMARY KEY (version_num))';
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
    planned, rows_compared, started_at, done_by, tool_version) SELECT 'shared' AS database_name,
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.3.0' AS from_release, '4.4.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared,
    CAST(SYS_EXTRACT_UTC(SYSTIMESTAMP) AS DATE) AS started_at, USER AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'shared'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history same
WHERE same.database_name = 'shared' AND same.to_release = '4.4.0' AND same.outcome = 'started'));
COMMIT;

-- ==== 4.4.0: 0 statements

-- the stamp
DELETE FROM alembic_version_shared WHERE version_num IN ('4.2.0', '4.3.0');
INSERT INTO alembic_version_shared (version_num) SELECT '4.4.0' FROM DUAL
    WHERE NOT EXISTS (SELECT 1 FROM alembic_version_shared);
COMMIT;

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven',
    finished_at=CAST(SYS_EXTRACT_UTC(SYSTIMESTAMP) AS DATE) WHERE apim_schema_history.database_name = 'shared'
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
