import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { Cleanup, postJson, startTestGateway } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'busyhour-version-'));
});
afterEach(async () => {
  await cleanup.run();
  rmSync(folder, { recursive: true });
});

const yaml = (hours: string) => `
name: desk
intents:
  - name: hours
    examples: [when are you open]
    answer: ${hours}
`;

function write(version: string, hours: string): void {
  mkdirSync(join(folder, 'scripts', version), { recursive: true });
  writeFileSync(join(folder, 'scripts', version, 'script.yaml'), yaml(hours));
}

const path = () => join(folder, 'history.sqlite');

/** A gateway with contexts in memory: another one begins with none, as after a restart. */
const start = (): Promise<RunningGateway> =>
  startTestGateway(cleanup, {
    history: { kind: 'sqlite', path: path() },
    dialog: { scripts: { folder: join(folder, 'scripts'), debounceMs: 10 } },
  });

const begin = async (gateway: RunningGateway): Promise<string> =>
  (await postJson(gateway, '/v1/interactions', {})).body.interactionId;

const ask = async (gateway: RunningGateway, id: string, messageId: string): Promise<string> =>
  (await postJson(gateway, `/v1/interactions/${id}/turns`, { messageId, text: 'When are you open?' })).body
    .text;

/** What the script decided, turn by turn. */
function scriptDecisions(id: string): string[][] {
  const database = new DatabaseSync(path(), { readOnly: true });
  const rows = database
    .prepare(`SELECT body FROM audit WHERE interaction_id = ? AND kind = 'turn_answered' ORDER BY turn_index`)
    .all(id);
  database.close();
  return rows.map(({ body }) => {
    const { decisions } = JSON.parse(String(body)) as { decisions: { step: string; outcome: string }[] };
    const told = decisions.filter(
      ({ step, outcome }) => step === 'script' && /^version|^moved/.test(outcome),
    );
    return told.map(({ outcome }) => outcome);
  });
}

describe('the version of an interaction, with contexts in memory', () => {
  it('is the one it began with also after a restart under another, before its first turn and after', async () => {
    write('1.0.0', 'Nine to five.');
    const before = await start();
    const [spoken, silent] = [await begin(before), await begin(before)];
    expect(await ask(before, spoken, 'a')).toBe('Nine to five.');
    await before.close(0);

    write('2.0.0', 'Ten to six.');
    const after = await start();
    expect(await ask(after, spoken, 'b')).toBe('Nine to five.');
    expect(await ask(after, silent, 'a')).toBe('Nine to five.');
    expect(await ask(after, await begin(after), 'a')).toBe('Ten to six.');
    expect(scriptDecisions(spoken)).toEqual([['version:1.0.0'], ['version:1.0.0']]);
  });

  it('that is gone gives way to the active one, and the audit trail says so once', async () => {
    write('1.0.0', 'Nine to five.');
    const before = await start();
    const id = await begin(before);
    expect(await ask(before, id, 'a')).toBe('Nine to five.');
    await before.close(0);

    write('2.0.0', 'Ten to six.');
    rmSync(join(folder, 'scripts', '1.0.0'), { recursive: true });
    const after = await start();
    expect(await ask(after, id, 'b')).toBe('Ten to six.');
    expect(await ask(after, id, 'c')).toBe('Ten to six.');
    expect(scriptDecisions(id)).toEqual([
      ['version:1.0.0'],
      ['moved_from:1.0.0', 'version:2.0.0'],
      ['version:2.0.0'],
    ]);
  });
});
