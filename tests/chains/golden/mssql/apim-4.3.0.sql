
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       sqlcmd -b -x -S SERVER -d apim_db -i upgrade.sql
--   It checks first that the database is 4.2.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on SQL Server 2022; apim-schema plan says it for your server, with sizes and times. Locks are
--   held until the end of the script.
--   AM_API_URL_MAPPING      writes every row anew; lock Sch-M blocks reads and writes
--   AM_GATEWAY_ENVIRONMENT  writes every row anew; lock Sch-M blocks reads and writes
--   AM_POLICY_APPLICATION   writes every row anew; lock Sch-M blocks reads and writes
--   for a moment: AM_DEPLOYMENT_REVISION_MAPPING

-- IF IT STOPS
--   All of it is one transaction: after an error, or when the connection is lost, the server rolls back and the
--   database is as before. Mend the cause and run the script again.

-- THE WAY BACK
--   After the COMMIT: put the backup back.
--   Or apim-schema downgrade 4.2.0 leads back by the inverse of each statement. It refuses, by name, where the
--   product has written since what the older release has no place for: rows of new tables, values of new columns,
--   longer values.

-- ==== the session
:on error exit
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
SET XACT_ABORT ON;
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
SET ANSI_PADDING ON;
SET ANSI_WARNINGS ON;
SET ARITHABORT ON;
SET CONCAT_NULL_YIELDS_NULL ON;
SET NUMERIC_ROUNDABORT OFF;
SET LOCK_TIMEOUT 60000;
SET NOCOUNT ON;
SET IMPLICIT_TRANSACTIONS OFF;
-- After each batch of what follows stands the same line: where the batch failed, it rolls back and lets nothing
-- run any more, also in a client that goes on after an error. The last lines commit, unless one has failed.
GO
BEGIN TRANSACTION;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== checks: is this apim 4.2.0, and would every row survive?
IF EXISTS (SELECT 1 FROM (VALUES ('AM_API_URL_MAPPING', 'REVISION_UUID'),
    ('AM_DEPLOYMENT_REVISION_MAPPING', 'DEPLOYED_TIME'), ('AM_GATEWAY_ENVIRONMENT', 'ORGANIZATION'),
    ('AM_POLICY_APPLICATION', 'UUID')) AS w (t, c) WHERE NOT EXISTS (SELECT 1 FROM sys.tables t JOIN sys.columns c
    ON c.object_id = t.object_id WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) = w.t AND UPPER(c.name) = w.c))
    THROW 50000, N'apim is not 4.2.0: a column is missing', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM (VALUES ('ALEMBIC_VERSION_APIM', 'VERSION_NUM')) AS w (t, c)
    WHERE NOT EXISTS (SELECT 1 FROM sys.tables t JOIN sys.columns c ON c.object_id = t.object_id
    WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) = w.t AND UPPER(c.name) = w.c))
    AND NOT EXISTS (SELECT 1 FROM (VALUES ('AM_API_POLICY_MAPPING', 'PARAMETERS'),
    ('AM_API_URL_MAPPING', 'LOG_LEVEL'), ('AM_APP_REVOKED_EVENT', 'ORGANIZATION'),
    ('AM_DEPLOYMENT_REVISION_MAPPING', 'REVISION_STATUS'), ('AM_GATEWAY_ENVIRONMENT', 'GATEWAY_TYPE'),
    ('AM_GATEWAY_ENVIRONMENT', 'TYPE'), ('AM_GATEWAY_POLICY_DEPLOYMENT', 'ORGANIZATION'),
    ('AM_GATEWAY_POLICY_MAPPING', 'PARAMETERS'), ('AM_GATEWAY_POLICY_METADATA', 'ORGANIZATION'),
    ('AM_KEY_MANAGER_PERMISSIONS', 'ROLE'), ('AM_POLICY_APPLICATION', 'RATE_LIMIT_COUNT'),
    ('AM_POLICY_APPLICATION', 'RATE_LIMIT_TIME_UNIT'), ('AM_SUBJECT_ENTITY_REVOKED_EVENT', 'ORGANIZATION'),
    ('IDN_APP_REVOKED_EVENT', 'ORGANIZATION'), ('IDN_INVALID_TOKENS', 'EXPIRY_TIMESTAMP'),
    ('IDN_SUBJECT_ENTITY_REVOKED_EVENT', 'ORGANIZATION')) AS w (t, c) WHERE NOT EXISTS (SELECT 1 FROM sys.tables t
    JOIN sys.columns c ON c.object_id = t.object_id WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) = w.t
    AND UPPER(c.name) = w.c))
    THROW 50000, N'apim is newer than 4.2.0 and has no stamp: nothing was changed', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
