
-- HOW TO RUN IT
--   Stop API Manager on every node, and make a backup. Then:
--       sqlcmd -b -x -S SERVER -d apim_db -i downgrade.sql
--   It checks first that the database is 4.6.0 and that no row stands in the way. A check that fails ends it with
--   the reason, and nothing has changed.
--   It can't prove that no row has changed: apim-schema snapshot before it, and verify --against after it, do.

-- WHAT IT DOES TO THE TABLES THAT STAND
--   At its dearest on SQL Server 2022; apim-schema plan says it for your server, with sizes and times. Locks are
--   held until the end of the script.
--   AM_API                           reads every row; lock Sch-M blocks reads and writes
--   AM_API_COMMENTS                  reads every row; lock Sch-M blocks reads and writes
--   AM_API_ENDPOINTS                 writes every row anew; lock Sch-M blocks reads and writes
--   AM_API_OPERATION_POLICY_MAPPING  writes every row anew; lock Sch-M blocks reads and writes
--   AM_API_POLICY_MAPPING            writes every row anew; lock Sch-M blocks reads and writes
--   AM_APPLICATION_REGISTRATION      writes every row anew; lock Sch-M blocks reads and writes
--   AM_LLM_PROVIDER_MODEL            builds an index; lock Sch-M blocks reads and writes
--   for a moment: AM_API_METADATA, AM_API_OPERATION_MAPPING, AM_API_PRIMARY_EP_MAPPING, AM_API_URL_MAPPING,
--   AM_BACKEND, AM_BACKEND_OPERATION_MAPPING, AM_GATEWAY_ENVIRONMENT, AM_GW_INSTANCES, AM_GW_INSTANCE_ENV_MAPPING,
--   AM_GW_REVISION_DEPLOYMENT, AM_LLM_PROVIDER, AM_TASK_LOCK

-- IF IT STOPS
--   All of it is one transaction: after an error, or when the connection is lost, the server rolls back and the
--   database is as before. Mend the cause and run the script again.

