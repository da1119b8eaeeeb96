-- pgbench: a turn of an actor or workflow as Dapr's state.postgresql v2 writes it, five rows a transaction (two new, two changed, one deleted).
-- pgbench -n -M prepared -c 16 -T 30 -f docs/capacity/state-rows.sql; the table: docs/capacity.md.
\set actor random(1, 100000)
\set turn random(1, 1000000000)
BEGIN;
INSERT INTO actors_state(key, value, expires_at) VALUES ('ordering||workflow||' || :actor || '||history-' || :turn, convert_to(repeat('x', 400), 'UTF8'), NULL)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now(), etag = gen_random_uuid(), expires_at = NULL;
INSERT INTO actors_state(key, value, expires_at) VALUES ('ordering||workflow||' || :actor || '||inbox-' || :turn, convert_to(repeat('x', 400), 'UTF8'), NULL)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now(), etag = gen_random_uuid(), expires_at = NULL;
INSERT INTO actors_state(key, value, expires_at) VALUES ('ordering||workflow||' || :actor || '||metadata', convert_to(repeat('x', 100), 'UTF8'), NULL)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now(), etag = gen_random_uuid(), expires_at = NULL;
INSERT INTO actors_state(key, value, expires_at) VALUES ('ordering||workflow||' || :actor || '||customStatus', convert_to(repeat('x', 50), 'UTF8'), NULL)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now(), etag = gen_random_uuid(), expires_at = NULL;
DELETE FROM actors_state WHERE key = 'ordering||workflow||' || :actor || '||inbox-' || :turn;
COMMIT;
