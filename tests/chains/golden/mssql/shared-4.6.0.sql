
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       sqlcmd -b -x -S SERVER -d shared_db -i upgrade.sql
--   It checks first that the database is 4.5.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on SQL Server 2022; apim-schema plan says it for your server, with sizes and times. Locks are
--   held until the end of the script.

-- IF IT STOPS
--   All of it is one transaction: after an error, or when the connection is lost, the server rolls back and the
--   database is as before. Mend the cause and run the script again.

-- THE WAY BACK
--   After the COMMIT: put the backup back.
--   Or apim-schema downgrade 4.5.0 leads back by the inverse of each statement. It refuses, by name, where the
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

-- ==== checks: is this shared 4.5.0, and would every row survive?

-- ==== the stamp, and this run in the history
IF OBJECT_ID(N'alembic_version_shared') IS NULL
    CREATE TABLE alembic_version_shared (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM alembic_version_shared WHERE version_num NOT IN ('4.5.0'))
    THROW 50000, N'shared is not stamped 4.5.0: nothing was changed', 1;
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
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.5.0' AS from_release, '4.6.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared, CONVERT(DATETIME,
    CONVERT(DATETIME2(0), SYSUTCDATETIME())) AS started_at, SUSER_SNAME() AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'shared'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'shared' AND same.to_release = '4.6.0' AND same.outcome = 'started'));
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== 4.6.0: 0 statements

-- the stamp
DELETE FROM alembic_version_shared;
INSERT INTO alembic_version_shared (version_num) VALUES ('4.6.0');
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=CONVERT(DATETIME,
    CONVERT(DATETIME2(0), SYSUTCDATETIME())) WHERE apim_schema_history.database_name = 'shared'
    AND apim_schema_history.to_release = '4.6.0' AND apim_schema_history.outcome = 'started';
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
COMMIT;
GO
SET NOEXEC OFF;
IF XACT_STATE() <> 0 ROLLBACK;
GO
