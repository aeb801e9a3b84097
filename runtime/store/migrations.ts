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
];

/** Brings a database to the newest version. Throws when it is from a newer release. */
export function migrate(database: DatabaseSync): void {
  const row = database.prepare('PRAGMA user_version').get();
  const version = Number(row?.user_version ?? 0);
  if (version > MIGRATIONS.length) {
    throw new Error(`the history has version ${version}; this release knows up to ${MIGRATIONS.length}`);
  }
  for (const [index, step] of MIGRATIONS.entries()) {
    if (index < version) continue;
    database.exec(`BEGIN IMMEDIATE; ${step} PRAGMA user_version = ${index + 1}; COMMIT;`);
  }
}
