\set ON_ERROR_STOP on
BEGIN;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = 0;
SET LOCAL standard_conforming_strings = on;
SET LOCAL client_min_messages = warning;
CREATE TABLE IF NOT EXISTS alembic_version_shared (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
DO $refuse$ BEGIN IF EXISTS (SELECT 1 FROM alembic_version_shared WHERE version_num NOT IN ('4.2.0')) THEN RAISE EXCEPTION USING message = 'shared is not stamped 4.2.0: nothing was changed'; END IF; END $refuse$;

-- 4.3.0
DELETE FROM alembic_version_shared;
INSERT INTO alembic_version_shared (version_num) VALUES ('4.3.0');
COMMIT;
