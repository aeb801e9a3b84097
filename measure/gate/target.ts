import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

/**
 * The workload of `measure -- gate`, in a process of its own: reads a conversation, renders it, hashes it and answers with a summary,
 * about a millisecond of work. `POST /?extra=N` spins N rounds more: the known slowdown. Prints its URL; ends with its parent.
 */
const TURNS = 600;
const HASH_ROUNDS = 8;

const CONVERSATION = JSON.stringify(
  Array.from({ length: TURNS }, (_, i) => ({
    id: i,
    role: i % 2 === 0 ? 'user' : 'assistant',
    text: `turn ${i}: where is parcel ${(i * 7919) % 10_007}, ordered on day ${i % 365}?`,
  })),
);

function answer(): string {
  const turns = JSON.parse(CONVERSATION) as { id: number; role: string; text: string }[];
  const rendered = turns.map(({ role, text }) => `${role}: ${text.replace(/\d+/g, '#')}`).join('\n');
  let digest = rendered;
  for (let round = 0; round < HASH_ROUNDS; round++)
    digest = createHash('sha256').update(rendered).digest('hex');
  return JSON.stringify({ turns: turns.length, digest });
}

/** Rounds of integer work that no compiler can leave out: the result is answered. */
function spin(rounds: number): number {
  let state = 1;
  for (let i = 0; i < rounds; i++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state;
}

const server = createServer((request, response) => {
  const extra = Number(new URL(request.url ?? '/', 'http://localhost').searchParams.get('extra') ?? 0);
  request.resume();
  request.once('end', () => {
    const body = answer();
    const spun = spin(extra);
    response.writeHead(200, { 'content-type': 'application/json', 'x-spun': String(spun) });
    response.end(body);
  });
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}\n`);
});
process.stdin.once('end', () => process.exit(0));
process.stdin.resume();
