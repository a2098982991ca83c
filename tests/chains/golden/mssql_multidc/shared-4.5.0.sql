
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       sqlcmd -b -x -S SERVER -d shared_db -i upgrade.sql
--   It checks first that the database is 4.4.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on SQL Server 2022; apim-schema plan says it for your server, with sizes and times. Locks are
--   held until the end of the script.
--   REG_RESOURCE_PROPERTY  builds an index; lock S blocks writes

-- IF IT STOPS
--   All of it is one transaction: after an error, or when the connection is lost, the server rolls back and the
--   database is as before. Mend the cause and run the script again.

-- THE WAY BACK
--   After the COMMIT: put the backup back.
--   Or apim-schema downgrade 4.4.0 leads back by the inverse of each statement. It refuses, by name, where the
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

-- ==== checks: is this shared 4.4.0, and would every row survive?
IF EXISTS (SELECT 1 FROM (VALUES ('REG_RESOURCE_PROPERTY', 'REG_TENANT_ID')) AS w (t, c)
    WHERE NOT EXISTS (SELECT 1 FROM sys.tables t JOIN sys.columns c ON c.object_id = t.object_id
    WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) = w.t AND UPPER(c.name) = w.c))
    THROW 50000, N'shared is not 4.4.0: a column is missing', 1;
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
        FROM (VALUES (N'REG_RESOURCE_PROPERTY', N'REG_RESOURCE_PROPERTY_ID')) w (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        WHERE t.temporal_type <> 0
    ) q
) f);
IF @said IS NOT NULL
    THROW 50000, @said, 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM REG_RESOURCE_PROPERTY t WHERE ISNULL(DATALENGTH(t.REG_TENANT_ID),
    0) + ISNULL(DATALENGTH(t.REG_PROPERTY_ID), 0) > 1700)
    THROW 50000,
        N'REG_RESOURCE_PROPERTY: over 1700 bytes in (REG_TENANT_ID, REG_PROPERTY_ID), too long for REG_RESOURCE_PROPERTY_IND_BY_REG_PROP_ID',
        1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== the stamp, and this run in the history
IF OBJECT_ID(N'alembic_version_shared') IS NULL
    CREATE TABLE alembic_version_shared (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM alembic_version_shared WHERE version_num NOT IN ('4.4.0'))
    THROW 50000, N'shared is not stamped 4.4.0: nothing was changed', 1;
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
    planned, rows_compared, started_at, done_by, tool_version) SELECT 'shared' AS database_name,
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.4.0' AS from_release, '4.5.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared, CONVERT(DATETIME,
    CONVERT(DATETIME2(0), SYSUTCDATETIME())) AS started_at, SUSER_SNAME() AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'shared'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'shared' AND same.to_release = '4.5.0' AND same.outcome = 'started'));
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== 4.5.0: 1 statement

-- 1. create index REG_RESOURCE_PROPERTY_IND_BY_REG_PROP_ID on REG_RESOURCE_PROPERTY
--    builds an index; lock S blocks writes
CREATE INDEX REG_RESOURCE_PROPERTY_IND_BY_REG_PROP_ID ON REG_RESOURCE_PROPERTY (REG_TENANT_ID, REG_PROPERTY_ID);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- the stamp
DELETE FROM alembic_version_shared;
INSERT INTO alembic_version_shared (version_num) VALUES ('4.5.0');
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=CONVERT(DATETIME,
    CONVERT(DATETIME2(0), SYSUTCDATETIME())) WHERE apim_schema_history.database_name = 'shared'
    AND apim_schema_history.to_release = '4.5.0' AND apim_schema_history.outcome = 'started';
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
COMMIT;
GO
SET NOEXEC OFF;
IF XACT_STATE() <> 0 ROLLBACK;
GO