DECLARE @said NVARCHAR(2000) = (SELECT TOP (1) REPLACE(f.said, N'%', N'%%') FROM (
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': this login may not see whether a security policy hides rows from it; GRANT VIEW DEFINITION to it' AS said
        FROM (
        SELECT DB_NAME() AS table_name, N'' AS column_name, N'' AS name WHERE COALESCE(HAS_PERMS_BY_NAME(DB_NAME(),
            'DATABASE', 'VIEW DEFINITION'), 0) = 0 AND COALESCE(HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE',
            'ALTER ANY SECURITY POLICY'), 0) = 0
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': ' + q.column_name + N' is masked for this login; GRANT UNMASK to it' AS said FROM (
        SELECT t.name AS table_name, m.name AS column_name, N'MASKED' AS name FROM sys.tables t
        JOIN sys.masked_columns m ON m.object_id = t.object_id AND m.is_masked = 1
        WHERE t.schema_id = SCHEMA_ID() AND COALESCE(HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'UNMASK'), 0) = 0
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': the security policy ' + q.name + N' hides rows of it; ALTER SECURITY POLICY ' + q.name + N' WITH (STATE = OFF) until it is done' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, N'' AS column_name, y.name AS name FROM sys.tables t
        JOIN sys.security_predicates p ON p.target_object_id = t.object_id AND p.predicate_type_desc = 'FILTER'
        JOIN sys.security_policies y ON y.object_id = p.object_id AND y.is_enabled = 1
        WHERE t.schema_id = SCHEMA_ID()
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': is a temporal table or its history; ALTER TABLE ... SET (SYSTEM_VERSIONING = OFF) before, and ON again after the upgrade of both tables' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, c.name AS column_name, N'SYSTEM_VERSIONING' AS name
        FROM (VALUES (N'AM_API_URL_MAPPING', N'URL_MAPPING_ID'), (N'AM_DEPLOYMENT_REVISION_MAPPING', N'NAME'),
            (N'AM_GATEWAY_ENVIRONMENT', N'ID'), (N'AM_POLICY_APPLICATION', N'POLICY_ID')) w
            (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        WHERE t.temporal_type <> 0
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': the trigger ' + q.name + N' fires when a new column is filled; disable it before, and enable it after the upgrade' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, c.name AS column_name, g.name AS name
        FROM (VALUES (N'AM_GATEWAY_ENVIRONMENT', N'ID')) w (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        JOIN sys.triggers g ON g.parent_id = t.object_id AND g.is_disabled = 0
    ) q
) f);
IF @said IS NOT NULL
    THROW 50000, @said, 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== the stamp, and this run in the history
IF OBJECT_ID(N'alembic_version_apim') IS NULL
    CREATE TABLE alembic_version_apim (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM alembic_version_apim WHERE version_num NOT IN ('4.2.0'))
    THROW 50000, N'apim is not stamped 4.2.0: nothing was changed', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF OBJECT_ID(N'apim_schema_history') IS NULL
    CREATE TABLE apim_schema_history (
    database_name VARCHAR(16) NOT NULL,
    run INTEGER NOT NULL,
    from_release VARCHAR(16) NOT NULL,
    to_release VARCHAR(16) NOT NULL,
    outcome VARCHAR(16) NOT NULL,
    verdict VARCHAR(32) NULL,
    statements INTEGER NOT NULL,
    planned INTEGER NOT NULL,
    rows_compared BIGINT NOT NULL,
    evidence TEXT NULL,
    started_at DATETIME NOT NULL,
    finished_at DATETIME NULL,
    done_by VARCHAR(255) NOT NULL,
    tool_version VARCHAR(32) NOT NULL,
    error TEXT NULL,
    PRIMARY KEY (database_name, run)
)
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
INSERT INTO apim_schema_history (database_name, run, from_release, to_release, outcome, verdict, statements,
    planned, rows_compared, started_at, done_by, tool_version) SELECT 'apim' AS database_name,
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.2.0' AS from_release, '4.3.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared, CONVERT(DATETIME,
    CONVERT(DATETIME2(0), SYSUTCDATETIME())) AS started_at, SUSER_SNAME() AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'apim' AND same.to_release = '4.3.0' AND same.outcome = 'started'));
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== 4.3.0: 18 statements

