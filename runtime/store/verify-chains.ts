import type { Query } from './analytics.ts';
import {
  type AuditRow,
  type ChainBody,
  type ChainHead,
  canonicalJson,
  GENESIS_HASH,
  linkHash,
} from './audit-chain.ts';
import { sealOf } from './audit-digest.ts';
import type { AuditProblem, ChainReport } from './audit-report.ts';
import { auditFromRow } from './rows.ts';

const ROWS_PER_READ = 1000;

/** What the chains say about everything else. */
export interface ChainFindings {
  readonly reports: Map<string, ChainReport>;
  /** Heads that genesis rows name. */
  readonly named: { readonly head: ChainHead; readonly by: string }[];
  /** Removals that retention rows state, as chain:sequence:hash. */
  readonly stated: Set<string>;
  /** Interactions whose texts were deleted on purpose. */
  readonly deleted: Set<string>;
  /** Interactions last changed before are gone on purpose. */
  turnsBeforeUnixMs: number;
  /** Entries before may be gone on purpose. */
  auditBeforeUnixMs: number;
}

const keyOf = ({ chain, sequence, hash }: ChainHead): string => `${chain}:${sequence}:${hash}`;

const headFromRow = (row: Readonly<Record<string, unknown>>): ChainHead => ({
  chain: String(row.chain),
  sequence: Number(row.sequence),
  hash: String(row.hash),
});

/** The body of a row when every column repeats it rightly; else what is wrong. */
function readBody(row: AuditRow): ChainBody | string {
  let body: ChainBody;
  try {
    body = JSON.parse(row.body) as ChainBody;
  } catch {
    return 'the body is not JSON';
  }
  if (body === null || typeof body !== 'object' || canonicalJson(body) !== row.body)
    return 'the body is not canonical JSON';
  const columns: readonly (readonly [string, unknown, unknown])[] = [
    ['chain', row.chain, body.chain],
    ['sequence', row.sequence, body.sequence],
    ['kind', row.kind, body.kind],
    ['at_unix_ms', row.atUnixMs, body.atUnixMs],
    ['interaction_id', row.interactionId, body.interactionId ?? null],
    ['turn_index', row.turnIndex, body.turnIndex ?? null],
  ];
  const wrong = columns.find(([, column, field]) => column !== field);
  return wrong === undefined ? body : `column ${wrong[0]} is not what was hashed`;
}

/** What is wrong with a row in its place; undefined when nothing is. */
function classifyRow(row: AuditRow, before: ChainHead): string | undefined {
  if (row.sequence !== before.sequence + 1)
    return `row ${before.sequence + 1} is missing: after ${before.sequence} comes ${row.sequence}`;
  if (row.previousHash !== before.hash) return 'its previous hash is not the hash of the row before';
  return row.hash === linkHash(before.hash, row.body) ? undefined : 'its hash is not that of its content';
}

function collect(findings: ChainFindings, body: ChainBody): void {
  if (body.kind === 'chain_started') {
    for (const head of body.heads ?? []) findings.named.push({ head, by: body.chain });
  }
  if (body.kind === 'retention_applied') {
    for (const head of body.checkpoints ?? []) findings.stated.add(keyOf(head));
    findings.turnsBeforeUnixMs = Math.max(findings.turnsBeforeUnixMs, body.turnsBeforeUnixMs ?? -Infinity);
    findings.auditBeforeUnixMs = Math.max(findings.auditBeforeUnixMs, body.auditBeforeUnixMs ?? -Infinity);
  }
  if (body.kind === 'customer_deleted') {
    for (const id of body.interactionIds ?? []) findings.deleted.add(id);
  }
}

/** What is wrong with a row; when nothing is, what it says is taken into account. */
function examineRow(row: AuditRow, before: ChainHead, findings: ChainFindings): string | undefined {
  const problem = classifyRow(row, before);
  if (problem !== undefined) return problem;
  const body = readBody(row);
  if (typeof body === 'string') return body;
  collect(findings, body);
  return undefined;
}

async function verifyChain(query: Query, start: ChainHead, findings: ChainFindings): Promise<ChainReport> {
  const { chain } = start;
  let head = start;
  let rows = 0;
  const report = (broken: AuditProblem | undefined): ChainReport => {
    return { chain, rows, head: head.sequence < 0 ? undefined : head, broken };
  };
  for (;;) {
    const page = await query(
      `SELECT * FROM audit WHERE chain = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ${ROWS_PER_READ}`,
      [chain, rows === 0 ? -1 : head.sequence],
    );
    for (const row of page.map(auditFromRow)) {
      const problem = examineRow(row, head, findings);
      if (problem !== undefined) return report(brokenAt(chain, row.sequence, problem));
      head = { chain, sequence: row.sequence, hash: row.hash };
      rows++;
    }
    if (page.length < ROWS_PER_READ) return report(undefined);
  }
}

