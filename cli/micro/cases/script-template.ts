import { join } from 'node:path';
import type { MicroCase } from '../../../bench/engines/tinybench/micro-case.ts';
import { compileScript } from '../../../runtime/dialog/script/compile-script.ts';
import { readScriptFiles } from '../../../runtime/dialog/script/load-script.ts';
import { runScript } from '../../../runtime/dialog/script/run-script.ts';
import { scriptSchema } from '../../../runtime/dialog/script/schema.ts';
import { beginScript } from '../../../runtime/dialog/script/script-state.ts';
import { scriptFolderOf } from '../../../scenarios/script-folder.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { parseWith, parseYaml } from '../../../vocabulary/parse.ts';
import { repeated } from './repeated.ts';

const VERSION = '1.0.0';
/** First messages that ask for a slot: intents, slot reading and the prompt, without logic.js. */
const MESSAGES = [
  'hello, I have a question about my bill, it is higher than last month',
  'my internet is down since this morning and I cannot work',
  'I want to change my plan please, can you do that for me',
] as const;
const OPERATIONS = 12;

/** One message through the telecom script: intent, slots, answer from the template. */
export const scriptTemplate: MicroCase = {
  name: 'script-template',
  prepare: async () => {
    const files = await readScriptFiles(join(scriptFolderOf('telecom-service-desk')), VERSION);
    const yaml = unwrap(parseYaml(files.yaml ?? '', 'INVALID_CONFIG', files.yamlPath));
    const parsed = unwrap(parseWith(scriptSchema, yaml, 'INVALID_CONFIG', files.yamlPath));
    const script = compileScript(parsed, { version: VERSION, logic: undefined, customerHashSecret: 'micro' });
    return repeated(OPERATIONS, (i) => {
      const step = runScript({
        script,
        state: beginScript(VERSION),
        text: MESSAGES[i % MESSAGES.length] ?? '',
        channel: 'chat',
        nowUnixMs: 0,
        runLogic: () => Promise.reject(new Error('no logic in this path')),
      });
      if (step instanceof Promise) throw new Error('the message needed logic.js');
      return step.decisions.length;
    });
  },
};