-- THE WAY BACK
--   After the COMMIT: apim-schema upgrade 4.6.0 leads forward again, or put the backup back.

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
IF EXISTS (SELECT 1 FROM (VALUES ('AM_API', 'SUB_VALIDATION'), ('AM_API_COMMENTS', 'CATEGORY'),
    ('AM_API_ENDPOINTS', 'ORGANIZATION'), ('AM_API_OPERATION_POLICY_MAPPING', 'PARAMETERS'),
    ('AM_API_POLICY_MAPPING', 'PARAMETERS'), ('AM_API_PRIMARY_EP_MAPPING', 'ENDPOINT_UUID'),
    ('AM_API_URL_MAPPING', 'LOG_LEVEL'), ('AM_APPLICATION_REGISTRATION', 'KEY_MANAGER'),
    ('AM_GATEWAY_ENVIRONMENT', 'CONFIGURATION'), ('AM_LLM_PROVIDER', 'API_DEFINITION'),
    ('AM_LLM_PROVIDER_MODEL', 'LLM_PROVIDER_UUID')) AS w (t, c) WHERE NOT EXISTS (SELECT 1 FROM sys.tables t
    JOIN sys.columns c ON c.object_id = t.object_id WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) = w.t
    AND UPPER(c.name) = w.c))
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
        FROM (VALUES (N'AM_API', N'API_ID'), (N'AM_API_COMMENTS', N'COMMENT_ID'),
            (N'AM_API_ENDPOINTS', N'API_UUID'), (N'AM_API_METADATA', N'API_UUID'),
            (N'AM_API_OPERATION_MAPPING', N'MAPPING_ID'), (N'AM_API_OPERATION_POLICY_MAPPING',
            N'OPERATION_POLICY_MAPPING_ID'), (N'AM_API_POLICY_MAPPING', N'API_POLICY_MAPPING_ID'),
            (N'AM_API_PRIMARY_EP_MAPPING', N'MAPPING_ID'), (N'AM_API_URL_MAPPING', N'URL_MAPPING_ID'),
            (N'AM_APPLICATION_REGISTRATION', N'REG_ID'), (N'AM_BACKEND', N'BACKEND_ID'),
            (N'AM_BACKEND_OPERATION_MAPPING', N'MAPPING_ID'), (N'AM_GATEWAY_ENVIRONMENT', N'ID'),
            (N'AM_GW_INSTANCES', N'GATEWAY_ID'), (N'AM_GW_INSTANCE_ENV_MAPPING', N'GATEWAY_ID'),
            (N'AM_GW_REVISION_DEPLOYMENT', N'GATEWAY_ID'), (N'AM_LLM_PROVIDER', N'UUID'),
            (N'AM_LLM_PROVIDER_MODEL', N'MODEL_ID'), (N'AM_TASK_LOCK', N'LOCK_TIME')) w (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        WHERE t.temporal_type <> 0
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': the index or key ' + q.name + N' is partitioned, and would not be so any more; make it again without partitions before, or change this table by hand' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, c.name AS column_name, i.name AS name
        FROM (VALUES (N'AM_API', N'API_SUBTYPE'), (N'AM_API_COMMENTS', N'CREATED_BY'),
            (N'AM_API_ENDPOINTS', N'API_UUID'), (N'AM_API_ENDPOINTS', N'ENDPOINT_UUID'),
            (N'AM_API_ENDPOINTS', N'ORGANIZATION'), (N'AM_API_ENDPOINTS', N'REVISION_UUID')) w
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
        FROM (VALUES (N'AM_API', N'API_DISPLAY_NAME'), (N'AM_API', N'API_SUBTYPE'),
            (N'AM_API', N'INITIATED_FROM_GW'), (N'AM_API_COMMENTS', N'CREATED_BY'),
            (N'AM_API_ENDPOINTS', N'ENDPOINT_UUID'), (N'AM_API_ENDPOINTS', N'REVISION_UUID'),
            (N'AM_API_OPERATION_POLICY_MAPPING', N'PARAMETERS'), (N'AM_API_POLICY_MAPPING', N'PARAMETERS'),
            (N'AM_API_PRIMARY_EP_MAPPING', N'REVISION_UUID'), (N'AM_API_URL_MAPPING', N'DESCRIPTION'),
            (N'AM_API_URL_MAPPING', N'SCHEMA_DEFINITION'), (N'AM_APPLICATION_REGISTRATION', N'INPUTS'),
            (N'AM_GATEWAY_ENVIRONMENT', N'ENV_MODE'), (N'AM_GATEWAY_ENVIRONMENT', N'SCHEDULED_TIME'),
            (N'AM_LLM_PROVIDER', N'MODEL_FAMILY_SUPPORTED'), (N'AM_LLM_PROVIDER_MODEL', N'MODEL_FAMILY_NAME')) w
            (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        JOIN sys.masked_columns m ON m.object_id = c.object_id AND m.column_id = c.column_id AND m.is_masked = 1
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': the trigger ' + q.name + N' fires when ' + q.column_name + N' is converted, and may take its text for bytes afterwards; disable it before; after the upgrade look at what it does, and enable it' AS said
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
        DATABASE_DEFAULT + N': ' + q.name + N' reads ' + q.column_name + N' as bytes, which becomes text; drop it before, and make it again after the upgrade, for text' AS said
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
        DATABASE_DEFAULT + N': ' + q.name + N' names ' + q.column_name + N', which is dropped; drop it, and keep its definition' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, c.name AS column_name, m.definition AS body,
            LOWER(REPLACE(REPLACE(o.type_desc COLLATE DATABASE_DEFAULT, N'SQL_', N''), N'_',
            N' ')) + N' ' + SCHEMA_NAME(o.schema_id) + N'.' + o.name AS name
        FROM (VALUES (N'AM_API', N'API_DISPLAY_NAME'), (N'AM_API', N'INITIATED_FROM_GW'),
            (N'AM_API_PRIMARY_EP_MAPPING', N'REVISION_UUID'), (N'AM_API_URL_MAPPING', N'DESCRIPTION'),
            (N'AM_API_URL_MAPPING', N'SCHEMA_DEFINITION'), (N'AM_GATEWAY_ENVIRONMENT', N'ENV_MODE'),
            (N'AM_GATEWAY_ENVIRONMENT', N'SCHEDULED_TIME'), (N'AM_LLM_PROVIDER', N'MODEL_FAMILY_SUPPORTED'),
            (N'AM_LLM_PROVIDER_MODEL', N'MODEL_FAMILY_NAME')) w (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        JOIN sys.triggers g ON g.parent_id = t.object_id AND g.is_disabled = 0
        JOIN sys.objects o ON o.object_id = g.object_id
        JOIN sys.sql_modules m ON m.object_id = g.object_id
        WHERE (m.definition IS NULL OR CHARINDEX(UPPER(c.name), UPPER(m.definition)) > 0 OR o.type = 'V'
            AND CHARINDEX(N'*', REPLACE(m.definition, N'(*)', N'')) > 0)
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': ' + q.name + N' names ' + q.column_name + N', which is dropped; drop it, and keep its definition' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, c.name AS column_name, m.definition AS body,
            LOWER(REPLACE(REPLACE(o.type_desc COLLATE DATABASE_DEFAULT, N'SQL_', N''), N'_',
            N' ')) + N' ' + SCHEMA_NAME(o.schema_id) + N'.' + o.name AS name
        FROM (VALUES (N'AM_API', N'API_DISPLAY_NAME'), (N'AM_API', N'INITIATED_FROM_GW'),
            (N'AM_API_PRIMARY_EP_MAPPING', N'REVISION_UUID'), (N'AM_API_URL_MAPPING', N'DESCRIPTION'),
            (N'AM_API_URL_MAPPING', N'SCHEMA_DEFINITION'), (N'AM_GATEWAY_ENVIRONMENT', N'ENV_MODE'),
            (N'AM_GATEWAY_ENVIRONMENT', N'SCHEDULED_TIME'), (N'AM_LLM_PROVIDER', N'MODEL_FAMILY_SUPPORTED'),
            (N'AM_LLM_PROVIDER_MODEL', N'MODEL_FAMILY_NAME')) w (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        JOIN sys.sql_expression_dependencies d ON d.is_schema_bound_reference = 0 AND (d.referenced_id = t.object_id
            OR d.referenced_id IS NULL AND d.referenced_database_name IS NULL AND d.referenced_entity_name = t.name)
        JOIN sys.objects o ON o.object_id = d.referencing_id AND o.parent_object_id <> t.object_id
        LEFT JOIN sys.sql_modules m ON m.object_id = o.object_id
        WHERE o.type = 'V' AND m.definition IS NOT NULL AND (m.definition IS NULL OR CHARINDEX(UPPER(c.name),
            UPPER(m.definition)) > 0 OR o.type = 'V' AND CHARINDEX(N'*', REPLACE(m.definition, N'(*)', N'')) > 0)
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': ' + q.name + N' names the table, which is dropped; drop it, and keep its definition' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, c.name AS column_name,
            LOWER(REPLACE(REPLACE(o.type_desc COLLATE DATABASE_DEFAULT, N'SQL_', N''), N'_',
            N' ')) + N' ' + SCHEMA_NAME(o.schema_id) + N'.' + o.name AS name
        FROM (VALUES (N'AM_API_METADATA', N'API_UUID'), (N'AM_API_OPERATION_MAPPING', N'MAPPING_ID'),
            (N'AM_BACKEND', N'BACKEND_ID'), (N'AM_BACKEND_OPERATION_MAPPING', N'MAPPING_ID'),
            (N'AM_GW_INSTANCES', N'GATEWAY_ID'), (N'AM_GW_INSTANCE_ENV_MAPPING', N'GATEWAY_ID'),
            (N'AM_GW_REVISION_DEPLOYMENT', N'GATEWAY_ID'), (N'AM_TASK_LOCK', N'LOCK_TIME')) w
            (table_name, column_name)
        JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID()
        JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name
        JOIN sys.sql_expression_dependencies d ON d.is_schema_bound_reference = 0 AND (d.referenced_id = t.object_id
            OR d.referenced_id IS NULL AND d.referenced_database_name IS NULL AND d.referenced_entity_name = t.name)
        JOIN sys.objects o ON o.object_id = d.referencing_id AND o.parent_object_id <> t.object_id
        LEFT JOIN sys.sql_modules m ON m.object_id = o.object_id
        WHERE o.type IN ('V', 'TR') AND NOT EXISTS (SELECT 1 FROM (VALUES (N'AM_API_METADATA', N'API_UUID'),
            (N'AM_API_OPERATION_MAPPING', N'MAPPING_ID'), (N'AM_BACKEND', N'BACKEND_ID'),
            (N'AM_BACKEND_OPERATION_MAPPING', N'MAPPING_ID'), (N'AM_GW_INSTANCES', N'GATEWAY_ID'),
            (N'AM_GW_INSTANCE_ENV_MAPPING', N'GATEWAY_ID'), (N'AM_GW_REVISION_DEPLOYMENT', N'GATEWAY_ID'),
            (N'AM_TASK_LOCK', N'LOCK_TIME')) v (table_name, column_name)
            JOIN sys.tables s ON s.name = v.table_name AND s.schema_id = t.schema_id
                AND s.object_id = o.parent_object_id)
    ) q
    UNION ALL
    SELECT q.table_name COLLATE
        DATABASE_DEFAULT + N': the key ' + q.name + N' has options, which a script does not keep; use apim-schema upgrade, which keeps them' AS said
        FROM (
        SELECT DISTINCT t.name AS table_name, c.name AS column_name, i.name AS name
        FROM (VALUES (N'AM_API_ENDPOINTS', N'API_UUID'), (N'AM_API_ENDPOINTS', N'ENDPOINT_UUID'),
            (N'AM_API_ENDPOINTS', N'ORGANIZATION'), (N'AM_API_ENDPOINTS', N'REVISION_UUID')) w
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
IF EXISTS (SELECT 1 FROM AM_APPLICATION_REGISTRATION t WHERE t.INPUTS IS NOT NULL AND (
    SELECT CASE
        WHEN COUNT(*) = COUNT(c.words) AND ISNULL(SUM(c.more), 0) = 0
            THEN ISNULL(STRING_AGG(c.words, N'') WITHIN GROUP (ORDER BY c.place), N'')
    END
    FROM (
        SELECT p.place, y.more, z.words,
               SUM(ISNULL(DATALENGTH(CONVERT(VARCHAR(MAX), z.words)), 0)) OVER
                   (ORDER BY p.place ROWS UNBOUNDED PRECEDING)
                   AS width
        FROM (
            SELECT TOP (ISNULL(DATALENGTH(t.INPUTS), 0)) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS place
            FROM (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d1 (d) CROSS JOIN (VALUES (0), (0), (0),
                (0), (0), (0), (0), (0), (0), (0)) d2 (d)
            CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d3 (d) CROSS JOIN (VALUES (0), (0),
                (0), (0), (0), (0), (0), (0), (0), (0)) d4 (d)
            CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d5 (d)
            ORDER BY place
        ) p
        CROSS APPLY (
            SELECT CONVERT(INT, SUBSTRING(t.INPUTS, p.place, 1)) AS a,
                   CONVERT(INT, SUBSTRING(t.INPUTS, p.place + 1, 1)) AS b,
                   CONVERT(INT, SUBSTRING(t.INPUTS, p.place + 2, 1)) AS c,
                   CONVERT(INT, SUBSTRING(t.INPUTS, p.place + 3, 1)) AS d
        ) x
        CROSS APPLY (
            SELECT CASE
                WHEN x.a < 128 THEN x.a
                WHEN x.a BETWEEN 194 AND 223 AND x.b BETWEEN 128 AND 191
                    THEN (x.a - 192) * 64 + x.b - 128
                WHEN x.a BETWEEN 224 AND 239 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                    THEN ((x.a - 224) * 64 + x.b - 128) * 64 + x.c - 128
                WHEN x.a BETWEEN 240 AND 244 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                    AND x.d BETWEEN 128 AND 191
                    THEN (((x.a - 240) * 64 + x.b - 128) * 64 + x.c - 128) * 64 + x.d - 128
            END AS code,
            CASE
                WHEN x.a < 128 THEN 0 WHEN x.a < 192 THEN -1 WHEN x.a < 224 THEN 1 WHEN x.a < 240 THEN 2 ELSE 3
            END AS more
        ) y
        CROSS APPLY (
            SELECT CASE
                WHEN y.more = -1 THEN CONVERT(NVARCHAR(MAX), N'')
                WHEN y.more = 2 AND (y.code < 2048 OR y.code BETWEEN 55296 AND 57343) THEN NULL
                WHEN y.more < 3 THEN CONVERT(NVARCHAR(MAX), NCHAR(y.code))
                WHEN y.code BETWEEN 65536 AND 1114111
                    THEN CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) / 1024 + 55296))
                        + CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) % 1024 + 56320))
            END AS words
        ) z
    ) c
    WHERE c.width <= 1000
) IS NULL)
    THROW 50000, N'AM_APPLICATION_REGISTRATION: INPUTS is no text in UTF-8', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_APPLICATION_REGISTRATION t WHERE EXISTS (SELECT 1 FROM (
    SELECT p.place, y.more, z.words,
           SUM(ISNULL(DATALENGTH(CONVERT(VARCHAR(MAX), z.words)), 0)) OVER
               (ORDER BY p.place ROWS UNBOUNDED PRECEDING)
               AS width
    FROM (
        SELECT TOP (ISNULL(DATALENGTH(t.INPUTS), 0)) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS place
        FROM (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d1 (d) CROSS JOIN (VALUES (0), (0), (0), (0),
            (0), (0), (0), (0), (0), (0)) d2 (d)
        CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d3 (d) CROSS JOIN (VALUES (0), (0),
            (0), (0), (0), (0), (0), (0), (0), (0)) d4 (d)
        CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d5 (d)
        ORDER BY place
    ) p
    CROSS APPLY (
        SELECT CONVERT(INT, SUBSTRING(t.INPUTS, p.place, 1)) AS a,
               CONVERT(INT, SUBSTRING(t.INPUTS, p.place + 1, 1)) AS b,
               CONVERT(INT, SUBSTRING(t.INPUTS, p.place + 2, 1)) AS c,
               CONVERT(INT, SUBSTRING(t.INPUTS, p.place + 3, 1)) AS d
    ) x
    CROSS APPLY (
        SELECT CASE
            WHEN x.a < 128 THEN x.a
            WHEN x.a BETWEEN 194 AND 223 AND x.b BETWEEN 128 AND 191
                THEN (x.a - 192) * 64 + x.b - 128
            WHEN x.a BETWEEN 224 AND 239 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                THEN ((x.a - 224) * 64 + x.b - 128) * 64 + x.c - 128
            WHEN x.a BETWEEN 240 AND 244 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                AND x.d BETWEEN 128 AND 191
                THEN (((x.a - 240) * 64 + x.b - 128) * 64 + x.c - 128) * 64 + x.d - 128
        END AS code,
        CASE
            WHEN x.a < 128 THEN 0 WHEN x.a < 192 THEN -1 WHEN x.a < 224 THEN 1 WHEN x.a < 240 THEN 2 ELSE 3
        END AS more
    ) y
    CROSS APPLY (
        SELECT CASE
            WHEN y.more = -1 THEN CONVERT(NVARCHAR(MAX), N'')
            WHEN y.more = 2 AND (y.code < 2048 OR y.code BETWEEN 55296 AND 57343) THEN NULL
            WHEN y.more < 3 THEN CONVERT(NVARCHAR(MAX), NCHAR(y.code))
            WHEN y.code BETWEEN 65536 AND 1114111
                THEN CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) / 1024 + 55296))
                    + CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) % 1024 + 56320))
        END AS words
    ) z
) c WHERE c.width <= 1000 AND CONVERT(VARBINARY(MAX), CONVERT(NVARCHAR(MAX), CONVERT(VARCHAR(MAX),
    c.words))) <> CONVERT(VARBINARY(MAX), c.words)))
    THROW 50000, N'AM_APPLICATION_REGISTRATION: INPUTS has characters that the database''s code page has not', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_APPLICATION_REGISTRATION t WHERE DATALENGTH(t.INPUTS) > 4000
    OR DATALENGTH(t.INPUTS) > 1000 AND (SELECT MAX(c.width) FROM (
    SELECT p.place, y.more, z.words,
           SUM(ISNULL(DATALENGTH(CONVERT(VARCHAR(MAX), z.words)), 0)) OVER
               (ORDER BY p.place ROWS UNBOUNDED PRECEDING)
               AS width
    FROM (
        SELECT TOP (ISNULL(DATALENGTH(t.INPUTS), 0)) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS place
        FROM (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d1 (d) CROSS JOIN (VALUES (0), (0), (0), (0),
            (0), (0), (0), (0), (0), (0)) d2 (d)
        CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d3 (d) CROSS JOIN (VALUES (0), (0),
            (0), (0), (0), (0), (0), (0), (0), (0)) d4 (d)
        CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d5 (d)
        ORDER BY place
    ) p
    CROSS APPLY (
        SELECT CONVERT(INT, SUBSTRING(t.INPUTS, p.place, 1)) AS a,
               CONVERT(INT, SUBSTRING(t.INPUTS, p.place + 1, 1)) AS b,
               CONVERT(INT, SUBSTRING(t.INPUTS, p.place + 2, 1)) AS c,
               CONVERT(INT, SUBSTRING(t.INPUTS, p.place + 3, 1)) AS d
    ) x
    CROSS APPLY (
        SELECT CASE
            WHEN x.a < 128 THEN x.a
            WHEN x.a BETWEEN 194 AND 223 AND x.b BETWEEN 128 AND 191
                THEN (x.a - 192) * 64 + x.b - 128
            WHEN x.a BETWEEN 224 AND 239 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                THEN ((x.a - 224) * 64 + x.b - 128) * 64 + x.c - 128
            WHEN x.a BETWEEN 240 AND 244 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                AND x.d BETWEEN 128 AND 191
                THEN (((x.a - 240) * 64 + x.b - 128) * 64 + x.c - 128) * 64 + x.d - 128
        END AS code,
        CASE
            WHEN x.a < 128 THEN 0 WHEN x.a < 192 THEN -1 WHEN x.a < 224 THEN 1 WHEN x.a < 240 THEN 2 ELSE 3
        END AS more
    ) y
    CROSS APPLY (
        SELECT CASE
            WHEN y.more = -1 THEN CONVERT(NVARCHAR(MAX), N'')
            WHEN y.more = 2 AND (y.code < 2048 OR y.code BETWEEN 55296 AND 57343) THEN NULL
            WHEN y.more < 3 THEN CONVERT(NVARCHAR(MAX), NCHAR(y.code))
            WHEN y.code BETWEEN 65536 AND 1114111
                THEN CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) / 1024 + 55296))
                    + CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) % 1024 + 56320))
        END AS words
    ) z
) c) > 1000)
    THROW 50000, N'AM_APPLICATION_REGISTRATION: INPUTS is longer than the 1000 characters it will have', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API_POLICY_MAPPING t WHERE t.PARAMETERS IS NOT NULL AND (
    SELECT CASE
        WHEN COUNT(*) = COUNT(c.words) AND ISNULL(SUM(c.more), 0) = 0
            THEN ISNULL(STRING_AGG(c.words, N'') WITHIN GROUP (ORDER BY c.place), N'')
    END
    FROM (
        SELECT p.place, y.more, z.words,
               SUM(ISNULL(DATALENGTH(CONVERT(VARCHAR(MAX), z.words)), 0)) OVER
                   (ORDER BY p.place ROWS UNBOUNDED PRECEDING)
                   AS width
        FROM (
            SELECT TOP (ISNULL(DATALENGTH(t.PARAMETERS), 0)) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS place
            FROM (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d1 (d) CROSS JOIN (VALUES (0), (0), (0),
                (0), (0), (0), (0), (0), (0), (0)) d2 (d)
            CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d3 (d) CROSS JOIN (VALUES (0), (0),
                (0), (0), (0), (0), (0), (0), (0), (0)) d4 (d)
            CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d5 (d)
            ORDER BY place
        ) p
        CROSS APPLY (
            SELECT CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place, 1)) AS a,
                   CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 1, 1)) AS b,
                   CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 2, 1)) AS c,
                   CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 3, 1)) AS d
        ) x
        CROSS APPLY (
            SELECT CASE
                WHEN x.a < 128 THEN x.a
                WHEN x.a BETWEEN 194 AND 223 AND x.b BETWEEN 128 AND 191
                    THEN (x.a - 192) * 64 + x.b - 128
                WHEN x.a BETWEEN 224 AND 239 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                    THEN ((x.a - 224) * 64 + x.b - 128) * 64 + x.c - 128
                WHEN x.a BETWEEN 240 AND 244 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                    AND x.d BETWEEN 128 AND 191
                    THEN (((x.a - 240) * 64 + x.b - 128) * 64 + x.c - 128) * 64 + x.d - 128
            END AS code,
            CASE
                WHEN x.a < 128 THEN 0 WHEN x.a < 192 THEN -1 WHEN x.a < 224 THEN 1 WHEN x.a < 240 THEN 2 ELSE 3
            END AS more
        ) y
        CROSS APPLY (
            SELECT CASE
                WHEN y.more = -1 THEN CONVERT(NVARCHAR(MAX), N'')
                WHEN y.more = 2 AND (y.code < 2048 OR y.code BETWEEN 55296 AND 57343) THEN NULL
                WHEN y.more < 3 THEN CONVERT(NVARCHAR(MAX), NCHAR(y.code))
                WHEN y.code BETWEEN 65536 AND 1114111
                    THEN CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) / 1024 + 55296))
                        + CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) % 1024 + 56320))
            END AS words
        ) z
    ) c
    WHERE c.width <= 2048
) IS NULL)
    THROW 50000, N'AM_API_POLICY_MAPPING: PARAMETERS is no text in UTF-8', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API_POLICY_MAPPING t WHERE EXISTS (SELECT 1 FROM (
    SELECT p.place, y.more, z.words,
           SUM(ISNULL(DATALENGTH(CONVERT(VARCHAR(MAX), z.words)), 0)) OVER
               (ORDER BY p.place ROWS UNBOUNDED PRECEDING)
               AS width
    FROM (
        SELECT TOP (ISNULL(DATALENGTH(t.PARAMETERS), 0)) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS place
        FROM (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d1 (d) CROSS JOIN (VALUES (0), (0), (0), (0),
            (0), (0), (0), (0), (0), (0)) d2 (d)
        CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d3 (d) CROSS JOIN (VALUES (0), (0),
            (0), (0), (0), (0), (0), (0), (0), (0)) d4 (d)
        CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d5 (d)
        ORDER BY place
    ) p
    CROSS APPLY (
        SELECT CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place, 1)) AS a,
               CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 1, 1)) AS b,
               CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 2, 1)) AS c,
               CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 3, 1)) AS d
    ) x
    CROSS APPLY (
        SELECT CASE
            WHEN x.a < 128 THEN x.a
            WHEN x.a BETWEEN 194 AND 223 AND x.b BETWEEN 128 AND 191
                THEN (x.a - 192) * 64 + x.b - 128
            WHEN x.a BETWEEN 224 AND 239 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                THEN ((x.a - 224) * 64 + x.b - 128) * 64 + x.c - 128
            WHEN x.a BETWEEN 240 AND 244 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                AND x.d BETWEEN 128 AND 191
                THEN (((x.a - 240) * 64 + x.b - 128) * 64 + x.c - 128) * 64 + x.d - 128
        END AS code,
        CASE
            WHEN x.a < 128 THEN 0 WHEN x.a < 192 THEN -1 WHEN x.a < 224 THEN 1 WHEN x.a < 240 THEN 2 ELSE 3
        END AS more
    ) y
    CROSS APPLY (
        SELECT CASE
            WHEN y.more = -1 THEN CONVERT(NVARCHAR(MAX), N'')
            WHEN y.more = 2 AND (y.code < 2048 OR y.code BETWEEN 55296 AND 57343) THEN NULL
            WHEN y.more < 3 THEN CONVERT(NVARCHAR(MAX), NCHAR(y.code))
            WHEN y.code BETWEEN 65536 AND 1114111
                THEN CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) / 1024 + 55296))
                    + CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) % 1024 + 56320))
        END AS words
    ) z
) c WHERE c.width <= 2048 AND CONVERT(VARBINARY(MAX), CONVERT(NVARCHAR(MAX), CONVERT(VARCHAR(MAX),
    c.words))) <> CONVERT(VARBINARY(MAX), c.words)))
    THROW 50000, N'AM_API_POLICY_MAPPING: PARAMETERS has characters that the database''s code page has not', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API_POLICY_MAPPING t WHERE DATALENGTH(t.PARAMETERS) > 8192
    OR DATALENGTH(t.PARAMETERS) > 2048 AND (SELECT MAX(c.width) FROM (
    SELECT p.place, y.more, z.words,
           SUM(ISNULL(DATALENGTH(CONVERT(VARCHAR(MAX), z.words)), 0)) OVER
               (ORDER BY p.place ROWS UNBOUNDED PRECEDING)
               AS width
    FROM (
        SELECT TOP (ISNULL(DATALENGTH(t.PARAMETERS), 0)) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS place
        FROM (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d1 (d) CROSS JOIN (VALUES (0), (0), (0), (0),
            (0), (0), (0), (0), (0), (0)) d2 (d)
        CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d3 (d) CROSS JOIN (VALUES (0), (0),
            (0), (0), (0), (0), (0), (0), (0), (0)) d4 (d)
        CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d5 (d)
        ORDER BY place
    ) p
    CROSS APPLY (
        SELECT CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place, 1)) AS a,
               CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 1, 1)) AS b,
               CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 2, 1)) AS c,
               CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 3, 1)) AS d
    ) x
    CROSS APPLY (
        SELECT CASE
            WHEN x.a < 128 THEN x.a
            WHEN x.a BETWEEN 194 AND 223 AND x.b BETWEEN 128 AND 191
                THEN (x.a - 192) * 64 + x.b - 128
            WHEN x.a BETWEEN 224 AND 239 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                THEN ((x.a - 224) * 64 + x.b - 128) * 64 + x.c - 128
            WHEN x.a BETWEEN 240 AND 244 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                AND x.d BETWEEN 128 AND 191
                THEN (((x.a - 240) * 64 + x.b - 128) * 64 + x.c - 128) * 64 + x.d - 128
        END AS code,
        CASE
            WHEN x.a < 128 THEN 0 WHEN x.a < 192 THEN -1 WHEN x.a < 224 THEN 1 WHEN x.a < 240 THEN 2 ELSE 3
        END AS more
    ) y
    CROSS APPLY (
        SELECT CASE
            WHEN y.more = -1 THEN CONVERT(NVARCHAR(MAX), N'')
            WHEN y.more = 2 AND (y.code < 2048 OR y.code BETWEEN 55296 AND 57343) THEN NULL
            WHEN y.more < 3 THEN CONVERT(NVARCHAR(MAX), NCHAR(y.code))
            WHEN y.code BETWEEN 65536 AND 1114111
                THEN CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) / 1024 + 55296))
                    + CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) % 1024 + 56320))
        END AS words
    ) z
) c) > 2048)
    THROW 50000, N'AM_API_POLICY_MAPPING: PARAMETERS is longer than the 2048 characters it will have', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API_OPERATION_POLICY_MAPPING t WHERE t.PARAMETERS IS NOT NULL AND (
    SELECT CASE
        WHEN COUNT(*) = COUNT(c.words) AND ISNULL(SUM(c.more), 0) = 0
            THEN ISNULL(STRING_AGG(c.words, N'') WITHIN GROUP (ORDER BY c.place), N'')
    END
    FROM (
        SELECT p.place, y.more, z.words,
               SUM(ISNULL(DATALENGTH(CONVERT(VARCHAR(MAX), z.words)), 0)) OVER
                   (ORDER BY p.place ROWS UNBOUNDED PRECEDING)
                   AS width
        FROM (
            SELECT TOP (ISNULL(DATALENGTH(t.PARAMETERS), 0)) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS place
            FROM (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d1 (d) CROSS JOIN (VALUES (0), (0), (0),
                (0), (0), (0), (0), (0), (0), (0)) d2 (d)
            CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d3 (d) CROSS JOIN (VALUES (0), (0),
                (0), (0), (0), (0), (0), (0), (0), (0)) d4 (d)
            CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d5 (d)
            ORDER BY place
        ) p
        CROSS APPLY (
            SELECT CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place, 1)) AS a,
                   CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 1, 1)) AS b,
                   CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 2, 1)) AS c,
                   CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 3, 1)) AS d
        ) x
        CROSS APPLY (
            SELECT CASE
                WHEN x.a < 128 THEN x.a
                WHEN x.a BETWEEN 194 AND 223 AND x.b BETWEEN 128 AND 191
                    THEN (x.a - 192) * 64 + x.b - 128
                WHEN x.a BETWEEN 224 AND 239 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                    THEN ((x.a - 224) * 64 + x.b - 128) * 64 + x.c - 128
                WHEN x.a BETWEEN 240 AND 244 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                    AND x.d BETWEEN 128 AND 191
                    THEN (((x.a - 240) * 64 + x.b - 128) * 64 + x.c - 128) * 64 + x.d - 128
            END AS code,
            CASE
                WHEN x.a < 128 THEN 0 WHEN x.a < 192 THEN -1 WHEN x.a < 224 THEN 1 WHEN x.a < 240 THEN 2 ELSE 3
            END AS more
        ) y
        CROSS APPLY (
            SELECT CASE
                WHEN y.more = -1 THEN CONVERT(NVARCHAR(MAX), N'')
                WHEN y.more = 2 AND (y.code < 2048 OR y.code BETWEEN 55296 AND 57343) THEN NULL
                WHEN y.more < 3 THEN CONVERT(NVARCHAR(MAX), NCHAR(y.code))
                WHEN y.code BETWEEN 65536 AND 1114111
                    THEN CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) / 1024 + 55296))
                        + CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) % 1024 + 56320))
            END AS words
        ) z
    ) c
    WHERE c.width <= 2048
) IS NULL)
    THROW 50000, N'AM_API_OPERATION_POLICY_MAPPING: PARAMETERS is no text in UTF-8', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API_OPERATION_POLICY_MAPPING t WHERE EXISTS (SELECT 1 FROM (
    SELECT p.place, y.more, z.words,
           SUM(ISNULL(DATALENGTH(CONVERT(VARCHAR(MAX), z.words)), 0)) OVER
               (ORDER BY p.place ROWS UNBOUNDED PRECEDING)
               AS width
    FROM (
        SELECT TOP (ISNULL(DATALENGTH(t.PARAMETERS), 0)) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS place
        FROM (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d1 (d) CROSS JOIN (VALUES (0), (0), (0), (0),
            (0), (0), (0), (0), (0), (0)) d2 (d)
        CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d3 (d) CROSS JOIN (VALUES (0), (0),
            (0), (0), (0), (0), (0), (0), (0), (0)) d4 (d)
        CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d5 (d)
        ORDER BY place
    ) p
    CROSS APPLY (
        SELECT CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place, 1)) AS a,
               CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 1, 1)) AS b,
               CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 2, 1)) AS c,
               CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 3, 1)) AS d
    ) x
    CROSS APPLY (
        SELECT CASE
            WHEN x.a < 128 THEN x.a
            WHEN x.a BETWEEN 194 AND 223 AND x.b BETWEEN 128 AND 191
                THEN (x.a - 192) * 64 + x.b - 128
            WHEN x.a BETWEEN 224 AND 239 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                THEN ((x.a - 224) * 64 + x.b - 128) * 64 + x.c - 128
            WHEN x.a BETWEEN 240 AND 244 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                AND x.d BETWEEN 128 AND 191
                THEN (((x.a - 240) * 64 + x.b - 128) * 64 + x.c - 128) * 64 + x.d - 128
        END AS code,
        CASE
            WHEN x.a < 128 THEN 0 WHEN x.a < 192 THEN -1 WHEN x.a < 224 THEN 1 WHEN x.a < 240 THEN 2 ELSE 3
        END AS more
    ) y
    CROSS APPLY (
        SELECT CASE
            WHEN y.more = -1 THEN CONVERT(NVARCHAR(MAX), N'')
            WHEN y.more = 2 AND (y.code < 2048 OR y.code BETWEEN 55296 AND 57343) THEN NULL
            WHEN y.more < 3 THEN CONVERT(NVARCHAR(MAX), NCHAR(y.code))
            WHEN y.code BETWEEN 65536 AND 1114111
                THEN CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) / 1024 + 55296))
                    + CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) % 1024 + 56320))
        END AS words
    ) z
) c WHERE c.width <= 2048 AND CONVERT(VARBINARY(MAX), CONVERT(NVARCHAR(MAX), CONVERT(VARCHAR(MAX),
    c.words))) <> CONVERT(VARBINARY(MAX), c.words)))
    THROW 50000,
        N'AM_API_OPERATION_POLICY_MAPPING: PARAMETERS has characters that the database''s code page has not', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API_OPERATION_POLICY_MAPPING t WHERE DATALENGTH(t.PARAMETERS) > 8192
    OR DATALENGTH(t.PARAMETERS) > 2048 AND (SELECT MAX(c.width) FROM (
    SELECT p.place, y.more, z.words,
           SUM(ISNULL(DATALENGTH(CONVERT(VARCHAR(MAX), z.words)), 0)) OVER
               (ORDER BY p.place ROWS UNBOUNDED PRECEDING)
               AS width
    FROM (
        SELECT TOP (ISNULL(DATALENGTH(t.PARAMETERS), 0)) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS place
        FROM (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d1 (d) CROSS JOIN (VALUES (0), (0), (0), (0),
            (0), (0), (0), (0), (0), (0)) d2 (d)
        CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d3 (d) CROSS JOIN (VALUES (0), (0),
            (0), (0), (0), (0), (0), (0), (0), (0)) d4 (d)
        CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d5 (d)
        ORDER BY place
    ) p
    CROSS APPLY (
        SELECT CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place, 1)) AS a,
               CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 1, 1)) AS b,
               CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 2, 1)) AS c,
               CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 3, 1)) AS d
    ) x
    CROSS APPLY (
        SELECT CASE
            WHEN x.a < 128 THEN x.a
            WHEN x.a BETWEEN 194 AND 223 AND x.b BETWEEN 128 AND 191
                THEN (x.a - 192) * 64 + x.b - 128
            WHEN x.a BETWEEN 224 AND 239 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                THEN ((x.a - 224) * 64 + x.b - 128) * 64 + x.c - 128
            WHEN x.a BETWEEN 240 AND 244 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                AND x.d BETWEEN 128 AND 191
                THEN (((x.a - 240) * 64 + x.b - 128) * 64 + x.c - 128) * 64 + x.d - 128
        END AS code,
        CASE
            WHEN x.a < 128 THEN 0 WHEN x.a < 192 THEN -1 WHEN x.a < 224 THEN 1 WHEN x.a < 240 THEN 2 ELSE 3
        END AS more
    ) y
    CROSS APPLY (
        SELECT CASE
            WHEN y.more = -1 THEN CONVERT(NVARCHAR(MAX), N'')
            WHEN y.more = 2 AND (y.code < 2048 OR y.code BETWEEN 55296 AND 57343) THEN NULL
            WHEN y.more < 3 THEN CONVERT(NVARCHAR(MAX), NCHAR(y.code))
            WHEN y.code BETWEEN 65536 AND 1114111
                THEN CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) / 1024 + 55296))
                    + CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) % 1024 + 56320))
        END AS words
    ) z
) c) > 2048)
    THROW 50000, N'AM_API_OPERATION_POLICY_MAPPING: PARAMETERS is longer than the 2048 characters it will have', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API_COMMENTS t WHERE DATALENGTH(CREATED_BY) > 255)
    THROW 50000, N'AM_API_COMMENTS: CREATED_BY is longer than the 255 characters it will have', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API t WHERE DATALENGTH(API_SUBTYPE) > 10)
    THROW 50000, N'AM_API: API_SUBTYPE is longer than the 10 characters it will have', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_LLM_PROVIDER_MODEL t WHERE EXISTS (SELECT 1 FROM (SELECT MODEL_NAME, LLM_PROVIDER_UUID
    FROM AM_LLM_PROVIDER_MODEL GROUP BY MODEL_NAME, LLM_PROVIDER_UUID HAVING COUNT(*) > 1) d
    WHERE (d.MODEL_NAME = t.MODEL_NAME OR d.MODEL_NAME IS NULL AND t.MODEL_NAME IS NULL)
    AND (d.LLM_PROVIDER_UUID = t.LLM_PROVIDER_UUID OR d.LLM_PROVIDER_UUID IS NULL AND t.LLM_PROVIDER_UUID IS NULL)))
    THROW 50000,
        N'AM_LLM_PROVIDER_MODEL: duplicates under the new unique constraint (MODEL_NAME, LLM_PROVIDER_UUID)', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_LLM_PROVIDER_MODEL t WHERE ISNULL(DATALENGTH(t.MODEL_NAME),
    0) + ISNULL(DATALENGTH(t.LLM_PROVIDER_UUID), 0) > 1700)
    THROW 50000,
        N'AM_LLM_PROVIDER_MODEL: over 1700 bytes in (MODEL_NAME, LLM_PROVIDER_UUID), too long for the unique constraint',
        1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API_ENDPOINTS t WHERE ISNULL(DATALENGTH(t.API_UUID),
    0) + ISNULL(DATALENGTH(t.ENDPOINT_UUID), 0) + ISNULL(DATALENGTH(t.ENDPOINT_NAME),
    0) + ISNULL(DATALENGTH(t.REVISION_UUID), 0) + ISNULL(DATALENGTH(t.ORGANIZATION), 0) > 900)
    THROW 50000,
        N'AM_API_ENDPOINTS: over 900 bytes in (API_UUID, ENDPOINT_UUID, ENDPOINT_NAME, REVISION_UUID, ORGANIZATION), too long for the primary key',
        1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_LLM_PROVIDER_MODEL t WHERE t.MODEL_FAMILY_NAME IS NOT NULL)
    THROW 50000, N'AM_LLM_PROVIDER_MODEL: MODEL_FAMILY_NAME is dropped, and holds something else than NULL', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_LLM_PROVIDER t WHERE t.MODEL_FAMILY_SUPPORTED IS NOT NULL
    AND t.MODEL_FAMILY_SUPPORTED <> 'false')
    THROW 50000, N'AM_LLM_PROVIDER: MODEL_FAMILY_SUPPORTED is dropped, and holds something else than ''false''', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_GATEWAY_ENVIRONMENT t WHERE t.SCHEDULED_TIME IS NOT NULL)
    THROW 50000, N'AM_GATEWAY_ENVIRONMENT: SCHEDULED_TIME is dropped, and holds something else than NULL', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_GATEWAY_ENVIRONMENT t WHERE t.ENV_MODE IS NOT NULL AND t.ENV_MODE <> 'WRITE_ONLY')
    THROW 50000, N'AM_GATEWAY_ENVIRONMENT: ENV_MODE is dropped, and holds something else than ''WRITE_ONLY''', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API_URL_MAPPING t WHERE t.SCHEMA_DEFINITION IS NOT NULL)
    THROW 50000, N'AM_API_URL_MAPPING: SCHEMA_DEFINITION is dropped, and holds something else than NULL', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API_URL_MAPPING t WHERE t.DESCRIPTION IS NOT NULL)
    THROW 50000, N'AM_API_URL_MAPPING: DESCRIPTION is dropped, and holds something else than NULL', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API_PRIMARY_EP_MAPPING t WHERE t.REVISION_UUID IS NOT NULL
    AND t.REVISION_UUID <> 'Current API')
    THROW 50000,
        N'AM_API_PRIMARY_EP_MAPPING: REVISION_UUID is dropped, and holds something else than ''Current API''', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API t WHERE t.INITIATED_FROM_GW IS NOT NULL AND t.INITIATED_FROM_GW <> 0)
    THROW 50000, N'AM_API: INITIATED_FROM_GW is dropped, and holds something else than NULL or 0', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API t WHERE t.API_DISPLAY_NAME IS NOT NULL)
    THROW 50000, N'AM_API: API_DISPLAY_NAME is dropped, and holds something else than NULL', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_TASK_LOCK t WHERE 1 = 1)
    THROW 50000, N'AM_TASK_LOCK: it is dropped, and has rows', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_GW_REVISION_DEPLOYMENT t WHERE 1 = 1)
    THROW 50000, N'AM_GW_REVISION_DEPLOYMENT: it is dropped, and has rows', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_GW_INSTANCE_ENV_MAPPING t WHERE 1 = 1)
    THROW 50000, N'AM_GW_INSTANCE_ENV_MAPPING: it is dropped, and has rows', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_GW_INSTANCES t WHERE 1 = 1)
    THROW 50000, N'AM_GW_INSTANCES: it is dropped, and has rows', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_BACKEND_OPERATION_MAPPING t WHERE 1 = 1)
    THROW 50000, N'AM_BACKEND_OPERATION_MAPPING: it is dropped, and has rows', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_BACKEND t WHERE 1 = 1)
    THROW 50000, N'AM_BACKEND: it is dropped, and has rows', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API_OPERATION_MAPPING t WHERE 1 = 1)
    THROW 50000, N'AM_API_OPERATION_MAPPING: it is dropped, and has rows', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
