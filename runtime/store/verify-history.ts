import type { Query } from './analytics.ts';
import type { ChainBody } from './audit-chain.ts';
import { contentDigestOf, interactionDigestOf, personDigestOf, turnDigestOf } from './audit-digest.ts';
import { type AuditProblem, MAX_PROBLEMS } from './audit-report.ts';
import type { InteractionRecord, TurnRecord } from './history-store.ts';
import { interactionFromRow, type Row, turnFromRow } from './rows.ts';
import type { ChainFindings } from './verify-chains.ts';

const ROWS_PER_READ = 500;
/** Clocks of gateways differ; of changes this close to each other either may be the last. */
const CLOCK_SKEW_MS = 5000;
/** An entry may be a little later than the turn that it speaks of. */
const RETENTION_SLACK_MS = 60_000;

const TURNS = `SELECT t.*, a.body AS audit_body FROM turns t
  LEFT JOIN audit a ON a.interaction_id = t.interaction_id AND a.turn_index = t.turn_index
    AND a.kind IN ('turn_answered', 'turn_adopted')
  WHERE (t.interaction_id, t.turn_index) > (?1, ?2)
  ORDER BY t.interaction_id, t.turn_index LIMIT ${ROWS_PER_READ}`;
const LOST_TURNS = `SELECT a.chain AS chain, a.sequence AS sequence, a.interaction_id AS interaction_id,
    a.turn_index AS turn_index
  FROM audit a LEFT JOIN turns t ON t.interaction_id = a.interaction_id AND t.turn_index = a.turn_index
  WHERE a.kind IN ('turn_answered', 'turn_adopted') AND t.interaction_id IS NULL AND a.at_unix_ms >= ?1 LIMIT ${MAX_PROBLEMS}`;
const INTERACTIONS = `SELECT * FROM interactions WHERE interaction_id > ?1
  ORDER BY interaction_id LIMIT ${ROWS_PER_READ}`;
const CHANGES = `SELECT interaction_id, body FROM audit
  WHERE interaction_id >= ?1 AND interaction_id <= ?2 ORDER BY interaction_id`;

interface Scope {
  readonly query: Query;
  readonly secret: string;
  readonly findings: ChainFindings;
  readonly problems: AuditProblem[];
}

function add({ problems }: Scope, where: string, problem: string): void {
  if (problems.length < MAX_PROBLEMS) problems.push({ where, problem });
}

/** A row that cannot be one, or a body that is no JSON, is a finding and not an end. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // The caller reports it with its place.
  }
}

function classifyTurn(scope: Scope, turn: TurnRecord, body: ChainBody | undefined): string | undefined {
  const { secret, findings } = scope;
  if (body === undefined) {
    const isOld = turn.finishedAtUnixMs < findings.auditBeforeUnixMs + RETENTION_SLACK_MS;
    return isOld ? undefined : 'no audit row says that it was answered';
  }
  if (body.recordDigest !== turnDigestOf(secret, turn)) return 'its columns are not what was written';
  if (body.contentDigest === contentDigestOf(secret, turn)) return undefined;
  const isErased = turn.customerText === '' && turn.answerText === '';
  return isErased && findings.deleted.has(turn.interactionId)
    ? undefined
    : 'its texts are not what was written';
}

const bodyOf = (text: unknown): ChainBody | undefined =>
  typeof text === 'string' ? attempt(() => JSON.parse(text) as ChainBody) : undefined;

/** Every turn has its entry, and is what the entry says. */
async function verifyTurns(scope: Scope): Promise<number> {
  let turns = 0;
  let after: readonly [string, number] = ['', -1];
  let last = '';
  for (;;) {
    const page = await scope.query(TURNS, after);
    for (const row of page) {
      const where = `turn ${row.turn_index} of ${row.interaction_id}`;
      const turn = attempt(() => turnFromRow(row));
      const problem =
        turn === undefined ? 'it is no turn' : classifyTurn(scope, turn, bodyOf(row.audit_body));
      if (problem !== undefined) add(scope, where, problem);
      if (where === last) add(scope, where, 'more than one audit row says that it was answered');
      else turns++;
      last = where;
      after = [String(row.interaction_id), Number(row.turn_index)];
    }
    if (page.length < ROWS_PER_READ) return turns;
  }
}

