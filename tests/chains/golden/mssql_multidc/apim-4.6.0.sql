
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       sqlcmd -b -x -S SERVER -d apim_db -i upgrade.sql
--   It checks first that the database is 4.5.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on SQL Server 2022; apim-schema plan says it for your server, with sizes and times. Locks are
--   held until the end of the script.
--   AM_API                           writes every row anew; lock Sch-M blocks reads and writes
--   AM_API_ENDPOINTS                 writes every row anew; lock Sch-M blocks reads and writes
--   AM_API_OPERATION_POLICY_MAPPING  writes every row anew; lock Sch-M blocks reads and writes
--   AM_API_POLICY_MAPPING            writes every row anew; lock Sch-M blocks reads and writes
--   AM_API_PRIMARY_EP_MAPPING        writes every row anew; lock Sch-M blocks reads and writes
--   AM_APPLICATION_REGISTRATION      writes every row anew; lock Sch-M blocks reads and writes
--   AM_GATEWAY_ENVIRONMENT           writes every row anew; lock Sch-M blocks reads and writes
--   AM_LLM_PROVIDER                  writes every row anew; lock Sch-M blocks reads and writes
--   IDN_INVALID_TOKENS               builds an index; lock S blocks writes
--   for a moment: AM_API_COMMENTS, AM_API_URL_MAPPING, AM_LLM_PROVIDER_MODEL

-- IF IT STOPS
--   All of it is one transaction: after an error, or when the connection is lost, the server rolls back and the
--   database is as before. Mend the cause and run the script again.

-- THE WAY BACK
--   After the COMMIT: put the backup back.
--   Or apim-schema downgrade 4.5.0 leads back by the inverse of each statement. It refuses, by name, where the
--   product has written since what the older release has no place for: rows of new tables, values of new columns,
--   longer values.

-- BEFORE IT RUNS: let these count as this data centre does, from its number and in its step.
--   AM_API_OPERATION_MAPPING
--   AM_BACKEND_OPERATION_MAPPING
--   AM_GW_INSTANCES

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