IF EXISTS (SELECT 1 FROM AM_API_METADATA t WHERE 1 = 1)
    THROW 50000, N'AM_API_METADATA: it is dropped, and has rows', 1;
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
    coalesce(max(apim_schema_history.run), 0) + 1 AS run, '4.6.0' AS from_release, '4.5.0' AS to_release,
    'started' AS outcome, NULL AS verdict, 0 AS statements, 0 AS planned, 0 AS rows_compared, CONVERT(DATETIME,
    CONVERT(DATETIME2(0), SYSUTCDATETIME())) AS started_at, SUSER_SNAME() AS done_by, '0.1.0' AS tool_version
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'apim'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'apim' AND same.to_release = '4.5.0' AND same.outcome = 'started'));
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== 4.5.0: 42 statements

-- 1. convert column AM_APPLICATION_REGISTRATION.INPUTS to VARCHAR(1000), from UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_APPLICATION_REGISTRATION ADD INPUTS_TEXT VARCHAR(1000) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 2. convert column AM_APPLICATION_REGISTRATION.INPUTS to VARCHAR(1000), from UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
UPDATE t SET t.INPUTS_TEXT = (
        SELECT CASE
            WHEN COUNT(*) = COUNT(c.words) AND ISNULL(SUM(c.more), 0) = 0
                THEN ISNULL(STRING_AGG(c.words, N'') WITHIN GROUP (ORDER BY c.place), N'')
        END
        FROM (
            SELECT p.place, y.more, z.words,
                   SUM(ISNULL(DATALENGTH(CONVERT(VARCHAR(MAX), z.words)), 0)) OVER
                       (ORDER BY p.place ROWS UNBOUNDED PRECEDING)
                       AS width
            FROM (
                SELECT TOP (ISNULL(DATALENGTH(t.INPUTS), 0)) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS place
                FROM (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d1 (d) CROSS JOIN (VALUES (0), (0),
                    (0), (0), (0), (0), (0), (0), (0), (0)) d2 (d)
                CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d3 (d) CROSS JOIN (VALUES (0),
                    (0), (0), (0), (0), (0), (0), (0), (0), (0)) d4 (d)
                CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d5 (d)
                ORDER BY place
            ) p
            CROSS APPLY (
                SELECT CONVERT(INT, SUBSTRING(t.INPUTS, p.place, 1)) AS a,
                       CONVERT(INT, SUBSTRING(t.INPUTS, p.place + 1, 1)) AS b,
                       CONVERT(INT, SUBSTRING(t.INPUTS, p.place + 2, 1)) AS c,
                       CONVERT(INT, SUBSTRING(t.INPUTS, p.place + 3, 1)) AS d
            ) x
            CROSS APPLY (
                SELECT CASE
                    WHEN x.a < 128 THEN x.a
                    WHEN x.a BETWEEN 194 AND 223 AND x.b BETWEEN 128 AND 191
                        THEN (x.a - 192) * 64 + x.b - 128
                    WHEN x.a BETWEEN 224 AND 239 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                        THEN ((x.a - 224) * 64 + x.b - 128) * 64 + x.c - 128
                    WHEN x.a BETWEEN 240 AND 244 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                        AND x.d BETWEEN 128 AND 191
                        THEN (((x.a - 240) * 64 + x.b - 128) * 64 + x.c - 128) * 64 + x.d - 128
                END AS code,
                CASE
                    WHEN x.a < 128 THEN 0 WHEN x.a < 192 THEN -1 WHEN x.a < 224 THEN 1 WHEN x.a < 240 THEN 2 ELSE 3
                END AS more
            ) y
            CROSS APPLY (
                SELECT CASE
                    WHEN y.more = -1 THEN CONVERT(NVARCHAR(MAX), N'')
                    WHEN y.more = 2 AND (y.code < 2048 OR y.code BETWEEN 55296 AND 57343) THEN NULL
                    WHEN y.more < 3 THEN CONVERT(NVARCHAR(MAX), NCHAR(y.code))
                    WHEN y.code BETWEEN 65536 AND 1114111
                        THEN CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) / 1024 + 55296))
                            + CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) % 1024 + 56320))
                END AS words
            ) z
        ) c
    )
