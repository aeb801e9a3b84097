import { createHmac } from 'node:crypto';
import type { LogicSource } from '../sandbox/logic-sandbox.ts';
import { createIntentClassifier, type IntentClassifier } from './intents.ts';
import type { Intent, Script, Slot } from './schema.ts';
import { createSlotReader, type SlotReader } from './slots.ts';
import { phraseKeys } from './tokens.ts';

/** A slot with its reader. */
export interface CompiledSlot {
  readonly name: string;
  readonly slot: Slot;
  readonly read: SlotReader;
}

/** A script ready to run: everything that can be computed before a turn is. */
export interface CompiledScript {
  readonly version: string;
  readonly script: Script;
  readonly classifier: IntentClassifier;
  readonly intents: ReadonlyMap<string, Intent>;
  readonly slots: ReadonlyMap<string, CompiledSlot>;
  readonly cancelKeys: readonly string[];
  readonly humanKeys: readonly string[];
  readonly directToPerson: ReadonlySet<string>;
  readonly logic: LogicSource | undefined;
}

/** Always understood while an intent is open. */
const CANCEL_PHRASES = [
  'never mind',
  'nevermind',
  'forget it',
  'forget about it',
  'cancel that',
  'start over',
];

/** The keyed hash under which customer ids are stored. */
export const hashCustomerId = (secret: string, customerId: string): string =>
  createHmac('sha256', secret).update(customerId).digest('hex');

/** Pure but for its cost. Ids are hashed here, so that plain ones live no longer than the reading of the file. */
export function compileScript(
  script: Script,
  origin: {
    readonly version: string;
    readonly logic: LogicSource | undefined;
    readonly customerHashSecret: string;
  },
): CompiledScript {
  const { version, logic, customerHashSecret } = origin;
  return {
    version,
    script,
    logic,
    classifier: createIntentClassifier(
      script.intents.map(({ name, examples, patterns }) => ({
        name,
        examples,
        patterns: patterns.map((source) => new RegExp(source, 'iu')),
      })),
    ),
    intents: new Map(script.intents.map((intent) => [intent.name, intent])),
    slots: new Map(
      Object.entries(script.slots).map(([name, slot]) => [
        name,
        { name, slot, read: createSlotReader(slot) },
      ]),
    ),
    cancelKeys: phraseKeys([...CANCEL_PHRASES, ...script.cancel.phrases]),
    humanKeys: phraseKeys(script.human.phrases),
    directToPerson: new Set(
      script.directToPerson?.customerIds.map((id) => hashCustomerId(customerHashSecret, id)),
    ),
  };
}
