\set ON_ERROR_STOP on
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = 0;
SET LOCAL standard_conforming_strings = on;
SET LOCAL client_min_messages = warning;
CREATE TABLE IF NOT EXISTS alembic_version_shared (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
DO $refuse$ BEGIN IF EXISTS (SELECT 1 FROM alembic_version_shared WHERE version_num NOT IN ('4.5.0')) THEN RAISE EXCEPTION USING message = 'shared is not stamped 4.5.0: nothing was changed'; END IF; END $refuse$;
CREATE TABLE IF NOT EXISTS apim_schema_history (
    database_name VARCHAR(16) NOT NULL,
    run INTEGER NOT NULL,
    from_release VARCHAR(16) NOT NULL,
    to_release VARCHAR(16) NOT NULL,
    outcome VARCHAR(16) NOT NULL,
    verdict VARCHAR(32),
    statements INTEGER NOT NULL,
    planned INTEGER NOT NULL,
    rows_compared BIGINT NOT NULL,
    started_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITHOUT TIME ZONE,
    done_by VARCHAR(255) NOT NULL,
    tool_version VARCHAR(32) NOT NULL,
    error TEXT,
    PRIMARY KEY (database_name, run)
);
INSERT INTO apim_schema_history (database_name, run, from_release, to_release, outcome, verdict, statements, planned, rows_compared, started_at, done_by, tool_version) SELECT 'shared' AS anon_1, coalesce(max(apim_schema_history.run), 0) + 1 AS anon_2, '4.5.0' AS anon_3, '4.6.0' AS anon_4, 'started' AS anon_5, NULL AS anon_6, 0 AS anon_7, 0 AS anon_8, 0 AS anon_9, date_trunc('second', now() AT TIME ZONE 'UTC'), current_user, '0.1.0' AS anon_10
FROM apim_schema_history
WHERE apim_schema_history.database_name = 'shared'
HAVING NOT (EXISTS (SELECT same.run
FROM apim_schema_history AS same
WHERE same.database_name = 'shared' AND same.to_release = '4.6.0' AND same.outcome = 'started'));

-- 4.6.0
DELETE FROM alembic_version_shared;
INSERT INTO alembic_version_shared (version_num) VALUES ('4.6.0');
UPDATE apim_schema_history SET outcome='finished', verdict='by script, not proven', finished_at=date_trunc('second', now() AT TIME ZONE 'UTC') WHERE apim_schema_history.database_name = 'shared' AND apim_schema_history.to_release = '4.6.0' AND apim_schema_history.outcome = 'started';
COMMIT;