FROM AM_APPLICATION_REGISTRATION t WHERE t.INPUTS IS NOT NULL;
IF EXISTS (
    SELECT 1 FROM AM_APPLICATION_REGISTRATION t
    WHERE t.INPUTS IS NOT NULL AND (t.INPUTS_TEXT IS NULL
        OR CONVERT(VARBINARY(MAX), CONVERT(NVARCHAR(MAX), t.INPUTS_TEXT)) <> CONVERT(VARBINARY(MAX), (
        SELECT CASE
            WHEN COUNT(*) = COUNT(c.words) AND ISNULL(SUM(c.more), 0) = 0
                THEN ISNULL(STRING_AGG(c.words, N'') WITHIN GROUP (ORDER BY c.place), N'')
        END
        FROM (
            SELECT p.place, y.more, z.words,
                   SUM(ISNULL(DATALENGTH(CONVERT(VARCHAR(MAX), z.words)), 0)) OVER
                       (ORDER BY p.place ROWS UNBOUNDED PRECEDING)
                       AS width
            FROM (
                SELECT TOP (ISNULL(DATALENGTH(t.INPUTS), 0)) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS place
                FROM (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d1 (d) CROSS JOIN (VALUES (0), (0),
                    (0), (0), (0), (0), (0), (0), (0), (0)) d2 (d)
                CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d3 (d) CROSS JOIN (VALUES (0),
                    (0), (0), (0), (0), (0), (0), (0), (0), (0)) d4 (d)
                CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d5 (d)
                ORDER BY place
            ) p
            CROSS APPLY (
                SELECT CONVERT(INT, SUBSTRING(t.INPUTS, p.place, 1)) AS a,
                       CONVERT(INT, SUBSTRING(t.INPUTS, p.place + 1, 1)) AS b,
                       CONVERT(INT, SUBSTRING(t.INPUTS, p.place + 2, 1)) AS c,
                       CONVERT(INT, SUBSTRING(t.INPUTS, p.place + 3, 1)) AS d
            ) x
            CROSS APPLY (
                SELECT CASE
                    WHEN x.a < 128 THEN x.a
                    WHEN x.a BETWEEN 194 AND 223 AND x.b BETWEEN 128 AND 191
                        THEN (x.a - 192) * 64 + x.b - 128
                    WHEN x.a BETWEEN 224 AND 239 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                        THEN ((x.a - 224) * 64 + x.b - 128) * 64 + x.c - 128
                    WHEN x.a BETWEEN 240 AND 244 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                        AND x.d BETWEEN 128 AND 191
                        THEN (((x.a - 240) * 64 + x.b - 128) * 64 + x.c - 128) * 64 + x.d - 128
                END AS code,
                CASE
                    WHEN x.a < 128 THEN 0 WHEN x.a < 192 THEN -1 WHEN x.a < 224 THEN 1 WHEN x.a < 240 THEN 2 ELSE 3
                END AS more
            ) y
            CROSS APPLY (
                SELECT CASE
                    WHEN y.more = -1 THEN CONVERT(NVARCHAR(MAX), N'')
                    WHEN y.more = 2 AND (y.code < 2048 OR y.code BETWEEN 55296 AND 57343) THEN NULL
                    WHEN y.more < 3 THEN CONVERT(NVARCHAR(MAX), NCHAR(y.code))
                    WHEN y.code BETWEEN 65536 AND 1114111
                        THEN CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) / 1024 + 55296))
                            + CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) % 1024 + 56320))
                END AS words
            ) z
        ) c
    )))
)
    THROW 50000,
        N'AM_APPLICATION_REGISTRATION.INPUTS holds bytes that are no text in UTF-8 which a text column here can hold',
        1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 3. convert column AM_APPLICATION_REGISTRATION.INPUTS to VARCHAR(1000), from UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_APPLICATION_REGISTRATION DROP COLUMN INPUTS;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 4. convert column AM_APPLICATION_REGISTRATION.INPUTS to VARCHAR(1000), from UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
