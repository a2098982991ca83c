
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       sqlcmd -b -x -S SERVER -d apim_db -i upgrade.sql
--   It checks first that the database is 4.3.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on SQL Server 2022; apim-schema plan says it for your server, with sizes and times. Locks are
--   held until the end of the script.
--   AM_API                     writes every row anew; lock Sch-M blocks reads and writes
--   AM_API_CLIENT_CERTIFICATE  writes every row anew; lock Sch-M blocks reads and writes
--   IDN_INVALID_TOKENS         builds an index; lock S blocks writes
--   for a moment: AM_API_SERVICE_MAPPING, AM_OPERATION_POLICY, AM_OPERATION_POLICY_DEFINITION,
--   AM_POLICY_SUBSCRIPTION, AM_SERVICE_CATALOG

-- IF IT STOPS
--   All of it is one transaction: after an error, or when the connection is lost, the server rolls back and the
--   database is as before. Mend the cause and run the script again.

-- THE WAY BACK
--   After the COMMIT: put the backup back.
--   Or apim-schema downgrade 4.3.0 leads back by the inverse of each statement. It refuses, by name, where the
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

-- ==== checks: is this apim 4.3.0, and would every row survive?
IF EXISTS (SELECT 1 FROM (VALUES ('AM_API', 'LOG_LEVEL'), ('AM_API_CLIENT_CERTIFICATE', 'REVISION_UUID'),
    ('AM_API_POLICY_MAPPING', 'PARAMETERS'), ('AM_API_SERVICE_MAPPING', 'TENANT_ID'),
    ('AM_API_URL_MAPPING', 'LOG_LEVEL'), ('AM_APP_REVOKED_EVENT', 'ORGANIZATION'),
    ('AM_DEPLOYMENT_REVISION_MAPPING', 'REVISION_STATUS'), ('AM_GATEWAY_ENVIRONMENT', 'GATEWAY_TYPE'),
    ('AM_GATEWAY_ENVIRONMENT', 'TYPE'), ('AM_GATEWAY_POLICY_DEPLOYMENT', 'ORGANIZATION'),
    ('AM_GATEWAY_POLICY_MAPPING', 'PARAMETERS'), ('AM_GATEWAY_POLICY_METADATA', 'ORGANIZATION'),
    ('AM_KEY_MANAGER_PERMISSIONS', 'ROLE'), ('AM_OPERATION_POLICY', 'POLICY_MD5'),
    ('AM_OPERATION_POLICY_DEFINITION', 'DEFINITION_MD5'), ('AM_POLICY_APPLICATION', 'RATE_LIMIT_COUNT'),
    ('AM_POLICY_APPLICATION', 'RATE_LIMIT_TIME_UNIT'), ('AM_POLICY_SUBSCRIPTION', 'CONNECTIONS_COUNT'),
    ('AM_SERVICE_CATALOG', 'SERVICE_DEFINITION'), ('AM_SUBJECT_ENTITY_REVOKED_EVENT', 'ORGANIZATION'),
    ('IDN_APP_REVOKED_EVENT', 'ORGANIZATION'), ('IDN_INVALID_TOKENS', 'EXPIRY_TIMESTAMP'),
    ('IDN_SUBJECT_ENTITY_REVOKED_EVENT', 'ORGANIZATION')) AS w (t, c) WHERE NOT EXISTS (SELECT 1 FROM sys.tables t
    JOIN sys.columns c ON c.object_id = t.object_id WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) = w.t
    AND UPPER(c.name) = w.c))
    THROW 50000, N'apim is not 4.3.0: a column is missing', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM (VALUES ('ALEMBIC_VERSION_APIM', 'VERSION_NUM')) AS w (t, c)
    WHERE NOT EXISTS (SELECT 1 FROM sys.tables t JOIN sys.columns c ON c.object_id = t.object_id
    WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) = w.t AND UPPER(c.name) = w.c))
    AND NOT EXISTS (SELECT 1 FROM (VALUES ('AM_API', 'API_SUBTYPE'), ('AM_API', 'IS_EGRESS'),
    ('AM_API', 'SUB_VALIDATION'), ('AM_API_AI_CONFIGURATION', 'LLM_PROVIDER_UUID'),
    ('AM_API_CLIENT_CERTIFICATE', 'KEY_TYPE'), ('AM_API_SEQUENCE_BACKEND', 'TYPE'),
    ('AM_LLM_PROVIDER', 'API_DEFINITION'), ('AM_POLICY_SUBSCRIPTION', 'COMPLETION_TOKEN_COUNT'),
    ('AM_POLICY_SUBSCRIPTION', 'PROMPT_TOKEN_COUNT'), ('AM_POLICY_SUBSCRIPTION', 'TOTAL_TOKEN_COUNT'),
    ('AM_TRANSACTION_RECORDS', 'RECORDED_TIME')) AS w (t, c) WHERE NOT EXISTS (SELECT 1 FROM sys.tables t
    JOIN sys.columns c ON c.object_id = t.object_id WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) = w.t
    AND UPPER(c.name) = w.c))
    THROW 50000, N'apim is newer than 4.3.0 and has no stamp: nothing was changed', 1;
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
        FROM (VALUES (N'AM_API', N'API_ID'), (N'AM_API_CLIENT_CERTIFICATE', N'TENANT_ID'),
            (N'AM_API_SERVICE_MAPPING', N'API_ID'), (N'AM_OPERATION_POLICY', N'POLICY_UUID'),
            (N'AM_OPERATION_POLICY_DEFINITION', N'DEFINITION_ID'), (N'AM_POLICY_SUBSCRIPTION', N'POLICY_ID'),
            (N'AM_SERVICE_CATALOG', N'UUID'), (N'IDN_INVALID_TOKENS', N'UUID')) w (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        WHERE t.temporal_type <> 0
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': the index or key ' + q.name + N' is partitioned, and would not be so any more; make it again without partitions before, or change this table by hand' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, c.name AS column_name, i.name AS name
        FROM (VALUES (N'AM_API_CLIENT_CERTIFICATE', N'ALIAS'), (N'AM_API_CLIENT_CERTIFICATE', N'REMOVED'),
            (N'AM_API_CLIENT_CERTIFICATE', N'REVISION_UUID'), (N'AM_API_CLIENT_CERTIFICATE', N'TENANT_ID')) w
            (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        JOIN sys.index_columns x ON x.object_id = t.object_id AND x.column_id = c.column_id
        JOIN sys.indexes i ON i.object_id = x.object_id AND i.index_id = x.index_id
        JOIN sys.data_spaces s ON s.data_space_id = i.data_space_id AND s.type = 'PS'
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': ' + q.column_name + N' has a mask, ' + q.name + N', which the change would not keep; ALTER COLUMN ... DROP MASKED before, and ADD MASKED after the upgrade' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, c.name AS column_name, m.masking_function AS name
        FROM (VALUES (N'AM_API_SERVICE_MAPPING', N'MD5'), (N'AM_OPERATION_POLICY', N'POLICY_MD5'),
            (N'AM_OPERATION_POLICY_DEFINITION', N'DEFINITION_MD5'), (N'AM_SERVICE_CATALOG', N'MD5')) w
            (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        JOIN sys.masked_columns m ON m.object_id = c.object_id AND m.column_id = c.column_id AND m.is_masked = 1
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': the key ' + q.name + N' has options, which a script does not keep; use apim-schema upgrade, which keeps them' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, c.name AS column_name, i.name AS name
        FROM (VALUES (N'AM_API_CLIENT_CERTIFICATE', N'ALIAS'), (N'AM_API_CLIENT_CERTIFICATE', N'REMOVED'),
            (N'AM_API_CLIENT_CERTIFICATE', N'REVISION_UUID'), (N'AM_API_CLIENT_CERTIFICATE', N'TENANT_ID')) w
            (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        JOIN sys.index_columns x ON x.object_id = t.object_id AND x.column_id = c.column_id
        JOIN sys.indexes i ON i.object_id = x.object_id AND i.index_id = x.index_id AND i.is_primary_key = 1
        JOIN sys.data_spaces s ON s.data_space_id = i.data_space_id
        JOIN sys.partitions p ON p.object_id = i.object_id AND p.index_id = i.index_id
        WHERE NOT (i.type = CASE WHEN i.is_primary_key = 1 THEN 1 ELSE 2 END AND i.fill_factor IN (0, 100)
            AND i.is_padded = 0
        AND i.ignore_dup_key = 0 AND i.allow_row_locks = 1 AND i.allow_page_locks = 1 AND s.is_default = 1
        AND p.data_compression_desc = 'NONE')
    ) q
) f);
IF @said IS NOT NULL
    THROW 50000, @said, 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API_CLIENT_CERTIFICATE t WHERE ISNULL(DATALENGTH(t.ALIAS),
    0) + ISNULL(DATALENGTH(t.TENANT_ID), 0) + ISNULL(DATALENGTH(t.REMOVED), 0) + ISNULL(DATALENGTH(t.REVISION_UUID),
    0) > 900)
    THROW 50000,
        N'AM_API_CLIENT_CERTIFICATE: over 900 bytes in (ALIAS, TENANT_ID, REMOVED, REVISION_UUID), too long for the primary key',
        1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM IDN_INVALID_TOKENS t WHERE ISNULL(DATALENGTH(t.TOKEN_IDENTIFIER),
    0) + ISNULL(DATALENGTH(t.CONSUMER_KEY), 0) > 1700)
    THROW 50000,
        N'IDN_INVALID_TOKENS: over 1700 bytes in (TOKEN_IDENTIFIER, CONSUMER_KEY), too long for IDX_IAT_TI_CK', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== the stamp, and this run in the history
