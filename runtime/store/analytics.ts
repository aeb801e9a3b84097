import { nearestRank } from '../../vocabulary/percentiles.ts';
import type { Analytics, AnalyticsWindow } from './history-store.ts';
import type { Row } from './rows.ts';

/** Runs one statement with the parameters ?1, ?2, …; PostgreSQL's adapter writes them as $1, $2. */
export type Query = (sql: string, parameters: readonly (string | number | null)[]) => Promise<readonly Row[]>;

const IN_WINDOW = (column: string): string =>
  `${column} >= ?1 AND ${column} < ?2 AND (CAST(?3 AS TEXT) IS NULL OR tenant = CAST(?3 AS TEXT))`;

const TURNS = `FROM turns WHERE ${IN_WINDOW('finished_at_unix_ms')}`;

const TOTALS = `SELECT count(*) AS turns, sum(prompt_tokens) AS prompt_tokens,
  sum(cached_prompt_tokens) AS cached_prompt_tokens, sum(output_tokens) AS output_tokens ${TURNS}`;
const LEVELS = `SELECT level AS name, count(*) AS amount ${TURNS} GROUP BY level ORDER BY level`;
const INTENTS = `SELECT intent AS name, count(*) AS amount ${TURNS} AND intent IS NOT NULL
  GROUP BY intent ORDER BY intent`;
const COSTS = `SELECT tenant AS name, sum(cost_usd) AS amount ${TURNS} GROUP BY tenant ORDER BY tenant`;
const INTERACTIONS = `SELECT count(*) AS amount FROM interactions WHERE ${IN_WINDOW('created_at_unix_ms')}`;
/** A hand-over without a record (asked for by hand) counts at its last change. */
const ESCALATIONS = `SELECT coalesce(hand_over_reason, 'unspecified') AS name, count(*) AS amount FROM interactions
  WHERE (hand_over_at_unix_ms IS NOT NULL OR state = 'handed-off')
    AND ${IN_WINDOW('coalesce(hand_over_at_unix_ms, updated_at_unix_ms)')}
  GROUP BY 1 ORDER BY 1`;
const ANSWER_TIME = `SELECT finished_at_unix_ms - started_at_unix_ms AS amount ${TURNS} ORDER BY 1 LIMIT 1 OFFSET ?4`;

const byName = (rows: readonly Row[]): Record<string, number> =>
  Object.fromEntries(rows.map((row) => [String(row.name), Number(row.amount)]));

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, amount) => sum + amount, 0);

/** Reads one window; every figure comes from the rows, not from counters. */
export async function readAnalyticsWith(query: Query, window: AnalyticsWindow): Promise<Analytics> {
  const parameters = [window.fromUnixMs, window.toUnixMs, window.tenant ?? null];
  const read = (sql: string) => query(sql, parameters);
  const totals = (await read(TOTALS))[0] ?? {};
  const turns = Number(totals.turns ?? 0);
  const answerTime = async (percent: number): Promise<number | undefined> => {
    const rows = await query(ANSWER_TIME, [...parameters, nearestRank(percent, turns) - 1]);
    return rows[0] === undefined ? undefined : Number(rows[0].amount);
  };
  const escalationsByReason = byName(await read(ESCALATIONS));
  const p50 = await answerTime(50);
  const p95 = await answerTime(95);
  return {
    interactions: Number((await read(INTERACTIONS))[0]?.amount ?? 0),
    turns,
    escalations: sumOf(escalationsByReason),
    escalationsByReason,
    turnsByLevel: byName(await read(LEVELS)),
    turnsByIntent: byName(await read(INTENTS)),
    promptTokens: Number(totals.prompt_tokens ?? 0),
    cachedPromptTokens: Number(totals.cached_prompt_tokens ?? 0),
    outputTokens: Number(totals.output_tokens ?? 0),
    costUsdByTenant: byName(await read(COSTS)),
    ...(p50 === undefined ? {} : { answerTimeP50Ms: p50 }),
    ...(p95 === undefined ? {} : { answerTimeP95Ms: p95 }),
  };
}