DECLARE @failed INT;
EXEC @failed = sp_rename N'AM_APPLICATION_REGISTRATION.INPUTS_TEXT', N'INPUTS', N'COLUMN';
IF @failed <> 0
    THROW 50000, N'AM_APPLICATION_REGISTRATION.INPUTS_TEXT was not renamed to INPUTS', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 5. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARCHAR(2048), from UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_POLICY_MAPPING ADD PARAMETERS_TEXT VARCHAR(2048) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 6. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARCHAR(2048), from UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
UPDATE t SET t.PARAMETERS_TEXT = (
        SELECT CASE
            WHEN COUNT(*) = COUNT(c.words) AND ISNULL(SUM(c.more), 0) = 0
                THEN ISNULL(STRING_AGG(c.words, N'') WITHIN GROUP (ORDER BY c.place), N'')
        END
        FROM (
            SELECT p.place, y.more, z.words,
                   SUM(ISNULL(DATALENGTH(CONVERT(VARCHAR(MAX), z.words)), 0)) OVER
                       (ORDER BY p.place ROWS UNBOUNDED PRECEDING)
                       AS width
            FROM (
                SELECT TOP (ISNULL(DATALENGTH(t.PARAMETERS), 0)) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS place
                FROM (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d1 (d) CROSS JOIN (VALUES (0), (0),
                    (0), (0), (0), (0), (0), (0), (0), (0)) d2 (d)
                CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d3 (d) CROSS JOIN (VALUES (0),
                    (0), (0), (0), (0), (0), (0), (0), (0), (0)) d4 (d)
                CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d5 (d)
                ORDER BY place
            ) p
            CROSS APPLY (
                SELECT CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place, 1)) AS a,
                       CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 1, 1)) AS b,
                       CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 2, 1)) AS c,
                       CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 3, 1)) AS d
            ) x
            CROSS APPLY (
                SELECT CASE
                    WHEN x.a < 128 THEN x.a
                    WHEN x.a BETWEEN 194 AND 223 AND x.b BETWEEN 128 AND 191
                        THEN (x.a - 192) * 64 + x.b - 128
                    WHEN x.a BETWEEN 224 AND 239 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                        THEN ((x.a - 224) * 64 + x.b - 128) * 64 + x.c - 128
                    WHEN x.a BETWEEN 240 AND 244 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                        AND x.d BETWEEN 128 AND 191
                        THEN (((x.a - 240) * 64 + x.b - 128) * 64 + x.c - 128) * 64 + x.d - 128
                END AS code,
                CASE
                    WHEN x.a < 128 THEN 0 WHEN x.a < 192 THEN -1 WHEN x.a < 224 THEN 1 WHEN x.a < 240 THEN 2 ELSE 3
                END AS more
            ) y
            CROSS APPLY (
                SELECT CASE
                    WHEN y.more = -1 THEN CONVERT(NVARCHAR(MAX), N'')
                    WHEN y.more = 2 AND (y.code < 2048 OR y.code BETWEEN 55296 AND 57343) THEN NULL
                    WHEN y.more < 3 THEN CONVERT(NVARCHAR(MAX), NCHAR(y.code))
                    WHEN y.code BETWEEN 65536 AND 1114111
                        THEN CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) / 1024 + 55296))
                            + CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) % 1024 + 56320))
                END AS words
            ) z
        ) c
    )