/** Every entry has its turn, unless retention removed it. */
async function verifyNoneLost(scope: Scope): Promise<void> {
  const fromUnixMs = Math.max(scope.findings.turnsBeforeUnixMs + RETENTION_SLACK_MS, -Number.MAX_VALUE);
  for (const row of await scope.query(LOST_TURNS, [fromUnixMs])) {
    const where = `turn ${row.turn_index} of ${row.interaction_id}`;
    add(scope, where, `it is gone; row ${row.sequence} of chain ${row.chain} says that it was answered`);
  }
}

function classifyInteraction(
  scope: Scope,
  record: InteractionRecord | undefined,
  changes: readonly ChainBody[],
): string | undefined {
  if (record === undefined) return 'it is no interaction';
  // Once the entries of its beginning are old enough to be gone, nothing is known for sure.
  if (record.createdAtUnixMs < scope.findings.auditBeforeUnixMs + RETENTION_SLACK_MS) return undefined;
  const digests = changes.filter((body) => body.interactionDigest !== undefined);
  if (digests.length === 0) return 'no audit row says that it was created';
  const newestUnixMs = Math.max(...digests.map((body) => body.atUnixMs));
  const last = digests.filter((body) => body.atUnixMs >= newestUnixMs - CLOCK_SKEW_MS);
  const digest = interactionDigestOf(scope.secret, record);
  if (!last.some((body) => body.interactionDigest === digest))
    return 'its columns are not what was written last';
  return isPersonKnown(scope, record, last)
    ? undefined
    : 'the hash of its customer or the summary of its hand-over is not what was written last';
}

/** Both are gone after a deletion. Rows of the first format say nothing of them, so after such a row nothing is known. */
function isPersonKnown(
  { secret, findings }: Scope,
  record: InteractionRecord,
  last: readonly ChainBody[],
): boolean {
  if (findings.deleted.has(record.interactionId))
    return record.customerHash === undefined && (record.handOver?.summary ?? '') === '';
  const digest = personDigestOf(secret, record);
  return last.some(({ personDigest }) => personDigest === undefined || personDigest === digest);
}

async function readChanges(scope: Scope, page: readonly Row[]): Promise<Map<string, ChainBody[]>> {
  const changes = new Map<string, ChainBody[]>();
  const [first, last] = [page[0], page.at(-1)];
  if (first === undefined || last === undefined) return changes;
  for (const row of await scope.query(CHANGES, [String(first.interaction_id), String(last.interaction_id)])) {
    const id = String(row.interaction_id);
    const body = bodyOf(row.body);
    if (body !== undefined) changes.set(id, [...(changes.get(id) ?? []), body]);
  }
  return changes;
}

/** Every interaction is as its last change left it. */
async function verifyInteractions(scope: Scope): Promise<number> {
  let interactions = 0;
  let after = '';
  for (;;) {
    const page = await scope.query(INTERACTIONS, [after]);
    const changes = await readChanges(scope, page);
    for (const row of page) {
      interactions++;
      after = String(row.interaction_id);
      const record = attempt(() => interactionFromRow(row));
      const problem = classifyInteraction(scope, record, changes.get(after) ?? []);
      if (problem !== undefined) add(scope, `interaction ${after}`, problem);
    }
    if (page.length < ROWS_PER_READ) return interactions;
  }
}

/** Rows of history against what the chains say of them. */
export async function verifyHistory(
  query: Query,
  secret: string,
  findings: ChainFindings,
): Promise<{
  readonly turns: number;
  readonly interactions: number;
  readonly problems: readonly AuditProblem[];
}> {
  const scope: Scope = { query, secret, findings, problems: [] };
  const turns = await verifyTurns(scope);
  await verifyNoneLost(scope);
  const interactions = await verifyInteractions(scope);
  return { turns, interactions, problems: scope.problems };
}
