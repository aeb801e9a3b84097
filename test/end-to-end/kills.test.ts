import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRandom, type Random } from '../../vocabulary/random.ts';
import { postgresBinary, startPostgres } from '../support/postgres.ts';
import { redisBinary, startRedis } from '../support/redis.ts';
import { findFreePort } from '../support/server-process.ts';
import { runCommand, scratchFolder } from './command.ts';
import { PatientClient, type PatientRun } from './patient-client.ts';
import { createReplica } from './replica.ts';

const CUSTOMERS = 16;
const TURNS_PER_INTERACTION = 10;
const PROVIDERS = [{ kind: 'keyword', name: 'keyword' }];

/** What the stores hold at the end, read by their own clients and not by the gateway's code. */
interface Stored {
  /** `interaction/message` → text and index, of every turn. */
  readonly turns: ReadonlyMap<string, string>;
  /** `interaction/message` of every audit row of an answered turn, each as often as it is there. */
  readonly audited: readonly string[];
}

const keyOf = (row: { interaction_id: string; message_id: string }): string =>
  `${row.interaction_id}/${row.message_id}`;

const TURNS_SQL = 'SELECT interaction_id, message_id, turn_index, answer_text FROM turns';
const AUDIT_SQL = "SELECT body FROM audit WHERE kind = 'turn_answered'";

interface TurnRow {
  readonly interaction_id: string;
  readonly message_id: string;
  readonly turn_index: number;
  readonly answer_text: string;
}

function storedFrom(turns: readonly TurnRow[], bodies: readonly string[]): Stored {
  return {
    turns: new Map(turns.map((row) => [keyOf(row), `${row.turn_index} ${row.answer_text}`])),
    audited: bodies.map((body) => {
      const { interactionId, messageId } = JSON.parse(body) as { interactionId: string; messageId: string };
      return `${interactionId}/${messageId}`;
    }),
  };
}

function readSqlite(path: string): Stored {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const turns = database.prepare(TURNS_SQL).all() as unknown as TurnRow[];
    const audit = database.prepare(AUDIT_SQL).all() as unknown as { body: string }[];
    return storedFrom(
      turns,
      audit.map(({ body }) => body),
    );
  } finally {
    database.close();
  }
}

async function readPostgres(url: string): Promise<Stored> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const turns = await client.query<TurnRow>(TURNS_SQL);
    const audit = await client.query<{ body: string }>(AUDIT_SQL);
    return storedFrom(
      turns.rows,
      audit.rows.map(({ body }) => body),
    );
  } finally {
    await client.end();
  }
}

/** Answers received = turns stored = audit rows, one each, with the same text and index; no gap in any interaction. */
function expectNothingLost(run: PatientRun, stored: Stored, turns: number): void {
  const received = new Map(
    run.answers.map((answer) => [
      `${answer.interactionId}/${answer.messageId}`,
      `${answer.turnIndex} ${answer.answerText}`,
    ]),
  );
  expect(received.size).toBe(turns);
  expect(stored.audited.length).toBe(turns);
  expect(new Set(stored.audited).size).toBe(turns);
  expect(stored.audited.filter((key) => !received.has(key))).toEqual([]);
  expect(stored.turns.size).toBe(turns);
  const different = [...received].filter(([key, answer]) => stored.turns.get(key) !== answer);
  expect(
    different.length,
    `first: ${different[0]}; stored: ${stored.turns.get(different[0]?.[0] ?? '')}`,
  ).toBe(0);
  // Customers send in order, so that message m-N is turn N.
  const misplaced = run.answers.filter((answer) => `m-${answer.turnIndex}` !== answer.messageId);
  expect(misplaced).toEqual([]);
}

const POLL_MS = 5;

/**
 * Does harm `times` times, at random points of the work: each when so many answers have come in, so that a fast machine
 * is harmed as often as a slow one. Ends early when the work is over.
 */