FROM AM_API_POLICY_MAPPING t WHERE t.PARAMETERS IS NOT NULL;
IF EXISTS (
    SELECT 1 FROM AM_API_POLICY_MAPPING t
    WHERE t.PARAMETERS IS NOT NULL AND (t.PARAMETERS_TEXT IS NULL
        OR CONVERT(VARBINARY(MAX), CONVERT(NVARCHAR(MAX), t.PARAMETERS_TEXT)) <> CONVERT(VARBINARY(MAX), (
        SELECT CASE
            WHEN COUNT(*) = COUNT(c.words) AND ISNULL(SUM(c.more), 0) = 0
                THEN ISNULL(STRING_AGG(c.words, N'') WITHIN GROUP (ORDER BY c.place), N'')
        END
        FROM (
            SELECT p.place, y.more, z.words,
                   SUM(ISNULL(DATALENGTH(CONVERT(VARCHAR(MAX), z.words)), 0)) OVER
                       (ORDER BY p.place ROWS UNBOUNDED PRECEDING)
                       AS width
            FROM (
                SELECT TOP (ISNULL(DATALENGTH(t.PARAMETERS), 0)) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS place
                FROM (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d1 (d) CROSS JOIN (VALUES (0), (0),
                    (0), (0), (0), (0), (0), (0), (0), (0)) d2 (d)
                CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d3 (d) CROSS JOIN (VALUES (0),
                    (0), (0), (0), (0), (0), (0), (0), (0), (0)) d4 (d)
                CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d5 (d)
                ORDER BY place
            ) p
            CROSS APPLY (
                SELECT CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place, 1)) AS a,
                       CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 1, 1)) AS b,
                       CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 2, 1)) AS c,
                       CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 3, 1)) AS d
            ) x
            CROSS APPLY (
                SELECT CASE
                    WHEN x.a < 128 THEN x.a
                    WHEN x.a BETWEEN 194 AND 223 AND x.b BETWEEN 128 AND 191
                        THEN (x.a - 192) * 64 + x.b - 128
                    WHEN x.a BETWEEN 224 AND 239 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                        THEN ((x.a - 224) * 64 + x.b - 128) * 64 + x.c - 128
                    WHEN x.a BETWEEN 240 AND 244 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                        AND x.d BETWEEN 128 AND 191
                        THEN (((x.a - 240) * 64 + x.b - 128) * 64 + x.c - 128) * 64 + x.d - 128
                END AS code,
                CASE
                    WHEN x.a < 128 THEN 0 WHEN x.a < 192 THEN -1 WHEN x.a < 224 THEN 1 WHEN x.a < 240 THEN 2 ELSE 3
                END AS more
            ) y
            CROSS APPLY (
                SELECT CASE
                    WHEN y.more = -1 THEN CONVERT(NVARCHAR(MAX), N'')
                    WHEN y.more = 2 AND (y.code < 2048 OR y.code BETWEEN 55296 AND 57343) THEN NULL
                    WHEN y.more < 3 THEN CONVERT(NVARCHAR(MAX), NCHAR(y.code))
                    WHEN y.code BETWEEN 65536 AND 1114111
                        THEN CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) / 1024 + 55296))
                            + CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) % 1024 + 56320))
                END AS words
            ) z
        ) c
    )))
)
    THROW 50000,
        N'AM_API_POLICY_MAPPING.PARAMETERS holds bytes that are no text in UTF-8 which a text column here can hold',
        1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 7. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARCHAR(2048), from UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_POLICY_MAPPING DROP COLUMN PARAMETERS;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 8. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARCHAR(2048), from UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
