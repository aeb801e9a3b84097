import type { PoolClient } from 'pg';

/** Applied in order, each once. Append only: a released step never changes. */
export const POSTGRES_MIGRATIONS: readonly string[] = [
  `CREATE TABLE interactions (
     interaction_id TEXT PRIMARY KEY,
     tenant TEXT NOT NULL,
     customer_hash TEXT,
     channel TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('active', 'handed-off', 'closed')),
     reason TEXT,
     hand_over_trigger TEXT,
     hand_over_reason TEXT,
     hand_over_summary TEXT,
     hand_over_at_unix_ms DOUBLE PRECISION,
     created_at_unix_ms DOUBLE PRECISION NOT NULL,
     updated_at_unix_ms DOUBLE PRECISION NOT NULL
   );
   CREATE INDEX interactions_by_customer ON interactions (customer_hash) WHERE customer_hash IS NOT NULL;
   CREATE INDEX interactions_by_creation ON interactions (created_at_unix_ms, interaction_id);
   CREATE INDEX interactions_handed_off ON interactions (hand_over_at_unix_ms) WHERE hand_over_at_unix_ms IS NOT NULL;
   CREATE TABLE turns (
     interaction_id TEXT NOT NULL REFERENCES interactions (interaction_id),
     tenant TEXT NOT NULL,
     turn_index INTEGER NOT NULL,
     message_id TEXT NOT NULL,
     customer_text TEXT NOT NULL,
     answer_text TEXT NOT NULL,
     outcome TEXT NOT NULL CHECK (outcome IN ('complete', 'failed_over')),
     finish_reason TEXT NOT NULL CHECK (finish_reason IN ('stop', 'length')),
     provider TEXT NOT NULL,
     engine TEXT NOT NULL,
     level TEXT NOT NULL,
     decided_by TEXT NOT NULL CHECK (decided_by IN ('script', 'agent')),
     intent TEXT,
     confidence DOUBLE PRECISION,
     prompt_tokens INTEGER NOT NULL,
     cached_prompt_tokens INTEGER NOT NULL,
     output_tokens INTEGER NOT NULL,
     cost_usd DOUBLE PRECISION NOT NULL,
     started_at_unix_ms DOUBLE PRECISION NOT NULL,
     finished_at_unix_ms DOUBLE PRECISION NOT NULL,
     PRIMARY KEY (interaction_id, turn_index),
     UNIQUE (interaction_id, message_id)
   );
   CREATE INDEX turns_by_end ON turns (finished_at_unix_ms);
   CREATE TABLE audit (
     chain TEXT NOT NULL,
     sequence BIGINT NOT NULL,
     previous_hash TEXT NOT NULL,
     hash TEXT NOT NULL,
     kind TEXT NOT NULL,
     at_unix_ms DOUBLE PRECISION NOT NULL,
     interaction_id TEXT,
     turn_index INTEGER,
     body TEXT NOT NULL,
     PRIMARY KEY (chain, sequence)
   );
   CREATE INDEX audit_by_interaction ON audit (interaction_id, turn_index) WHERE interaction_id IS NOT NULL;
   CREATE TABLE audit_checkpoints (
     chain TEXT NOT NULL,
     sequence BIGINT NOT NULL,
     hash TEXT NOT NULL,
     PRIMARY KEY (chain, sequence)
   );
   CREATE TABLE audit_heads (
     chain TEXT PRIMARY KEY,
     sequence BIGINT NOT NULL,
     hash TEXT NOT NULL,
     seal TEXT NOT NULL,
     named_sequence BIGINT NOT NULL DEFAULT -1
   );
   CREATE FUNCTION busyhour_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'audit' THEN
         PERFORM 1 FROM audit_checkpoints c WHERE c.chain = OLD.chain AND c.sequence >= OLD.sequence;
         IF FOUND THEN RETURN OLD; END IF;
       END IF;
       RAISE EXCEPTION 'audit rows are append-only';
     END $$;
   CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
     FOR EACH ROW EXECUTE FUNCTION busyhour_append_only();
   CREATE TRIGGER audit_not_truncated BEFORE TRUNCATE ON audit
     FOR EACH STATEMENT EXECUTE FUNCTION busyhour_append_only();
   CREATE TRIGGER checkpoints_append_only BEFORE UPDATE OR DELETE ON audit_checkpoints
     FOR EACH ROW EXECUTE FUNCTION busyhour_append_only();
   CREATE TRIGGER checkpoints_not_truncated BEFORE TRUNCATE ON audit_checkpoints
     FOR EACH STATEMENT EXECUTE FUNCTION busyhour_append_only();`,
  // Those who wait for a person are asked for again and again, and are few among many.
  `CREATE INDEX interactions_waiting ON interactions (updated_at_unix_ms, interaction_id)
     WHERE state = 'handed-off';`,
  // The key that gateways of this history share; deletions are looked for often; of each chain one checkpoint is enough.
  // Whoever owns the table thins it: gateways themselves may delete no checkpoint.
  `CREATE TABLE shared_key (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     key TEXT NOT NULL
   );
   CREATE INDEX audit_deletions ON audit (at_unix_ms) WHERE kind = 'customer_deleted';
   CREATE FUNCTION busyhour_checkpoints_stay() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF TG_OP = 'DELETE' THEN
         PERFORM 1 FROM audit_checkpoints c WHERE c.chain = OLD.chain AND c.sequence > OLD.sequence;
         IF FOUND THEN RETURN OLD; END IF;
       END IF;
       RAISE EXCEPTION 'audit rows are append-only';
     END $$;
   DROP TRIGGER checkpoints_append_only ON audit_checkpoints;
   CREATE TRIGGER checkpoints_append_only BEFORE UPDATE OR DELETE ON audit_checkpoints
     FOR EACH ROW EXECUTE FUNCTION busyhour_checkpoints_stay();
   CREATE FUNCTION busyhour_thin_checkpoints() RETURNS trigger LANGUAGE plpgsql
     SECURITY DEFINER SET search_path FROM CURRENT AS $$
     BEGIN
       DELETE FROM audit_checkpoints WHERE chain = NEW.chain AND sequence < NEW.sequence;
       RETURN NULL;
     END $$;
   CREATE TRIGGER checkpoints_are_thinned AFTER INSERT ON audit_checkpoints
     FOR EACH ROW EXECUTE FUNCTION busyhour_thin_checkpoints();
   DELETE FROM audit_checkpoints c WHERE EXISTS (
     SELECT 1 FROM audit_checkpoints d WHERE d.chain = c.chain AND d.sequence > c.sequence);`,
  'ALTER TABLE interactions ADD COLUMN script_version TEXT;',
];

/** Any number that no other use of this database has. */
const MIGRATION_LOCK = 7_261_990_017;

/** A role that may not create tables serves all the same where there is nothing to migrate. */
async function readVersion(client: PoolClient): Promise<number> {
  const table = await client.query("SELECT to_regclass('busyhour_migrations') AS name");
  if (table.rows[0]?.name === null)
    await client.query('CREATE TABLE busyhour_migrations (version INTEGER PRIMARY KEY)');
  const found = await client.query('SELECT coalesce(max(version), 0) AS version FROM busyhour_migrations');
  return Number(found.rows[0]?.version);
}

/**
 * Brings a database to the newest version. Replicas that start together wait for the first: the lock ends with the
 * transaction. Throws when the database is from a newer release.
 */
export async function migratePostgres(client: PoolClient): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const version = await readVersion(client);
    if (version > POSTGRES_MIGRATIONS.length) {
      throw new Error(
        `the history has version ${version}; this release knows up to ${POSTGRES_MIGRATIONS.length}`,
      );
    }
    for (const [index, step] of POSTGRES_MIGRATIONS.entries()) {
      if (index < version) continue;
      await client.query(step);
      await client.query('INSERT INTO busyhour_migrations VALUES ($1)', [index + 1]);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