async function harass(plan: {
  readonly random: Random;
  readonly times: number;
  readonly turns: number;
  readonly received: () => number;
  readonly isOver: () => boolean;
  readonly harm: (time: number) => Promise<void>;
}): Promise<number> {
  const { random, times, turns, received, isOver, harm } = plan;
  const points = Array.from({ length: times }, () => random.next() * turns * 0.95).sort((a, b) => a - b);
  let done = 0;
  for (const point of points) {
    while (received() < point && !isOver()) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (isOver()) break;
    await harm(done);
    done++;
  }
  return done;
}

describe('answers and rows, under kill -9', () => {
  it('keeps 10,000 answered turns over the deaths of a gateway with SQLite', {
    timeout: 240_000,
  }, async () => {
    const folder = scratchFolder();
    const path = join(folder, 'history.sqlite');
    const replica = createReplica({
      folder,
      name: 'gateway',
      port: await findFreePort(),
      config: { providers: PROVIDERS, history: { kind: 'sqlite', path } },
    });
    await replica.start();
    const turns = 10_000;
    const client = new PatientClient({
      urls: [replica.url],
      customers: CUSTOMERS,
      turnsPerInteraction: TURNS_PER_INTERACTION,
      interactions: turns / TURNS_PER_INTERACTION,
    });
    let over = false;
    const kills = harass({
      random: createRandom(1),
      times: 15,
      turns,
      received: () => client.received,
      isOver: () => over,
      harm: async () => {
        await replica.kill();
        await replica.start();
      },
    });
    const run = await client.run().finally(() => {
      over = true;
    });
    expect(await kills).toBeGreaterThan(10);
    // A run that no kill interrupted would prove nothing.
    expect(run.failures).toBeGreaterThan(0);
    expect(await replica.terminate()).toBe(0);
    expectNothingLost(run, readSqlite(path), turns);
    const verified = await runCommand(['audit', 'verify', '--history', path]);
    expect(verified.exitCode, verified.stderr + verified.stdout).toBe(0);
  });

  const missing = redisBinary() === undefined || postgresBinary() === undefined;
  it.skipIf(missing)(
    'keeps 2,000 answered turns over the deaths of two replicas, of Redis and of PostgreSQL (needs redis-server and postgres)',
    { timeout: 240_000 },
    async () => {
      const folder = scratchFolder();
      const redis = await startRedis({ appendOnly: true });
      onTestFinished(() => redis.stop());
      const postgres = await startPostgres();
      onTestFinished(() => postgres.stop());
      const env = { BUSYHOUR_REDIS_URL: redis.url, BUSYHOUR_POSTGRES_URL: postgres.url };
      const ports = [await findFreePort(), await findFreePort()];
      const replicas = ports.map((port, index) =>
        createReplica({
          folder,
          name: `gateway-${index}`,
          port,
          config: { providers: PROVIDERS, lock: { kind: 'redis', leaseMs: 1000 } },
          env,
        }),
      );
      await Promise.all(replicas.map((replica) => replica.start()));
      const turns = 2000;
      const client = new PatientClient({
        urls: replicas.map((replica) => replica.url),
        customers: CUSTOMERS,
        turnsPerInteraction: TURNS_PER_INTERACTION,
        interactions: turns / TURNS_PER_INTERACTION,
      });
      let over = false;
      const harms = harass({
        random: createRandom(2),
        times: 8,
        turns,
        received: () => client.received,
        isOver: () => over,
        harm: async (time) => {
          const kind = time % 4;
          if (kind === 2) return redis.restart();
          if (kind === 3) return postgres.restart();
          await replicas[kind]?.kill();
          await replicas[kind]?.start();
        },
      });
      const run = await client.run().finally(() => {
        over = true;
      });
      expect(await harms).toBe(8);
      expect(run.failures).toBeGreaterThan(0);
      for (const replica of replicas) expect(await replica.terminate()).toBe(0);
      expectNothingLost(run, await readPostgres(postgres.url), turns);
    },
  );
});
