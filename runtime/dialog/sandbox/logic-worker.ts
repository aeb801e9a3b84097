/**
 * The inside of the sandbox: a worker thread that runs one call at a time in a QuickJS interpreter of its own. The
 * interpreter is given no host function at all, so a script sees the language and nothing else: no files, network,
 * process, timers or modules. Each call has a fresh runtime, so that nothing of one customer is left for the next
 * (0.25 ms against 0.02 ms with a kept one, docs/dialog.md).
 */
import { parentPort } from 'node:worker_threads';
import * as variantModule from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSRuntime,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core';
import { type LogicCall, type LogicFailure, type LogicReply, MAX_OUTPUT_CHARS } from './logic-protocol.ts';

const MAX_STACK_BYTES = 256 * 1024;

/**
 * Keeps what is logged, bounded, and holds on to the functions that it needs, so that a script which replaces them
 * harms only its own log.
 */
const PRELUDE = `(() => {
  const lines = [], json = JSON.stringify, text = String, join = Array.prototype.join;
  const one = (x) => { if (typeof x === 'string') return x; try { return json(x) ?? text(x); } catch { return '?'; } };
  const log = (...all) => {
    if (lines.length < 20) lines.push(join.call(all.map(one), ' ').slice(0, 200));
  };
  globalThis.console = Object.freeze({ log, info: log, warn: log, error: log, debug: log });
  return () => json(lines);
})()`;

// The package's types describe its CommonJS form, in which the default export lies one level deeper.
const variant = variantModule.default as unknown as QuickJSSyncVariant;
const quickjs = await newQuickJSWASMModuleFromVariant(variant);

interface Outcome {
  readonly kind: 'ok';
  readonly outputJson: string;
}
interface Failing {
  readonly kind: 'failed';
  readonly reason: LogicFailure;
  readonly message: string;
}

/** Words of an exception; reading them may run script code (getters), still under the same limits. */
function describe(context: QuickJSContext, error: ReturnType<QuickJSContext['newString']>): string {
  const nameHandle = context.getProp(error, 'name');
  const messageHandle = context.getProp(error, 'message');
  const name = context.typeof(nameHandle) === 'string' ? context.getString(nameHandle) : '';
  const message = context.typeof(messageHandle) === 'string' ? context.getString(messageHandle) : '';
  nameHandle.dispose();
  messageHandle.dispose();
  return `${name}: ${message}`.slice(0, 300);
}

const classify = (message: string): LogicFailure => {
  if (message.includes('interrupted')) return 'timeout';
  return message.includes('out of memory') ? 'memory' : 'threw';
};

function evaluate(context: QuickJSContext, code: string, fileName: string): Outcome | Failing {
  const result = context.evalCode(code, fileName);
  if (result.error) {
    const message = describe(context, result.error);
    result.error.dispose();
    return { kind: 'failed', reason: classify(message), message };
  }
  const { value } = result;
  const isText = context.typeof(value) === 'string';
  const outputJson = isText ? context.getString(value) : '';
  value.dispose();
  if (!isText)
    return { kind: 'failed', reason: 'not_json', message: 'handle must return a value that JSON can hold' };
  if (outputJson.length > MAX_OUTPUT_CHARS) {
    const message = `${outputJson.length} characters returned; at most ${MAX_OUTPUT_CHARS}`;
    return { kind: 'failed', reason: 'too_large', message };
  }
  return { kind: 'ok', outputJson };
}

function readLogs(
  context: QuickJSContext,
  reader: ReturnType<QuickJSContext['newString']>,
): readonly string[] {
  const result = context.callFunction(reader, context.undefined);
  if (result.error) {
    result.error.dispose();
    return [];
  }
  const text = context.typeof(result.value) === 'string' ? context.getString(result.value) : '[]';
  result.value.dispose();
  return JSON.parse(text) as string[];
}

const CALL_CHECK = `typeof handle === 'function' ? 'null' : (() => { throw new Error('logic.js defines no function handle') })()`;

/** Reading the log after a timeout runs code of the prelude, which needs a moment of its own. */
const LOG_MS = 5;

function runIn(runtime: QuickJSRuntime, context: QuickJSContext, call: LogicCall): LogicReply {
  const reader = context.unwrapResult(context.evalCode(PRELUDE, 'prelude.js'));
  runtime.setInterruptHandler(createDeadline(call.timeoutMs));
  // The input travels as a text inside a text: only JSON.parse takes `__proto__` for a plain key.
  const input = JSON.stringify(call.inputJson ?? 'null');
  const last = call.inputJson === undefined ? CALL_CHECK : `JSON.stringify(handle(JSON.parse(${input})))`;
  const loaded = evaluate(context, `${call.source}\n;'null'`, call.fileName);
  const outcome = loaded.kind === 'failed' ? loaded : evaluate(context, last, 'call.js');
  runtime.setInterruptHandler(createDeadline(LOG_MS));
  const logs = readLogs(context, reader);
  reader.dispose();
  return { id: call.id, logs, ...outcome };
}

function createDeadline(spanMs: number): () => boolean {
  const endAtMs = performance.now() + spanMs;
  return () => performance.now() > endAtMs;
}

function run(call: LogicCall): LogicReply {
  const runtime = quickjs.newRuntime();
  runtime.setMemoryLimit(call.memoryBytes);
  runtime.setMaxStackSize(MAX_STACK_BYTES);
  const context = runtime.newContext();
  const reply = runIn(runtime, context, call);
  context.dispose();
  runtime.dispose();
  return reply;
}

// A failure of the interpreter itself is not caught: the worker dies with it and is replaced.
parentPort?.on('message', (call: LogicCall) => parentPort?.postMessage(run(call)));
