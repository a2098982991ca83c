
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       sqlcmd -b -x -S SERVER -d apim_db -i upgrade.sql
--   It checks first that the database is 4.6.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on SQL Server 2022; apim-schema plan says it for your server, with sizes and times. Locks are
--   held until the end of the script.
--   AM_GW_API_ARTIFACTS  reads every row; lock Sch-M blocks reads and writes
--   for a moment: AM_GW_INSTANCES

-- IF IT STOPS
--   All of it is one transaction: after an error, or when the connection is lost, the server rolls back and the
--   database is as before. Mend the cause and run the script again.

-- THE WAY BACK
--   After the COMMIT: put the backup back.
--   Or apim-schema downgrade 4.6.0 leads back by the inverse of each statement. It refuses, by name, where the
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

-- ==== checks: is this apim 4.6.0, and would every row survive?
IF EXISTS (SELECT 1 FROM (VALUES ('AM_API', 'API_DISPLAY_NAME'), ('AM_API', 'INITIATED_FROM_GW'),
    ('AM_API_METADATA', 'METADATA_VALUE'), ('AM_API_OPERATION_MAPPING', 'REF_URL_MAPPING_ID'),
    ('AM_API_PRIMARY_EP_MAPPING', 'REVISION_UUID'), ('AM_API_URL_MAPPING', 'DESCRIPTION'),
    ('AM_API_URL_MAPPING', 'SCHEMA_DEFINITION'), ('AM_BACKEND', 'ORGANIZATION'),
    ('AM_BACKEND_OPERATION_MAPPING', 'VERB'), ('AM_GATEWAY_ENVIRONMENT', 'ENV_MODE'),
    ('AM_GATEWAY_ENVIRONMENT', 'SCHEDULED_TIME'), ('AM_GW_API_ARTIFACTS', 'TIME_STAMP'),
    ('AM_GW_INSTANCES', 'GW_PROPERTIES'), ('AM_GW_INSTANCE_ENV_MAPPING', 'ENV_LABEL'),
    ('AM_GW_REVISION_DEPLOYMENT', 'LAST_UPDATED'), ('AM_LLM_PROVIDER', 'MODEL_FAMILY_SUPPORTED'),
    ('AM_LLM_PROVIDER_MODEL', 'MODEL_FAMILY_NAME'), ('AM_TASK_LOCK', 'NODE_ID')) AS w (t, c)
    WHERE NOT EXISTS (SELECT 1 FROM sys.tables t JOIN sys.columns c ON c.object_id = t.object_id
    WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) = w.t AND UPPER(c.name) = w.c))
    THROW 50000, N'apim is not 4.6.0: a column is missing', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM (VALUES ('ALEMBIC_VERSION_APIM', 'VERSION_NUM')) AS w (t, c)
    WHERE NOT EXISTS (SELECT 1 FROM sys.tables t JOIN sys.columns c ON c.object_id = t.object_id
    WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) = w.t AND UPPER(c.name) = w.c))
    AND NOT EXISTS (SELECT 1 FROM (VALUES ('AM_API_KEY', 'STATUS'), ('AM_API_KEY_API_MAPPING', 'API_UUID'),
    ('AM_API_KEY_APPLICATION_MAPPING', 'APPLICATION_UUID'), ('AM_GATEWAY_TOKEN', 'REVOKED_AT'),
    ('AM_GW_PLATFORM_API_ARTIFACTS', 'TIME_STAMP'), ('AM_GW_PLATFORM_EVENT', 'CLAIMED_BY'),
    ('IDN_OAUTH_CONSUMER_SECRETS', 'EXPIRY_TIME')) AS w (t, c) WHERE NOT EXISTS (SELECT 1 FROM sys.tables t
    JOIN sys.columns c ON c.object_id = t.object_id WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) = w.t
    AND UPPER(c.name) = w.c))
    THROW 50000, N'apim is newer than 4.6.0 and has no stamp: nothing was changed', 1;
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
        FROM (VALUES (N'AM_GW_API_ARTIFACTS', N'API_ID'), (N'AM_GW_INSTANCES', N'GATEWAY_ID')) w
            (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        WHERE t.temporal_type <> 0
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': ' + q.column_name + N' has a mask, ' + q.name + N', which the change would not keep; ALTER COLUMN ... DROP MASKED before, and ADD MASKED after the upgrade' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, c.name AS column_name, m.masking_function AS name
        FROM (VALUES (N'AM_GW_INSTANCES', N'GW_PROPERTIES')) w (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        JOIN sys.masked_columns m ON m.object_id = c.object_id AND m.column_id = c.column_id AND m.is_masked = 1
    ) q
) f);
IF @said IS NOT NULL
    THROW 50000, @said, 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_GW_API_ARTIFACTS t WHERE t.API_ID IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM AM_GW_PUBLISHED_API_DETAILS p WHERE p.API_ID = t.API_ID))
    THROW 50000, N'AM_GW_API_ARTIFACTS: (API_ID) points to no row of AM_GW_PUBLISHED_API_DETAILS', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== the stamp, and this run in the history