DECLARE @failed INT;
EXEC @failed = sp_rename N'AM_API_POLICY_MAPPING.PARAMETERS_TEXT', N'PARAMETERS', N'COLUMN';
IF @failed <> 0
    THROW 50000, N'AM_API_POLICY_MAPPING.PARAMETERS_TEXT was not renamed to PARAMETERS', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 9. convert column AM_API_POLICY_MAPPING.PARAMETERS to VARCHAR(2048), from UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_POLICY_MAPPING ALTER COLUMN PARAMETERS VARCHAR(2048) NOT NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 10. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARCHAR(2048), from UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_OPERATION_POLICY_MAPPING ADD PARAMETERS_TEXT VARCHAR(2048) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 11. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARCHAR(2048), from UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
UPDATE t SET t.PARAMETERS_TEXT = (
        SELECT CASE
            WHEN COUNT(*) = COUNT(c.words) AND ISNULL(SUM(c.more), 0) = 0
                THEN ISNULL(STRING_AGG(c.words, N'') WITHIN GROUP (ORDER BY c.place), N'')
        END
        FROM (
            SELECT p.place, y.more, z.words,
                   SUM(ISNULL(DATALENGTH(CONVERT(VARCHAR(MAX), z.words)), 0)) OVER
                       (ORDER BY p.place ROWS UNBOUNDED PRECEDING)
                       AS width
            FROM (
                SELECT TOP (ISNULL(DATALENGTH(t.PARAMETERS), 0)) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS place
                FROM (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d1 (d) CROSS JOIN (VALUES (0), (0),
                    (0), (0), (0), (0), (0), (0), (0), (0)) d2 (d)
                CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d3 (d) CROSS JOIN (VALUES (0),
                    (0), (0), (0), (0), (0), (0), (0), (0), (0)) d4 (d)
                CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d5 (d)
                ORDER BY place
            ) p
            CROSS APPLY (
                SELECT CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place, 1)) AS a,
                       CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 1, 1)) AS b,
                       CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 2, 1)) AS c,
                       CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 3, 1)) AS d
            ) x
            CROSS APPLY (
                SELECT CASE
                    WHEN x.a < 128 THEN x.a
                    WHEN x.a BETWEEN 194 AND 223 AND x.b BETWEEN 128 AND 191
                        THEN (x.a - 192) * 64 + x.b - 128
                    WHEN x.a BETWEEN 224 AND 239 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                        THEN ((x.a - 224) * 64 + x.b - 128) * 64 + x.c - 128
                    WHEN x.a BETWEEN 240 AND 244 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                        AND x.d BETWEEN 128 AND 191
                        THEN (((x.a - 240) * 64 + x.b - 128) * 64 + x.c - 128) * 64 + x.d - 128
                END AS code,
                CASE
                    WHEN x.a < 128 THEN 0 WHEN x.a < 192 THEN -1 WHEN x.a < 224 THEN 1 WHEN x.a < 240 THEN 2 ELSE 3
                END AS more
            ) y
            CROSS APPLY (
                SELECT CASE
                    WHEN y.more = -1 THEN CONVERT(NVARCHAR(MAX), N'')
                    WHEN y.more = 2 AND (y.code < 2048 OR y.code BETWEEN 55296 AND 57343) THEN NULL
                    WHEN y.more < 3 THEN CONVERT(NVARCHAR(MAX), NCHAR(y.code))
                    WHEN y.code BETWEEN 65536 AND 1114111
                        THEN CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) / 1024 + 55296))
                            + CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) % 1024 + 56320))
                END AS words
            ) z
        ) c
    )
FROM AM_API_OPERATION_POLICY_MAPPING t WHERE t.PARAMETERS IS NOT NULL;
IF EXISTS (
    SELECT 1 FROM AM_API_OPERATION_POLICY_MAPPING t
    WHERE t.PARAMETERS IS NOT NULL AND (t.PARAMETERS_TEXT IS NULL
        OR CONVERT(VARBINARY(MAX), CONVERT(NVARCHAR(MAX), t.PARAMETERS_TEXT)) <> CONVERT(VARBINARY(MAX), (
        SELECT CASE
            WHEN COUNT(*) = COUNT(c.words) AND ISNULL(SUM(c.more), 0) = 0
                THEN ISNULL(STRING_AGG(c.words, N'') WITHIN GROUP (ORDER BY c.place), N'')
        END
        FROM (
            SELECT p.place, y.more, z.words,
                   SUM(ISNULL(DATALENGTH(CONVERT(VARCHAR(MAX), z.words)), 0)) OVER
                       (ORDER BY p.place ROWS UNBOUNDED PRECEDING)
                       AS width
            FROM (
                SELECT TOP (ISNULL(DATALENGTH(t.PARAMETERS), 0)) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS place
                FROM (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d1 (d) CROSS JOIN (VALUES (0), (0),
                    (0), (0), (0), (0), (0), (0), (0), (0)) d2 (d)
                CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d3 (d) CROSS JOIN (VALUES (0),
                    (0), (0), (0), (0), (0), (0), (0), (0), (0)) d4 (d)
                CROSS JOIN (VALUES (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) d5 (d)
                ORDER BY place
            ) p
            CROSS APPLY (
                SELECT CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place, 1)) AS a,
                       CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 1, 1)) AS b,
                       CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 2, 1)) AS c,
                       CONVERT(INT, SUBSTRING(t.PARAMETERS, p.place + 3, 1)) AS d
            ) x
            CROSS APPLY (
                SELECT CASE
                    WHEN x.a < 128 THEN x.a
                    WHEN x.a BETWEEN 194 AND 223 AND x.b BETWEEN 128 AND 191
                        THEN (x.a - 192) * 64 + x.b - 128
                    WHEN x.a BETWEEN 224 AND 239 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                        THEN ((x.a - 224) * 64 + x.b - 128) * 64 + x.c - 128
                    WHEN x.a BETWEEN 240 AND 244 AND x.b BETWEEN 128 AND 191 AND x.c BETWEEN 128 AND 191
                        AND x.d BETWEEN 128 AND 191
                        THEN (((x.a - 240) * 64 + x.b - 128) * 64 + x.c - 128) * 64 + x.d - 128
                END AS code,
                CASE
                    WHEN x.a < 128 THEN 0 WHEN x.a < 192 THEN -1 WHEN x.a < 224 THEN 1 WHEN x.a < 240 THEN 2 ELSE 3
                END AS more
            ) y
            CROSS APPLY (
                SELECT CASE
                    WHEN y.more = -1 THEN CONVERT(NVARCHAR(MAX), N'')
                    WHEN y.more = 2 AND (y.code < 2048 OR y.code BETWEEN 55296 AND 57343) THEN NULL
                    WHEN y.more < 3 THEN CONVERT(NVARCHAR(MAX), NCHAR(y.code))
                    WHEN y.code BETWEEN 65536 AND 1114111
                        THEN CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) / 1024 + 55296))
                            + CONVERT(NVARCHAR(MAX), NCHAR((y.code - 65536) % 1024 + 56320))
                END AS words
            ) z
        ) c
    )))
)
    THROW 50000,
        N'AM_API_OPERATION_POLICY_MAPPING.PARAMETERS holds bytes that are no text in UTF-8 which a text column here can hold',
        1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 12. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARCHAR(2048), from UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_OPERATION_POLICY_MAPPING DROP COLUMN PARAMETERS;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 13. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARCHAR(2048), from UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
