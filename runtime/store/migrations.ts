import type { DatabaseSync } from 'node:sqlite';

/** Applied in order, each once, each in a transaction. Append only: a released step never changes. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE interactions (
     interaction_id TEXT PRIMARY KEY,
     customer_hash TEXT,
     channel TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('active', 'handed-off', 'closed')),
     reason TEXT,
     created_at_unix_ms REAL NOT NULL,
     updated_at_unix_ms REAL NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX interactions_by_customer ON interactions (customer_hash) WHERE customer_hash IS NOT NULL;
   CREATE TABLE turns (
     interaction_id TEXT NOT NULL REFERENCES interactions (interaction_id),
     turn_index INTEGER NOT NULL,
     message_id TEXT NOT NULL,
     customer_text TEXT NOT NULL,
     answer_text TEXT NOT NULL,
     outcome TEXT NOT NULL CHECK (outcome IN ('complete', 'failed_over')),
     finish_reason TEXT NOT NULL CHECK (finish_reason IN ('stop', 'length')),
     provider TEXT NOT NULL,
     engine TEXT NOT NULL,
     level TEXT NOT NULL,
     prompt_tokens INTEGER NOT NULL,
     cached_prompt_tokens INTEGER NOT NULL,
     output_tokens INTEGER NOT NULL,
     started_at_unix_ms REAL NOT NULL,
     finished_at_unix_ms REAL NOT NULL,
     PRIMARY KEY (interaction_id, turn_index),
     UNIQUE (interaction_id, message_id)
   ) STRICT, WITHOUT ROWID;`,
  `ALTER TABLE interactions ADD COLUMN tenant TEXT NOT NULL DEFAULT 'default';
   ALTER TABLE interactions ADD COLUMN hand_over_trigger TEXT;
   ALTER TABLE interactions ADD COLUMN hand_over_reason TEXT;
   ALTER TABLE interactions ADD COLUMN hand_over_summary TEXT;
   ALTER TABLE interactions ADD COLUMN hand_over_at_unix_ms REAL;
   CREATE INDEX interactions_by_creation ON interactions (created_at_unix_ms, interaction_id);
   CREATE INDEX interactions_handed_off ON interactions (hand_over_at_unix_ms) WHERE hand_over_at_unix_ms IS NOT NULL;
   ALTER TABLE turns ADD COLUMN tenant TEXT NOT NULL DEFAULT 'default';
   ALTER TABLE turns ADD COLUMN decided_by TEXT NOT NULL DEFAULT 'agent' CHECK (decided_by IN ('script', 'agent'));
   ALTER TABLE turns ADD COLUMN intent TEXT;
   ALTER TABLE turns ADD COLUMN confidence REAL;
   ALTER TABLE turns ADD COLUMN cost_usd REAL NOT NULL DEFAULT 0;
   CREATE INDEX turns_by_end ON turns (finished_at_unix_ms);
   CREATE TABLE audit (
     chain TEXT NOT NULL,
     sequence INTEGER NOT NULL,
     previous_hash TEXT NOT NULL,
     hash TEXT NOT NULL,
     kind TEXT NOT NULL,
     at_unix_ms REAL NOT NULL,
     interaction_id TEXT,
     turn_index INTEGER,
     body TEXT NOT NULL,
     PRIMARY KEY (chain, sequence)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX audit_by_interaction ON audit (interaction_id, turn_index) WHERE interaction_id IS NOT NULL;
   CREATE TABLE audit_checkpoints (
     chain TEXT NOT NULL,
     sequence INTEGER NOT NULL,
     hash TEXT NOT NULL,
     PRIMARY KEY (chain, sequence)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE audit_heads (
     chain TEXT PRIMARY KEY,
     sequence INTEGER NOT NULL,
     hash TEXT NOT NULL,
     seal TEXT NOT NULL,
     named_sequence INTEGER NOT NULL DEFAULT -1
   ) STRICT, WITHOUT ROWID;
   CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
     BEGIN SELECT RAISE(ABORT, 'audit rows are append-only'); END;
   CREATE TRIGGER audit_goes_behind_checkpoints BEFORE DELETE ON audit
     WHEN NOT EXISTS (
       SELECT 1 FROM audit_checkpoints c WHERE c.chain = OLD.chain AND c.sequence >= OLD.sequence)
     BEGIN SELECT RAISE(ABORT, 'audit rows are append-only'); END;
   CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit
     WHEN EXISTS (SELECT 1 FROM audit a WHERE a.chain = NEW.chain AND a.sequence = NEW.sequence)
     BEGIN SELECT RAISE(ABORT, 'audit rows are append-only'); END;
   CREATE TRIGGER checkpoints_never_change BEFORE UPDATE ON audit_checkpoints
     BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
   CREATE TRIGGER checkpoints_stay BEFORE DELETE ON audit_checkpoints
     BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;`,
  // Those who wait for a person are asked for again and again, and are few among many.
  `CREATE INDEX interactions_waiting ON interactions (updated_at_unix_ms, interaction_id)
     WHERE state = 'handed-off';`,
  // The key that gateways of this history share; deletions are looked for often; of each chain one checkpoint is enough.
  `CREATE TABLE shared_key (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     key TEXT NOT NULL
   ) STRICT;
   CREATE INDEX audit_deletions ON audit (at_unix_ms) WHERE kind = 'customer_deleted';
   DROP TRIGGER checkpoints_stay;
   DELETE FROM audit_checkpoints AS c WHERE EXISTS (
     SELECT 1 FROM audit_checkpoints d WHERE d.chain = c.chain AND d.sequence > c.sequence);
   CREATE TRIGGER checkpoints_stay BEFORE DELETE ON audit_checkpoints
     WHEN NOT EXISTS (
       SELECT 1 FROM audit_checkpoints c WHERE c.chain = OLD.chain AND c.sequence > OLD.sequence)
     BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
   CREATE TRIGGER checkpoints_are_thinned AFTER INSERT ON audit_checkpoints
     BEGIN DELETE FROM audit_checkpoints WHERE chain = NEW.chain AND sequence < NEW.sequence; END;`,
  // Records from before there was an audit trail, to be given rows; -1 is the interaction itself. What is younger than the
  // trail and has no row is not among them: somebody else wrote it.
  `CREATE TABLE unaudited (
     interaction_id TEXT NOT NULL,
     turn_index INTEGER NOT NULL,
     PRIMARY KEY (interaction_id, turn_index)
   ) STRICT, WITHOUT ROWID;
   INSERT INTO unaudited SELECT t.interaction_id, t.turn_index FROM turns t
     WHERE t.finished_at_unix_ms < coalesce((SELECT min(at_unix_ms) FROM audit), 9e15)
       AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.interaction_id = t.interaction_id
         AND a.turn_index = t.turn_index AND a.kind = 'turn_answered');
   INSERT INTO unaudited SELECT i.interaction_id, -1 FROM interactions i
     WHERE i.created_at_unix_ms < coalesce((SELECT min(at_unix_ms) FROM audit), 9e15)
       AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.interaction_id = i.interaction_id
         AND a.body LIKE '%"interactionDigest"%');`,
  'ALTER TABLE interactions ADD COLUMN script_version TEXT;',
];

/** Another process may have applied the step while this one waited for the write lock. */
function applyStep(database: DatabaseSync, step: string, index: number): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    const current = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    if (current === index) database.exec(`${step} PRAGMA user_version = ${index + 1};`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Brings a database to the newest version. Throws when it is from a newer release. */
export function migrate(database: DatabaseSync): void {
  const row = database.prepare('PRAGMA user_version').get();
  const version = Number(row?.user_version ?? 0);
  if (version > MIGRATIONS.length) {
    throw new Error(`the history has version ${version}; this release knows up to ${MIGRATIONS.length}`);
  }
  for (const [index, step] of MIGRATIONS.entries()) {
    if (index < version) continue;
    applyStep(database, step, index);
  }
}