IF OBJECT_ID(N'alembic_version_apim') IS NULL
    CREATE TABLE alembic_version_apim (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM alembic_version_apim WHERE version_num NOT IN ('4.3.0'))
    THROW 50000, N'apim is not stamped 4.3.0: nothing was changed', 1;
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
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.3.0' AS from_release, '4.4.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared, CONVERT(DATETIME,
    CONVERT(DATETIME2(0), SYSUTCDATETIME())) AS started_at, SUSER_SNAME() AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'apim' AND same.to_release = '4.4.0' AND same.outcome = 'started'));
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== 4.4.0: 18 statements

-- 1. create table AM_LLM_PROVIDER
CREATE TABLE AM_LLM_PROVIDER (
    UUID VARCHAR(255) NOT NULL,
    NAME VARCHAR(255) NOT NULL,
    API_VERSION VARCHAR(50) NOT NULL,
    ORGANIZATION VARCHAR(255) NOT NULL,
    BUILT_IN_SUPPORT VARCHAR(5) NOT NULL,
    DESCRIPTION VARCHAR(1023) NULL,
    CONFIGURATIONS VARBINARY(MAX) NOT NULL,
    API_DEFINITION VARBINARY(MAX) NOT NULL,
    PRIMARY KEY (UUID),
    UNIQUE (NAME, API_VERSION, ORGANIZATION)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 2. create table AM_API_AI_CONFIGURATION
CREATE TABLE AM_API_AI_CONFIGURATION (
    AI_CONFIGURATION_UUID VARCHAR(255) NOT NULL,
    API_UUID VARCHAR(256) NOT NULL,
    API_REVISION_UUID VARCHAR(255) NULL,
    LLM_PROVIDER_UUID VARCHAR(255) NOT NULL,
    PRIMARY KEY (AI_CONFIGURATION_UUID),
    FOREIGN KEY (API_UUID) REFERENCES AM_API (API_UUID),
    FOREIGN KEY (LLM_PROVIDER_UUID) REFERENCES AM_LLM_PROVIDER (UUID)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 3. create table AM_API_SEQUENCE_BACKEND
CREATE TABLE AM_API_SEQUENCE_BACKEND (
    ID VARCHAR(60) NOT NULL,
    API_UUID VARCHAR(256) NOT NULL,
    REVISION_UUID VARCHAR(256) NOT NULL DEFAULT '0',
    SEQUENCE VARBINARY(MAX) NOT NULL,
    NAME VARCHAR(256) NOT NULL,
    TYPE VARCHAR(120) NOT NULL,
    PRIMARY KEY (ID, API_UUID, REVISION_UUID, TYPE),
    FOREIGN KEY (API_UUID) REFERENCES AM_API (API_UUID) ON DELETE CASCADE
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 4. create table AM_TRANSACTION_RECORDS
CREATE TABLE AM_TRANSACTION_RECORDS (
    ID VARCHAR(255) NOT NULL,
    HOST VARCHAR(255) NULL,
    SERVER_ID VARCHAR(255) NULL,
    SERVER_TYPE VARCHAR(20) NULL,
    COUNT INTEGER NOT NULL,
    RECORDED_TIME DATETIME NOT NULL,
    PRIMARY KEY (ID)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 5. add column AM_API.API_SUBTYPE
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_API ADD API_SUBTYPE VARCHAR(10) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 6. add column AM_API.IS_EGRESS
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API ADD IS_EGRESS INTEGER NULL DEFAULT 0 WITH VALUES;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 7. add column AM_API.SUB_VALIDATION
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API ADD SUB_VALIDATION VARCHAR(10) NULL DEFAULT 'ENABLED' WITH VALUES;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 8. add column AM_API_CLIENT_CERTIFICATE.KEY_TYPE
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_CLIENT_CERTIFICATE ADD KEY_TYPE VARCHAR(20) NOT NULL DEFAULT 'PRODUCTION';
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 9. add column AM_POLICY_SUBSCRIPTION.TOTAL_TOKEN_COUNT
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_POLICY_SUBSCRIPTION ADD TOTAL_TOKEN_COUNT BIGINT NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 10. add column AM_POLICY_SUBSCRIPTION.PROMPT_TOKEN_COUNT
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_POLICY_SUBSCRIPTION ADD PROMPT_TOKEN_COUNT BIGINT NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 11. add column AM_POLICY_SUBSCRIPTION.COMPLETION_TOKEN_COUNT
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_POLICY_SUBSCRIPTION ADD COMPLETION_TOKEN_COUNT BIGINT NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 12. replace primary key of AM_API_CLIENT_CERTIFICATE by (ALIAS, TENANT_ID, KEY_TYPE, REMOVED, REVISION_UUID)
--    writes every row anew; lock Sch-M blocks reads and writes
DECLARE @drop NVARCHAR(MAX) = (
    SELECT N'ALTER TABLE AM_API_CLIENT_CERTIFICATE DROP CONSTRAINT ' + QUOTENAME(k.name)
    FROM sys.indexes k
    WHERE k.object_id = OBJECT_ID(N'AM_API_CLIENT_CERTIFICATE') AND k.is_primary_key = 1 AND (
        SELECT SUM(CASE WHEN c.key_ordinal = 1 AND COL_NAME(c.object_id, c.column_id) = N'ALIAS'
            OR c.key_ordinal = 2 AND COL_NAME(c.object_id, c.column_id) = N'TENANT_ID' OR c.key_ordinal = 3
            AND COL_NAME(c.object_id, c.column_id) = N'REMOVED' OR c.key_ordinal = 4
            AND COL_NAME(c.object_id, c.column_id) = N'REVISION_UUID' THEN 1 ELSE -1 END)
        FROM sys.index_columns c
        WHERE c.object_id = k.object_id AND c.index_id = k.index_id AND c.key_ordinal > 0
    ) = 4
);
IF @drop IS NULL
    THROW 50000, N'AM_API_CLIENT_CERTIFICATE has no primary key (ALIAS, TENANT_ID, REMOVED, REVISION_UUID)', 1;
EXEC (@drop);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 13. replace primary key of AM_API_CLIENT_CERTIFICATE by (ALIAS, TENANT_ID, KEY_TYPE, REMOVED, REVISION_UUID)
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_CLIENT_CERTIFICATE ADD PRIMARY KEY (ALIAS, TENANT_ID, KEY_TYPE, REMOVED, REVISION_UUID);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 14. alter column AM_API_SERVICE_MAPPING.MD5 to VARCHAR(512)
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_SERVICE_MAPPING ALTER COLUMN MD5 VARCHAR(512) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 15. alter column AM_OPERATION_POLICY.POLICY_MD5 to VARCHAR(512)
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_OPERATION_POLICY ALTER COLUMN POLICY_MD5 VARCHAR(512) NOT NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 16. alter column AM_OPERATION_POLICY_DEFINITION.DEFINITION_MD5 to VARCHAR(512)
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_OPERATION_POLICY_DEFINITION ALTER COLUMN DEFINITION_MD5 VARCHAR(512) NOT NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 17. alter column AM_SERVICE_CATALOG.MD5 to VARCHAR(512)
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_SERVICE_CATALOG ALTER COLUMN MD5 VARCHAR(512) NOT NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 18. create index IDX_IAT_TI_CK on IDN_INVALID_TOKENS
--    builds an index; lock S blocks writes
CREATE INDEX IDX_IAT_TI_CK ON IDN_INVALID_TOKENS (TOKEN_IDENTIFIER, CONSUMER_KEY);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- the stamp
DELETE FROM alembic_version_apim;
INSERT INTO alembic_version_apim (version_num) VALUES ('4.4.0');
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=CONVERT(DATETIME,
    CONVERT(DATETIME2(0), SYSUTCDATETIME())) WHERE apim_schema_history.database_name = 'apim'
    AND apim_schema_history.to_release = '4.4.0' AND apim_schema_history.outcome = 'started';
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
COMMIT;
GO
SET NOEXEC OFF;
IF XACT_STATE() <> 0 ROLLBACK;
GO