IF OBJECT_ID(N'alembic_version_apim') IS NULL
    CREATE TABLE alembic_version_apim (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM alembic_version_apim WHERE version_num NOT IN ('4.6.0'))
    THROW 50000, N'apim is not stamped 4.6.0: nothing was changed', 1;
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
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.6.0' AS from_release, '4.7.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared, CONVERT(DATETIME,
    CONVERT(DATETIME2(0), SYSUTCDATETIME())) AS started_at, SUSER_SNAME() AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'apim' AND same.to_release = '4.7.0' AND same.outcome = 'started'));
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== 4.7.0: 14 statements

-- 1. create table AM_API_KEY
CREATE TABLE AM_API_KEY (
    API_KEY_UUID VARCHAR(64) NOT NULL,
    NAME VARCHAR(512) NOT NULL,
    API_KEY_HASH VARCHAR(512) NOT NULL,
    KEY_TYPE VARCHAR(100) NULL,
    API_KEY_PROPERTIES VARBINARY(MAX) NULL,
    AUTHZ_USER VARCHAR(512) NULL,
    TIME_CREATED DATETIME2(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    VALIDITY_PERIOD BIGINT NULL,
    LAST_USED DATETIME2(6) NULL,
    STATUS VARCHAR(100) NOT NULL DEFAULT 'ACTIVE',
    PRIMARY KEY (API_KEY_UUID),
    UNIQUE (API_KEY_HASH)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 2. create table AM_API_KEY_API_MAPPING
CREATE TABLE AM_API_KEY_API_MAPPING (
    API_KEY_UUID VARCHAR(64) NOT NULL,
    API_UUID VARCHAR(256) NOT NULL,
    PRIMARY KEY (API_KEY_UUID, API_UUID),
    FOREIGN KEY (API_KEY_UUID) REFERENCES AM_API_KEY (API_KEY_UUID),
    FOREIGN KEY (API_UUID) REFERENCES AM_API (API_UUID)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 3. create table AM_API_KEY_APPLICATION_MAPPING
CREATE TABLE AM_API_KEY_APPLICATION_MAPPING (
    API_KEY_UUID VARCHAR(64) NOT NULL,
    APPLICATION_UUID VARCHAR(256) NOT NULL,
    PRIMARY KEY (API_KEY_UUID, APPLICATION_UUID),
    FOREIGN KEY (API_KEY_UUID) REFERENCES AM_API_KEY (API_KEY_UUID),
    FOREIGN KEY (APPLICATION_UUID) REFERENCES AM_APPLICATION (UUID)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 4. create table AM_GATEWAY_TOKEN
CREATE TABLE AM_GATEWAY_TOKEN (
    ID VARCHAR(255) NOT NULL,
    GATEWAY_ID VARCHAR(45) NOT NULL,
    TOKEN_HASH VARCHAR(255) NOT NULL,
    STATUS VARCHAR(50) NOT NULL DEFAULT 'active',
    CREATED_AT DATETIME NOT NULL,
    REVOKED_AT DATETIME NULL,
    PRIMARY KEY (ID),
    FOREIGN KEY (GATEWAY_ID) REFERENCES AM_GATEWAY_ENVIRONMENT (UUID) ON DELETE CASCADE
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 5. create table AM_GATEWAY_TOKEN
CREATE INDEX IDX_APGT_TOKEN_HASH ON AM_GATEWAY_TOKEN (TOKEN_HASH);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 6. create table AM_GW_PLATFORM_API_ARTIFACTS
CREATE TABLE AM_GW_PLATFORM_API_ARTIFACTS (
    API_ID VARCHAR(255) NOT NULL,
    REVISION_ID VARCHAR(255) NOT NULL,
    GATEWAY_ENV_UUID VARCHAR(255) NOT NULL,
    DEPLOYMENT_ID VARCHAR(255) NOT NULL,
    ARTIFACT VARBINARY(MAX) NULL,
    TIME_STAMP DATETIME NOT NULL,
    PRIMARY KEY (DEPLOYMENT_ID),
    UNIQUE (GATEWAY_ENV_UUID, API_ID, REVISION_ID),
    FOREIGN KEY (API_ID) REFERENCES AM_GW_PUBLISHED_API_DETAILS (API_ID)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 7. create table AM_GW_PLATFORM_API_ARTIFACTS
CREATE INDEX IDX_GW_PLATFORM_ARTIFACT_API_ID ON AM_GW_PLATFORM_API_ARTIFACTS (API_ID);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 8. create table AM_GW_PLATFORM_EVENT
CREATE TABLE AM_GW_PLATFORM_EVENT (
    ID VARCHAR(36) NOT NULL,
    GATEWAY_ID VARCHAR(45) NOT NULL,
    EVENT_TYPE VARCHAR(32) NOT NULL,
    PAYLOAD VARBINARY(MAX) NOT NULL,
    CREATED_AT DATETIME2(7) NOT NULL DEFAULT SYSDATETIME(),
    DELIVERED_AT DATETIME2(7) NULL,
    CLAIMED_AT DATETIME2(7) NULL,
    CLAIMED_BY VARCHAR(36) NULL,
    PRIMARY KEY (ID),
    FOREIGN KEY (GATEWAY_ID) REFERENCES AM_GATEWAY_ENVIRONMENT (UUID) ON DELETE CASCADE
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 9. create table AM_GW_PLATFORM_EVENT
CREATE INDEX AM_GW_PLATFORM_EVENT_PENDING ON AM_GW_PLATFORM_EVENT (GATEWAY_ID, DELIVERED_AT);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 10. create table IDN_OAUTH_CONSUMER_SECRETS
CREATE TABLE IDN_OAUTH_CONSUMER_SECRETS (
    ID INTEGER IDENTITY(1,1) NOT NULL,
    SECRET_ID VARCHAR(100) NOT NULL,
    DESCRIPTION VARCHAR(1024) NULL,
    CONSUMER_KEY VARCHAR(255) NOT NULL,
    SECRET_VALUE VARCHAR(2048) NOT NULL,
    SECRET_HASH VARCHAR(512) NOT NULL,
    EXPIRY_TIME BIGINT NULL,
    PRIMARY KEY (ID),
    CONSTRAINT SECRET_ID_CONSTRAINT UNIQUE (SECRET_ID),
    FOREIGN KEY (CONSUMER_KEY) REFERENCES IDN_OAUTH_CONSUMER_APPS (CONSUMER_KEY) ON DELETE CASCADE
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 11. create table IDN_OAUTH_CONSUMER_SECRETS
CREATE INDEX IDX_IDN_OAUTH_CS_CK ON IDN_OAUTH_CONSUMER_SECRETS (CONSUMER_KEY);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 12. replace foreign key of AM_GW_API_ARTIFACTS (API_ID) by one on update cascade
--    reads every row; lock Sch-M blocks reads and writes
DECLARE @drop NVARCHAR(MAX) = (
    SELECT N'ALTER TABLE AM_GW_API_ARTIFACTS DROP CONSTRAINT ' + QUOTENAME(k.name)
    FROM sys.foreign_keys k
    WHERE k.parent_object_id = OBJECT_ID(N'AM_GW_API_ARTIFACTS')
        AND k.referenced_object_id = OBJECT_ID(N'AM_GW_PUBLISHED_API_DETAILS') AND (
        SELECT SUM(CASE WHEN c.constraint_column_id = 1
            AND COL_NAME(c.parent_object_id, c.parent_column_id) = N'API_ID' THEN 1 ELSE -1 END)
        FROM sys.foreign_key_columns c
        WHERE c.constraint_object_id = k.object_id
    ) = 1
);
IF @drop IS NULL
    THROW 50000, N'AM_GW_API_ARTIFACTS has no foreign key (API_ID) to AM_GW_PUBLISHED_API_DETAILS', 1;
EXEC (@drop);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 13. replace foreign key of AM_GW_API_ARTIFACTS (API_ID) by one on update cascade
--    reads every row; lock Sch-M blocks reads and writes
ALTER TABLE AM_GW_API_ARTIFACTS ADD FOREIGN KEY (API_ID) REFERENCES AM_GW_PUBLISHED_API_DETAILS (API_ID) ON UPDATE
    CASCADE;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 14. alter column AM_GW_INSTANCES.GW_PROPERTIES to NULL
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_GW_INSTANCES ALTER COLUMN GW_PROPERTIES VARBINARY(MAX) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- the stamp
DELETE FROM alembic_version_apim;
INSERT INTO alembic_version_apim (version_num) VALUES ('4.7.0');
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=CONVERT(DATETIME,
    CONVERT(DATETIME2(0), SYSUTCDATETIME())) WHERE apim_schema_history.database_name = 'apim'
    AND apim_schema_history.to_release = '4.7.0' AND apim_schema_history.outcome = 'started';
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
COMMIT;
GO
SET NOEXEC OFF;
IF XACT_STATE() <> 0 ROLLBACK;
GO