-- ==== checks: is this apim 4.5.0, and would every row survive?
IF EXISTS (SELECT 1 FROM (VALUES ('AM_API', 'SUB_VALIDATION'), ('AM_API_COMMENTS', 'CATEGORY'),
    ('AM_API_ENDPOINTS', 'ORGANIZATION'), ('AM_API_EXTERNAL_API_MAPPING', 'REFERENCE_ARTIFACT'),
    ('AM_API_LABEL_MAPPING', 'LABEL_UUID'), ('AM_API_OPERATION_POLICY_MAPPING', 'PARAMETERS'),
    ('AM_API_POLICY_MAPPING', 'PARAMETERS'), ('AM_API_PRIMARY_EP_MAPPING', 'ENDPOINT_UUID'),
    ('AM_API_URL_MAPPING', 'LOG_LEVEL'), ('AM_APPLICATION', 'SHARED_ORGANIZATION'),
    ('AM_APPLICATION_REGISTRATION', 'KEY_MANAGER'), ('AM_GATEWAY_ENVIRONMENT', 'CONFIGURATION'),
    ('AM_GATEWAY_PERMISSIONS', 'ROLE'), ('AM_KEY_MANAGER_ALLOWED_ORGS', 'ALLOWED_ORGANIZATIONS'),
    ('AM_LABEL', 'TENANT_DOMAIN'), ('AM_LLM_PROVIDER', 'API_DEFINITION'),
    ('AM_LLM_PROVIDER_MODEL', 'LLM_PROVIDER_UUID'), ('AM_ORGANIZATION_MAPPING', 'ROOT_ORGANIZATION'),
    ('AM_TRANSACTION_RECORDS', 'RECORDED_TIME'), ('GOV_ARTIFACT', 'ORGANIZATION'), ('GOV_POLICY', 'IS_GLOBAL'),
    ('GOV_POLICY_ACTION', 'TYPE'), ('GOV_POLICY_GOVERNABLE_STATE', 'STATE'), ('GOV_POLICY_LABEL', 'LABEL'),
    ('GOV_POLICY_RULESET', 'RULESET_ID'), ('GOV_POLICY_RUN', 'RUN_TIMESTAMP'),
    ('GOV_REQUEST', 'PROCESSING_TIMESTAMP'), ('GOV_REQUEST_POLICY', 'POLICY_ID'),
    ('GOV_RULESET', 'LAST_UPDATED_TIME'), ('GOV_RULESET_CONTENT', 'FILE_NAME'),
    ('GOV_RULESET_RULE', 'RULE_CONTENT'), ('GOV_RULESET_RUN', 'RUN_TIMESTAMP'),
    ('GOV_RULE_VIOLATION', 'VIOLATED_PATH'), ('IDN_INVALID_TOKENS', 'EXPIRY_TIMESTAMP')) AS w (t, c)
    WHERE NOT EXISTS (SELECT 1 FROM sys.tables t JOIN sys.columns c ON c.object_id = t.object_id
    WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) = w.t AND UPPER(c.name) = w.c))
    THROW 50000, N'apim is not 4.5.0: a column is missing', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM (VALUES ('ALEMBIC_VERSION_APIM', 'VERSION_NUM')) AS w (t, c)
    WHERE NOT EXISTS (SELECT 1 FROM sys.tables t JOIN sys.columns c ON c.object_id = t.object_id
    WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) = w.t AND UPPER(c.name) = w.c))
    AND NOT EXISTS (SELECT 1 FROM (VALUES ('AM_API', 'API_DISPLAY_NAME'), ('AM_API', 'INITIATED_FROM_GW'),
    ('AM_API_METADATA', 'METADATA_VALUE'), ('AM_API_OPERATION_MAPPING', 'REF_URL_MAPPING_ID'),
    ('AM_API_PRIMARY_EP_MAPPING', 'REVISION_UUID'), ('AM_API_URL_MAPPING', 'DESCRIPTION'),
    ('AM_API_URL_MAPPING', 'SCHEMA_DEFINITION'), ('AM_ARTIFACT', 'TYPE'), ('AM_BACKEND', 'ORGANIZATION'),
    ('AM_BACKEND_OPERATION_MAPPING', 'VERB'), ('AM_DEVPORTAL_API_CONTENT', 'PUBLISHED_ARTIFACT'),
    ('AM_DEVPORTAL_API_REFERENCE', 'REFERENCE_APIID'), ('AM_DEVPORTAL_ORG_CONTENT', 'PUBLISHED_ARTIFACT'),
    ('AM_GATEWAY_ENVIRONMENT', 'ENV_MODE'), ('AM_GATEWAY_ENVIRONMENT', 'SCHEDULED_TIME'),
    ('AM_GW_INSTANCES', 'GW_PROPERTIES'), ('AM_GW_INSTANCE_ENV_MAPPING', 'ENV_LABEL'),
    ('AM_GW_REVISION_DEPLOYMENT', 'LAST_UPDATED'), ('AM_LLM_PROVIDER', 'MODEL_FAMILY_SUPPORTED'),
    ('AM_LLM_PROVIDER_MODEL', 'MODEL_FAMILY_NAME'), ('AM_TASK_LOCK', 'NODE_ID')) AS w (t, c)
    WHERE NOT EXISTS (SELECT 1 FROM sys.tables t JOIN sys.columns c ON c.object_id = t.object_id
    WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) = w.t AND UPPER(c.name) = w.c))
    THROW 50000, N'apim is newer than 4.5.0 and has no stamp: nothing was changed', 1;
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
        FROM (VALUES (N'AM_API', N'API_ID'), (N'AM_API_COMMENTS', N'COMMENT_ID'),
            (N'AM_API_ENDPOINTS', N'API_UUID'), (N'AM_API_OPERATION_POLICY_MAPPING',
            N'OPERATION_POLICY_MAPPING_ID'), (N'AM_API_POLICY_MAPPING', N'API_POLICY_MAPPING_ID'),
            (N'AM_API_PRIMARY_EP_MAPPING', N'MAPPING_ID'), (N'AM_API_URL_MAPPING', N'URL_MAPPING_ID'),
            (N'AM_APPLICATION_REGISTRATION', N'REG_ID'), (N'AM_GATEWAY_ENVIRONMENT', N'ID'),
            (N'AM_LLM_PROVIDER', N'UUID'), (N'AM_LLM_PROVIDER_MODEL', N'MODEL_ID'),
            (N'IDN_INVALID_TOKENS', N'UUID')) w (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        WHERE t.temporal_type <> 0
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': the index or key ' + q.name + N' is partitioned, and would not be so any more; make it again without partitions before, or change this table by hand' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, c.name AS column_name, i.name AS name
        FROM (VALUES (N'AM_API_ENDPOINTS', N'API_UUID'), (N'AM_API_ENDPOINTS', N'ENDPOINT_NAME'),
            (N'AM_API_ENDPOINTS', N'ENDPOINT_UUID'), (N'AM_API_ENDPOINTS', N'ORGANIZATION'),
            (N'AM_API_ENDPOINTS', N'REVISION_UUID'), (N'AM_LLM_PROVIDER_MODEL', N'LLM_PROVIDER_UUID'),
            (N'AM_LLM_PROVIDER_MODEL', N'MODEL_NAME')) w (table_name, column_name)
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
        FROM (VALUES (N'AM_API', N'API_SUBTYPE'), (N'AM_API_COMMENTS', N'CREATED_BY'),
            (N'AM_API_ENDPOINTS', N'ENDPOINT_UUID'), (N'AM_API_ENDPOINTS', N'REVISION_UUID'),
            (N'AM_API_OPERATION_POLICY_MAPPING', N'PARAMETERS'), (N'AM_API_POLICY_MAPPING', N'PARAMETERS'),
            (N'AM_APPLICATION_REGISTRATION', N'INPUTS')) w (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        JOIN sys.masked_columns m ON m.object_id = c.object_id AND m.column_id = c.column_id AND m.is_masked = 1
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': the trigger ' + q.name + N' fires when ' + q.column_name + N' is converted, and may take its bytes for text afterwards; disable it before; after the upgrade look at what it does, and enable it' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, c.name AS column_name, g.name AS name
        FROM (VALUES (N'AM_API_OPERATION_POLICY_MAPPING', N'PARAMETERS'), (N'AM_API_POLICY_MAPPING', N'PARAMETERS'),
            (N'AM_APPLICATION_REGISTRATION', N'INPUTS')) w (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        JOIN sys.triggers g ON g.parent_id = t.object_id AND g.is_disabled = 0
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': ' + q.name + N' reads ' + q.column_name + N' as text, which becomes bytes; drop it before, and make it again after the upgrade, for bytes' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, c.name AS column_name, o.name AS name
        FROM (VALUES (N'AM_API_OPERATION_POLICY_MAPPING', N'PARAMETERS'), (N'AM_API_POLICY_MAPPING', N'PARAMETERS'),
            (N'AM_APPLICATION_REGISTRATION', N'INPUTS')) w (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        JOIN sys.sql_expression_dependencies d ON d.is_schema_bound_reference = 0 AND (d.referenced_id = t.object_id
            OR d.referenced_id IS NULL AND d.referenced_database_name IS NULL AND d.referenced_entity_name = t.name)
        JOIN sys.objects o ON o.object_id = d.referencing_id AND o.parent_object_id <> t.object_id
        LEFT JOIN sys.sql_modules m ON m.object_id = o.object_id
        WHERE (m.definition IS NULL OR CHARINDEX(UPPER(c.name), UPPER(m.definition)) > 0 OR o.type = 'V'
            AND CHARINDEX(N'*', REPLACE(m.definition, N'(*)', N'')) > 0)
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': the permission on ' + q.column_name + N' would be lost: ' + q.name + N'; REVOKE it before, and give it again after the upgrade' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, c.name AS column_name, p.state_desc COLLATE
            DATABASE_DEFAULT + N' ' + p.permission_name COLLATE
            DATABASE_DEFAULT + N' TO ' + USER_NAME(p.grantee_principal_id) AS name
        FROM (VALUES (N'AM_API_OPERATION_POLICY_MAPPING', N'PARAMETERS'), (N'AM_API_POLICY_MAPPING', N'PARAMETERS'),
            (N'AM_APPLICATION_REGISTRATION', N'INPUTS')) w (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        JOIN sys.database_permissions p ON p.class = 1 AND p.major_id = t.object_id AND p.minor_id = c.column_id
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': the extended property ' + q.name + N' of ' + q.column_name + N' would be lost; sp_dropextendedproperty before, and sp_addextendedproperty after the upgrade' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, c.name AS column_name, p.name AS name
        FROM (VALUES (N'AM_API_OPERATION_POLICY_MAPPING', N'PARAMETERS'), (N'AM_API_POLICY_MAPPING', N'PARAMETERS'),
            (N'AM_APPLICATION_REGISTRATION', N'INPUTS')) w (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        JOIN sys.extended_properties p ON p.class = 1 AND p.major_id = t.object_id AND p.minor_id = c.column_id
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': the key ' + q.name + N' has options, which a script does not keep; use apim-schema upgrade, which keeps them' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, c.name AS column_name, i.name AS name
        FROM (VALUES (N'AM_API_ENDPOINTS', N'API_UUID'), (N'AM_API_ENDPOINTS', N'ENDPOINT_NAME'),
            (N'AM_API_ENDPOINTS', N'ENDPOINT_UUID'), (N'AM_API_ENDPOINTS', N'ORGANIZATION'),
            (N'AM_API_ENDPOINTS', N'REVISION_UUID'), (N'AM_LLM_PROVIDER_MODEL', N'LLM_PROVIDER_UUID'),
            (N'AM_LLM_PROVIDER_MODEL', N'MODEL_NAME')) w (table_name, column_name)
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
IF EXISTS (SELECT 1 FROM AM_API_ENDPOINTS t WHERE EXISTS (SELECT 1 FROM AM_API_ENDPOINTS d
    WHERE d.API_UUID = t.API_UUID AND d.ENDPOINT_UUID = t.ENDPOINT_UUID AND d.REVISION_UUID = t.REVISION_UUID
    AND d.ORGANIZATION = t.ORGANIZATION GROUP BY d.API_UUID, d.ENDPOINT_UUID, d.REVISION_UUID, d.ORGANIZATION
    HAVING COUNT(*) > 1))
    THROW 50000,
        N'AM_API_ENDPOINTS: duplicates under the new primary key (API_UUID, ENDPOINT_UUID, REVISION_UUID, ORGANIZATION)',
        1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API_ENDPOINTS t WHERE ISNULL(DATALENGTH(t.API_UUID),
    0) + ISNULL(DATALENGTH(t.ENDPOINT_UUID), 0) + ISNULL(DATALENGTH(t.REVISION_UUID),
    0) + ISNULL(DATALENGTH(t.ORGANIZATION), 0) > 900)
    THROW 50000,
        N'AM_API_ENDPOINTS: over 900 bytes in (API_UUID, ENDPOINT_UUID, REVISION_UUID, ORGANIZATION), too long for the primary key',
        1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API_ENDPOINTS t WHERE DATALENGTH(ENDPOINT_UUID) > 100)
    THROW 50000, N'AM_API_ENDPOINTS: ENDPOINT_UUID is longer than the 100 characters it will have', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API_ENDPOINTS t WHERE DATALENGTH(REVISION_UUID) > 100)
    THROW 50000, N'AM_API_ENDPOINTS: REVISION_UUID is longer than the 100 characters it will have', 1;
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
IF EXISTS (SELECT 1 FROM alembic_version_apim WHERE version_num NOT IN ('4.5.0'))
    THROW 50000, N'apim is not stamped 4.5.0: nothing was changed', 1;
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
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.5.0' AS from_release, '4.6.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared, CONVERT(DATETIME,
    CONVERT(DATETIME2(0), SYSUTCDATETIME())) AS started_at, SUSER_SNAME() AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'apim' AND same.to_release = '4.6.0' AND same.outcome = 'started'));
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== 4.6.0: 48 statements

-- 1. create table AM_API_METADATA
CREATE TABLE AM_API_METADATA (
    API_UUID VARCHAR(256) NOT NULL,
    REVISION_UUID VARCHAR(255) NOT NULL DEFAULT 'Current API',
    METADATA_KEY VARCHAR(256) NOT NULL,
    METADATA_VALUE VARCHAR(1024) NOT NULL,
    PRIMARY KEY (API_UUID, REVISION_UUID, METADATA_KEY),
    FOREIGN KEY (API_UUID) REFERENCES AM_API (API_UUID)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 2. create table AM_API_OPERATION_MAPPING
CREATE TABLE AM_API_OPERATION_MAPPING (
    MAPPING_ID INTEGER IDENTITY(1,1) NOT NULL,
    URL_MAPPING_ID INTEGER NOT NULL,
    REF_URL_MAPPING_ID INTEGER NOT NULL,
    PRIMARY KEY (MAPPING_ID),
    FOREIGN KEY (URL_MAPPING_ID) REFERENCES AM_API_URL_MAPPING (URL_MAPPING_ID),
    FOREIGN KEY (REF_URL_MAPPING_ID) REFERENCES AM_API_URL_MAPPING (URL_MAPPING_ID)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 3. create table AM_BACKEND
CREATE TABLE AM_BACKEND (
    BACKEND_ID VARCHAR(40) NOT NULL,
    BACKEND_NAME VARCHAR(256) NOT NULL,
    ENDPOINT_CONFIG VARBINARY(MAX) NULL,
    DEFINITION VARBINARY(MAX) NULL,
    REFERENCE_API_UUID VARCHAR(256) NOT NULL,
    REFERENCE_API_REVISION_UUID VARCHAR(256) NOT NULL DEFAULT 'Current API',
    ORGANIZATION VARCHAR(100) NOT NULL,
    PRIMARY KEY (BACKEND_ID),
    UNIQUE (REFERENCE_API_UUID, REFERENCE_API_REVISION_UUID, BACKEND_NAME),
    FOREIGN KEY (REFERENCE_API_UUID) REFERENCES AM_API (API_UUID)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 4. create table AM_BACKEND_OPERATION_MAPPING
CREATE TABLE AM_BACKEND_OPERATION_MAPPING (
    MAPPING_ID INTEGER IDENTITY(1,1) NOT NULL,
    URL_MAPPING_ID INTEGER NOT NULL,
    BACKEND_ID VARCHAR(40) NOT NULL,
    TARGET VARCHAR(256) NOT NULL,
    VERB VARCHAR(10) NOT NULL,
    PRIMARY KEY (MAPPING_ID),
    FOREIGN KEY (URL_MAPPING_ID) REFERENCES AM_API_URL_MAPPING (URL_MAPPING_ID),
    FOREIGN KEY (BACKEND_ID) REFERENCES AM_BACKEND (BACKEND_ID)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 5. create table AM_GW_INSTANCES
CREATE TABLE AM_GW_INSTANCES (
    GATEWAY_ID INTEGER IDENTITY(1,1) NOT NULL,
    GATEWAY_UUID VARCHAR(255) NOT NULL,
    ORGANIZATION VARCHAR(128) NOT NULL,
    LAST_UPDATED DATETIME NOT NULL,
    GW_PROPERTIES VARBINARY(MAX) NOT NULL,
    PRIMARY KEY (GATEWAY_ID),
    UNIQUE (GATEWAY_UUID, ORGANIZATION)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 6. create table AM_GW_INSTANCE_ENV_MAPPING
CREATE TABLE AM_GW_INSTANCE_ENV_MAPPING (
    GATEWAY_ID INTEGER NOT NULL,
    ENV_LABEL VARCHAR(255) NOT NULL,
    PRIMARY KEY (GATEWAY_ID, ENV_LABEL),
    FOREIGN KEY (GATEWAY_ID) REFERENCES AM_GW_INSTANCES (GATEWAY_ID) ON DELETE CASCADE
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 7. create table AM_GW_REVISION_DEPLOYMENT
CREATE TABLE AM_GW_REVISION_DEPLOYMENT (
    GATEWAY_ID INTEGER NOT NULL,
    API_ID VARCHAR(256) NOT NULL,
    ORGANIZATION VARCHAR(128) NOT NULL,
    STATUS VARCHAR(255) NOT NULL,
    ACTION VARCHAR(255) NOT NULL,
    REVISION_UUID VARCHAR(255) NULL,
    LAST_UPDATED BIGINT NOT NULL,
    PRIMARY KEY (GATEWAY_ID, API_ID),
    FOREIGN KEY (GATEWAY_ID) REFERENCES AM_GW_INSTANCES (GATEWAY_ID) ON DELETE CASCADE,
    FOREIGN KEY (API_ID) REFERENCES AM_API (API_UUID) ON DELETE CASCADE
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 8. create table AM_GW_REVISION_DEPLOYMENT
CREATE INDEX IDX_GW_REV_DEPLOY_STATUS ON AM_GW_REVISION_DEPLOYMENT (STATUS, ACTION);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 9. create table AM_TASK_LOCK
CREATE TABLE AM_TASK_LOCK (
    LOCK_TIME BIGINT NOT NULL,
    TASK_ID VARCHAR(255) NOT NULL,
    NODE_ID VARCHAR(255) NOT NULL,
    PRIMARY KEY (TASK_ID)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 10. create table AM_ARTIFACT
CREATE TABLE AM_ARTIFACT (
    UUID NVARCHAR(45) NOT NULL,
    ARTIFACT VARBINARY(MAX) NOT NULL,
    TYPE NVARCHAR(25) NOT NULL,
    PRIMARY KEY (UUID)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 11. create table AM_DEVPORTAL_API_CONTENT
CREATE TABLE AM_DEVPORTAL_API_CONTENT (
    API_UUID NVARCHAR(256) NOT NULL,
    ORGANIZATION NVARCHAR(100) NOT NULL,
    DRAFTED_ARTIFACT NVARCHAR(45) NULL,
    PUBLISHED_ARTIFACT NVARCHAR(45) NULL,
    PRIMARY KEY (API_UUID, ORGANIZATION)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 12. create table AM_DEVPORTAL_API_REFERENCE
CREATE TABLE AM_DEVPORTAL_API_REFERENCE (
    API_UUID NVARCHAR(256) NOT NULL,
    ORGANIZATION NVARCHAR(100) NOT NULL,
    REFERENCE_APIID NVARCHAR(256) NOT NULL,
    PRIMARY KEY (API_UUID, ORGANIZATION)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 13. create table AM_DEVPORTAL_ORG_CONTENT
CREATE TABLE AM_DEVPORTAL_ORG_CONTENT (
    ORGANIZATION NVARCHAR(100) NOT NULL,
    DRAFTED_ARTIFACT NVARCHAR(45) NULL,
    PUBLISHED_ARTIFACT NVARCHAR(45) NULL,
    PRIMARY KEY (ORGANIZATION)
);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 14. add column AM_API.API_DISPLAY_NAME
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_API ADD API_DISPLAY_NAME VARCHAR(256) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 15. add column AM_API.INITIATED_FROM_GW
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API ADD INITIATED_FROM_GW INTEGER NULL DEFAULT 0 WITH VALUES;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 16. add column AM_API_PRIMARY_EP_MAPPING.REVISION_UUID
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_PRIMARY_EP_MAPPING ADD REVISION_UUID VARCHAR(100) NOT NULL DEFAULT 'Current API';
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 17. add column AM_API_URL_MAPPING.DESCRIPTION
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_URL_MAPPING ADD DESCRIPTION VARBINARY(MAX) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 18. add column AM_API_URL_MAPPING.SCHEMA_DEFINITION
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_URL_MAPPING ADD SCHEMA_DEFINITION VARBINARY(MAX) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 19. add column AM_GATEWAY_ENVIRONMENT.ENV_MODE
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_GATEWAY_ENVIRONMENT ADD ENV_MODE VARCHAR(45) NOT NULL DEFAULT 'WRITE_ONLY';
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 20. add column AM_GATEWAY_ENVIRONMENT.SCHEDULED_TIME
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_GATEWAY_ENVIRONMENT ADD SCHEDULED_TIME INTEGER NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 21. add column AM_LLM_PROVIDER.MODEL_FAMILY_SUPPORTED
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_LLM_PROVIDER ADD MODEL_FAMILY_SUPPORTED VARCHAR(5) NOT NULL DEFAULT 'false';
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 22. add column AM_LLM_PROVIDER_MODEL.MODEL_FAMILY_NAME
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_LLM_PROVIDER_MODEL ADD MODEL_FAMILY_NAME VARCHAR(255) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 23. replace primary key of AM_API_ENDPOINTS by (API_UUID, ENDPOINT_UUID, REVISION_UUID, ORGANIZATION)
--    writes every row anew; lock Sch-M blocks reads and writes
DECLARE @drop NVARCHAR(MAX) = (
    SELECT N'ALTER TABLE AM_API_ENDPOINTS DROP CONSTRAINT ' + QUOTENAME(k.name)
    FROM sys.indexes k
    WHERE k.object_id = OBJECT_ID(N'AM_API_ENDPOINTS') AND k.is_primary_key = 1 AND (
        SELECT SUM(CASE WHEN c.key_ordinal = 1 AND COL_NAME(c.object_id, c.column_id) = N'API_UUID'
            OR c.key_ordinal = 2 AND COL_NAME(c.object_id, c.column_id) = N'ENDPOINT_UUID' OR c.key_ordinal = 3
            AND COL_NAME(c.object_id, c.column_id) = N'ENDPOINT_NAME' OR c.key_ordinal = 4
            AND COL_NAME(c.object_id, c.column_id) = N'REVISION_UUID' OR c.key_ordinal = 5
            AND COL_NAME(c.object_id, c.column_id) = N'ORGANIZATION' THEN 1 ELSE -1 END)
        FROM sys.index_columns c
        WHERE c.object_id = k.object_id AND c.index_id = k.index_id AND c.key_ordinal > 0
    ) = 5
);
IF @drop IS NULL
    THROW 50000,
        N'AM_API_ENDPOINTS has no primary key (API_UUID, ENDPOINT_UUID, ENDPOINT_NAME, REVISION_UUID, ORGANIZATION)',
        1;
EXEC (@drop);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 24. replace primary key of AM_API_ENDPOINTS by (API_UUID, ENDPOINT_UUID, REVISION_UUID, ORGANIZATION)
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_ENDPOINTS ADD PRIMARY KEY (API_UUID, ENDPOINT_UUID, REVISION_UUID, ORGANIZATION);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 25. drop unique (MODEL_NAME, LLM_PROVIDER_UUID) of AM_LLM_PROVIDER_MODEL
--    metadata only; lock Sch-M blocks reads and writes
DECLARE @drop NVARCHAR(MAX) = (
    SELECT N'ALTER TABLE AM_LLM_PROVIDER_MODEL DROP CONSTRAINT ' + QUOTENAME(k.name)
    FROM sys.indexes k
    WHERE k.object_id = OBJECT_ID(N'AM_LLM_PROVIDER_MODEL') AND k.is_unique_constraint = 1 AND (
        SELECT SUM(CASE WHEN c.key_ordinal = 1 AND COL_NAME(c.object_id, c.column_id) = N'MODEL_NAME'
            OR c.key_ordinal = 2 AND COL_NAME(c.object_id, c.column_id) = N'LLM_PROVIDER_UUID' THEN 1 ELSE -1 END)
        FROM sys.index_columns c
        WHERE c.object_id = k.object_id AND c.index_id = k.index_id AND c.key_ordinal > 0
    ) = 2
);
IF @drop IS NULL
    THROW 50000, N'AM_LLM_PROVIDER_MODEL has no unique constraint (MODEL_NAME, LLM_PROVIDER_UUID)', 1;
EXEC (@drop);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 26. alter column AM_API.API_SUBTYPE to VARCHAR(100)
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_API ALTER COLUMN API_SUBTYPE VARCHAR(100) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 27. alter column AM_API_COMMENTS.CREATED_BY to VARCHAR(512)
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_COMMENTS ALTER COLUMN CREATED_BY VARCHAR(512) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 28. alter column AM_API_ENDPOINTS.ENDPOINT_UUID to VARCHAR(100)
--    writes every row anew; lock Sch-M blocks reads and writes
DECLARE @drop NVARCHAR(MAX) = (
    SELECT N'ALTER TABLE AM_API_ENDPOINTS DROP CONSTRAINT ' + QUOTENAME(k.name)
    FROM sys.indexes k
    WHERE k.object_id = OBJECT_ID(N'AM_API_ENDPOINTS') AND k.is_primary_key = 1 AND (
        SELECT SUM(CASE WHEN c.key_ordinal = 1 AND COL_NAME(c.object_id, c.column_id) = N'API_UUID'
            OR c.key_ordinal = 2 AND COL_NAME(c.object_id, c.column_id) = N'ENDPOINT_UUID' OR c.key_ordinal = 3
            AND COL_NAME(c.object_id, c.column_id) = N'REVISION_UUID' OR c.key_ordinal = 4
            AND COL_NAME(c.object_id, c.column_id) = N'ORGANIZATION' THEN 1 ELSE -1 END)
        FROM sys.index_columns c
        WHERE c.object_id = k.object_id AND c.index_id = k.index_id AND c.key_ordinal > 0
    ) = 4
);
IF @drop IS NULL
    THROW 50000, N'AM_API_ENDPOINTS has no primary key (API_UUID, ENDPOINT_UUID, REVISION_UUID, ORGANIZATION)', 1;
EXEC (@drop);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 29. alter column AM_API_ENDPOINTS.ENDPOINT_UUID to VARCHAR(100)
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_ENDPOINTS ALTER COLUMN ENDPOINT_UUID VARCHAR(100) NOT NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 30. alter column AM_API_ENDPOINTS.ENDPOINT_UUID to VARCHAR(100)
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_ENDPOINTS ADD PRIMARY KEY (API_UUID, ENDPOINT_UUID, REVISION_UUID, ORGANIZATION);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 31. alter column AM_API_ENDPOINTS.REVISION_UUID to VARCHAR(100)
--    writes every row anew; lock Sch-M blocks reads and writes
DECLARE @drop NVARCHAR(MAX) = (
    SELECT N'ALTER TABLE AM_API_ENDPOINTS DROP CONSTRAINT ' + QUOTENAME(k.name)
    FROM sys.indexes k
    WHERE k.object_id = OBJECT_ID(N'AM_API_ENDPOINTS') AND k.is_primary_key = 1 AND (
        SELECT SUM(CASE WHEN c.key_ordinal = 1 AND COL_NAME(c.object_id, c.column_id) = N'API_UUID'
            OR c.key_ordinal = 2 AND COL_NAME(c.object_id, c.column_id) = N'ENDPOINT_UUID' OR c.key_ordinal = 3
            AND COL_NAME(c.object_id, c.column_id) = N'REVISION_UUID' OR c.key_ordinal = 4
            AND COL_NAME(c.object_id, c.column_id) = N'ORGANIZATION' THEN 1 ELSE -1 END)
        FROM sys.index_columns c
        WHERE c.object_id = k.object_id AND c.index_id = k.index_id AND c.key_ordinal > 0
    ) = 4
);
IF @drop IS NULL
    THROW 50000, N'AM_API_ENDPOINTS has no primary key (API_UUID, ENDPOINT_UUID, REVISION_UUID, ORGANIZATION)', 1;
EXEC (@drop);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 32. alter column AM_API_ENDPOINTS.REVISION_UUID to VARCHAR(100)
--    writes every row anew; lock Sch-M blocks reads and writes
DECLARE @name NVARCHAR(258), @default NVARCHAR(MAX);
SELECT @name = QUOTENAME(d.name), @default = d.definition
FROM sys.default_constraints d
WHERE d.parent_object_id = OBJECT_ID(N'AM_API_ENDPOINTS')
    AND COL_NAME(d.parent_object_id, d.parent_column_id) = N'REVISION_UUID';
IF @name IS NOT NULL
    EXEC (N'ALTER TABLE AM_API_ENDPOINTS DROP CONSTRAINT ' + @name);
ALTER TABLE AM_API_ENDPOINTS ALTER COLUMN REVISION_UUID VARCHAR(100) NOT NULL;
IF @name IS NOT NULL
    EXEC
        (N'ALTER TABLE AM_API_ENDPOINTS ADD CONSTRAINT ' + @name + N' DEFAULT ' + @default + N' FOR REVISION_UUID');
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 33. alter column AM_API_ENDPOINTS.REVISION_UUID to VARCHAR(100)
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_ENDPOINTS ADD PRIMARY KEY (API_UUID, ENDPOINT_UUID, REVISION_UUID, ORGANIZATION);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 34. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARBINARY(MAX), as UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_OPERATION_POLICY_MAPPING ADD PARAMETERS_UTF8 VARBINARY(MAX) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 35. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARBINARY(MAX), as UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
IF CONVERT(INT, COLLATIONPROPERTY('Latin1_General_100_CI_AS_SC_UTF8', 'CodePage')) = 65001
    EXEC
        (N'UPDATE AM_API_OPERATION_POLICY_MAPPING SET PARAMETERS_UTF8 = CONVERT(VARBINARY(MAX), CONVERT(VARCHAR(MAX), CONVERT(NVARCHAR(MAX), PARAMETERS) COLLATE Latin1_General_100_CI_AS_SC_UTF8))');
ELSE
BEGIN
    UPDATE AM_API_OPERATION_POLICY_MAPPING SET PARAMETERS_UTF8 = CASE
        WHEN CONVERT(NVARCHAR(MAX), PARAMETERS) COLLATE
            Latin1_General_BIN2 LIKE N'%[^' + NCHAR(1) + N'-' + NCHAR(127) + N']%' THEN NULL
        ELSE CONVERT(VARBINARY(MAX), CONVERT(VARCHAR(MAX), PARAMETERS))
    END;
    DECLARE @text NVARCHAR(MAX), @at INT, @end INT, @code INT, @utf8 VARBINARY(MAX);
    WHILE EXISTS (SELECT 1 FROM AM_API_OPERATION_POLICY_MAPPING WHERE PARAMETERS_UTF8 IS NULL
        AND PARAMETERS IS NOT NULL)
    BEGIN
        SELECT TOP (1) @text = CONVERT(NVARCHAR(MAX), PARAMETERS)
        FROM AM_API_OPERATION_POLICY_MAPPING WHERE PARAMETERS_UTF8 IS NULL AND PARAMETERS IS NOT NULL;
        SELECT @at = 1, @end = LEN(@text + N'.'), @utf8 = 0x;
        WHILE @at < @end
        BEGIN
            SET @code = UNICODE(SUBSTRING(@text, @at, 1));
            IF @code BETWEEN 55296 AND 56319
            BEGIN
                SET @at = @at + 1;
                SET @code = (@code - 55296) * 1024 + UNICODE(SUBSTRING(@text, @at, 1)) - 56320 + 65536;
            END;
            SET @utf8 = @utf8 + CASE
                WHEN @code < 128 THEN CONVERT(VARBINARY(1), @code)
                WHEN @code < 2048 THEN CONVERT(VARBINARY(1), 192 + @code / 64) + CONVERT(VARBINARY(1), 128 + @code %
                    64)
                WHEN @code < 65536 THEN CONVERT(VARBINARY(1), 224 + @code / 4096) + CONVERT(VARBINARY(1),
                    128 + @code / 64 % 64) + CONVERT(VARBINARY(1), 128 + @code % 64)
                ELSE CONVERT(VARBINARY(1), 240 + @code / 262144) + CONVERT(VARBINARY(1), 128 + @code / 4096 %
                    64) + CONVERT(VARBINARY(1), 128 + @code / 64 % 64) + CONVERT(VARBINARY(1), 128 + @code % 64)
            END;
            SET @at = @at + 1;
        END;
        UPDATE AM_API_OPERATION_POLICY_MAPPING SET PARAMETERS_UTF8 = @utf8
        WHERE PARAMETERS_UTF8 IS NULL AND CONVERT(NVARCHAR(MAX), PARAMETERS) + N'.' = @text + N'.' COLLATE
            Latin1_General_BIN2;
        IF @@ROWCOUNT = 0 OR @utf8 IS NULL
            THROW 50000, N'AM_API_OPERATION_POLICY_MAPPING.PARAMETERS holds a text that is no well-formed Unicode',
                1;
    END;
END;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 36. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARBINARY(MAX), as UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_OPERATION_POLICY_MAPPING DROP COLUMN PARAMETERS;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 37. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARBINARY(MAX), as UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
DECLARE @failed INT;
EXEC @failed = sp_rename N'AM_API_OPERATION_POLICY_MAPPING.PARAMETERS_UTF8', N'PARAMETERS', N'COLUMN';
IF @failed <> 0
    THROW 50000, N'AM_API_OPERATION_POLICY_MAPPING.PARAMETERS_UTF8 was not renamed to PARAMETERS', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 38. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARBINARY(MAX), as UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_OPERATION_POLICY_MAPPING ALTER COLUMN PARAMETERS VARBINARY(MAX) NOT NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 39. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARBINARY(MAX), as UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_POLICY_MAPPING ADD PARAMETERS_UTF8 VARBINARY(MAX) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 40. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARBINARY(MAX), as UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
IF CONVERT(INT, COLLATIONPROPERTY('Latin1_General_100_CI_AS_SC_UTF8', 'CodePage')) = 65001
    EXEC
        (N'UPDATE AM_API_POLICY_MAPPING SET PARAMETERS_UTF8 = CONVERT(VARBINARY(MAX), CONVERT(VARCHAR(MAX), CONVERT(NVARCHAR(MAX), PARAMETERS) COLLATE Latin1_General_100_CI_AS_SC_UTF8))');
ELSE
BEGIN
    UPDATE AM_API_POLICY_MAPPING SET PARAMETERS_UTF8 = CASE
        WHEN CONVERT(NVARCHAR(MAX), PARAMETERS) COLLATE
            Latin1_General_BIN2 LIKE N'%[^' + NCHAR(1) + N'-' + NCHAR(127) + N']%' THEN NULL
        ELSE CONVERT(VARBINARY(MAX), CONVERT(VARCHAR(MAX), PARAMETERS))
    END;
    DECLARE @text NVARCHAR(MAX), @at INT, @end INT, @code INT, @utf8 VARBINARY(MAX);
    WHILE EXISTS (SELECT 1 FROM AM_API_POLICY_MAPPING WHERE PARAMETERS_UTF8 IS NULL AND PARAMETERS IS NOT NULL)
    BEGIN
        SELECT TOP (1) @text = CONVERT(NVARCHAR(MAX), PARAMETERS)
        FROM AM_API_POLICY_MAPPING WHERE PARAMETERS_UTF8 IS NULL AND PARAMETERS IS NOT NULL;
        SELECT @at = 1, @end = LEN(@text + N'.'), @utf8 = 0x;
        WHILE @at < @end
        BEGIN
            SET @code = UNICODE(SUBSTRING(@text, @at, 1));
            IF @code BETWEEN 55296 AND 56319
            BEGIN
                SET @at = @at + 1;
                SET @code = (@code - 55296) * 1024 + UNICODE(SUBSTRING(@text, @at, 1)) - 56320 + 65536;
            END;
            SET @utf8 = @utf8 + CASE
                WHEN @code < 128 THEN CONVERT(VARBINARY(1), @code)
                WHEN @code < 2048 THEN CONVERT(VARBINARY(1), 192 + @code / 64) + CONVERT(VARBINARY(1), 128 + @code %
                    64)
                WHEN @code < 65536 THEN CONVERT(VARBINARY(1), 224 + @code / 4096) + CONVERT(VARBINARY(1),
                    128 + @code / 64 % 64) + CONVERT(VARBINARY(1), 128 + @code % 64)
                ELSE CONVERT(VARBINARY(1), 240 + @code / 262144) + CONVERT(VARBINARY(1), 128 + @code / 4096 %
                    64) + CONVERT(VARBINARY(1), 128 + @code / 64 % 64) + CONVERT(VARBINARY(1), 128 + @code % 64)
            END;
            SET @at = @at + 1;
        END;
        UPDATE AM_API_POLICY_MAPPING SET PARAMETERS_UTF8 = @utf8
        WHERE PARAMETERS_UTF8 IS NULL AND CONVERT(NVARCHAR(MAX), PARAMETERS) + N'.' = @text + N'.' COLLATE
            Latin1_General_BIN2;
        IF @@ROWCOUNT = 0 OR @utf8 IS NULL
            THROW 50000, N'AM_API_POLICY_MAPPING.PARAMETERS holds a text that is no well-formed Unicode', 1;
    END;
END;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 41. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARBINARY(MAX), as UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_POLICY_MAPPING DROP COLUMN PARAMETERS;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 42. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARBINARY(MAX), as UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
DECLARE @failed INT;
EXEC @failed = sp_rename N'AM_API_POLICY_MAPPING.PARAMETERS_UTF8', N'PARAMETERS', N'COLUMN';
IF @failed <> 0
    THROW 50000, N'AM_API_POLICY_MAPPING.PARAMETERS_UTF8 was not renamed to PARAMETERS', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 43. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARBINARY(MAX), as UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_POLICY_MAPPING ALTER COLUMN PARAMETERS VARBINARY(MAX) NOT NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 44. convert column AM_APPLICATION_REGISTRATION.INPUTS to VARBINARY(MAX), as UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_APPLICATION_REGISTRATION ADD INPUTS_UTF8 VARBINARY(MAX) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 45. convert column AM_APPLICATION_REGISTRATION.INPUTS to VARBINARY(MAX), as UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
IF CONVERT(INT, COLLATIONPROPERTY('Latin1_General_100_CI_AS_SC_UTF8', 'CodePage')) = 65001
    EXEC
        (N'UPDATE AM_APPLICATION_REGISTRATION SET INPUTS_UTF8 = CONVERT(VARBINARY(MAX), CONVERT(VARCHAR(MAX), CONVERT(NVARCHAR(MAX), INPUTS) COLLATE Latin1_General_100_CI_AS_SC_UTF8))');
ELSE
BEGIN
    UPDATE AM_APPLICATION_REGISTRATION SET INPUTS_UTF8 = CASE
        WHEN CONVERT(NVARCHAR(MAX), INPUTS) COLLATE
            Latin1_General_BIN2 LIKE N'%[^' + NCHAR(1) + N'-' + NCHAR(127) + N']%' THEN NULL
        ELSE CONVERT(VARBINARY(MAX), CONVERT(VARCHAR(MAX), INPUTS))
    END;
    DECLARE @text NVARCHAR(MAX), @at INT, @end INT, @code INT, @utf8 VARBINARY(MAX);
    WHILE EXISTS (SELECT 1 FROM AM_APPLICATION_REGISTRATION WHERE INPUTS_UTF8 IS NULL AND INPUTS IS NOT NULL)
    BEGIN
        SELECT TOP (1) @text = CONVERT(NVARCHAR(MAX), INPUTS)
        FROM AM_APPLICATION_REGISTRATION WHERE INPUTS_UTF8 IS NULL AND INPUTS IS NOT NULL;
        SELECT @at = 1, @end = LEN(@text + N'.'), @utf8 = 0x;
        WHILE @at < @end
        BEGIN
            SET @code = UNICODE(SUBSTRING(@text, @at, 1));
            IF @code BETWEEN 55296 AND 56319
            BEGIN
                SET @at = @at + 1;
                SET @code = (@code - 55296) * 1024 + UNICODE(SUBSTRING(@text, @at, 1)) - 56320 + 65536;
            END;
            SET @utf8 = @utf8 + CASE
                WHEN @code < 128 THEN CONVERT(VARBINARY(1), @code)
                WHEN @code < 2048 THEN CONVERT(VARBINARY(1), 192 + @code / 64) + CONVERT(VARBINARY(1), 128 + @code %
                    64)
                WHEN @code < 65536 THEN CONVERT(VARBINARY(1), 224 + @code / 4096) + CONVERT(VARBINARY(1),
                    128 + @code / 64 % 64) + CONVERT(VARBINARY(1), 128 + @code % 64)
                ELSE CONVERT(VARBINARY(1), 240 + @code / 262144) + CONVERT(VARBINARY(1), 128 + @code / 4096 %
                    64) + CONVERT(VARBINARY(1), 128 + @code / 64 % 64) + CONVERT(VARBINARY(1), 128 + @code % 64)
            END;
            SET @at = @at + 1;
        END;
        UPDATE AM_APPLICATION_REGISTRATION SET INPUTS_UTF8 = @utf8
        WHERE INPUTS_UTF8 IS NULL AND CONVERT(NVARCHAR(MAX), INPUTS) + N'.' = @text + N'.' COLLATE
            Latin1_General_BIN2;
        IF @@ROWCOUNT = 0 OR @utf8 IS NULL
            THROW 50000, N'AM_APPLICATION_REGISTRATION.INPUTS holds a text that is no well-formed Unicode', 1;
    END;
END;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 46. convert column AM_APPLICATION_REGISTRATION.INPUTS to VARBINARY(MAX), as UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_APPLICATION_REGISTRATION DROP COLUMN INPUTS;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 47. convert column AM_APPLICATION_REGISTRATION.INPUTS to VARBINARY(MAX), as UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
DECLARE @failed INT;
EXEC @failed = sp_rename N'AM_APPLICATION_REGISTRATION.INPUTS_UTF8', N'INPUTS', N'COLUMN';
IF @failed <> 0
    THROW 50000, N'AM_APPLICATION_REGISTRATION.INPUTS_UTF8 was not renamed to INPUTS', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 48. create index IDX_IAT_TI_CK on IDN_INVALID_TOKENS
--    builds an index; lock S blocks writes
CREATE INDEX IDX_IAT_TI_CK ON IDN_INVALID_TOKENS (TOKEN_IDENTIFIER, CONSUMER_KEY);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- the stamp
DELETE FROM alembic_version_apim;
INSERT INTO alembic_version_apim (version_num) VALUES ('4.6.0');
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=CONVERT(DATETIME,
    CONVERT(DATETIME2(0), SYSUTCDATETIME())) WHERE apim_schema_history.database_name = 'apim'
    AND apim_schema_history.to_release = '4.6.0' AND apim_schema_history.outcome = 'started';
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
COMMIT;
GO
SET NOEXEC OFF;
IF XACT_STATE() <> 0 ROLLBACK;
GO