DECLARE @failed INT;
EXEC @failed = sp_rename N'AM_API_OPERATION_POLICY_MAPPING.PARAMETERS_TEXT', N'PARAMETERS', N'COLUMN';
IF @failed <> 0
    THROW 50000, N'AM_API_OPERATION_POLICY_MAPPING.PARAMETERS_TEXT was not renamed to PARAMETERS', 1;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 14. convert column AM_API_OPERATION_POLICY_MAPPING.PARAMETERS to VARCHAR(2048), from UTF-8
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_OPERATION_POLICY_MAPPING ALTER COLUMN PARAMETERS VARCHAR(2048) NOT NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 15. alter column AM_API_ENDPOINTS.REVISION_UUID to VARCHAR(255)
--    metadata only; lock Sch-M blocks reads and writes
DECLARE @name NVARCHAR(258), @default NVARCHAR(MAX);
SELECT @name = QUOTENAME(d.name), @default = d.definition
FROM sys.default_constraints d
WHERE d.parent_object_id = OBJECT_ID(N'AM_API_ENDPOINTS')
    AND COL_NAME(d.parent_object_id, d.parent_column_id) = N'REVISION_UUID';
IF @name IS NOT NULL
    EXEC (N'ALTER TABLE AM_API_ENDPOINTS DROP CONSTRAINT ' + @name);
ALTER TABLE AM_API_ENDPOINTS ALTER COLUMN REVISION_UUID VARCHAR(255) NOT NULL;
IF @name IS NOT NULL
    EXEC
        (N'ALTER TABLE AM_API_ENDPOINTS ADD CONSTRAINT ' + @name + N' DEFAULT ' + @default + N' FOR REVISION_UUID');
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 16. alter column AM_API_ENDPOINTS.ENDPOINT_UUID to VARCHAR(256)
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_ENDPOINTS ALTER COLUMN ENDPOINT_UUID VARCHAR(256) NOT NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 17. alter column AM_API_COMMENTS.CREATED_BY to VARCHAR(255)
--    reads every row; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_COMMENTS ALTER COLUMN CREATED_BY VARCHAR(255) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 18. alter column AM_API.API_SUBTYPE to VARCHAR(10)
--    reads every row; lock Sch-M blocks reads and writes
ALTER TABLE AM_API ALTER COLUMN API_SUBTYPE VARCHAR(10) NULL;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 19. create unique (MODEL_NAME, LLM_PROVIDER_UUID) of AM_LLM_PROVIDER_MODEL
--    builds an index; lock Sch-M blocks reads and writes
ALTER TABLE AM_LLM_PROVIDER_MODEL ADD UNIQUE (MODEL_NAME, LLM_PROVIDER_UUID);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 20. replace primary key of AM_API_ENDPOINTS by (API_UUID, ENDPOINT_UUID, ENDPOINT_NAME, REVISION_UUID,
-- ORGANIZATION)
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

-- 21. replace primary key of AM_API_ENDPOINTS by (API_UUID, ENDPOINT_UUID, ENDPOINT_NAME, REVISION_UUID,
-- ORGANIZATION)
--    writes every row anew; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_ENDPOINTS ADD PRIMARY KEY (API_UUID, ENDPOINT_UUID, ENDPOINT_NAME, REVISION_UUID, ORGANIZATION);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 22. drop column AM_LLM_PROVIDER_MODEL.MODEL_FAMILY_NAME
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_LLM_PROVIDER_MODEL DROP COLUMN MODEL_FAMILY_NAME;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 23. drop column AM_LLM_PROVIDER.MODEL_FAMILY_SUPPORTED
--    metadata only; lock Sch-M blocks reads and writes
DECLARE @drop NVARCHAR(MAX) = (
    SELECT N'ALTER TABLE AM_LLM_PROVIDER DROP CONSTRAINT ' + QUOTENAME(d.name)
    FROM sys.default_constraints d
    WHERE d.parent_object_id = OBJECT_ID(N'AM_LLM_PROVIDER')
        AND COL_NAME(d.parent_object_id, d.parent_column_id) = N'MODEL_FAMILY_SUPPORTED'
);
IF @drop IS NOT NULL
    EXEC (@drop);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 24. drop column AM_LLM_PROVIDER.MODEL_FAMILY_SUPPORTED
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_LLM_PROVIDER DROP COLUMN MODEL_FAMILY_SUPPORTED;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 25. drop column AM_GATEWAY_ENVIRONMENT.SCHEDULED_TIME
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_GATEWAY_ENVIRONMENT DROP COLUMN SCHEDULED_TIME;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 26. drop column AM_GATEWAY_ENVIRONMENT.ENV_MODE
--    metadata only; lock Sch-M blocks reads and writes
DECLARE @drop NVARCHAR(MAX) = (
    SELECT N'ALTER TABLE AM_GATEWAY_ENVIRONMENT DROP CONSTRAINT ' + QUOTENAME(d.name)
    FROM sys.default_constraints d
    WHERE d.parent_object_id = OBJECT_ID(N'AM_GATEWAY_ENVIRONMENT')
        AND COL_NAME(d.parent_object_id, d.parent_column_id) = N'ENV_MODE'
);
IF @drop IS NOT NULL
    EXEC (@drop);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 27. drop column AM_GATEWAY_ENVIRONMENT.ENV_MODE
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_GATEWAY_ENVIRONMENT DROP COLUMN ENV_MODE;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 28. drop column AM_API_URL_MAPPING.SCHEMA_DEFINITION
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_URL_MAPPING DROP COLUMN SCHEMA_DEFINITION;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 29. drop column AM_API_URL_MAPPING.DESCRIPTION
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_URL_MAPPING DROP COLUMN DESCRIPTION;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 30. drop column AM_API_PRIMARY_EP_MAPPING.REVISION_UUID
--    metadata only; lock Sch-M blocks reads and writes
DECLARE @drop NVARCHAR(MAX) = (
    SELECT N'ALTER TABLE AM_API_PRIMARY_EP_MAPPING DROP CONSTRAINT ' + QUOTENAME(d.name)
    FROM sys.default_constraints d
    WHERE d.parent_object_id = OBJECT_ID(N'AM_API_PRIMARY_EP_MAPPING')
        AND COL_NAME(d.parent_object_id, d.parent_column_id) = N'REVISION_UUID'
);
IF @drop IS NOT NULL
    EXEC (@drop);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 31. drop column AM_API_PRIMARY_EP_MAPPING.REVISION_UUID
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_API_PRIMARY_EP_MAPPING DROP COLUMN REVISION_UUID;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 32. drop column AM_API.INITIATED_FROM_GW
--    metadata only; lock Sch-M blocks reads and writes
DECLARE @drop NVARCHAR(MAX) = (
    SELECT N'ALTER TABLE AM_API DROP CONSTRAINT ' + QUOTENAME(d.name)
    FROM sys.default_constraints d
    WHERE d.parent_object_id = OBJECT_ID(N'AM_API')
        AND COL_NAME(d.parent_object_id, d.parent_column_id) = N'INITIATED_FROM_GW'
);
IF @drop IS NOT NULL
    EXEC (@drop);
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 33. drop column AM_API.INITIATED_FROM_GW
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_API DROP COLUMN INITIATED_FROM_GW;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 34. drop column AM_API.API_DISPLAY_NAME
--    metadata only; lock Sch-M blocks reads and writes
ALTER TABLE AM_API DROP COLUMN API_DISPLAY_NAME;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 35. drop table AM_TASK_LOCK
--    metadata only; lock Sch-M blocks reads and writes
DROP TABLE AM_TASK_LOCK;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 36. drop table AM_GW_REVISION_DEPLOYMENT
--    metadata only; lock Sch-M blocks reads and writes
DROP TABLE AM_GW_REVISION_DEPLOYMENT;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 37. drop table AM_GW_INSTANCE_ENV_MAPPING
--    metadata only; lock Sch-M blocks reads and writes
DROP TABLE AM_GW_INSTANCE_ENV_MAPPING;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 38. drop table AM_GW_INSTANCES
--    metadata only; lock Sch-M blocks reads and writes
DROP TABLE AM_GW_INSTANCES;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 39. drop table AM_BACKEND_OPERATION_MAPPING
--    metadata only; lock Sch-M blocks reads and writes
DROP TABLE AM_BACKEND_OPERATION_MAPPING;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 40. drop table AM_BACKEND
--    metadata only; lock Sch-M blocks reads and writes
DROP TABLE AM_BACKEND;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 41. drop table AM_API_OPERATION_MAPPING
--    metadata only; lock Sch-M blocks reads and writes
DROP TABLE AM_API_OPERATION_MAPPING;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- 42. drop table AM_API_METADATA
--    metadata only; lock Sch-M blocks reads and writes
DROP TABLE AM_API_METADATA;
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- the stamp
DELETE FROM alembic_version_apim;
INSERT INTO alembic_version_apim (version_num) VALUES ('4.5.0');
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO

-- ==== done
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=CONVERT(DATETIME,
    CONVERT(DATETIME2(0), SYSUTCDATETIME())) WHERE apim_schema_history.database_name = 'apim'
    AND apim_schema_history.to_release = '4.5.0' AND apim_schema_history.outcome = 'started';
GO
IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;
GO
COMMIT;
GO
SET NOEXEC OFF;
IF XACT_STATE() <> 0 ROLLBACK;
GO