-- 1. create table AM_API_POLICY_MAPPING
CREATE TABLE AM_API_POLICY_MAPPING (
    API_POLICY_MAPPING_ID INTEGER IDENTITY(1,1) NOT NULL,
    API_UUID VARCHAR(256) NOT NULL,
    REVISION_UUID VARCHAR(45) NULL,
    POLICY_UUID VARCHAR(45) NOT NULL,
    POLICY_ORDER INTEGER NOT NULL,
    DIRECTION VARCHAR(10) NOT NULL,
    PARAMETERS VARCHAR(1024) NOT NULL,
    PRIMARY KEY (API_POLICY_MAPPING_ID),
    FOREIGN KEY (API_UUID) REFERENCES AM_API (API_UUID) ON DELETE CASCADE,
    FOREIGN KEY (POLICY_UUID) REFERENCES AM_OPERATION_POLICY (POLICY_UUID) ON DELETE CASCADE
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 2. create table AM_APP_REVOKED_EVENT
CREATE TABLE AM_APP_REVOKED_EVENT (
    CONSUMER_KEY VARCHAR(255) NOT NULL,
    TIME_REVOKED DATETIME NOT NULL,
    ORGANIZATION VARCHAR(100) NOT NULL,
    PRIMARY KEY (CONSUMER_KEY, ORGANIZATION)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 3. create table AM_GATEWAY_POLICY_METADATA
CREATE TABLE AM_GATEWAY_POLICY_METADATA (
    GLOBAL_POLICY_MAPPING_UUID VARCHAR(45) NOT NULL,
    DISPLAY_NAME VARCHAR(255) NULL,
    DESCRIPTION VARCHAR(1023) NULL,
    ORGANIZATION VARCHAR(100) NOT NULL,
    PRIMARY KEY (GLOBAL_POLICY_MAPPING_UUID)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 4. create table AM_GATEWAY_POLICY_DEPLOYMENT
CREATE TABLE AM_GATEWAY_POLICY_DEPLOYMENT (
    GATEWAY_LABEL VARCHAR(255) NOT NULL,
    GLOBAL_POLICY_MAPPING_UUID VARCHAR(45) NOT NULL,
    ORGANIZATION VARCHAR(100) NOT NULL,
    PRIMARY KEY (ORGANIZATION, GATEWAY_LABEL),
    FOREIGN KEY (GLOBAL_POLICY_MAPPING_UUID) REFERENCES AM_GATEWAY_POLICY_METADATA (GLOBAL_POLICY_MAPPING_UUID)
        ON UPDATE CASCADE
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 5. create table AM_GATEWAY_POLICY_MAPPING
CREATE TABLE AM_GATEWAY_POLICY_MAPPING (
    POLICY_TO_FLOW_INFO_MAPPING_ID INTEGER IDENTITY(1,1) NOT NULL,
    GLOBAL_POLICY_MAPPING_UUID VARCHAR(45) NOT NULL,
    POLICY_UUID VARCHAR(45) NOT NULL,
    POLICY_ORDER INTEGER NOT NULL,
    DIRECTION VARCHAR(10) NOT NULL,
    PARAMETERS VARCHAR(1024) NOT NULL,
    PRIMARY KEY (POLICY_TO_FLOW_INFO_MAPPING_ID),
    FOREIGN KEY (POLICY_UUID) REFERENCES AM_OPERATION_POLICY (POLICY_UUID) ON UPDATE CASCADE,
    FOREIGN KEY (GLOBAL_POLICY_MAPPING_UUID) REFERENCES AM_GATEWAY_POLICY_METADATA (GLOBAL_POLICY_MAPPING_UUID)
        ON DELETE CASCADE ON UPDATE CASCADE
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 6. create table AM_KEY_MANAGER_PERMISSIONS
CREATE TABLE AM_KEY_MANAGER_PERMISSIONS (
    KEY_MANAGER_UUID VARCHAR(50) NOT NULL,
    PERMISSIONS_TYPE VARCHAR(50) NOT NULL,
    ROLE VARCHAR(255) NOT NULL,
    PRIMARY KEY (KEY_MANAGER_UUID, ROLE),
    FOREIGN KEY (KEY_MANAGER_UUID) REFERENCES AM_KEY_MANAGER (UUID) ON DELETE CASCADE
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 7. create table AM_SUBJECT_ENTITY_REVOKED_EVENT
CREATE TABLE AM_SUBJECT_ENTITY_REVOKED_EVENT (
    ENTITY_ID VARCHAR(255) NOT NULL,
    ENTITY_TYPE VARCHAR(100) NOT NULL,
    TIME_REVOKED DATETIME NOT NULL,
    ORGANIZATION VARCHAR(100) NOT NULL,
    PRIMARY KEY (ENTITY_ID, ENTITY_TYPE, ORGANIZATION)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 8. create table IDN_APP_REVOKED_EVENT
CREATE TABLE IDN_APP_REVOKED_EVENT (
    EVENT_ID VARCHAR(255) NOT NULL,
    CONSUMER_KEY VARCHAR(255) NOT NULL,
    TIME_REVOKED DATETIME NOT NULL,
    ORGANIZATION VARCHAR(100) NULL,
    PRIMARY KEY (EVENT_ID),
    CONSTRAINT CON_APP_EVT_KEY UNIQUE (CONSUMER_KEY, ORGANIZATION)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 9. create table IDN_INVALID_TOKENS
CREATE TABLE IDN_INVALID_TOKENS (
    UUID VARCHAR(255) NOT NULL,
    TOKEN_IDENTIFIER VARCHAR(2048) NOT NULL,
    CONSUMER_KEY VARCHAR(255) NOT NULL,
    TIME_CREATED DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    EXPIRY_TIMESTAMP DATETIME NOT NULL,
    PRIMARY KEY (UUID)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 10. create table IDN_SUBJECT_ENTITY_REVOKED_EVENT
CREATE TABLE IDN_SUBJECT_ENTITY_REVOKED_EVENT (
    EVENT_ID VARCHAR(255) NOT NULL,
    ENTITY_ID VARCHAR(255) NOT NULL,
    ENTITY_TYPE VARCHAR(100) NOT NULL,
    TIME_REVOKED DATETIME NOT NULL,
    ORGANIZATION VARCHAR(100) NULL,
    PRIMARY KEY (EVENT_ID),
    CONSTRAINT CON_SUB_EVT_KEY UNIQUE (ENTITY_ID, ENTITY_TYPE, ORGANIZATION)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 11. add column AM_API_URL_MAPPING.LOG_LEVEL
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_URL_MAPPING ADD LOG_LEVEL VARCHAR(255) NULL DEFAULT 'OFF' WITH VALUES;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 12. add column AM_DEPLOYMENT_REVISION_MAPPING.REVISION_STATUS
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_DEPLOYMENT_REVISION_MAPPING ADD REVISION_STATUS VARCHAR(255) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 13. add column AM_GATEWAY_ENVIRONMENT.TYPE
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_GATEWAY_ENVIRONMENT ADD TYPE VARCHAR(255) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 14. add column AM_GATEWAY_ENVIRONMENT.GATEWAY_TYPE
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_GATEWAY_ENVIRONMENT ADD GATEWAY_TYPE VARCHAR(255) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 15. add column AM_GATEWAY_ENVIRONMENT.GATEWAY_TYPE
--    writes every row anew; lock Sch-M blocks reads and writes
UPDATE AM_GATEWAY_ENVIRONMENT SET GATEWAY_TYPE = 'Regular' WHERE GATEWAY_TYPE IS NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 16. add column AM_GATEWAY_ENVIRONMENT.GATEWAY_TYPE
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_GATEWAY_ENVIRONMENT ALTER COLUMN GATEWAY_TYPE VARCHAR(255) NOT NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 17. add column AM_POLICY_APPLICATION.RATE_LIMIT_COUNT
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_POLICY_APPLICATION ADD RATE_LIMIT_COUNT INTEGER NULL DEFAULT 0 WITH VALUES;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 18. add column AM_POLICY_APPLICATION.RATE_LIMIT_TIME_UNIT
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_POLICY_APPLICATION ADD RATE_LIMIT_TIME_UNIT VARCHAR(25) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- the stamp
DELETE FROM alembic_version_apim;
INSERT INTO alembic_version_apim (version_num) VALUES ('4.3.0');
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=CONVERT(DATETIME,
    CONVERT(DATETIME2(0), SYSUTCDATETIME())) WHERE apim_schema_history.database_name = 'apim'
    AND apim_schema_history.to_release = '4.3.0' AND apim_schema_history.outcome = 'started';
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
COMMIT;
GO
SET NOEXEC OFF;
IF XACT_STATE() <> 0 ROLLBACK;
GO
