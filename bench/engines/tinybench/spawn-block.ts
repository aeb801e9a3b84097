import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createFailure, failed, ok, type Result } from '../../../vocabulary/errors.ts';
import type { BlockAnswer, BlockRequest } from './micro-case.ts';

/** The entry point beside this file, whether run from sources or built. */
const CHILD = fileURLToPath(import.meta.url).replace(/spawn-block\.(ts|js)$/, 'block-child.$1');
const LOG_CHARS = 2_000;

interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
  readonly log: string;
}

function runChild(request: BlockRequest, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CHILD, JSON.stringify(request)], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let output = '';
    let log = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      output += part;
    });
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      log = (log + part).slice(-LOG_CHARS);
    });
    const kill = (): void => {
      child.kill('SIGKILL');
    };
    signal.addEventListener('abort', kill, { once: true });
    child.once('error', (error) => {
      log += error.message;
    });
    child.once('close', (exitCode) => {
      signal.removeEventListener('abort', kill);
      resolve({ exitCode, output, log });
    });
  });
}

const interrupted: Result<never> = {
  kind: 'failed',
  failure: createFailure('INTERRUPTED', 'stopped while a block was measured'),
};

/**
 * Measures one block in a fresh process, so that what the compiler made of a version in one block is drawn anew in the
 * next and is noise between blocks, not a bias of all of them.
 */
export async function spawnBlock(request: BlockRequest, signal: AbortSignal): Promise<Result<BlockAnswer>> {
  if (signal.aborted) return interrupted;
  const { exitCode, output, log } = await runChild(request, signal);
  if (signal.aborted) return interrupted;
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  if (exitCode !== 0 || !line.startsWith('{')) {
    return failed('PROCESS_FAILED', `the cases of ${request.casesPath} could not be measured\n${log.trim()}`);
  }
  return ok(JSON.parse(line) as BlockAnswer);
}