const brokenAt = (chain: string, sequence: number, problem: string): AuditProblem => ({
  where: `chain ${chain} row ${sequence}`,
  problem,
});

const CHECKPOINTS = `SELECT c.chain AS chain, c.sequence AS sequence, c.hash AS hash FROM audit_checkpoints c
  WHERE c.sequence = (SELECT max(d.sequence) FROM audit_checkpoints d WHERE d.chain = c.chain)`;
const CHAINS = `SELECT chain FROM audit_heads UNION SELECT chain FROM audit_checkpoints
  UNION SELECT DISTINCT chain FROM audit ORDER BY 1`;

/** Says it of a chain that nothing was found broken in yet. */
function addBroken(findings: ChainFindings, { chain, sequence }: ChainHead, problem: string): void {
  const report = findings.reports.get(chain) ?? { chain, rows: 0, head: undefined, broken: undefined };
  if (report.broken !== undefined) return;
  findings.reports.set(chain, { ...report, broken: brokenAt(chain, sequence, problem) });
}

async function isThere(query: Query, { chain, sequence, hash }: ChainHead): Promise<boolean> {
  const sql = 'SELECT hash FROM audit WHERE chain = ?1 AND sequence = ?2';
  const [row] = await query(sql, [chain, sequence]);
  return row?.hash === hash;
}

/** Ends that somebody noted must still be there, unless retention went past them. */
async function verifyNamed(
  query: Query,
  findings: ChainFindings,
  expected: { readonly heads: readonly ChainHead[]; readonly checkpoints: ReadonlyMap<string, ChainHead> },
): Promise<void> {
  const noted = [...findings.named, ...expected.heads.map((head) => ({ head, by: undefined }))];
  for (const { head, by } of noted) {
    if ((expected.checkpoints.get(head.chain)?.sequence ?? -1) >= head.sequence) continue;
    if (await isThere(query, head)) continue;
    const who = by === undefined ? 'the expected head' : `the first row of chain ${by}`;
    addBroken(findings, head, `${who} names this row, and it is missing or another one`);
  }
}

/** The sealed ends: who cuts the tail of a chain cannot seal the end that is left. */
async function verifySeals(query: Query, findings: ChainFindings, secret: string): Promise<void> {
  const sealed = new Map<string, { readonly head: ChainHead; readonly seal: string }>();
  for (const row of await query('SELECT chain, sequence, hash, seal FROM audit_heads', [])) {
    sealed.set(String(row.chain), { head: headFromRow(row), seal: String(row.seal) });
  }
  for (const { chain, head } of [...findings.reports.values()]) {
    const found = sealed.get(chain);
    const end = head ?? { chain, sequence: -1, hash: GENESIS_HASH };
    if (found === undefined) addBroken(findings, end, 'nothing seals the end of this chain');
    else if (found.seal !== sealOf(secret, found.head))
      addBroken(findings, found.head, 'the seal of the end is not made with this secret');
    else if (keyOf(found.head) !== keyOf(end))
      addBroken(
        findings,
        found.head,
        `the chain was sealed at row ${found.head.sequence} and ends at ${end.sequence}`,
      );
  }
}

/** Every chain from its first row to its sealed end. */
export async function verifyChains(
  query: Query,
  options: { readonly secret: string; readonly expectHeads: readonly ChainHead[] },
): Promise<ChainFindings> {
  const findings: ChainFindings = {
    reports: new Map(),
    named: [],
    stated: new Set(),
    deleted: new Set(),
    turnsBeforeUnixMs: -Infinity,
    auditBeforeUnixMs: -Infinity,
  };
  const checkpoints = new Map(
    (await query(CHECKPOINTS, [])).map((row) => [String(row.chain), headFromRow(row)]),
  );
  for (const row of await query(CHAINS, [])) {
    const chain = String(row.chain);
    const start = checkpoints.get(chain) ?? { chain, sequence: -1, hash: GENESIS_HASH };
    findings.reports.set(chain, await verifyChain(query, start, findings));
  }
  for (const checkpoint of checkpoints.values()) {
    if (!findings.stated.has(keyOf(checkpoint)))
      addBroken(findings, checkpoint, 'rows up to here are gone, and no retention row says so');
  }
  await verifyNamed(query, findings, { heads: options.expectHeads, checkpoints });
  await verifySeals(query, findings, options.secret);
  return findings;
}
